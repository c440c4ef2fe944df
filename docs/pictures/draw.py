"""Draws the pictures of this documentation, all of them from drawn puppets; anybody can draw them again.

python docs/pictures/draw.py FOLDER [NAME ...]

FOLDER is where `make demo` ran, or an empty one: the demo is run there unless FOLDER/demo/run exists, and its
transcript goes to docs/transcripts. Runs that fail on purpose go to FOLDER/failures. All that takes about ten minutes
on two cores. With names, only these pictures are drawn. Seeds are fixed: a machine draws the same pictures again.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import transcript
from files import IMAGES, KNOWN


def main(folder: Path, names: Sequence[str]) -> None:
    """Run what has not been run, and draw."""
    if not (folder / "demo" / "run" / "model.safetensors").is_file():
        transcript.record(folder)
    IMAGES.mkdir(exist_ok=True)
    for module in dict.fromkeys(KNOWN[name].module for name in names or KNOWN):
        import_module(module).draw(folder)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", metavar="FOLDER", type=Path)
    parser.add_argument("names", metavar="NAME", nargs="*", help=", ".join(KNOWN))
    given = parser.parse_args()
    if odd := [name for name in given.names if name not in KNOWN]:
        parser.error(f"no picture is called {', '.join(odd)}; known: {', '.join(KNOWN)}")
    main(given.folder, given.names)
