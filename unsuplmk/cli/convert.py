"""`unsuplmk convert`: the points of a file in another format."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from unsuplmk.cli.dataset import ReadsData, options_of
from unsuplmk.cli.reading import fps_option, from_option, read
from unsuplmk.cli.written import apart_option, differ, format_option, said, write


@click.command(cls=ReadsData)
@click.argument("file", metavar="IN")
@click.argument("out", metavar="OUT", type=click.Path(path_type=Path))
@from_option("IN")
@format_option("OUT")
@fps_option("IN")
@apart_option
def command(file: str, out: Path, from_format: str, format: str, fps: float | None, apart: bool, **rest: Any) -> None:
    """Write the points of IN to OUT, in another format.

    IN holds what `unsuplmk predict` wrote, or another tool, in any format that is read; `unsuplmk components format`
    lists them. Numbers stay as they are. What the format of OUT has no room for is left out where a file of it never
    has any, such as sizes of frames in a table; several animals, or videos, are refused where it holds one.

    Name the files to see the options of their formats: unsuplmk convert mouse.npz mouse.csv --help
    """
    from unsuplmk import tables

    options = options_of("format", rest)
    tables.format_for(out, format, **options)
    differ(file, out)
    for path, part in write(read(file, from_format, rest, fps), out, format, options, apart=apart, source=file):
        click.echo(said(path, part))
