"""The crop `example`: what is brighter or darker than the rest of the picture.

On the drawn puppets, and on photos:

    unsuplmk run --crop example --steps 200 --size 64
    unsuplmk run photos/ --crop example --crop.contrast 60 --crop.margin 0.2
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, final

import numpy as np
from jaxtyping import Float
from pydantic import Field

from unsuplmk.errors import UserError
from unsuplmk.interfaces import Crop, Dataset
from unsuplmk.types import Boxes


@final
class Example(Crop):
    """A box about the pixels whose brightness differs from the median of their frame.

    Args:
        contrast: Least difference from the median, in grey levels of 255.
        margin: What is added on each side, as a share of the longer side of the box.
    """

    def __init__(
        self,
        *,
        contrast: Annotated[float, Field(ge=1, le=254)] = 40.0,
        margin: Annotated[float, Field(ge=0, le=10)] = 0.1,
    ) -> None:
        self.contrast, self.margin = contrast, margin

    def boxes(self, dataset: Dataset, report: Callable[[str], None]) -> Boxes:
        """One box a frame; a frame of one brightness is left out, and so is one that cannot be read.

        Raises:
            UserError: No frame shows anything.
        """
        found = {index: box for index in range(len(dataset)) if (box := self._box(dataset, index)) is not None}
        if not found:
            raise UserError(
                f"none of {len(dataset)} frames has pixels {self.contrast:g} grey levels off its median: lower "
                "--crop.contrast, or take whole frames with --crop whole"
            )
        if missing := len(dataset) - len(found):
            report(f"{missing} of {len(dataset)} frames show nothing that stands out, and are left out")
        return Boxes(np.array(list(found)), np.array(list(found.values())))

    def _box(self, dataset: Dataset, index: int) -> Float[np.ndarray, "4"] | None:
        """Left, top, right, bottom in pixels from the frame's corner; of all that stands out but a few stray pixels."""
        try:
            grey = dataset.read(index).mean(2)
        except UserError:
            return None
        rows, columns = np.nonzero(np.abs(grey - np.median(grey)) > self.contrast)
        if not rows.size:
            return None
        (left, right), (top, bottom) = (np.quantile(pixels, (0.01, 0.99)) for pixels in (columns, rows))
        margin = self.margin * max(right - left, bottom - top)
        return np.array([left - margin, top - margin, right + 1 + margin, bottom + 1 + margin])
