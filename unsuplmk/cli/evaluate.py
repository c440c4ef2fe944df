"""`unsuplmk evaluate`: how well landmarks explain annotated points."""

from __future__ import annotations

import json
from pathlib import Path

import click

from unsuplmk.cli.errors import warn


def _listed(ctx: click.Context, param: click.Parameter, name: str) -> str:
    """Prints the protocols for `list`; otherwise makes sure that there is one of that name."""
    from unsuplmk.protocols import protocol, protocols

    if name == "list":
        for one in protocols():
            click.echo(f"{one.name}  ({one.title}, {one.variant})\n    {one.words}")
        ctx.exit()
    if not ctx.resilient_parsing:
        protocol(name)
    return name


@click.command
@click.argument("run")
@click.argument("data")
@click.option("--train-split", default="train", show_default=True, help="The linear map is fitted on these.")
@click.option("--test-split", default="test", show_default=True, help="It is judged on these.")
@click.option(
    "--protocol",
    metavar="NAME|list",
    default="plain",
    show_default=True,
    is_eager=True,
    callback=_listed,
    help="What is measured: a published protocol, as published or corrected; `list` names them.",
)
@click.option(
    "--normalise",
    metavar="px|size|box|A,B",
    help="What 100 % of error is: none (pixels), the image's longer side, the diagonal of the points' box, or the "
    "distance of two points, by name or number; A+B is the middle of A and B.  [default: as the protocol; px]",
)
@click.option(
    "--intercept/--no-intercept",
    default=None,
    help="Which map is the headline.  [default: as the protocol; intercept]",
)
@click.option(
    "--ridge",
    type=click.FloatRange(min=0),
    default=0.0,
    show_default=True,
    help="Regularises the map, where there are fewer labelled images than unknowns.",
)
@click.option(
    "--pck",
    multiple=True,
    metavar="T",
    type=click.FloatRange(min=0, min_open=True),
    help="Also count the points within T of the truth, in the unit of the error; may be repeated.",
)
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or mps.")
@click.option("--batch", type=click.IntRange(min=1), default=64, show_default=True, help="Images a forward pass.")
@click.option("--json", "as_json", is_flag=True, help="Print every figure as JSON.")
def command(
    run: str,
    data: str,
    train_split: str,
    test_split: str,
    protocol: str,
    normalise: str | None,
    intercept: bool | None,
    ridge: float,
    pck: tuple[float, ...],
    device: str,
    batch: int,
    as_json: bool,
) -> None:
    """Judge RUN by annotated points.

    DATA is a CSV of annotations, a folder that holds one, or the name of a dataset with points. A linear map from
    landmarks to points is fitted on one split and judged on another, beside a constant guess. The figures also go to
    metrics.json in RUN.
    """
    from unsuplmk.annotations import cells, splits
    from unsuplmk.detector import Detector
    from unsuplmk.evaluate import evaluate
    from unsuplmk.protocols import protocol as named

    train, test = splits(data, train=train_split, test=test_split)
    column = named(protocol).column
    report = evaluate(
        Detector.load(run, device),
        train,
        test,
        protocol=protocol,
        normalise=normalise,
        intercept=intercept,
        ridge=ridge,
        metrics={"error": {}, "pck": {"thresholds": pck} if pck else {}},
        groups=cells(data, column) if column else None,
        batch=batch,
        report=warn,
    )
    figures = json.dumps(report.as_dict(), indent=2)
    if as_json:
        click.echo(figures)
    else:
        from rich.console import Console

        Console().print(report.table())
    _keep(Path(run) / "metrics.json", figures)


def _keep(path: Path, figures: str) -> None:
    from unsuplmk.checkpoint import write_atomically

    try:
        write_atomically(path, lambda temporary: temporary.write_text(figures + "\n", "utf-8"))
    except OSError as error:  # the figures have been printed: a read-only run is no reason to fail
        warn(f"cannot write {path}: {error.strerror or error}")
