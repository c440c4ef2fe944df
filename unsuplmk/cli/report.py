"""`unsuplmk report`: all about a run, in one HTML file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from unsuplmk.cli.crop import crop_choice, crop_option
from unsuplmk.cli.dataset import ReadsData, dataset_options, options_of
from unsuplmk.cli.errors import warn


@click.command(cls=ReadsData)
@click.argument("run")
@click.argument("data", default="")
@click.option("--out", metavar="FILE", type=click.Path(path_type=Path), help="[default: report.html in RUN]")
@click.option("--images", type=click.IntRange(1, 60), default=12, show_default=True, help="Frames that are shown.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of the choice of frames.")
@crop_option
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or mps.")
def command(run: str, data: str, out: Path | None, images: int, seed: int, crop: str, device: str, **rest: Any) -> None:
    """Write all that is to be said about RUN into one HTML file.

    Frames are shown of DATA, a folder, a glob, a video or a dataset, as NAME:PATH; without it, of the data that RUN was
    trained on, where they are still there: of the split test or val if there is one. The file loads nothing from
    elsewhere, so that it can be sent by e-mail.
    """
    from unsuplmk.checkpoint import load_config
    from unsuplmk.report.make import PAGE, document
    from unsuplmk.report.page import check, write
    from unsuplmk.sharing.hub import resolve, writable

    target = out or writable(run) / PAGE
    check(target)
    chosen = None
    if crop or options_of("crop", rest):
        chosen = crop_choice(crop, rest, load_config(resolve(run)).crop, run)
    given = {"images": images, "seed": seed, "crop": chosen, "device": device}
    write(document(run, data, dataset_options(rest), **given, report=warn), target)
    click.echo(f"report: {target}")
