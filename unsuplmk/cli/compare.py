"""`unsuplmk compare`: several runs beside one another."""

from __future__ import annotations

import json
from pathlib import Path

import click

from unsuplmk.cli.errors import warn
from unsuplmk.errors import UserError


@click.command
@click.argument("runs", nargs=-1, required=True, metavar="RUN RUN...")
@click.option(
    "--out", metavar="FILE", type=click.Path(path_type=Path), help="An HTML file to write, with curves and pictures."
)
@click.option("--data", default="", help="Frames for --out.  [default: those of the first run that has some left]")
@click.option("--images", type=click.IntRange(1, 60), default=8, show_default=True, help="Frames that are shown.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of the choice of frames.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or mps.")
@click.option("--json", "as_json", is_flag=True, help="Print every figure as JSON.")
def command(
    runs: tuple[str, ...], out: Path | None, data: str, images: int, seed: int, device: str, as_json: bool
) -> None:
    """Say what runs differ in, and which is better.

    Settings that differ, last losses, health, and the figures that `unsuplmk evaluate` left in each run. Figures of
    different protocols, images or labels are never put into one table. --out adds curves, and the same frames with the
    landmarks of each run.
    """
    if data and not out:
        raise UserError("--data is for the pictures of --out FILE.html")
    from unsuplmk.report import compare, page
    from unsuplmk.report.differences import differences
    from unsuplmk.report.records import records
    from unsuplmk.sharing.hub import resolve

    if out:
        page.check(out)
    found = [records(resolve(run)) for run in runs]
    comparison = differences(found)
    if out:
        given = {"images": images, "seed": seed, "device": device}
        page.write(compare.document(comparison, found, data, **given, report=warn), out)
    if as_json:
        click.echo(json.dumps(comparison.as_dict(), indent=2))
        return
    from rich.console import Console

    from unsuplmk.report.terminal import lines

    Console(highlight=False).print(lines(compare.tables(comparison)))
    if out:
        click.echo(f"\ncomparison: {out}")
