"""Annotated images with the landmarks that a detector finds in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from os.path import normpath
from typing import TypeVar

import numpy as np
from jaxtyping import Bool, Float, Integer

from unsuplmk.datasets.augmented import Augmented
from unsuplmk.datasets.cropped import Cropped
from unsuplmk.detector import Detector, inside, outside, per_size
from unsuplmk.errors import UserError
from unsuplmk.frames.cropping import WHOLE, Choice
from unsuplmk.frames.prepare import Fit
from unsuplmk.interfaces import Dataset
from unsuplmk.ops.window import Window

Value = TypeVar("Value")
NAMED = 5
"""How many images a remark names; the rest are counted."""


@dataclass(frozen=True)
class Sample:
    """Annotated images with their landmarks.

    Args:
        names: What the images are called.
        size: (width, height) of each.
        landmarks: In [-1, 1] of the network's square image.
        truth: The annotated points in pixels of each image; NaN where missing.
        origins: The name of the image that each was made of, its own unless it is a changed copy; none for no copies.
        windows: What was cut out of each and made the network's square; none where it is the whole of every image.
    """

    names: tuple[str, ...]
    size: Integer[np.ndarray, "images 2"]
    landmarks: Float[np.ndarray, "images landmarks 2"]
    truth: Float[np.ndarray, "images points 2"]
    origins: tuple[str, ...] = ()
    windows: tuple[Window, ...] = ()

    def select(self, rows: Bool[np.ndarray, "images"]) -> Sample:
        """Some of the images."""
        return Sample(
            *(_kept(self.names, rows), self.size[rows], self.landmarks[rows], self.truth[rows]),
            origins=_kept(self.origins, rows),
            windows=_kept(self.windows, rows),
        )

    @property
    def original(self) -> Bool[np.ndarray, "images"]:
        """Which images are no copies."""
        if not self.origins:
            return np.ones(len(self.names), bool)
        return np.array([name == origin for name, origin in zip(self.names, self.origins, strict=True)], bool)

    def originals(self) -> Sample:
        """The images that are no copies."""
        return self.select(self.original)

    def of(self, rows: Bool[np.ndarray, "images"]) -> Bool[np.ndarray, "images"]:
        """Some of the images, and all copies of them."""
        if not self.origins:
            return rows
        named = {name for name, kept in zip(self.names, rows, strict=True) if kept}
        return np.array([origin in named for origin in self.origins], bool)

    @property
    def seen(self) -> Integer[np.ndarray, "images 2"]:
        """(width, height) of what was made the network's square."""
        return np.array([window.size for window in self.windows]) if self.windows else self.size

    def square(self, fit: Fit, xy: Float[np.ndarray, "images points 2"]) -> Float[np.ndarray, "images points 2"]:
        """From pixels of each image to [-1, 1] of the network's square."""
        return per_size(fit.to_square, inside(self.windows, xy), self.seen)

    def pixels(self, fit: Fit, xy: Float[np.ndarray, "images points 2"]) -> Float[np.ndarray, "images points 2"]:
        """From [-1, 1] of the network's square to pixels of each image."""
        return outside(self.windows, per_size(fit.to_frame, xy, self.seen))


def located(
    detector: Detector,
    dataset: Dataset,
    batch: int,
    note: Callable[[str], None],
    crop: Choice | None = None,
) -> Sample:
    """The landmarks of every image that can be read and has an annotated point.

    Args:
        detector: Finds the landmarks.
        dataset: Annotated images.
        batch: Images a forward pass.
        note: Called with one line for every image that cannot be read.
        crop: As for `Detector.cropped`.

    Raises:
        UserError: No image is left.
    """
    dataset = detector.cropped(dataset, crop, note)
    tracks = detector.predict(dataset, batch=batch, report=note, crop=WHOLE)
    row_of = {name: row for row, name in enumerate(tracks.source)}
    truth = {index: _annotation(dataset, index) for index in range(len(dataset)) if dataset.name(index) in row_of}
    kept = [index for index, points in truth.items() if np.isfinite(points).all(-1).any()]
    if not kept:
        raise UserError("none of the images that can be read has an annotated point")
    rows = [row_of[dataset.name(index)] for index in kept]
    points = np.stack([truth[index] for index in kept]).astype(np.float64)
    points[np.isnan(points).any(-1)] = np.nan  # half a point is none
    windows = tuple(dataset.window(index) for index in kept) if isinstance(dataset, Cropped) else ()
    origins: tuple[str, ...] = ()
    if isinstance(dataset, Augmented) and dataset.copies:
        origins = tuple(dataset.name(dataset.origin(index)) for index in kept)
    sample = Sample(tuple(tracks.source[row] for row in rows), tracks.size[rows], points, points, origins, windows)
    return replace(sample, landmarks=sample.square(detector.fit, tracks.xy[rows]))


def _annotation(dataset: Dataset, index: int) -> Float[np.ndarray, "points 2"]:
    """Annotated points in pixels of the image that something may have been cut out of."""
    if isinstance(dataset, Cropped):
        return dataset.dataset.annotation(dataset.frame(index))
    return dataset.annotation(index)


def _kept(values: tuple[Value, ...], rows: Bool[np.ndarray, "images"]) -> tuple[Value, ...]:
    return tuple(value for value, kept in zip(values, rows, strict=True) if kept) if values else ()


def remarks(fitted: Sample, judged: Sample) -> tuple[str, ...]:
    """What is odd about two samples and yet no reason to leave an image out."""
    found, copies = [], len(fitted.names)
    fitted = fitted.originals()  # what is odd about an image is odd about its copies, and their points may leave them
    copies -= len(fitted.names)
    if copies:
        found.append(f"the map is fitted on {len(fitted.names)} training images and {copies} changed copies of them")
    for what, sample in (("training", fitted), ("test", judged)):
        places = {"outside their image": (sample.truth, sample.size)}
        if sample.windows:
            places["outside what is cut out of their image"] = inside(sample.windows, sample.truth), sample.seen
        for where, (points, size) in places.items():
            beyond = np.any((points < -0.5) | (points > size[:, None] - 0.5), axis=-1)
            if beyond.any():
                names = [name for name, any_ in zip(sample.names, np.any(beyond, axis=1), strict=True) if any_]
                found.append(
                    f"{beyond.sum()} annotated points of {len(names)} {what} images lie {where} and count "
                    f"all the same (an empty cell is a missing point): {some(names)}"
                )
    seen = {normpath(name) for name in fitted.names}
    shared = [name for name in judged.names if normpath(name) in seen]
    if shared:
        found.append(
            f"{len(shared)} of {len(judged.names)} test images are training images too, so that the errors are "
            f"too small: {some(shared)}"
        )
    return tuple(found)


def some(names: Iterable[str]) -> str:
    """The first names of a long list, and how many more there are."""
    names = list(names)
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
