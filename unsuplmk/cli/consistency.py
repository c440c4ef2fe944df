"""`unsuplmk consistency`: whether landmarks keep their place from every viewpoint."""

from __future__ import annotations

import json
from typing import Any

import click

from unsuplmk.cli.crop import crop_choice, crop_option
from unsuplmk.cli.dataset import ReadsData, dataset_options
from unsuplmk.cli.errors import warn


@click.command(cls=ReadsData)
@click.argument("run")
@click.argument("views")
@click.option(
    "--view",
    metavar="TAG,...",
    default="polar_deg,azimuth_deg",
    show_default=True,
    help="What together says the viewpoint.",
)
@click.option("--instance", metavar="TAG", default="instance", show_default=True, help="What says which object it is.")
@click.option("--lighting", metavar="TAG", default="", help="What says the lighting; without it, none is judged.")
@click.option("--masks", is_flag=True, help="Count the landmarks that lie on the object.")
@click.option("--only", metavar="TAG=VALUE", default="", help="Judge these images only; all others still predict them.")
@click.option("--seed", default=0, show_default=True, help="Of the shuffled images that show chance.")
@crop_option
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or mps.")
@click.option("--batch", type=click.IntRange(min=1), default=64, show_default=True, help="Images a forward pass.")
@click.option("--json", "as_json", is_flag=True, help="Print every figure as JSON.")
def command(
    run: str,
    views: str,
    view: str,
    instance: str,
    lighting: str,
    masks: bool,
    only: str,
    seed: int,
    crop: str,
    device: str,
    batch: int,
    as_json: bool,
    **rest: Any,
) -> None:
    """Judge RUN by known viewpoints.

    VIEWS is a dataset of several objects of one kind, as a path or NAME:PATH, that knows the object and viewpoint of
    each image by its tags: a CSV by its columns, or smallnorb. No annotated points are needed.
    """
    from unsuplmk.batches.data import open_data
    from unsuplmk.detector import Detector
    from unsuplmk.evaluation.consistency import judge
    from unsuplmk.evaluation.viewpoints import Viewpoints

    dataset = open_data(views, dataset_options(rest))
    tag, _, value = only.partition("=")
    known = Viewpoints.of(
        dataset,
        view=[name.strip() for name in view.split(",")],
        instance=instance,
        lighting=lighting,
        only=(tag.strip(), value.strip()),
    )
    detector = Detector.load(run, device)
    given = {"masks": masks, "crop": crop_choice(crop, rest, detector.config.crop, run), "batch": batch, "seed": seed}
    found = judge(detector, dataset, known, **given, report=warn)
    if as_json:
        click.echo(json.dumps(found.as_dict(), indent=2))
        return
    from rich.console import Console

    Console().print(found.table())
