"""`unsuplmk render`: points drawn onto images and videos."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from unsuplmk.cli.crop import crop_choice, crop_option
from unsuplmk.cli.dataset import ReadsData, dataset_options
from unsuplmk.cli.errors import warn
from unsuplmk.cli.points import points_choice, points_option
from unsuplmk.cli.reading import from_option, read
from unsuplmk.cli.tracker import choices, tracker_option
from unsuplmk.errors import UserError

if TYPE_CHECKING:
    from unsuplmk.naming.named import Points


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
@points_option
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
@click.option("--names", is_flag=True, help="Write the points' names beside them, and the animals' above.")
@from_option("RUN, where it is a file of points")
@crop_option
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or mps.")
@click.option("--batch", type=click.IntRange(min=1), default=64, show_default=True, help="Frames a forward pass.")
def command(
    run: str,
    input: str,
    out: Path,
    points: Points | None,
    tracker: tuple[str, ...],
    trail: int,
    skeleton: str,
    threshold: float,
    names: bool,
    from_format: str,
    crop: str,
    device: str,
    batch: int,
    **rest: Any,
) -> None:
    """Draw the points of INPUT onto it: its landmarks, or what they were named.

    RUN is a trained run, or a file of points that `unsuplmk predict`, `unsuplmk track` or another tool wrote; INPUT is
    an image, a video, a folder, a glob or a dataset, as NAME:PATH. Colours stay the same from frame to frame.
    """
    from unsuplmk import tracking
    from unsuplmk.batches.data import open_data
    from unsuplmk.detector import Detector
    from unsuplmk.pictures.render import Look, check, render_tracks
    from unsuplmk.pictures.skeleton import check as check_skeleton

    dataset, filters = open_data(input, dataset_options(rest)), choices(tracker, rest)
    check(dataset, out)
    check_skeleton(skeleton)
    if from_format or _holds_tracks(run):
        if points:
            raise UserError(f"--points {points} is for a run, and {run} is a file: all points in it are drawn")
        tracks = read(run, from_format, rest)
    else:
        tracking.rehearse(filters, dataset)
        detector = Detector.load(run, device)
        points, _ = points_choice(points, detector)
        chosen = crop_choice(crop, rest, detector.config.crop, run)
        tracks = detector.predict(dataset, batch=batch, report=warn, crop=chosen, points=points)
    tracks = tracking.track(tracks, filters, click.echo)
    written = render_tracks(dataset, tracks, out, Look(trail, skeleton, threshold, names))
    click.echo(f"{out}" if len(written) == 1 else f"{out}: {len(written)} pictures")


def _holds_tracks(run: str) -> bool:
    """Whether what stands for a run is a file of points."""
    from unsuplmk import tables

    path = Path(run).expanduser()
    try:
        return path.is_file() and bool(tables.component_for(path))
    except UserError:  # not by its suffix
        return False
