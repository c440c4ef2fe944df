"""Tests of MAFL from its original lists."""

from __future__ import annotations

from hashlib import md5
from pathlib import Path

import numpy as np
import pytest

from tests.golden import SHARED
from tests.layouts import celeba as layout
from unsuplmk.datasets import celebalists
from unsuplmk.datasets.celeba import Celeba
from unsuplmk.datasets.mafl import Mafl
from unsuplmk.errors import UserError

REAL = SHARED / "data" / "celeba_format"
LISTS = REAL / "mafl_original_lists"
needs_real = pytest.mark.skipif(not REAL.is_dir(), reason=f"the faces in CelebA's layout are not at {REAL}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return layout.write(tmp_path)


def numbers(data: Mafl | Celeba) -> list[int]:
    return [int(Path(data.name(index)).stem) for index in range(len(data))]


def test_the_splits_are_the_lists_sorted(folder: Path) -> None:
    assert numbers(Mafl(folder)) == [1, 3, 7]
    assert numbers(Mafl(folder, split="test")) == [4, 9]


def test_it_is_read_as_celeba_is(folder: Path) -> None:
    mafl, celeba = Mafl(folder), Celeba(folder)
    assert mafl.points == celeba.points
    assert np.array_equal(mafl.read(1), celeba.read(2))
    assert np.array_equal(mafl.annotation(1), celeba.annotation(2))
    assert list(mafl.clips) == [range(0, 1), range(1, 2), range(2, 3)]


def test_points_follow_the_published_crop(folder: Path) -> None:
    x, y = layout.aligned(7)[1]
    found = Mafl(folder, side=64).annotation(2)[1]
    assert found == pytest.approx(
        [((x + 0.5) * 160 / 178 - 16) / 2 - 0.5, ((y + 0.5) * 160 / 218 - 16) / 2 - 0.5], abs=1e-4
    )


def test_in_the_wild_the_share_and_the_published_labels_are_options(folder: Path) -> None:
    data = Mafl(folder, split="test", images="wild", face_share=0.3, labels="as-published")
    assert numbers(data) == [9]
    (width, height), (x, y) = layout.WILD[9], layout.wild(9)[0]
    assert data.annotation(0)[0] == pytest.approx(
        [(x + 0.5) * 128 / height - 0.5, (y + 0.5) * 128 / width - 0.5], abs=1e-4
    )


def test_the_lists_may_lie_in_the_folder_itself(folder: Path) -> None:
    (folder / "MAFL/training.txt").rename(folder / "training.txt")
    assert numbers(Mafl(folder)) == [1, 3, 7]


def test_it_must_be_asked_for_by_name_since_the_folder_is_celebas(folder: Path) -> None:
    assert not Mafl.recognises(folder)
    assert Celeba.recognises(folder)


def test_a_missing_list_is_named(folder: Path) -> None:
    (folder / "MAFL/testing.txt").unlink()
    with pytest.raises(UserError, match=r"lacks testing\.txt, also below Anno/, Eval/, Img/, MAFL/"):
        Mafl(folder, split="test")
    with pytest.raises(UserError, match=r"no folder .*none"):
        Mafl(folder / "none")


def test_an_empty_list_is_refused(folder: Path) -> None:
    (folder / "MAFL/testing.txt").write_text("")
    with pytest.raises(UserError, match=r"testing\.txt names no image"):
        Mafl(folder, split="test")


def test_names_that_celeba_does_not_have_and_names_said_twice_are_refused(folder: Path) -> None:
    path = folder / "MAFL/training.txt"
    path.write_text("000007.jpg\n000099.jpg\n")
    with pytest.raises(
        UserError, match=r"training\.txt:2: 000099\.jpg has no row in .*list_landmarks_align_celeba\.txt"
    ):
        Mafl(folder)
    path.write_text("000007.jpg\n000003.jpg\n000007.jpg")
    with pytest.raises(UserError, match=r"training\.txt:3: 000007\.jpg is named on line 1 already"):
        Mafl(folder)


def test_an_absent_image_is_named_with_the_line_of_the_unsorted_list(folder: Path) -> None:
    data = Mafl(folder)
    (folder / "Img/img_align_celeba" / layout.name(1)).unlink()
    with pytest.raises(UserError, match=r"training\.txt:3: no image .*000001\.jpg"):
        data.read(0)


@needs_real
def test_real_lists_over_real_faces_are_read() -> None:
    train, test = Mafl(REAL), Mafl(REAL, split="test")
    assert (len(train), len(test)) == (127, 26)
    assert not set(numbers(train)) & set(numbers(test))
    assert not set(numbers(test)) & set(numbers(Celeba(REAL)))
    for data in (train, test):
        inside = np.stack([data.annotation(index) for index in range(len(data))])
        assert ((inside > 0) & (inside < 127)).all()
        left, right, nose, left_mouth, right_mouth = inside.mean(0)
        assert left[0] < nose[0] < right[0]
        assert left[1] < nose[1] < left_mouth[1]
        assert left_mouth[0] < right_mouth[0]


@needs_real
def test_the_genuine_lists_hold_what_the_card_says() -> None:
    train, test = ((LISTS / name).read_text().split() for name in ("training.txt", "testing.txt"))
    assert {"train": len(set(train)), "test": len(set(test))} == dict(Mafl.card.splits)
    assert not set(train) & set(test)
    last = 162_770  # CelebA's training partition is the images up to this number
    assert sum(int(Path(name).stem) <= last for name in test) == last - Celeba.card.splits["train"] == 808
    for download in Mafl.card.downloads:
        assert download.checksum == f"md5:{md5((LISTS / Path(download.file).name).read_bytes()).hexdigest()}"


@needs_real
def test_the_genuine_lists_leave_as_many_images_for_training_as_the_paper_has(tmp_path: Path) -> None:
    text = (f"{number:06d}.jpg {0 if number <= 162_770 else 1}" for number in range(1, 202_600))
    (tmp_path / "list_eval_partition.txt").write_text("\n".join(text))
    (tmp_path / "MAFL").symlink_to(LISTS)
    listed = celebalists.partition(tmp_path, "train").without(celebalists.mafl(tmp_path, "test").names)
    assert len(listed.names) == len(listed.lines) == 161_962
    assert listed.names[-1] == f"{listed.lines[-1]:06d}.jpg"
    assert len(celebalists.mafl(tmp_path, "train").names) == 19_000
