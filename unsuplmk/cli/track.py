"""`unsuplmk track`: filters the points of a file over time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from unsuplmk.cli.dataset import ReadsData, options_of
from unsuplmk.cli.reading import fps_option, from_option, read
from unsuplmk.cli.tracker import choices, tracker_option
from unsuplmk.cli.written import apart_option, differ, format_option, said, write
from unsuplmk.errors import UserError


@click.command(cls=ReadsData)
@click.argument("file")
@click.option("--out", required=True, metavar="FILE", type=click.Path(path_type=Path), help="File to write.")
@tracker_option
@from_option("FILE")
@format_option("--out")
@fps_option("FILE")
@apart_option
def command(
    file: str,
    out: Path,
    tracker: tuple[str, ...],
    from_format: str,
    format: str,
    fps: float | None,
    apart: bool,
    **rest: Any,
) -> None:
    """Filter the points of FILE over time.

    FILE holds what `unsuplmk predict` wrote, or another tool, in any format that is read; `unsuplmk components format`
    lists them. Each video, and each animal in it, is filtered on its own, and nothing across frames that are left out.

    Name a tracker to see its options: unsuplmk track FILE --tracker oneeuro --help
    """
    from unsuplmk import tables
    from unsuplmk.registry import components
    from unsuplmk.tracking import track

    if not tracker:
        raise UserError(
            f"no tracker is chosen: add --tracker NAME; installed: {', '.join(components('tracker'))}; "
            "`unsuplmk convert` writes a file as another without one"
        )
    options = options_of("format", rest)
    tables.format_for(out, format, **options)
    differ(file, out)
    tracks = track(read(file, from_format, rest, fps), choices(tracker, rest), click.echo)
    for path, part in write(tracks, out, format, options, apart=apart, source=file):
        click.echo(said(path, part))
