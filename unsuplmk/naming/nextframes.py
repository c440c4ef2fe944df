"""Which frames to label next: those whose landmarks are farthest from all that have been labelled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from unsuplmk.batches.data import Data
from unsuplmk.datasets.cropped import Cropped
from unsuplmk.detector import Detector, inside, per_size
from unsuplmk.frames.cropping import WHOLE, Choice


@dataclass(frozen=True)
class Suggestion:
    """A frame that is worth a label.

    Args:
        frame: What it is called.
        distance: Root mean square distance of its landmarks from those of the nearest frame that has a label or was
            suggested before it, in % of the image's side.
    """

    frame: str
    distance: float


def suggest(
    detector: Detector,
    source: Data,
    known: Float[np.ndarray, "frames landmarks 2"],
    count: int,
    *,
    crop: Choice | None = None,
    batch: int = 64,
    report: Callable[[str], None] = lambda message: None,
) -> list[Suggestion]:
    """Frames that differ most from the labelled ones and from each other, farthest first.

    Gonzalez 1985, farthest-first traversal: no choice of as many frames leaves any frame less than half as far from
    the nearest one. Frames on which the detector fails lie far off, too: look before you label.

    Args:
        detector: Finds the landmarks.
        source: As for `Detector.predict`.
        known: Landmarks of the labelled frames, in the network's coordinates.
        count: How many frames.
        crop: As for `Detector.cropped`.
        batch: Frames a forward pass.
        report: Called with one line for every frame that cannot be read.

    Raises:
        UserError: Nothing is there, or no frame can be read.
    """
    dataset = detector.cropped(source, crop, report)
    tracks = detector.predict(dataset, batch=batch, report=report, crop=WHOLE)
    size, windows = tracks.size, []
    if isinstance(dataset, Cropped):
        index_of = {dataset.name(index): index for index in range(len(dataset))}
        windows = [dataset.window(index_of[name]) for name in tracks.source]
        size = np.array([window.size for window in windows])
    xy = per_size(detector.fit.to_square, inside(windows, tracks.xy), size)
    chosen = farthest(xy.reshape(len(xy), -1), known.reshape(len(known), -1), count)
    side = 100 / 2 / np.sqrt(xy.shape[1])
    return [Suggestion(tracks.source[row], float(distance * side)) for row, distance in chosen]


def farthest(
    rows: Float[np.ndarray, "rows values"], known: Float[np.ndarray, "known values"], count: int
) -> list[tuple[int, float]]:
    """Rows that are farthest from what is known and from the rows before them, with that distance."""
    nearest = np.full(len(rows), np.inf)
    for row in known:
        nearest = np.minimum(nearest, np.linalg.norm(rows - row, axis=1))
    found = []
    for _ in range(min(count, len(rows))):
        row = int(np.argmax(nearest))
        if not nearest[row] > 0:  # all that is left is known already
            break
        found.append((row, float(nearest[row])))
        nearest = np.minimum(nearest, np.linalg.norm(rows - rows[row], axis=1))
    return found
