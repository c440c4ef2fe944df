"""Tracks drawn onto the frames they were found in: pictures, or a video with trails and a skeleton."""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import final

import numpy as np
from jaxtyping import Float

from unsuplmk.batches.data import Data, open_data
from unsuplmk.checkpoint import write_atomically
from unsuplmk.errors import UserError
from unsuplmk.frames.media import IMAGES, VIDEOS, write_image, write_video
from unsuplmk.interfaces import Dataset
from unsuplmk.ops.runs import places
from unsuplmk.pictures.draw import Picture, enlarged, enlarged_points, overlay, trails
from unsuplmk.pictures.marks import bones, captions
from unsuplmk.pictures.matching import matched
from unsuplmk.pictures.skeleton import NONE, Edge, edges
from unsuplmk.types import Tracks

READABLE = 256
"""Smaller frames are enlarged until their shorter side has so many pixels."""
TRAIL = 12
"""Frames that a trail reaches back."""


@dataclass(frozen=True)
class Look:
    """What is drawn beside the landmarks.

    Args:
        trail: Frames of a video that a trail reaches back; 0 for none.
        skeleton: Lines between landmarks: `none`, `auto` for those that keep their distance, or a file of pairs.
        threshold: Points of a lower score are not drawn.
        names: Whether names stand beside the landmarks, and above each of several animals.
    """

    trail: int = TRAIL
    skeleton: str = NONE
    threshold: float = 0.0
    names: bool = False


PLAIN = Look()
"""Landmarks and their trails alone."""


@dataclass(frozen=True)
class _Animal:
    """One animal in a frame: where its landmarks have been, oldest first, and what is known of them now."""

    way: Float[np.ndarray, "frames landmarks 2"]
    score: Float[np.ndarray, "landmarks"]
    title: str


def render_tracks(source: Data, tracks: Tracks, out: str | Path, look: Look = PLAIN) -> list[Path]:
    """Draw tracks onto their frames; frames smaller than 256 px are enlarged by a whole factor.

    All animals of a frame are drawn onto it. A landmark has the same colour in every frame and every animal.

    Args:
        source: What the tracks were found in: a video, images, a folder, arrays or a dataset.
        tracks: As `Detector.predict` gave them, or read back from a file.
        out: A video file for a video, an image file for a single frame, or a folder for a picture of each frame.
        look: What else is drawn.

    Returns:
        The files that were written.

    Raises:
        UserError: `out` does not suit the source, the tracks are of other frames, there is no such skeleton, or
            writing fails.
    """
    out, dataset = Path(out), open_data(source)
    check(dataset, out)
    rows = matched(dataset, tracks)
    tracks = replace(tracks, xy=np.where((tracks.score < look.threshold)[..., None], np.nan, tracks.xy))
    pen = _Pen(tracks, look)
    kind = out.suffix.lower()
    try:
        if kind in VIDEOS:
            write_atomically(out, lambda path: write_video(path, pen.video(dataset, rows), dataset.fps))
            return [out]
        paths = [out] if kind in IMAGES else _pictures(out, [dataset.name(index) for index in rows])
        for (index, found), path in zip(rows.items(), paths, strict=True):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_image(path, pen.picture(dataset.read(index), found))
    except OSError as error:
        raise UserError(f"cannot write {out}: {error.strerror or error}") from None
    return paths


def check(dataset: Dataset, out: Path) -> None:
    """Refuse an output that does not suit the frames, before anything is computed.

    Raises:
        UserError: `out` is a video and the frames are not, a picture for many frames, or neither.
    """
    kind = out.suffix.lower()
    if out.is_dir() and kind in IMAGES | VIDEOS:
        raise UserError(f"cannot render to {out}: it is a folder, but named like a file")
    if kind in VIDEOS and not dataset.fps:
        raise UserError(f"cannot render images to the video {out}: name a folder, or give one video")
    if kind in IMAGES and len(dataset) != 1:
        raise UserError(f"cannot render {len(dataset)} frames to the picture {out}: name a folder instead")
    if out.is_file() and kind not in IMAGES | VIDEOS:
        raise UserError(f"cannot render to {out}: it is a file; name a folder")
    if kind and kind not in IMAGES | VIDEOS and not out.is_dir():
        known = ", ".join(sorted(VIDEOS | IMAGES))
        raise UserError(f"cannot render to {out}: {kind} is no picture or video; known: {known}; or name a folder")


@final
class _Pen:
    """Draws the animals of a frame.

    Args:
        tracks: Without what is not to be drawn.
        look: What is drawn.
    """

    def __init__(self, tracks: Tracks, look: Look) -> None:
        self._tracks, self._look = tracks, look
        self._edges: Sequence[Edge] = edges(look.skeleton, tracks)
        found = places(tracks)
        # a box that nobody named is nobody's
        self._owners = [s if place.film == s else place.animal for s, place in zip(tracks.source, found, strict=True)]
        self._titles = [place.animal if look.names else "" for place in found]

    def picture(self, frame: Picture, rows: list[int]) -> Picture:
        """A frame alone, without trails."""
        return self._drawn(frame, [self._animal(row, self._tracks.xy[row][None]) for row in rows])

    def video(self, dataset: Dataset, rows: dict[int, list[int]]) -> Iterator[Picture]:
        """The frames of a video with trails; one without tracks is shown as it is."""
        history: dict[str, deque[np.ndarray]] = {}
        unseen = np.full(self._tracks.xy.shape[1:], np.nan)
        for index in range(len(dataset)):
            try:
                frame = dataset.read(index)
            except UserError:  # predict has reported it
                continue
            here = {self._owners[row]: row for row in rows.get(index, [])}
            for owner in {*history, *here}:
                way = history.setdefault(owner, deque(maxlen=max(1, self._look.trail)))
                way.append(self._tracks.xy[here[owner]] if owner in here else unseen)
            history = {owner: way for owner, way in history.items() if owner in here or np.isfinite(way).any()}
            yield self._drawn(frame, [self._animal(row, np.stack(history[owner])) for owner, row in here.items()])

    def _animal(self, row: int, way: np.ndarray) -> _Animal:
        return _Animal(way, self._tracks.score[row], self._titles[row])

    def _drawn(self, frame: Picture, animals: list[_Animal]) -> Picture:
        """A frame with each animal: its trails, the lines above them, the discs above both."""
        drawn = _readable(frame, np.empty((0, 2)))[0]
        animals = [replace(animal, way=_readable(frame, animal.way)[1]) for animal in animals]
        if self._look.trail:
            for animal in animals:
                drawn = trails(drawn, animal.way)
        if self._edges:
            for animal in animals:
                drawn = bones(drawn, animal.way[-1], self._edges)
        for animal in animals:
            drawn = overlay(drawn, animal.way[-1], animal.score)
        if self._look.names:
            for animal in animals:
                drawn = captions(drawn, animal.way[-1], self._tracks.names, animal.title)
        return drawn


def _readable(frame: Picture, xy: np.ndarray) -> tuple[Picture, np.ndarray]:
    factor = -(-READABLE // min(frame.shape[:2]))
    # a frame of extreme shape would become huge
    factor = max(1, min(factor, 4 * READABLE // max(frame.shape[:2])))
    return enlarged(frame, factor), enlarged_points(xy, factor)


def _pictures(folder: Path, names: list[str]) -> list[Path]:
    """A PNG for each frame: below the folder as the frames lie below theirs."""
    parents = {os.path.dirname(name) for name in names}
    common = os.path.commonpath(parents) if len({os.path.isabs(p) for p in parents}) == 1 else ""
    plain = [name if not common else os.path.relpath(name, common) for name in names]
    # clip.mp4:7 becomes clip_000007, a.jpg becomes a
    short = [re.sub(r"(\.\w+)?:(\d+)$", lambda m: f"_{int(m[2]):06d}", name) for name in plain]
    short = [os.path.splitext(name)[0] if Path(name).suffix.lower() in IMAGES else name for name in short]
    unique = short if len(set(short)) == len(short) else plain  # a.jpg beside a.png
    return [folder / f"{name.replace(':', '_').replace(os.pardir, '_')}.png" for name in unique]
