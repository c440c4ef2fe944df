"""Tests of annotated images with changed copies."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import final

import numpy as np
import pytest

from tests.dots import SIDE, centre, dot
from unsuplmk.batches.augment import Augmentation
from unsuplmk.datasets.augmented import Augmented
from unsuplmk.datasets.listing import Listing
from unsuplmk.errors import UserError
from unsuplmk.frames.media import write_image
from unsuplmk.interfaces import Dataset

MOUSE = ("snout", "leftear", "rightear", "tailbase")


@final
class Dotted(Dataset):
    """Pictures of one dot, which is the second of two points; the first is missing."""

    def __init__(self, count: int = 5, points: tuple[str, ...] = ("tail", "nose"), names: str = "dots/{}.png") -> None:
        rng = np.random.default_rng(0)
        self.at = rng.uniform(30, SIDE - 30, (count, 2))
        self.read_count = 0
        self.broken: set[int] = set()
        self._points, self._names = points, names

    def __len__(self) -> int:
        return len(self.at)

    @property
    def clips(self) -> Sequence[range]:
        return [range(2), range(2, len(self))]

    def read(self, index: int) -> np.ndarray:
        self.read_count += 1
        if index in self.broken:
            raise UserError(f"cannot read {self.name(index)}")
        return dot(self.at[index])

    def name(self, index: int) -> str:
        return self._names.format(index)

    @property
    def fps(self) -> float:
        return 25.0

    def seconds(self, index: int) -> float:
        return index / 25

    def tags(self, index: int) -> Mapping[str, str]:
        return {"subject": str(index)}

    @property
    def points(self) -> tuple[str, ...]:
        return self._points

    def annotation(self, index: int) -> np.ndarray:
        return np.array([(np.nan, np.nan), self.at[index]])


@pytest.fixture
def turned(tmp_path: Path) -> Augmentation:
    import albumentations as A

    moves = [A.HorizontalFlip(p=0.5), A.Affine(rotate=(-30, 30), scale=(0.8, 1.2), p=1), A.RandomGamma(p=0.5)]
    A.save(A.Compose(moves), tmp_path / "turned.json")
    return Augmentation(tmp_path / "turned.json")


@pytest.fixture
def flipped(tmp_path: Path) -> Augmentation:
    import albumentations as A

    A.save(A.HorizontalFlip(p=1), tmp_path / "flipped.json")
    return Augmentation(tmp_path / "flipped.json")


def test_images_come_first_as_they_are_then_the_copies_of_each(turned: Augmentation) -> None:
    plain = Dotted()
    made = Augmented(plain, turned, copies=3)
    assert len(made) == 20
    assert [made.origin(index) for index in range(20)] == [0, 1, 2, 3, 4, *np.repeat(range(5), 3)]
    for index in range(5):
        assert np.array_equal(made.read(index), plain.read(index))
        assert np.array_equal(made.annotation(index), plain.annotation(index), equal_nan=True)
        assert made.name(index) == plain.name(index)
    assert [made.name(index) for index in (5, 6, 7, 8)] == [
        *("dots/0.png~1", "dots/0.png~2", "dots/0.png~3", "dots/1.png~1")
    ]
    assert len({made.read(index).tobytes() for index in range(20)}) == 20
    with pytest.raises(IndexError):
        made.read(20)


def test_annotations_are_where_the_copies_show_them(turned: Augmentation) -> None:
    made = Augmented(Dotted(8), turned, copies=5, seed=1)
    misses = []
    for index in range(8, len(made)):
        found = centre(made.read(index))
        missing, nose = made.annotation(index)
        assert np.isnan(missing).all()
        if found is not None:
            misses.append(float(np.linalg.norm(found - nose)))
    assert len(misses) > 30
    assert max(misses) < 0.12


def test_equal_seeds_give_equal_copies_in_any_order_and_others_do_not(turned: Augmentation) -> None:
    first, again, other = (Augmented(Dotted(), turned, copies=2, seed=seed) for seed in (4, 4, 5))
    for index in reversed(range(5, 15)):
        assert np.array_equal(again.annotation(index), first.annotation(index), equal_nan=True)  # not read before
        assert np.array_equal(again.read(index), first.read(index))
        assert not np.array_equal(other.read(index), first.read(index))


def test_left_and_right_change_places_in_mirrored_copies(flipped: Augmentation, tmp_path: Path) -> None:
    write_image(tmp_path / "a.png", dot(np.array([30.0, 40.0])))
    columns = ",".join(f"{name}_x,{name}_y" for name in MOUSE)
    (tmp_path / "a.csv").write_text(f"file,{columns}\na.png,1,2,3,4,5,6,7,8\n")
    made = Augmented(Listing(tmp_path / "a.csv"), flipped, copies=1)
    assert made.annotation(1).tolist() == [[94, 2], [90, 6], [92, 4], [88, 8]]
    assert made.odd == ""
    numbered = Augmented(Dotted(points=("0", "1")), flipped, copies=1)
    assert np.isnan(numbered.annotation(5)[0]).all()
    assert "none of the points 0, 1 is named left or right" in numbered.odd
    named = Augmented(Dotted(points=("0", "1")), flipped, copies=1, names=("left_eye", "right_eye"))
    assert np.isnan(named.annotation(5)).all(1).tolist() == [False, True]
    assert named.odd == ""


def test_tags_and_times_are_the_images_own_and_a_copy_is_a_clip_of_its_own(turned: Augmentation) -> None:
    made = Augmented(Dotted(), turned, copies=2)
    assert list(made.clips) == [range(2), range(2, 5), *(range(i, i + 1) for i in range(5, 15))]
    assert [made.tags(index)["subject"] for index in (3, 7, 8)] == ["3", "1", "1"]
    assert made.seconds(8) == 1 / 25
    assert made.fps == 0.0
    none = Augmented(Dotted(), turned, copies=0)
    assert (len(none), none.fps, len(none.clips)) == (5, 25.0, 2)
    assert math.isfinite(none.seconds(1))


def test_names_are_unique_whatever_the_images_are_called(turned: Augmentation) -> None:
    made = Augmented(Dotted(names="a~{}"), turned, copies=2)
    names = [made.name(index) for index in range(len(made))]
    assert len(set(names)) == len(names)
    assert names[5] == "a~0~~1"


def test_an_image_is_decoded_once_for_all_its_copies(turned: Augmentation) -> None:
    plain = Dotted()
    made = Augmented(plain, turned, copies=4)
    for index in range(len(made)):
        made.read(index)
        made.annotation(index)
    assert plain.read_count == 10


def test_an_image_that_cannot_be_read_has_no_copies_either(turned: Augmentation) -> None:
    plain = Dotted()
    plain.broken = {1}
    made = Augmented(plain, turned, copies=2)
    for index in (1, 7, 8):
        with pytest.raises(UserError, match=r"cannot read dots/1\.png"):
            made.read(index)
    assert made.read(9).shape == (SIDE, SIDE, 3)


def test_fewer_than_no_copies_are_refused(turned: Augmentation) -> None:
    with pytest.raises(UserError, match="at least 0, not -1"):
        Augmented(Dotted(), turned, copies=-1)
