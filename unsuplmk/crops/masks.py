"""Regions that mask images show, one number an animal."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, final

import numpy as np
from jaxtyping import Integer
from pydantic import Field

from unsuplmk.errors import UserError
from unsuplmk.interfaces import Crop, Dataset
from unsuplmk.ops.squares import around
from unsuplmk.types import Boxes


@final
class Masks(Crop):
    """A square about each region of a mask: a PNG for each frame, whose pixels hold 0 or the number of an animal.

    The mask of `a/b.jpg` is `b.png` in the folder, that of frame 7 of `clip.mp4` is `clip_000007.png`, as `unsuplmk
    render` calls its pictures. A mask is as large as its frame and has one channel, of 8 or 16 bits. Where several
    numbers occur, each is a track of that name; what lies about an animal is not taken away. Frames without a mask,
    or with an empty one, are left out.

    Args:
        folder: Of the masks.
        margin: What is added to the longer side of a region, as a share of it.
    """

    def __init__(self, *, folder: str, margin: Annotated[float, Field(ge=0, le=10)] = 0.1) -> None:
        self._folder, self._margin = Path(folder).expanduser(), margin

    def boxes(self, dataset: Dataset, report: Callable[[str], None]) -> Boxes:
        """A square for each number of each mask, in the order of the frames and of the numbers.

        Raises:
            UserError: No frame has a mask that shows something, or a mask cannot be read.
        """
        from scipy.ndimage import find_objects

        frames, edges, labels = [], [], []
        for index in range(len(dataset)):
            path = self._folder / masked(dataset.name(index))
            for label, found in enumerate(find_objects(_labels(path)) if path.is_file() else (), 1):
                if found:
                    frames.append(index)
                    edges.append([found[1].start, found[0].start, found[1].stop, found[0].stop])
                    labels.append(str(label))
        missing = len(dataset) - len(set(frames))
        if not frames:
            raise UserError(
                f"no frame has a mask in {self._folder} that shows something; that of {dataset.name(0)} would be "
                f"{masked(dataset.name(0))}; --crop whole takes whole frames"
            )
        if missing:
            report(f"{missing} of {len(dataset)} frames have no mask in {self._folder}, or an empty one: left out")
        tracks = tuple(labels) if len(set(labels)) > 1 else ()
        return Boxes(np.array(frames, np.int64), around(np.array(edges, np.float64), self._margin), tracks)


def masked(name: str) -> str:
    """The file name of a frame's mask."""
    clip = re.fullmatch(r"(?:.*[/\\])?(?P<clip>[^/\\]*?)(?:\.\w+)?:(?P<frame>\d+)", name, re.DOTALL)
    return f"{clip['clip']}_{int(clip['frame']):06d}.png" if clip else f"{Path(name).stem}.png"


def _labels(path: Path) -> Integer[np.ndarray, "height width"]:
    import cv2

    mask = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if mask is None or mask.ndim != 2:
        found = "is no image that can be read" if mask is None else f"has {mask.shape[2]} channels"
        raise UserError(f"the mask {path} {found}; it needs one channel that holds 0 or the number of an animal")
    return mask.astype(np.int32)
