"""MAFL: the 20,000 faces of CelebA that landmarks are judged on, with five points."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, final

import numpy as np
from jaxtyping import Float
from pydantic import Field

from unsuplmk.card import Card
from unsuplmk.datasets import celebalists as lists
from unsuplmk.evaluation.protocols import FACE
from unsuplmk.frames.clips import Clips
from unsuplmk.interfaces import Dataset


@final
class Mafl(Dataset):
    """Single faces by MAFL's lists, in CelebA's folder; sorted by name, so that the last 10 % are the published ones.

    Zhang, Luo, Loy, Tang, PAMI 2016, https://arxiv.org/abs/1408.3967. Points are read as CelebA's lists give them,
    with the first pixel at 0. In the wild, see `celeba` for what the published labels are.

    Args:
        path: CelebA's folder, with training.txt and testing.txt of MAFL in it or in MAFL/.
        split: Which of the two published sets.
        images: Aligned images of 178 x 218 px, or the photos as they were found.
        crop: The published crop, or the image as it is.
        side: Side of the published crop, px.
        face_share: In the wild, faces whose box covers less of the photo are left out; He et al. 2022 take 0.3. Above
            0, the head of every photo is read first.
        labels: In the wild, points in their places, or with width and height swapped as in the figures of He et al.

    Raises:
        UserError: A file is missing, is malformed or does not fit another.
    """

    card = Card(
        title="MAFL",
        paper="Zhang, Luo, Loy, Tang, PAMI 2016, https://arxiv.org/abs/1408.3967",
        url=lists.MAFL_URL,
        terms=f"The images are CelebA's: {lists.TERMS[0].lower()}{lists.TERMS[1:]}",
        layout=lists.LAYOUT,
        downloads=lists.MAFL_LISTS,
        ask=f"https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html {lists.ASK}",
        splits={"train": 19_000, "test": 1_000},
        crop=lists.CROP,
        protocol="mafl",
    )

    def __init__(
        self,
        path: str | Path,
        *,
        split: Literal["train", "test"] = "train",
        images: Literal["aligned", "wild"] = "aligned",
        crop: Literal["published", "none"] = "published",
        side: Annotated[int, Field(ge=16, le=2048)] = 128,
        face_share: Annotated[float, Field(ge=0, le=1)] = 0.0,
        labels: Literal["correct", "as-published"] = "correct",
    ) -> None:
        root = Path(path)
        listed = lists.mafl(root, split)
        self._faces = lists.Faces(
            root, listed, images=images, crop=crop, side=side, face_share=face_share, labels=labels
        )

    def __len__(self) -> int:
        return len(self._faces)

    @property
    def clips(self) -> Sequence[range]:
        """Each image alone."""
        return Clips.singles(len(self))

    def read(self, index: int) -> np.ndarray:
        """Image `index`; an error names the line of the list."""
        return self._faces.read(index)

    def name(self, index: int) -> str:
        """The image's path."""
        return self._faces.name(index)

    @property
    def points(self) -> tuple[str, ...]:
        """Eyes, nose, corners of the mouth; left is on the image's left."""
        return FACE

    def annotation(self, index: int) -> Float[np.ndarray, "points 2"]:
        """The five points."""
        return self._faces.annotation(index)
