"""CelebA: faces of celebrities, aligned or in the wild, with five points."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, final

import numpy as np
from jaxtyping import Float
from pydantic import Field

from unsuplmk.card import Card
from unsuplmk.datasets import celebalists as lists
from unsuplmk.errors import UserError
from unsuplmk.evaluation.protocols import FACE
from unsuplmk.frames.clips import Clips
from unsuplmk.interfaces import Dataset


@final
class Celeba(Dataset):
    """Single faces by CelebA's own splits; MAFL's test images are left out of training, as Jakab et al. 2018 do.

    Liu et al., ICCV 2015, https://arxiv.org/abs/1411.7766. Points are read as the lists give them, with the first
    pixel at 0. In the wild, the released preparation of AutoLink (He et al. 2022) took the photo's height for its
    width and the other way round: the labels of its figures lie elsewhere in all photos that are not square.

    Args:
        path: The folder, laid out as the official download or flat.
        split: Which of the three; val and test are CelebA's own, whole.
        images: Aligned images of 178 x 218 px, or the photos as they were found.
        mafl: Whether MAFL's test images may be trained on; most of them are in CelebA's training split.
        crop: The published crop, or the image as it is.
        side: Side of the published crop, px.
        face_share: In the wild, faces whose box covers less of the photo are left out; He et al. take 0.3. Above 0,
            the head of every photo is read first.
        labels: In the wild, points in their places, or with width and height swapped as in the figures of He et al.

    Raises:
        UserError: A file is missing, is malformed or does not fit another.
    """

    card = Card(
        title="CelebA",
        paper=lists.PAPER,
        url="https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html",
        terms=lists.TERMS,
        layout=lists.LAYOUT,
        downloads=lists.MAFL_LISTS,
        ask=lists.ASK,
        splits={"train": 161_962, "val": 19_867, "test": 19_962},
        crop=lists.CROP,
    )

    def __init__(
        self,
        path: str | Path,
        *,
        split: Literal["train", "val", "test"] = "train",
        images: Literal["aligned", "wild"] = "aligned",
        mafl: Literal["left-out", "kept"] = "left-out",
        crop: Literal["published", "none"] = "published",
        side: Annotated[int, Field(ge=16, le=2048)] = 128,
        face_share: Annotated[float, Field(ge=0, le=1)] = 0.0,
        labels: Literal["correct", "as-published"] = "correct",
    ) -> None:
        root = Path(path)
        listed = lists.partition(root, split)
        if split == "train" and mafl == "left-out":
            listed = listed.without(_mafl_test(root))
        self._faces = lists.Faces(
            root, listed, images=images, crop=crop, side=side, face_share=face_share, labels=labels
        )

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """A folder with CelebA's list of splits and one of its lists of points."""
        return bool(lists.found(path, lists.PARTITION) and lists.found(path, *lists.LANDMARKS.values()))

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


def _mafl_test(root: Path) -> list[str]:
    """The names to leave out.

    Raises:
        UserError: MAFL's list is not there; without it, test images would be trained on unnoticed.
    """
    if lists.found(root, lists.MAFL["test"]) is None:
        raise UserError(
            f"{root} lacks MAFL/testing.txt, which names the test images that are left out of training: get it from "
            f"{lists.MAFL_URL}, or train on them too with --dataset.mafl kept"
        )
    return lists.mafl(root, "test").names
