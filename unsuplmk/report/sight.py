"""What a report looks at: frames that training did not see, where there are any, and the landmarks in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from unsuplmk.batches.data import open_data
from unsuplmk.detector import Detector
from unsuplmk.errors import UserError
from unsuplmk.frames.gather import as_images
from unsuplmk.frames.prepare import Fit
from unsuplmk.frames.sources import resolve
from unsuplmk.inspecting.gallery import short
from unsuplmk.interfaces import Dataset
from unsuplmk.ops.health import Health, health
from unsuplmk.report.pixels import LARGE, small

EXAMINED = 64
"""Frames that spread and health are judged by."""
HELD_OUT = ("test", "val")
"""Splits that are shown of data of which `train` was trained on."""


@dataclass(frozen=True)
class Frames:
    """Frames to look at.

    Args:
        dataset: As the run was trained, before anything is cut out.
        words: What they are, for the reader.
    """

    dataset: Dataset
    words: str


def frames(config: Mapping[str, Any], data: str = "", options: Mapping[str, Any] | None = None) -> Frames:
    """The frames that a report shows: those that are given, else the run's own, of another split where there is one.

    Args:
        config: The run's.
        data: What the user gave; empty for the run's own.
        options: Of the dataset that was given.

    Raises:
        UserError: Nothing is there.
    """
    if data:
        return Frames(open_data(data, options), f"frames of {data}")
    word, own = str(config.get("data")), dict(config.get("dataset") or {})
    if resolve(word).has_splits and own.get("split") == "train":
        for split in HELD_OUT:
            try:
                dataset = open_data(word, {**own, "split": split})
            except UserError:
                continue
            if len(dataset):
                return Frames(dataset, f"frames of the split {split}, which the run was not trained on")
    return Frames(open_data(word, own), "frames that the run was trained on: give others as DATA to see more")


def count(config: Mapping[str, Any]) -> str:
    """How many frames a run was trained on, in words; empty where they are not there any more."""
    try:
        dataset = open_data(str(config.get("data")), dict(config.get("dataset") or {}))
        clips = len(dataset.clips)
    except UserError:
        return ""
    return f"{len(dataset):,} frames in " + ("one clip" if clips == 1 else f"{clips:,} clips")


@dataclass(frozen=True)
class Look:
    """Landmarks in some frames.

    Args:
        pictures: What the network was shown of each frame, before it was made square; none above `LARGE` pixels.
        names: What the frames are called.
        kept: Where in the order that was asked for each picture stood.
        sizes: (width, height) of what each picture was made of.
        fit: How that was made the network's square.
        landmarks: In [-1, 1] of the network's square, of all frames that were examined: more than there are pictures.
        score: Of each.
    """

    pictures: tuple[np.ndarray, ...]
    names: tuple[str, ...]
    kept: tuple[int, ...]
    sizes: tuple[tuple[int, int], ...]
    fit: Fit
    landmarks: Float[np.ndarray, "examined landmarks 2"]
    score: Float[np.ndarray, "examined landmarks"]

    def health(self) -> Health:
        """How they are."""
        return health(torch.from_numpy(self.landmarks))

    def points(self, xy: Float[np.ndarray, "some points 2"]) -> list[Float[np.ndarray, "points 2"]]:
        """From the network's square to pixels of the pictures, which may be smaller than their frames."""
        found = []
        for places, picture, size in zip(xy, self.pictures, self.sizes, strict=False):
            factors = np.array(picture.shape[1::-1]) / np.array(size)
            found.append((self.fit.to_frame(places, size) + 0.5) * factors - 0.5)
        return found


def look(
    detector: Detector,
    dataset: Dataset,
    order: Sequence[int],
    images: int,
    report: Callable[[str], None],
    examined: int = EXAMINED,
) -> Look:
    """Find the landmarks of some frames.

    Args:
        detector: The run's.
        dataset: What the network is to see of the frames: cropped.
        order: Which frames to take, the first first.
        images: Pictures that are kept.
        report: Called with one line for every frame that cannot be read; another takes its place.
        examined: Frames that are examined, where there are as many.

    Raises:
        UserError: None can be read.
    """
    squares, pictures, names, sizes, kept = [], [], [], [], []
    for place, index in enumerate(order):
        if len(squares) == max(images, examined):
            break
        try:
            frame = dataset.read(index)
            squares.append(detector.fit(frame))
        except UserError as error:
            report(str(error))
            continue
        if len(pictures) < images:
            pictures.append(small(frame, side=min(LARGE, max(frame.shape[:2]))))
            sizes.append((frame.shape[1], frame.shape[0]))
            names.append(short(dataset.name(index)))
            kept.append(place)
    if not squares:
        raise UserError("none of the frames can be read")
    found = [detector.detect(as_images(squares[start : start + 16])) for start in range(0, len(squares), 16)]
    landmarks = torch.cat([one.xy for one in found]).cpu().double().numpy()
    score = torch.cat([one.score for one in found]).cpu().double().numpy()
    return Look(tuple(pictures), tuple(names), tuple(kept), tuple(sizes), detector.fit, landmarks, score)
