"""Tests of choosing images."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import final

import numpy as np
import pytest

from unsuplmk.errors import UserError
from unsuplmk.frames.gather import as_images, chosen, gather, read
from unsuplmk.frames.prepare import Fit
from unsuplmk.interfaces import Dataset

FIT = Fit(16)


@final
class Numbered(Dataset):
    """Frame i is of the grey value i; some cannot be read."""

    def __init__(self, *lengths: int, broken: Sequence[int] = ()) -> None:
        ends = np.cumsum([0, *lengths]).tolist()
        self._clips = tuple(range(a, b) for a, b in pairwise(ends))
        self._broken = set(broken)

    def __len__(self) -> int:
        return self._clips[-1].stop

    @property
    def clips(self) -> Sequence[range]:
        return self._clips

    def read(self, index: int) -> np.ndarray:
        if index in self._broken:
            raise UserError(f"cannot read frame {index}")
        return np.full((20, 30, 3), index, np.uint8)

    def name(self, index: int) -> str:
        return f"frame {index}"


def values(images: object) -> list[int]:
    return [round(255 * float(image.mean())) for image in images]  # type: ignore[attr-defined]


def test_a_few_images_are_taken_in_their_order() -> None:
    assert chosen(Numbered(2, 3), 5, seed=7) == [0, 1, 2, 3, 4]
    assert sorted(chosen(Numbered(2, 3), 4, seed=7)) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("seed", range(4))
def test_of_many_images_one_of_each_clip_is_taken_before_a_second_of_any(seed: int) -> None:
    data = Numbered(5, 1, 3, 4)
    order = chosen(data, 4, seed)
    assert sorted(order) == list(range(13))
    clip = [next(i for i, frames in enumerate(data.clips) if index in frames) for index in order]
    rounds = [clip[:4], clip[4:7], clip[7:10], clip[10:12], clip[12:]]
    assert [sorted(one) for one in rounds] == [[0, 1, 2, 3], [0, 2, 3], [0, 2, 3], [0, 3], [0]]
    assert chosen(data, 4, seed) == order


def test_another_seed_chooses_others() -> None:
    assert len({tuple(chosen(Numbered(50), 6, seed)[:6]) for seed in range(5)}) == 5


def test_styles_and_geometries_of_one_dataset_have_no_image_in_common() -> None:
    data = Numbered(*[1] * 20)
    styles, geometries = gather(FIT, data, data, columns=4, rows=3, seed=1, report=pytest.fail)
    assert styles.shape == (3, 3, 16, 16)
    assert len({*values(styles), *values(geometries)}) == 7


def test_where_there_are_too_few_the_same_images_serve_for_both() -> None:
    data = Numbered(1, 1, 1)
    styles, geometries = gather(FIT, data, data, columns=4, rows=2, seed=1, report=pytest.fail)
    assert (values(styles), values(geometries)) == ([0, 1], [0, 1, 2])


def test_styles_may_come_from_elsewhere() -> None:
    styles, geometries = gather(FIT, Numbered(1), Numbered(2), columns=4, rows=3, seed=1, report=pytest.fail)
    assert (values(styles), values(geometries)) == ([0, 1], [0])


def test_an_image_that_cannot_be_read_is_named_and_replaced() -> None:
    messages: list[str] = []
    assert values(read(FIT, Numbered(9, broken=[1, 2]), [2, 4, 1, 5, 6], 2, messages.append)) == [4, 5]
    assert messages == ["cannot read frame 2", "cannot read frame 1"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (Numbered(1), "one image cannot be swapped with itself"),
        (Numbered(3, broken=[0, 2]), "one image cannot be swapped with itself"),
        (Numbered(3, broken=[0, 1, 2]), "none of the 3 images can be read"),
    ],
)
def test_too_few_images_are_refused(data: Dataset, reason: str) -> None:
    with pytest.raises(UserError, match=reason):
        gather(FIT, data, data, columns=4, rows=2, seed=1, report=lambda text: None)


def test_images_are_in_the_unit_range() -> None:
    images = as_images([np.full((8, 8, 3), 255, np.uint8), np.zeros((8, 8, 3), np.uint8)])
    assert images.shape == (2, 3, 8, 8)
    assert (images[0] == 1).all()
    assert not images[1].any()
