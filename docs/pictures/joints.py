"""The puppets' joints, as they follow from a run's landmarks: the linear map that `unsuplmk evaluate` fits."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from cells import disc, line, ring

from unsuplmk import Detector, registry
from unsuplmk.datasets.puppets import POINTS
from unsuplmk.evaluation.samples import located
from unsuplmk.ops.linear import LinearMap, fit_linear
from unsuplmk.pictures.draw import Picture, palette


@cache
def fitted(run: Path) -> tuple[Detector, LinearMap]:
    """The detector, and the map from its landmarks to the joints of the training split, both in [-1, 1]."""
    detector = Detector.load(run, "cpu")
    sample = located(detector, registry.build("dataset", "puppets"), 64, print)
    return detector, fit_linear(sample.landmarks, sample.square(detector.fit, sample.truth), intercept=True)


def predicted(run: Path, images: Sequence[Picture]) -> np.ndarray:
    """The joints in some square images of one size, in pixels of these: (images, 14, 2)."""
    detector, joints = fitted(run)
    found = detector.predict(list(images))
    size = images[0].shape[1::-1]
    return detector.fit.to_frame(joints(detector.fit.to_square(found.xy, size)), size)


def compared(image: Picture, guess: np.ndarray, truth: np.ndarray) -> Picture:
    """Discs where joints are predicted, rings where they are, a line between the two."""
    canvas = np.ascontiguousarray(image).copy()
    colours = palette(len(POINTS)).tolist()
    for number, colour in enumerate(colours):
        ring(canvas, truth[number], 7.0)
        line(canvas, truth[number], guess[number], colour)
    for number, colour in enumerate(colours):
        disc(canvas, guess[number], 4.0, colour)
    return canvas


def distance(guess: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Mean distance of the joints of each image."""
    return np.linalg.norm(guess - truth, axis=-1).mean(-1)
