"""`unsuplmk name`: from discovered landmarks to named points, by a few labelled frames."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from unsuplmk.cli.crop import crop_choice, crop_option
from unsuplmk.cli.dataset import ReadsData, dataset_options
from unsuplmk.cli.errors import warn
from unsuplmk.errors import UserError
from unsuplmk.sharing.hub import writable


@click.command(cls=ReadsData)
@click.argument("run")
@click.argument("data", default="")
@click.option("--split", default="all", show_default=True, help="Which frames of DATA; all for every split.")
@click.option(
    "--normalise",
    metavar="px|size|box|A,B",
    default="px",
    help="Also the error in % of this; see `unsuplmk evaluate`.  [default: as the dataset's protocol]",
)
@click.option("--suggest", metavar="N", type=click.IntRange(min=1), help="Also say which N frames to label next.")
@click.option("--from", "unlabelled", metavar="DATA", default="", help="Where to look for these.")
@click.option("--remove", is_flag=True, help="Take RUN's names away.")
@click.option(
    "--repeats",
    type=click.IntRange(min=2),
    default=20,
    show_default=True,
    help="Random choices of labels in the curve.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of these choices.")
@crop_option
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or mps.")
@click.option("--batch", type=click.IntRange(min=1), default=64, show_default=True, help="Frames a forward pass.")
@click.option("--json", "as_json", is_flag=True, help="Print every figure as JSON.")
def command(
    run: str,
    data: str,
    split: str,
    normalise: str,
    suggest: int | None,
    unlabelled: str,
    remove: bool,
    repeats: int,
    seed: int,
    crop: str,
    device: str,
    batch: int,
    as_json: bool,
    **rest: Any,
) -> None:
    """Make named points of RUN's landmarks.

    DATA is some labelled frames: a CSV of annotations, a folder that holds one, or a dataset with points, as NAME:PATH,
    such as deeplabcut:PROJECT. A linear map from all landmarks to each point is fitted on them and put into RUN, so
    that `unsuplmk predict` gives the points. Each point is judged on frames that its map never saw.
    """
    folder = writable(run)
    if remove:
        from unsuplmk.naming import named

        click.echo(f"{run} has no names {'any more' if named.remove(folder) else 'anyway'}")
        return
    if not data:
        raise UserError("say which labelled frames: unsuplmk name RUN DATA")
    if bool(suggest) != bool(unlabelled):
        raise UserError("--suggest N and --from DATA belong together: how many frames to label next, and of which")
    from unsuplmk.batches.data import open_data
    from unsuplmk.detector import Detector
    from unsuplmk.evaluation.annotations import frames, own_protocol
    from unsuplmk.naming import named
    from unsuplmk.naming.fewlabels import name_points
    from unsuplmk.naming.labelgain import gain
    from unsuplmk.naming.labelled import labelled
    from unsuplmk.naming.nextframes import suggest as suggested

    datasets = frames(data, dataset_options(rest), split=split, report=warn)
    pool = open_data(unlabelled) if unlabelled else None
    detector = Detector.load(run, device)
    chosen = crop_choice(crop, rest, detector.config.crop, run)
    labels = labelled(detector, datasets, crop=chosen, batch=batch, report=warn)
    curve = gain(labels, repeats=repeats, seed=seed)
    fitted, report = name_points(labels, normalise=normalise, protocol=own_protocol(data), gain=curve)
    figures = {"data": Path(data).name, "split": split, "crop": chosen, "trained_crop": detector.config.crop}
    figures |= report.as_dict()
    following = []
    if pool is not None and suggest:
        known = labels.sample.landmarks
        following = suggested(detector, pool, known, suggest, crop=chosen, batch=batch, report=warn)
    if as_json:
        click.echo(json.dumps({**figures, "suggested": [asdict(one) for one in following]}, indent=2))
    else:
        _show(report, chosen, detector.config.crop)
    replaced = named.save(folder, fitted, detector.model, detector.fit, figures)
    if not as_json:
        before = ", in place of those before" if replaced else ""
        click.echo(f"{folder / named.NAMES}: {len(fitted.names)} named points{before}")
        for one in following:
            click.echo(f"label next: {one.frame} ({one.distance:.1f} % of the side from the nearest)")


def _show(report: Any, chosen: dict[str, Any], own: Any) -> None:
    from rich.console import Console

    console = Console(highlight=False)
    said = [report.table(), *report.lines()]
    said += [report.gain.table(), *report.gain.sentences()] if report.gain is not None else []
    if chosen["name"] != own["name"]:
        said.append(
            f"the labelled frames were cut by {chosen['name']}, and the run was trained with {own['name']}: the points "
            "are right where the network sees the object as it did here"
        )
    for one in said:
        console.print(one, soft_wrap=isinstance(one, str), markup=False)
