"""Tests of SVHN, cropped digits and full numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.io import loadmat, savemat

from tests.golden import SHARED
from tests.layouts import pictures
from tests.layouts import svhn as layout
from unsuplmk.datasets.svhn import Svhn
from unsuplmk.errors import UserError
from unsuplmk.frames.media import write_image

REAL = SHARED / "data" / "format_fixtures" / "svhn_layout"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return layout.write(tmp_path)


@pytest.fixture
def full(tmp_path: Path) -> Path:
    pytest.importorskip("h5py")
    return layout.write_full(tmp_path)


def digits(data: Svhn) -> list[str]:
    return [data.tags(i)["digit"] for i in range(len(data))]


def test_cropped_digits_come_by_class_and_ten_is_zero(folder: Path) -> None:
    data = Svhn(folder)
    assert digits(data) == ["0", "0", "2", "2", "2", "9"]
    assert list(data.clips) == [range(0, 2), range(2, 5), range(5, 6)]
    for index, place in enumerate((1, 4, 0, 2, 5, 3)):
        assert data.name(index) == f"{folder / 'train_32x32.mat'}:{place}"
        assert np.array_equal(data.read(index), layout.image("train", place))
    assert digits(Svhn(folder, split="test")) == ["1", "1", "3"]


def test_the_digits_of_a_photograph_are_a_clip(full: Path) -> None:
    data = Svhn(full, format="full")
    assert digits(data) == ["1", "9", "0", "5", "5", "2"]
    assert list(data.clips) == [range(0, 2), range(2, 3), range(3, 6)]
    assert data.name(4) == f"{full / 'train' / '3.png'}:1"
    assert len(Svhn(full, split="test", format="full")) == 2


def test_a_digit_is_cut_out_as_a_square_about_its_box(full: Path) -> None:
    data = Svhn(full, format="full")
    photograph = pictures.pixels("1.png")
    # box of 6 x 10 px whose first pixel is 4, 3 from 1: columns 3 to 8 from 0, and two more on each side
    corner = photograph[2:12, 1:11]
    near = data.read(0)
    assert near.shape == (32, 32, 3)
    inner = near[8:24, 8:24].astype(float)
    places = np.floor((np.arange(8, 24) + 0.5) * 10 / 32).astype(int)
    assert np.abs(inner - corner[places][:, places]).mean() < 12
    # one that reaches over the edge repeats it
    left = data.read(2)
    assert np.abs(left[:, 0].astype(float) - left[:, 4]).max() == 0


def test_a_square_box_of_32_px_is_cut_out_pixel_by_pixel(full: Path) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (40, 50, 3)).astype(np.uint8)
    write_image(full / "train" / "1.png", picture)
    layout.table(full / "train" / "digitStruct.mat", {"1.png": ([7], [(5.0, 3.0, 32.0, 32.0)])})
    assert np.array_equal(Svhn(full, format="full").read(0), picture[2:34, 4:36])


def test_either_format_is_recognised(tmp_path: Path) -> None:
    assert not Svhn.recognises(tmp_path)
    (tmp_path / "extra").mkdir()
    (tmp_path / "extra" / "digitStruct.mat").touch()
    assert Svhn.recognises(tmp_path)
    layout.write(tmp_path / "extra")
    assert Svhn.recognises(tmp_path / "extra")


def test_what_is_missing_is_named_with_what_is_there(folder: Path, full: Path) -> None:
    with pytest.raises(UserError, match=r"lacks extra_32x32\.mat; it holds .*train_32x32\.mat"):
        Svhn(folder, split="extra")
    (folder / "train_32x32.mat").unlink()
    with pytest.raises(UserError, match=r"lacks train_32x32\.mat; .*--dataset\.format full reads train/digitStruct"):
        Svhn(folder)
    with pytest.raises(UserError, match=r"no folder .*it should hold test/digitStruct\.mat"):
        Svhn(folder / "none", split="test", format="full")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"X": np.zeros((32, 32, 3, 2), np.uint8)}, "no variable in .* named 'y'"),
        ({"X": np.zeros((2, 32, 32, 3), np.uint8), "y": np.ones((2, 1))}, "X is 2 x 32 x 32 x 3 of uint8"),
        ({"X": np.zeros((32, 32, 3, 2)), "y": np.ones((2, 1))}, "X is 32 x 32 x 3 x 2 of float64"),
        ({"X": np.zeros((32, 32, 3, 2), np.uint8), "y": np.ones((3, 1))}, "X holds 2 images, y 3 labels"),
        (
            {"X": np.zeros((32, 32, 3, 2), np.uint8), "y": np.array([[1], [11]])},
            "label of digit 1 is 11; it is 1 to 10",
        ),
    ],
)
def test_variables_that_do_not_fit_are_named(folder: Path, values: dict[str, np.ndarray], message: str) -> None:
    savemat(folder / "train_32x32.mat", values)
    with pytest.raises(UserError, match=message):
        Svhn(folder)


def test_a_file_that_is_cut_off_is_named(folder: Path) -> None:
    path = folder / "train_32x32.mat"
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(UserError, match=r"train_32x32\.mat: it is cut off"):
        Svhn(folder)


def test_a_table_that_is_no_digitstruct_is_named(full: Path) -> None:
    import h5py

    path = full / "train" / "digitStruct.mat"
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(UserError, match=r"digitStruct\.mat: it is cut off, damaged"):
        Svhn(full, format="full")
    with h5py.File(path, "w") as file:
        file["digitStruct/name"] = np.zeros(3)
    with pytest.raises(UserError, match=r"digitStruct\.mat: it is cut off, damaged or no digitStruct"):
        Svhn(full, format="full")
    path.write_bytes(data)
    with h5py.File(path, "r+") as file:
        group = file[file["digitStruct/bbox"][2, 0]]
        del group["top"]
        group["top"] = np.ones((1, 1))
    with pytest.raises(UserError, match=r"digitStruct\.mat at image 3"):
        Svhn(full, format="full")


def test_a_photograph_that_cannot_be_cut_is_named_when_it_is_read(full: Path) -> None:
    (full / "train" / "1.png").unlink()
    layout.table(
        full / "train" / "digitStruct.mat",
        {"1.png": ([7], [(5.0, 3.0, 8.0, 8.0)]), "2.png": ([1], [(1.0, 1.0, 0.0, 4.0)])},
    )
    data = Svhn(full, format="full")
    with pytest.raises(UserError, match=r"digitStruct\.mat: .*1\.png:0: no image"):
        data.read(0)
    with pytest.raises(UserError, match=r"2\.png:0 has a box of 0 x 4 px"):
        data.read(1)


@pytest.mark.skipif(not REAL.is_dir(), reason=f"research data is not at {REAL}")
@pytest.mark.parametrize("split", ["train", "test"])
def test_files_of_that_layout_are_read(split: Any) -> None:
    data, raw = Svhn(REAL, split=split), loadmat(REAL / f"{split}_32x32.mat")
    labels = raw["y"].ravel()
    assert [len(clip) for clip in data.clips] == [(labels == (digit or 10)).sum() for digit in range(10)]
    for digit, clip in enumerate(data.clips):
        last = np.flatnonzero(labels == (digit or 10))[-1]
        assert data.tags(clip.stop - 1) == {"digit": str(digit)}
        assert np.array_equal(data.read(clip.stop - 1), raw["X"][:, :, :, last])
