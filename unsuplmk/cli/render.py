"""`unsuplmk render`: landmarks drawn onto images and videos."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from unsuplmk.cli.crop import crop_choice, crop_option
from unsuplmk.cli.dataset import ReadsData, dataset_options
from unsuplmk.cli.errors import warn


@click.command(cls=ReadsData)
@click.argument("run")
@click.argument("input")
@click.option(
    "--out",
    required=True,
    metavar="FILE|DIR",
    type=click.Path(path_type=Path),
    help="A video for a video, a picture for one image, else a folder of pictures.",
)
@crop_option
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or mps.")
@click.option("--batch", type=click.IntRange(min=1), default=64, show_default=True, help="Frames a forward pass.")
def command(run: str, input: str, out: Path, crop: str, device: str, batch: int, **rest: Any) -> None:
    """Draw the landmarks onto INPUT.

    RUN is a trained run; INPUT is an image, a video, a folder, a glob or a dataset, as NAME:PATH.
    """
    from unsuplmk.data import open_data
    from unsuplmk.detector import Detector
    from unsuplmk.render import check, render_tracks

    dataset = open_data(input, dataset_options(rest))
    check(dataset, out)
    detector = Detector.load(run, device)
    chosen = crop_choice(crop, rest, detector.config.crop, run)
    written = render_tracks(dataset, detector.predict(dataset, batch=batch, report=warn, crop=chosen), out)
    click.echo(f"{out}" if len(written) == 1 else f"{out}: {len(written)} pictures")
