"""Images moved by the landmarks of a video, frame after frame, beside the video."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch

from unsuplmk.checkpoint import write_atomically
from unsuplmk.detector import Detector
from unsuplmk.errors import UserError
from unsuplmk.frames.gather import as_images
from unsuplmk.frames.media import VIDEOS, require_av, write_video
from unsuplmk.interfaces import Dataset
from unsuplmk.pictures.draw import Picture
from unsuplmk.pictures.swap import CELL, GAP, as_pictures, cell_size, landmarked, located, repaint, rows
from unsuplmk.types import Image, Landmarks

GIF = ".gif"
FRAMES_OF_A_GIF = 1000
"""Pillow keeps all frames of a GIF in memory; a longer one would be no use either."""


def check_output(out: Path, frames: int) -> None:
    """Refuse an output that cannot hold an animation, before anything is computed.

    Raises:
        UserError: The suffix is none of a video or GIF, or the GIF would be too long, or PyAV is missing.
    """
    kind = out.suffix.lower()
    if kind not in VIDEOS | {GIF}:
        raise UserError(f"cannot write an animation to {out}; known: {', '.join([GIF, *sorted(VIDEOS)])}")
    if out.is_dir():
        raise UserError(f"cannot write to {out}: it is a folder, but named like a file")
    if kind == GIF and frames > FRAMES_OF_A_GIF:
        raise UserError(f"{frames} frames are too many for a GIF (at most {FRAMES_OF_A_GIF}): name an .mp4 instead")
    if kind != GIF:
        require_av()


def animate(
    detector: Detector,
    styles: Image,
    drive: Dataset,
    out: Path,
    *,
    relative: bool,
    fps: float,
    cell: int = CELL,
    batch: int = 32,
    report: Callable[[str], None],
) -> int:
    """Write the styles moved by the landmarks of `drive`; one row a style: itself, the driving frame, the result.

    However long the video is, only a batch of frames is in memory.

    Args:
        detector: Of a run.
        styles: Images in [0, 1], square as the detector was trained.
        drive: Frames in order; frames that cannot be read are left out.
        out: A video or a GIF.
        relative: Add the way of the driving landmarks since the first frame to those of the style, instead of
            taking them as they are.
        fps: Frames a second, where the driving frames are of no video.
        cell: Least side of an image, in pixels.
        batch: Frames a forward pass.
        report: Called with one line for every frame that cannot be read.

    Returns:
        How many frames were written.

    Raises:
        UserError: `out` is no video or GIF, no frame can be read, or writing fails.
    """
    check_output(out, len(drive))
    written = 0

    def counted() -> Iterator[Picture]:
        nonlocal written
        for frame in frames(detector, styles, drive, relative=relative, cell=cell, batch=batch, report=report):
            written += 1
            yield frame

    rate = drive.fps or fps
    write = _write_gif if out.suffix.lower() == GIF else write_video
    write_atomically(out, lambda path: write(path, counted(), rate))
    return written


def frames(
    detector: Detector,
    styles: Image,
    drive: Dataset,
    *,
    relative: bool,
    cell: int = CELL,
    batch: int = 32,
    report: Callable[[str], None],
) -> Iterator[Picture]:
    """The frames of the animation; see `animate`."""
    own = located(detector, styles, batch)
    size = cell_size(styles, cell)
    stills = as_pictures(styles, size)
    first: Landmarks | None = None
    for images in _batches(detector, drive, batch, report):
        found = located(detector, images, batch)
        first = rows(found, [0]) if first is None else first
        columns = [landmarked(images, found.xy, size)]
        for number in range(len(styles)):
            mine = rows(own, [number] * len(images))
            moved = replace(mine, xy=mine.xy + found.xy - first.xy) if relative else found
            with torch.inference_mode():  # not around a yield: it would last in the caller
                columns.append(as_pictures(repaint(detector, styles[[number] * len(images)], moved, mine), size))
        for driving, *results in zip(*columns, strict=True):
            yield _frame(driving, stills, results)


def _batches(detector: Detector, drive: Dataset, batch: int, report: Callable[[str], None]) -> Iterator[Image]:
    """The frames that can be read, square, a batch at a time."""
    waiting: list[np.ndarray] = []
    readable = False
    for index in range(len(drive)):
        try:
            waiting.append(detector.fit(drive.read(index)))
        except UserError as error:
            report(str(error))
            continue
        readable = True
        if len(waiting) == batch:
            yield as_images(waiting)
            waiting = []
    if waiting:
        yield as_images(waiting)
    if not readable:
        raise UserError(f"none of the {len(drive)} driving frames can be read")


def _frame(driving: Picture, stills: list[Picture], results: list[Picture]) -> Picture:
    """One row a style, with white between the pictures and even sides, as videos need them."""
    height, width = driving.shape[:2]
    canvas = np.full((len(stills) * (height + GAP) - GAP, 3 * (width + GAP) - GAP, 3), 255, np.uint8)
    for row, (still, result) in enumerate(zip(stills, results, strict=True)):
        top = row * (height + GAP)
        for column, one in enumerate((still, driving, result)):
            canvas[top : top + height, column * (width + GAP) :][:, :width] = one
    return canvas


def _write_gif(path: Path, pictures: Iterator[Picture], fps: float) -> None:
    from PIL import Image

    palettes = [Image.fromarray(picture).quantize(256) for picture in pictures]
    # a GIF counts hundredths of a second; rounding the moments, not the durations, keeps the speed
    moments = [round(100 * number / fps) for number in range(len(palettes) + 1)]
    durations = [10 * (end - start) for start, end in pairwise(moments)]
    palettes[0].save(path, save_all=True, append_images=palettes[1:], duration=durations, loop=0, optimize=False)
