"""`--from NAME`, `--from.KEY` and `--fps`: a file of points that a command line names, and how it is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from unsuplmk.types import Tracks


def from_option(file: str) -> Any:
    """`--from NAME`.

    Args:
        file: What the help calls the file.
    """
    text = f"Format of {file}, if its content does not tell; --from.KEY are its options."
    return click.option("--from", "from_format", metavar="NAME", default="", help=text)


def fps_option(file: str) -> Any:
    """`--fps RATE`.

    Args:
        file: What the help calls the file.
    """
    text = f"Frames a second, where {file} does not say."
    return click.option("--fps", type=click.FloatRange(min=0, min_open=True), help=text)


def read(file: str, format: str, given: Mapping[str, Any], fps: float | None = None) -> Tracks:
    """What a file of points holds.

    Args:
        file: Its path.
        format: What `--from` says.
        given: What else the command was given; `--from.KEY` are options of the format.
        fps: Frames a second, in place of what the file says.

    Raises:
        UserError: It cannot be read.
    """
    from dataclasses import replace

    from unsuplmk import tables
    from unsuplmk.cli.dataset import options_of

    tracks = tables.read(file, format, **options_of("from", given))
    return replace(tracks, fps=fps) if fps else tracks
