"""`unsuplmk predict`: landmarks of images and videos into a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from unsuplmk.cli.crop import crop_choice, crop_option
from unsuplmk.cli.dataset import ReadsData, dataset_options, options_of
from unsuplmk.cli.errors import warn
from unsuplmk.cli.points import points_choice, points_option
from unsuplmk.cli.tracker import choices, tracker_option
from unsuplmk.cli.written import apart_option, format_option, said, write

if TYPE_CHECKING:
    from unsuplmk.naming.named import Points


@click.command(cls=ReadsData)
@click.argument("run")
@click.argument("input")
@click.option("--out", required=True, metavar="FILE", type=click.Path(path_type=Path), help="File to write.")
@format_option("--out")
@points_option
@tracker_option
@apart_option
@crop_option
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or mps.")
@click.option("--batch", type=click.IntRange(min=1), default=64, show_default=True, help="Frames a forward pass.")
def command(
    run: str,
    input: str,
    out: Path,
    format: str,
    points: Points | None,
    tracker: tuple[str, ...],
    apart: bool,
    crop: str,
    device: str,
    batch: int,
    **rest: Any,
) -> None:
    """Write the points of INPUT to a file: its landmarks, or what they were named.

    RUN is a trained run; INPUT is an image, a video, a folder, a glob or a dataset, as NAME:PATH. The file holds
    pixels of the original frames; `unsuplmk components format` lists the formats. A format may have options of its own:
    `unsuplmk predict --format NAME --help`. So may a tracker.

    What has been found so far is kept beside the file: after an interruption the same command goes on from there.
    """
    from unsuplmk import tables, tracking

    options = options_of("format", rest)
    form = tables.format_for(out, format, **options)  # a wrong name must not cost the whole prediction
    from unsuplmk.batches.data import open_data
    from unsuplmk.detector import Detector
    from unsuplmk.journal import Journal

    dataset, filters = open_data(input, dataset_options(rest)), choices(tracker, rest)
    tracking.rehearse(filters, dataset)
    detector = Detector.load(run, device)
    points, names = points_choice(points, detector)
    chosen = crop_choice(crop, rest, detector.config.crop, run)
    tables.rehearse(form, out, dataset, names)
    journal = Journal(out.with_name(f".{out.name}.part"), input, report=click.echo)
    try:
        tracks = detector.predict(dataset, batch=batch, report=warn, crop=chosen, points=points, journal=journal)
    except KeyboardInterrupt:
        journal.flush()
        kept = f"{journal.kept} frames are in {journal.folder}: the same command goes on after them"
        raise KeyboardInterrupt(kept if journal.kept else "") from None
    tracks = tracking.track(tracks, filters, click.echo)
    for path, part in write(tracks, out, format, options, apart=apart):
        click.echo(said(path, part))
    journal.remove()
