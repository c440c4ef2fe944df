"""Annotated images with the landmarks that a detector finds in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from os.path import normpath

import numpy as np
from jaxtyping import Bool, Float, Integer

from unsuplmk.datasets.augmented import Augmented
from unsuplmk.detector import Detector, per_size
from unsuplmk.errors import UserError
from unsuplmk.interfaces import Dataset

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
    """

    names: tuple[str, ...]
    size: Integer[np.ndarray, "images 2"]
    landmarks: Float[np.ndarray, "images landmarks 2"]
    truth: Float[np.ndarray, "images points 2"]
    origins: tuple[str, ...] = ()

    def select(self, rows: Bool[np.ndarray, "images"]) -> Sample:
        """Some of the images."""
        names, origins = (
            tuple(name for name, kept in zip(those, rows, strict=True) if kept) if those else ()
            for those in (self.names, self.origins)
        )
        return Sample(names, self.size[rows], self.landmarks[rows], self.truth[rows], origins)

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


def located(detector: Detector, dataset: Dataset, batch: int, note: Callable[[str], None]) -> Sample:
    """The landmarks of every image that can be read and has an annotated point.

    Args:
        detector: Finds the landmarks.
        dataset: Annotated images.
        batch: Images a forward pass.
        note: Called with one line for every image that cannot be read.

    Raises:
        UserError: No image is left.
    """
    tracks = detector.predict(dataset, batch=batch, report=note)
    row_of = {name: row for row, name in enumerate(tracks.source)}
    truth = {index: dataset.annotation(index) for index in range(len(dataset)) if dataset.name(index) in row_of}
    kept = [index for index, points in truth.items() if np.isfinite(points).all(-1).any()]
    if not kept:
        raise UserError("none of the images that can be read has an annotated point")
    rows = [row_of[dataset.name(index)] for index in kept]
    points = np.stack([truth[index] for index in kept]).astype(np.float64)
    points[np.isnan(points).any(-1)] = np.nan  # half a point is none
    landmarks = per_size(detector.fit.to_square, tracks.xy[rows], tracks.size[rows])
    origins: tuple[str, ...] = ()
    if isinstance(dataset, Augmented) and dataset.copies:
        origins = tuple(dataset.name(dataset.origin(index)) for index in kept)
    return Sample(tuple(tracks.source[row] for row in rows), tracks.size[rows], landmarks, points, origins)


def remarks(fitted: Sample, judged: Sample) -> tuple[str, ...]:
    """What is odd about two samples and yet no reason to leave an image out."""
    found, copies = [], len(fitted.names)
    fitted = fitted.originals()  # what is odd about an image is odd about its copies, and their points may leave them
    copies -= len(fitted.names)
    if copies:
        found.append(f"the map is fitted on {len(fitted.names)} training images and {copies} changed copies of them")
    for what, sample in (("training", fitted), ("test", judged)):
        outside = np.any((sample.truth < -0.5) | (sample.truth > sample.size[:, None] - 0.5), axis=-1)
        if outside.any():
            names = [name for name, any_ in zip(sample.names, np.any(outside, axis=1), strict=True) if any_]
            found.append(
                f"{outside.sum()} annotated points of {len(names)} {what} images lie outside their image and count "
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
