"""`unsuplmk evaluate`: how well landmarks explain annotated points."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from unsuplmk.cli.crop import crop_choice, crop_option
from unsuplmk.cli.dataset import ReadsData, dataset_options, options_of
from unsuplmk.cli.errors import warn
from unsuplmk.cli.metric import choices, metric_option
from unsuplmk.errors import UserError

if TYPE_CHECKING:
    from rich.table import Table


def _listed(ctx: click.Context, param: click.Parameter, name: str) -> str:
    """Prints the protocols for `list`; otherwise makes sure that there is one of that name."""
    from unsuplmk.evaluation.protocols import protocol, protocols

    if name == "list":
        for one in protocols():
            click.echo(f"{one.name}  ({one.title}, {one.variant})\n    {one.words}")
        ctx.exit()
    if name and not ctx.resilient_parsing:
        protocol(name)
    return name


@click.command(cls=ReadsData)
@click.argument("run")
@click.argument("data")
@click.option("--train-split", default="train", show_default=True, help="The linear map is fitted on these.")
@click.option("--test-split", default="test", show_default=True, help="It is judged on these.")
@click.option(
    "--protocol",
    metavar="NAME|list",
    default="",
    is_eager=True,
    callback=_listed,
    help="What is measured: a published protocol, as published or corrected; `list` names them.  "
    "[default: the dataset's own, or plain]",
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
    help="Count the points within T of the truth, in the unit of the error; may be repeated. Short for "
    "--metric.pck.thresholds.",
)
@click.option(
    "--ced",
    multiple=True,
    metavar="T",
    type=click.FloatRange(min=0, min_open=True),
    help="Also the area under the cumulative error curve of the images up to T, and the share above; may be repeated. "
    "Short for --metric ced --metric.ced.thresholds.",
)
@metric_option
@click.option(
    "--labels",
    metavar="N,...",
    is_flag=False,
    flag_value="default",
    default="",
    help="Also the error with so few labelled training images; without numbers, those of the published curve.",
)
@click.option(
    "--repeats", type=click.IntRange(min=1), default=10, show_default=True, help="Random choices of --labels images."
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of whatever is chosen at random."
)
@click.option(
    "--augment",
    metavar="FILE",
    default="",
    help="Fit on changed copies of the training images, too: by an albumentations pipeline, JSON or YAML.",
)
@click.option(
    "--copies", type=click.IntRange(min=1), default=10, show_default=True, help="Of each image, for --augment."
)
@click.option("--compare", is_flag=True, help="Put the figure among the published ones of the protocol.")
@click.option("--trained-on", metavar="TEXT", default="", help="Names RUN's training images in --compare.")
@click.option("--plot", metavar="FILE", default="", help="Draw the cumulative errors, --labels, --compare.")
@click.option("--against", metavar="RUN2", default="", help="Instead, compare with RUN2's landmarks; needs no labels.")
@click.option(
    "--tolerance",
    type=click.FloatRange(min=0),
    default=5.0,
    show_default=True,
    help="For --against: landmarks are the same up to this mean distance, in % of the image's side.",
)
@crop_option
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
    ced: tuple[float, ...],
    metric: tuple[str, ...],
    labels: str,
    repeats: int,
    seed: int,
    augment: str,
    copies: int,
    compare: bool,
    trained_on: str,
    plot: str,
    against: str,
    tolerance: float,
    crop: str,
    device: str,
    batch: int,
    as_json: bool,
    **rest: Any,
) -> None:
    """Judge RUN by annotated points.

    DATA is a CSV of annotations, a folder that holds one, or a dataset with points, as NAME:PATH. A linear map from
    landmarks to points is fitted on one split and judged on another, beside a constant guess. The figures also go to
    metrics.json in RUN.

    Name a metric to see its options: unsuplmk evaluate --metric ced --help
    """
    from unsuplmk.detector import Detector

    if against:
        from unsuplmk.evaluation.agreement import compare_runs

        ours, theirs = Detector.load(run, device), Detector.load(against, device)
        chosen = crop_choice(crop, rest, ours.config.crop, run) if crop or options_of("crop", rest) else None
        given = {"split": test_split, "tolerance": tolerance, "seed": seed, "crop": chosen, "batch": batch}
        agreed = compare_runs(ours, theirs, data, **given, report=warn)
        _show(json.dumps(agreed.as_dict(), indent=2) if as_json else "", [agreed.table()])
        return
    from unsuplmk.batches.augment import Augmentation
    from unsuplmk.datasets.augmented import Augmented
    from unsuplmk.evaluation import analyses
    from unsuplmk.evaluation.annotations import cells, own_protocol, splits
    from unsuplmk.evaluation.evaluate import evaluate_found, find
    from unsuplmk.evaluation.label_curve import parse_counts
    from unsuplmk.evaluation.protocols import protocol as named

    # what cannot be done is said before anything is computed
    protocol = protocol or own_protocol(data)
    counts = parse_counts(labels) if labels else ()
    metrics = choices(metric, rest, {"pck": pck, "ced": ced})
    if compare:
        analyses.check_comparable(named(protocol).changed(normalise, intercept).augmented(copies if augment else 0))
    change = Augmentation(augment) if augment else None
    if plot:
        from unsuplmk.evaluation.plots import check

        check(Path(plot))
    train, test = splits(data, dataset_options(rest), train=train_split, test=test_split)
    train = Augmented(train, change, copies, seed, named(protocol).names(train.points)) if change else train
    column = named(protocol).column
    groups = cells(test, column) if column else None
    detector = Detector.load(run, device)
    asked = {"protocol": protocol, "normalise": normalise, "intercept": intercept}
    chosen = crop_choice(crop, rest, detector.config.crop, run)
    found = find(detector, train, test, **asked, crop=chosen, batch=batch, report=warn)
    report = evaluate_found(found, ridge=ridge, metrics=metrics, groups=groups, report=warn)
    more = analyses.Analyses(
        analyses.back(found, ridge),
        analyses.by_labels(found, counts, repeats=repeats, ridge=ridge, groups=groups, seed=seed) if labels else None,
        analyses.beside_published(found, report, trained_on or _name(detector.config.data)) if compare else None,
    )
    figures = json.dumps({**report.as_dict(), **more.as_dict()}, indent=2)
    _show(figures if as_json else "", [report.table(), *more.shown()])
    _keep(run, figures)
    if plot:
        from unsuplmk.evaluation.plots import draw

        draw(Path(plot), analyses.panels(found, report, more, ridge))


def _show(text: str, tables: Sequence[Table | str]) -> None:
    if text:
        click.echo(text)
        return
    from rich.console import Console

    for table in tables:
        Console(highlight=False).print(table)


def _name(data: str) -> str:
    """What to call training images: the last folder, or the file without its suffix if it lies in none."""
    path = Path(data)
    return path.parent.name or path.stem if path.suffix else path.name


def _keep(run: str, figures: str) -> None:
    from unsuplmk.checkpoint import write_atomically
    from unsuplmk.sharing.hub import address, resolve

    if address(run):
        warn(f"{run} is on the hub: the figures are not kept; for that, `unsuplmk pull` it")
        return
    folder = resolve(run)
    if folder.is_file():
        warn(f"{run} is an exported file: the figures are not kept; --json prints them")
        return
    try:
        write_atomically(folder / "metrics.json", lambda temporary: temporary.write_text(figures + "\n", "utf-8"))
    except UserError as error:  # the figures have been printed: a read-only run is no reason to fail
        warn(str(error))
