"""`unsuplmk swap`: geometry of one image, style of another, as a grid or as an animation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from unsuplmk.cli.crop import crop_choice, crop_option
from unsuplmk.cli.dataset import ReadsData, dataset_options
from unsuplmk.cli.errors import warn
from unsuplmk.errors import UserError

if TYPE_CHECKING:
    from unsuplmk.detector import Detector
    from unsuplmk.interfaces import Dataset

COUNT = click.IntRange(1, 100)


@click.command(cls=ReadsData)
@click.argument("run")
@click.argument("input", required=False)
@click.option(
    "--out",
    required=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="A picture for the grid; a video or .gif with --drive.",
)
@click.option("--style", metavar="INPUT", default="", help="Images that give the style; without it, INPUT's.")
@click.option(
    "--drive", metavar="INPUT", default="", help="A video or folder of frames whose landmarks move the style."
)
@click.option("--relative", is_flag=True, help="With --drive: the way since the first frame, added to the style's own.")
@click.option("--rows", type=COUNT, default=6, show_default=True, help="Styles at most.")
@click.option("--columns", type=COUNT, default=6, show_default=True, help="Geometries at most.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of the choice of images.")
@click.option("--cell", type=click.IntRange(16, 1024), default=128, show_default=True, help="Least side of a cell, px.")
@click.option("--fps", type=click.FloatRange(0.1, 240), default=10, show_default=True, help="Of a folder of frames.")
@crop_option
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or mps.")
@click.option("--batch", type=click.IntRange(min=1), default=64, show_default=True, help="Images a forward pass.")
def command(
    run: str,
    input: str | None,
    out: Path,
    style: str,
    drive: str,
    relative: bool,
    rows: int,
    columns: int,
    seed: int,
    cell: int,
    fps: float,
    crop: str,
    device: str,
    batch: int,
    **rest: Any,
) -> None:
    """Draw images of INPUT with the geometry of one and the style of another.

    RUN is a trained run; INPUT is a folder, a glob, a video or a dataset, as NAME:PATH. The columns of the grid have
    the landmarks of the image on top, the rows the style of the image on the left. Two lines say how well both are
    kept: a ratio near 0 is good, one near that of random pairs is not.

    With --style and --drive instead of INPUT, the style images are moved by the landmarks of a video.
    """
    if bool(input) == bool(drive) or (drive and not style):
        raise UserError("swap needs either INPUT for a grid, or --style and --drive for an animation")
    if relative and not drive:
        raise UserError("--relative is the way since the first frame of a video: it needs --drive")
    from unsuplmk.batches.data import open_data
    from unsuplmk.pictures.swap import check_picture

    if drive:
        from unsuplmk.pictures.animate import check_output

        frames = open_data(drive)
        check_output(out, len(frames))
        detector = _load(run, device)
        chosen = crop_choice(crop, rest, detector.config.crop, run)
        styles, driving = (detector.cropped(data, chosen, warn) for data in (style, frames))
        _animate(detector, styles, driving, out, relative, rows, seed, fps, cell, batch)
        return
    check_picture(out)
    geometries = open_data(input or "", dataset_options(rest))
    detector = _load(run, device)
    chosen = crop_choice(crop, rest, detector.config.crop, run)
    geometries = detector.cropped(geometries, chosen, warn)
    styles = detector.cropped(style, chosen, warn) if style else geometries
    _draw(detector, geometries, styles, out, rows, columns, seed, cell, batch)


def _load(run: str, device: str) -> Detector:
    from unsuplmk.detector import Detector

    return Detector.load(run, device)


def _draw(
    detector: Detector,
    geometries: Dataset,
    styles: Dataset,
    out: Path,
    rows: int,
    columns: int,
    seed: int,
    cell: int,
    batch: int,
) -> None:
    from unsuplmk.checkpoint import write_atomically
    from unsuplmk.frames.gather import gather
    from unsuplmk.frames.media import write_image
    from unsuplmk.pictures.disentangle import check, describe
    from unsuplmk.pictures.swap import Grid, picture

    images = gather(detector.fit, geometries, styles, columns=columns, rows=rows, seed=seed, report=warn)
    grid = Grid(detector, *images, batch=batch)
    drawn = picture(grid, cell)
    write_atomically(out, lambda path: write_image(path, drawn))
    click.echo(f"{out}: {len(grid.styles)} styles in {len(grid.geometries)} geometries")
    for line in describe(check(grid)):
        click.echo(line)


def _animate(
    detector: Detector,
    styles: Dataset,
    drive: Dataset,
    out: Path,
    relative: bool,
    rows: int,
    seed: int,
    fps: float,
    cell: int,
    batch: int,
) -> None:
    from unsuplmk.frames.gather import chosen, read
    from unsuplmk.pictures.animate import animate

    images = read(detector.fit, styles, chosen(styles, rows, seed), rows, warn)
    frames = animate(detector, images, drive, out, relative=relative, fps=fps, cell=cell, batch=batch, report=warn)
    click.echo(f"{out}: {frames} frames")
