"""`unsuplmk consistency`: whether landmarks keep their place from every viewpoint."""

from __future__ import annotations

import json

import click

from unsuplmk.cli.errors import warn


@click.command
@click.argument("run")
@click.argument("views")
@click.option(
    "--view",
    metavar="COLUMN,...",
    default="polar_deg,azimuth_deg",
    show_default=True,
    help="Columns that together say the viewpoint.",
)
@click.option("--instance", metavar="COLUMN", default="instance", show_default=True, help="Which object it is.")
@click.option("--lighting", metavar="COLUMN", default="", help="The lighting; without it, none is judged.")
@click.option("--mask", metavar="COLUMN", default="", help="Files of masks; without it, none are read.")
@click.option("--category", metavar="NAME", default="", help="Only rows with this in the column category.")
@click.option("--split", metavar="NAME", default="", help="Judge this split only; all images still predict it.")
@click.option("--seed", default=0, show_default=True, help="Of the shuffled images that show chance.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or mps.")
@click.option("--batch", type=click.IntRange(min=1), default=64, show_default=True, help="Images a forward pass.")
@click.option("--json", "as_json", is_flag=True, help="Print every figure as JSON.")
def command(
    run: str,
    views: str,
    view: str,
    instance: str,
    lighting: str,
    mask: str,
    category: str,
    split: str,
    seed: int,
    device: str,
    batch: int,
    as_json: bool,
) -> None:
    """Judge RUN by known viewpoints.

    VIEWS is a CSV of images of several objects of one kind, with columns for the object and its viewpoint, and
    optionally its lighting and a mask. No annotated points are needed.
    """
    from unsuplmk.consistency import judge
    from unsuplmk.datasets.viewpoints import Viewpoints
    from unsuplmk.detector import Detector

    data = Viewpoints(
        views,
        view=[column.strip() for column in view.split(",")],
        instance=instance,
        lighting=lighting,
        mask=mask,
        category=category,
    )
    detector = Detector.load(run, device)
    found = judge(detector, data, split=split, masks=bool(mask), batch=batch, seed=seed, report=warn)
    if as_json:
        click.echo(json.dumps(found.as_dict(), indent=2))
        return
    from rich.console import Console

    Console().print(found.table())
