"""Annotated images and changed copies of them, the annotations with them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, final

import numpy as np
from jaxtyping import Float

from unsuplmk.batches.augment import Augmentation
from unsuplmk.errors import UserError
from unsuplmk.frames.clips import Clips
from unsuplmk.interfaces import Dataset
from unsuplmk.ops.sides import opposite


@final
class Augmented(Dataset):
    """All images of a dataset as they are, then `copies` changed ones of each; equal seeds give equal copies.

    A copy has its image's tags and time, and is a clip of its own: its change is not that of the next frame. Points
    that are named left and right change places where the picture is mirrored, others keep their names.

    Args:
        dataset: The images.
        augmentation: How they are changed.
        copies: Changed images of each.
        seed: Of the changes.
        names: What the points are called, if the dataset's own names do not say which is left and which right.

    Raises:
        UserError: There are fewer than 0 copies.
    """

    def __init__(
        self,
        dataset: Dataset,
        augmentation: Augmentation,
        copies: int = 10,
        seed: int = 0,
        names: Sequence[str] = (),
    ) -> None:
        if copies < 0:
            raise UserError(f"copies must be at least 0, not {copies}")
        self.dataset, self.copies = dataset, copies
        self._augmentation, self._seed = augmentation, seed
        lengths = [len(clip) for clip in dataset.clips]
        self._clips = Clips([*lengths, *[1] * (len(dataset) * copies)])
        self._opposite = opposite(names or dataset.points)
        self._last: tuple[int, np.ndarray] = -1, np.empty((0, 0, 3), np.uint8)
        self._moved: dict[int, np.ndarray] = {}
        taken = [dataset.name(index) for index in range(len(dataset))]
        self._mark = "~"
        while any(re.search(rf"{self._mark}\d+$", name) for name in taken):
            self._mark += "~"

    def on(self, dataset: Dataset) -> Augmented:
        """As many copies of other images, by the same seed."""
        return Augmented(dataset, self._augmentation, self.copies, self._seed)

    @property
    def recipe(self) -> Mapping[str, Any]:
        """What decides the copies of given images: of equal recipes they are equal; empty if there are no copies."""
        if not self.copies:
            return {}
        return {"copies": self.copies, "seed": self._seed, "pipeline": self._augmentation.digest}

    def __len__(self) -> int:
        return len(self.dataset) * (1 + self.copies)

    @property
    def odd(self) -> str:
        """What a user should know: pictures are mirrored, and no point is named left or right."""
        if not self._augmentation.mirrors or self._opposite != list(range(len(self._opposite))):
            return ""
        return (
            f"copies may be mirrored, but none of the points {', '.join(self.points)} is named left or right: all keep "
            "their names, which is wrong where one is the mirror image of another"
        )

    @property
    def clips(self) -> Sequence[range]:
        """As the dataset's, then one frame a copy."""
        return self._clips

    def origin(self, index: int) -> int:
        """Which of the dataset's images `index` is, or was made of."""
        return self._find(index)[0]

    def read(self, index: int) -> np.ndarray:
        """Image `index`."""
        origin, copy = self._find(index)
        if not copy:
            return self._read(origin)
        return self._changed(index)

    def name(self, index: int) -> str:
        """The image's name, with ~1, ~2, ... after that of a copy; ~~1 where images have such names already."""
        origin, copy = self._find(index)
        name = self.dataset.name(origin)
        return f"{name}{self._mark}{copy}" if copy else name

    @property
    def fps(self) -> float:
        """As the dataset's, where there are no copies."""
        return 0.0 if self.copies else self.dataset.fps

    def seconds(self, index: int) -> float:
        """When the image was taken."""
        return self.dataset.seconds(self.origin(index))

    @property
    def points(self) -> tuple[str, ...]:
        """As the dataset's."""
        return self.dataset.points

    def annotation(self, index: int) -> Float[np.ndarray, "points 2"]:
        """The image's annotated points, where they are after its change; some may lie outside."""
        origin, copy = self._find(index)
        if not copy:
            return self.dataset.annotation(origin)
        if index not in self._moved:
            self._changed(index)
        return self._moved[index]

    def tags(self, index: int) -> Mapping[str, str]:
        """As the image's."""
        return self.dataset.tags(self.origin(index))

    def _find(self, index: int) -> tuple[int, int]:
        """The image, and the number of its copy: 0 for the image itself."""
        if not 0 <= index < len(self):
            raise IndexError(f"image {index} of {len(self)}")
        if index < len(self.dataset):
            return index, 0
        origin, copy = divmod(index - len(self.dataset), self.copies)
        return origin, copy + 1

    def _read(self, origin: int) -> np.ndarray:
        if self._last[0] != origin:  # the copies of an image follow one another: it is decoded once
            self._last = origin, self.dataset.read(origin)
        return self._last[1]

    def _changed(self, index: int) -> np.ndarray:
        origin, copy = self._find(index)
        key = Random(self._seed << 64 | origin << 32 | copy).getrandbits(32)
        image, points, mirrored = self._augmentation.carry(self._read(origin), self.dataset.annotation(origin), key)
        self._moved[index] = points[self._opposite] if mirrored else points
        return image
