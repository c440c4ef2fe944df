"""The moving object of a fixed camera."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, final

import numpy as np
from jaxtyping import Bool, Float, UInt8
from pydantic import Field

from unsuplmk.errors import UserError
from unsuplmk.interfaces import Crop, Dataset
from unsuplmk.ops import foreground
from unsuplmk.ops.squares import about
from unsuplmk.types import Boxes

SIDE = 256
"""Longer side of the grey pictures in which motion is looked for."""
BLOCK = 3000
"""Frames that share a background and are in memory at once: 200 MB of grey pictures at most."""
SAMPLES = 75
"""Frames that a background is the median of."""
COVERED = 0.3
"""Share of the picture above which what has changed is no object before a background."""
LEAST = 3
"""Frames of a clip, and frames in which something moves, below which no motion can be seen."""
SELDOM = 0.005
"""Share of the frames in which something has to move."""
PERCENTILE = 75
"""Of the object's sizes: two that touch, or a shadow now and then, do not make all pictures larger."""


@final
class Motion(Crop):
    """A square about what moves in videos of a camera that stands still.

    What differs from the median of the clip's frames has moved. The largest such blob is followed; its centre is
    smoothed over time. All squares of a dataset have one side, so that the object keeps its scale. Where nothing
    moves, the object is where it was last. Clips without motion, and of a camera that moves, are left out.

    Args:
        side: Of the squares, px; 0 takes the size of what moves, without thin parts such as a tail, and the margin.
        margin: What is added to that size, as a share of it.
        contrast: Grey levels, of 255, by which a pixel has to differ from the background at least.
        smooth: Frames, an odd number, over which the place is smoothed by a median; 1 does not.
    """

    def __init__(
        self,
        *,
        side: Annotated[int, Field(ge=0, le=100_000)] = 0,
        margin: Annotated[float, Field(ge=0, le=10)] = 0.5,
        contrast: Annotated[float, Field(ge=1, le=254)] = 15.0,
        smooth: Annotated[int, Field(ge=1, le=999)] = 5,
    ) -> None:
        if smooth % 2 == 0:
            raise UserError(
                f"--crop.smooth {smooth}: the median of an even number of frames has no middle; take an odd"
            )
        self._side, self._margin, self._contrast, self._smooth = side, margin, contrast, smooth

    def boxes(self, dataset: Dataset, report: Callable[[str], None]) -> Boxes:
        """A square for each frame of each clip in which something moves.

        Raises:
            UserError: Nothing moves in any clip, or everything does.
        """
        frames, middles, sizes, messages = [], [], [], []
        for clip in dataset.clips:
            try:
                path = self._followed(dataset, clip)
            except _UnusableError as error:
                messages.append(f"{dataset.name(clip.start)}: {error}")
                continue
            frames.append(np.arange(clip.start, clip.stop))
            middles.append(path.middles)
            sizes.append(path.sizes)
        if not frames:
            raise UserError(f"{messages[0]}; --crop boxes takes boxes from a file, --crop whole whole frames")
        for message in messages[:3]:
            report(f"{message}; the clip is left out")
        if len(messages) > 3:
            report(f"{len(messages)} of {len(dataset.clips)} clips are left out: no object moves in them")
        kept = np.concatenate(middles)
        side = self._side or float(np.percentile(np.concatenate(sizes), PERCENTILE)) * (1 + self._margin)
        return Boxes(np.concatenate(frames), about(kept, np.full(len(kept), float(side))))

    def _followed(self, dataset: Dataset, clip: range) -> _Path:
        """Where the object is in each frame of a clip.

        Raises:
            _UnusableError: No object can be told from a background.
        """
        if len(clip) < LEAST:
            raise _UnusableError(
                f"motion cannot be seen in a clip of {len(clip)} frames, it needs {LEAST}; images are one clip if they "
                "lie in a sub-folder of their own"
            )
        found: list[foreground.Blob | None] = []
        last: foreground.Blob | None = None
        scale = np.ones(2)
        for block in np.array_split(np.array(clip), -(-len(clip) // BLOCK)):
            pictures = _Pictures.read(dataset, block.tolist())
            behind, scale = foreground.background(pictures.grey[pictures.known], SAMPLES), pictures.scale
            threshold = self._threshold(pictures, behind)
            for picture, known in zip(pictures.grey, pictures.known, strict=True):
                change = foreground.difference(picture, behind)
                blob = foreground.blob(change, threshold, last.middle if last else None) if known else None
                last = blob or last
                found.append(blob)
        moved = [blob for blob in found if blob]
        if len(moved) < max(LEAST, len(clip) * SELDOM):
            raise _UnusableError(
                f"nothing moves in its {len(clip)} frames: hardly a pixel differs from the background by "
                f"{self._contrast:g} grey levels (--crop.contrast)"
            )
        middles = _filled(np.array([blob.middle if blob else (np.nan, np.nan) for blob in found])) * scale
        return _Path(_smooth(middles, self._smooth), np.array([blob.size for blob in moved]) * scale.max())

    def _threshold(self, pictures: _Pictures, behind: Float[np.ndarray, "height width"]) -> float:
        """The difference in grey levels above which a pixel has moved."""
        some = pictures.grey[pictures.known]
        some = some[:: max(1, len(some) // SAMPLES)]
        changes = np.stack([foreground.difference(picture, behind) for picture in some])
        covered = float(np.median((changes > self._contrast).mean((1, 2))))
        if covered > COVERED:
            raise _UnusableError(
                f"{100 * covered:.0f} % of the picture differs from the background: the camera moves, or the light "
                "changes, or the object fills the picture"
            )
        return max(self._contrast, foreground.NOISE * foreground.noise(changes))


class _UnusableError(Exception):
    """Why a clip shows no object that moves."""


@dataclass(frozen=True)
class _Path:
    """An object over the frames of a clip.

    Args:
        middles: (x, y) of its centre in pixels from the frame's corner.
        sizes: Its sizes, where it moved, px.
    """

    middles: Float[np.ndarray, "frames 2"]
    sizes: Float[np.ndarray, "moved"]


@dataclass(frozen=True)
class _Pictures:
    """Small grey pictures of frames that follow one another.

    Args:
        grey: One for each frame.
        known: Whether the frame could be read.
        scale: Pixels of the frame that one of the picture's is wide and high.
    """

    grey: UInt8[np.ndarray, "frames h w"]
    known: Bool[np.ndarray, "frames"]
    scale: Float[np.ndarray, "2"]

    @classmethod
    def read(cls, dataset: Dataset, indices: list[int]) -> _Pictures:
        """Read the frames in order, once; the pipeline names those that cannot be read, when it reads them."""
        import cv2

        grey, known, size = np.empty((0, 0, 0), np.uint8), np.zeros(len(indices), bool), (0, 0)
        for row, index in enumerate(indices):
            try:
                frame = dataset.read(index)
            except UserError:
                continue
            if not known.any():
                size = frame.shape[1], frame.shape[0]
                small = [max(1, round(side * min(1, SIDE / max(size)))) for side in size]
                grey = np.zeros((len(indices), small[1], small[0]), np.uint8)
            if (frame.shape[1], frame.shape[0]) != size:
                raise _UnusableError(
                    f"frame {dataset.name(index)} is {frame.shape[1]} x {frame.shape[0]} px, those before it "
                    f"{size[0]} x {size[1]}: no background is the same for both"
                )
            known[row] = True
            target = grey.shape[2], grey.shape[1]
            grey[row] = cv2.resize(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), target, interpolation=cv2.INTER_AREA)
        if not known.any():
            raise _UnusableError(f"none of {len(indices)} frames can be read")
        return cls(grey, known, np.array(size) / (grey.shape[2], grey.shape[1]))


def _filled(places: Float[np.ndarray, "frames 2"]) -> Float[np.ndarray, "frames 2"]:
    """Unknown places are the last known; before the first known, that."""
    known = np.isfinite(places[:, 0])
    last = np.maximum.accumulate(np.where(known, np.arange(len(places)), -1))
    return places[np.where(last < 0, int(known.argmax()), last)]


def _smooth(places: Float[np.ndarray, "frames 2"], frames: int) -> Float[np.ndarray, "frames 2"]:
    from scipy.ndimage import median_filter

    return places if frames == 1 else median_filter(places, size=(frames, 1), mode="nearest")
