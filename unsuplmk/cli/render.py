"""`unsuplmk render`: landmarks drawn onto images and videos."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from unsuplmk.cli.crop import crop_choice, crop_option
from unsuplmk.cli.dataset import ReadsData, dataset_options
from unsuplmk.cli.errors import warn
from unsuplmk.cli.tracker import choices, tracker_option


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
@tracker_option
@click.option(
    "--trail",
    type=click.IntRange(min=0),
    metavar="N",
    default=12,
    show_default=True,
    help="Frames of a video that trails reach back.",
)
@click.option(
    "--skeleton",
    metavar="none|auto|FILE",
    default="none",
    show_default=True,
    help="Lines between landmarks: auto for those that keep their distance, or a TOML or CSV of pairs of names.",
)
@click.option(
    "--threshold",
    type=click.FloatRange(0, 1),
    metavar="S",
    default=0.0,
    show_default=True,
    help="Points of a lower score are not drawn.",
)
@click.option("--names", is_flag=True, help="Write the landmarks' names beside them, and the animals' above.")
@crop_option
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or mps.")
@click.option("--batch", type=click.IntRange(min=1), default=64, show_default=True, help="Frames a forward pass.")
def command(
    run: str,
    input: str,
    out: Path,
    tracker: tuple[str, ...],
    trail: int,
    skeleton: str,
    threshold: float,
    names: bool,
    crop: str,
    device: str,
    batch: int,
    **rest: Any,
) -> None:
    """Draw the landmarks onto INPUT.

    RUN is a trained run, or a file of landmarks that `unsuplmk predict` or `unsuplmk track` wrote; INPUT is an image, a
    video, a folder, a glob or a dataset, as NAME:PATH. Colours stay the same from frame to frame.
    """
    from unsuplmk import tables, tracking
    from unsuplmk.batches.data import open_data
    from unsuplmk.detector import Detector
    from unsuplmk.pictures.render import Look, check, render_tracks
    from unsuplmk.pictures.skeleton import check as check_skeleton

    dataset, filters = open_data(input, dataset_options(rest)), choices(tracker, rest)
    check(dataset, out)
    check_skeleton(skeleton)
    if _holds_tracks(run):
        tracks = tables.read(run)
    else:
        tracking.rehearse(filters, dataset)
        detector = Detector.load(run, device)
        chosen = crop_choice(crop, rest, detector.config.crop, run)
        tracks = detector.predict(dataset, batch=batch, report=warn, crop=chosen)
    tracks = tracking.track(tracks, filters, click.echo)
    written = render_tracks(dataset, tracks, out, Look(trail, skeleton, threshold, names))
    click.echo(f"{out}" if len(written) == 1 else f"{out}: {len(written)} pictures")


def _holds_tracks(run: str) -> bool:
    """Whether what stands for a run is a file of landmarks."""
    from unsuplmk import tables
    from unsuplmk.errors import UserError

    path = Path(run).expanduser()
    try:
        return path.is_file() and bool(tables.component_for(path))
    except UserError:  # not by its suffix
        return False
