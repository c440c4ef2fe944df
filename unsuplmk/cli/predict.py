"""`unsuplmk predict`: landmarks of images and videos into a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from unsuplmk.cli.crop import crop_choice, crop_option
from unsuplmk.cli.dataset import ReadsData, dataset_options, options_of
from unsuplmk.cli.errors import warn
from unsuplmk.cli.tracker import choices, tracker_option

if TYPE_CHECKING:
    from unsuplmk.naming.named import Points


@click.command(cls=ReadsData)
@click.argument("run")
@click.argument("input")
@click.option("--out", required=True, metavar="FILE", type=click.Path(path_type=Path), help="File to write.")
@click.option("--format", metavar="NAME", default="", help="Format of the file; without it, the suffix decides.")
@click.option(
    "--landmarks",
    type=click.Choice(["raw", "named", "both"]),
    help="The discovered landmarks, the points that `unsuplmk name` made of them, or both.  "
    "[default: named where RUN has names, else raw]",
)
@tracker_option
@click.option("--apart", is_flag=True, help="Write a file for each animal: OUT.csv becomes OUT.ann.csv, ...")
@crop_option
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or mps.")
@click.option("--batch", type=click.IntRange(min=1), default=64, show_default=True, help="Frames a forward pass.")
def command(
    run: str,
    input: str,
    out: Path,
    format: str,
    landmarks: Points | None,
    tracker: tuple[str, ...],
    apart: bool,
    crop: str,
    device: str,
    batch: int,
    **rest: Any,
) -> None:
    """Write the landmarks of INPUT to a file.

    RUN is a trained run; INPUT is an image, a video, a folder, a glob or a dataset, as NAME:PATH. The file holds
    pixels of the original frames; `unsuplmk components format` lists the formats. A format may have options of its own:
    `unsuplmk predict --format NAME --help`. So may a tracker.

    What has been found so far is kept beside the file: after an interruption the same command goes on from there.
    """
    from unsuplmk import tables, tracking
    from unsuplmk.cli.written import write

    options = options_of("format", rest)
    form = tables.format_for(out, format, **options)  # a wrong name must not cost the whole prediction
    from unsuplmk.batches.data import open_data
    from unsuplmk.detector import Detector
    from unsuplmk.journal import Journal

    dataset, filters = open_data(input, dataset_options(rest)), choices(tracker, rest)
    tracking.rehearse(filters, dataset)
    detector = Detector.load(run, device)
    chosen = crop_choice(crop, rest, detector.config.crop, run)
    named = () if detector.named is None else detector.named.names
    points = landmarks or ("named" if named else "raw")
    names = {"raw": detector.names, "named": named, "both": (*detector.names, *named)}[points]
    if names:
        tables.rehearse(form, out, dataset, names)
    journal = Journal(out.with_name(f".{out.name}.part"), input, report=click.echo)
    try:
        tracks = detector.predict(dataset, batch=batch, report=warn, crop=chosen, points=points, journal=journal)
    except KeyboardInterrupt:
        journal.flush()
        kept = f"{journal.kept} frames are in {journal.folder}: the same command goes on after them"
        raise KeyboardInterrupt(kept if journal.kept else "") from None
    tracks = tracking.track(tracks, filters, click.echo)
    what = {"raw": "landmarks", "named": "named points", "both": "landmarks and named points"}[points]
    for path, part in write(tracks, out, format, options, apart=apart):
        click.echo(f"{path}: {len(part.names)} {what} in {len(part.source)} frames")
    journal.remove()
