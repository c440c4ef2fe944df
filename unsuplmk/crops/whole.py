"""Nothing is cut out."""

from __future__ import annotations

from collections.abc import Callable
from typing import final

from unsuplmk.interfaces import Crop, Dataset


@final
class Whole(Crop):
    """The whole frame, as the dataset gives it."""

    def boxes(self, dataset: Dataset, report: Callable[[str], None]) -> None:
        """None, whatever the dataset."""
