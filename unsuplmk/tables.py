"""Reading and writing tracks: the file's suffix, or a format's name, chooses the format."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from unsuplmk import registry
from unsuplmk.checkpoint import write_atomically
from unsuplmk.errors import UserError
from unsuplmk.interfaces import Dataset, Format
from unsuplmk.plugins import BUILTIN
from unsuplmk.types import Tracks

REHEARSED = 100
"""Frames of a rehearsal, or about twice as many."""


def read(path: str | Path, format: str = "", **options: Any) -> Tracks:
    """Read tracks from a file.

    Args:
        path: The file.
        format: Name of the format; if empty, the content decides among those that the file's suffix may mean.
        options: Of the format.

    Raises:
        UserError: No format answers to the suffix or name, several to the content, or the file cannot be read.
    """
    path = Path(path)
    chosen = registry.build("format", reader_for(path, format).name, **options)
    if not path.is_file():
        raise UserError(f"cannot read {path}: {'it is a folder' if path.is_dir() else 'no such file'}")
    return chosen.read(path)


def write(tracks: Tracks, path: str | Path, format: str = "", **options: Any) -> None:
    """Write tracks to a file, whole or not at all; the folder is made if need be.

    Args:
        tracks: What to write.
        path: The file.
        format: Name of the format; the file's suffix decides if empty.
        options: Of the format.

    Raises:
        UserError: No format answers to the suffix or name, or the file cannot be written.
    """
    path = Path(path)
    chosen = format_for(path, format, **options)
    write_atomically(path, lambda temporary: chosen.write(tracks, temporary))


def rehearse(chosen: Format, path: Path, dataset: Dataset, names: Sequence[str]) -> None:
    """Refuse what writing would refuse, before the tracks are there.

    Some frames are looked at: the first, and those that clips begin with, so that several videos are noticed.

    Args:
        chosen: Writes the file.
        path: The file, which is not touched.
        dataset: The frames that will be looked at.
        names: Of the landmarks.

    Raises:
        UserError: The format cannot hold landmarks of such frames, or what it needs is not installed.
    """
    starts = [clip.start for clip in dataset.clips]
    rows = sorted({*range(min(REHEARSED, len(dataset))), *starts[:: max(1, len(starts) // REHEARSED)]})
    source = tuple(map(dataset.name, rows))
    zeros = np.zeros((len(rows), len(names), 2))
    size = np.ones((len(rows), 2), np.int64)  # not known yet
    tracks = Tracks(zeros, zeros[..., 0], tuple(names), size, dataset.fps, source)
    with TemporaryDirectory() as folder:
        chosen.write(tracks, Path(folder) / f"rehearsal{path.suffix}")


def format_for(path: Path, name: str = "", **options: Any) -> Format:
    """The format that answers to a name or, without one, to the file's suffix.

    Raises:
        UserError: There is none, or it has no such options.
    """
    return registry.build("format", component_for(path, name).name, **options)


def component_for(path: Path, name: str = "") -> registry.Component:
    """What `format_for` builds: where formats share a suffix, the first of the built-in ones by name.

    Raises:
        UserError: There is none.
    """
    if name:
        return registry.find("format", name)
    known: dict[str, registry.Component] = {}
    for component in sorted(registry.components("format").values(), key=lambda c: c.plugin.name != BUILTIN):
        for suffix in component.cls.suffixes:  # type: ignore[attr-defined]
            known.setdefault(suffix, component)
    if path.suffix.lower() in known:
        return known[path.suffix.lower()]
    asked = f"ends in {path.suffix}" if path.suffix else "has no suffix"
    suffixes = ", ".join(f"{suffix} ({known[suffix].name})" for suffix in sorted(known))
    raise UserError(f"no format for {path}, which {asked}; known: {suffixes}; or name a format")


def reader_for(path: Path, name: str = "") -> registry.Component:
    """What reads a file: the format of a name, else the one that knows its content, else as `component_for`.

    Raises:
        UserError: There is none, or there are several.
    """
    chosen = component_for(path, name)
    recognised = "" if name or not path.is_file() else _recognised(path)
    return registry.find("format", recognised) if recognised else chosen


def _recognised(path: Path) -> str:
    """The one format that says that a file is its own; nothing where none does."""
    suffix, components = path.suffix.lower(), registry.components("format")
    classes: dict[str, Any] = {name: component.cls for name, component in components.items()}
    names = [name for name, cls in classes.items() if suffix in cls.suffixes and cls.recognises(path)]
    if len(names) > 1:
        raise UserError(f"{path} may be {' or '.join(names)}: say which, as --from {names[0]}, or format={names[0]!r}")
    return names[0] if names else ""
