"""`unsuplmk track`: filters the landmarks of a file over time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from unsuplmk.cli.dataset import ReadsData, options_of
from unsuplmk.cli.tracker import choices, tracker_option
from unsuplmk.errors import UserError


@click.command(cls=ReadsData)
@click.argument("file")
@click.option("--out", required=True, metavar="FILE", type=click.Path(path_type=Path), help="File to write.")
@tracker_option
@click.option("--from", "from_format", metavar="NAME", default="", help="Format of FILE, if its content does not tell.")
@click.option("--format", metavar="NAME", default="", help="Format of --out; without it, the suffix decides.")
@click.option("--fps", type=click.FloatRange(min=0, min_open=True), help="Frames a second, where FILE does not say.")
@click.option("--apart", is_flag=True, help="Write a file for each animal: OUT.csv becomes OUT.ann.csv, ...")
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
    """Filter the landmarks of FILE over time.

    FILE holds what `unsuplmk predict` wrote, or another tool, in any format that is read; `unsuplmk components format`
    lists them. Each video, and each animal in it, is filtered on its own, and nothing across frames that are left out.
    Options of its format are --from.KEY; where both files are of one format, --format.KEY counts for both.

    Name a tracker to see its options: unsuplmk track FILE --tracker oneeuro --help
    """
    from unsuplmk import tables
    from unsuplmk.cli.written import write
    from unsuplmk.registry import components
    from unsuplmk.tracking import track

    if not tracker and not apart:
        raise UserError(f"no tracker is chosen: add --tracker NAME; installed: {', '.join(components('tracker'))}")
    options = options_of("format", rest)
    same = tables.component_for(out, format).name == tables.component_for(Path(file), from_format).name
    tracks = tables.read(file, from_format, **{**(options if same else {}), **options_of("from", rest)})
    if fps:
        tracks = replace(tracks, fps=fps)
    tracks = track(tracks, choices(tracker, rest), click.echo)
    for path, of in write(tracks, out, format, options, apart=apart):
        click.echo(f"{path}: {len(of.names)} landmarks in {len(of.source)} frames")
