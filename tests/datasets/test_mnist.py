"""Tests of MNIST from its IDX files."""

from __future__ import annotations

import gzip
from hashlib import md5
from pathlib import Path

import numpy as np
import pytest

from tests.golden import SHARED
from tests.layouts import mnist as layout
from unsuplmk.datasets.mnist import Mnist
from unsuplmk.errors import UserError

REAL = SHARED / "data" / "mnist"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return layout.write(tmp_path)


def test_digits_come_by_class_in_the_order_of_the_file(folder: Path) -> None:
    data = Mnist(folder)
    assert list(data.clips) == [range(0, 2), range(2, 5), range(5, 6)]
    assert [data.tags(i)["digit"] for i in range(6)] == ["0", "0", "3", "3", "3", "9"]
    for index, place in enumerate((1, 4, 0, 2, 5, 3)):
        assert data.name(index) == f"{folder / 'train-images-idx3-ubyte.gz'}:{place}"
        assert (data.read(index) == layout.image(f"train{place}")[..., None]).all()
    assert data.read(0).shape == (28, 28, 3)


def test_the_test_split_is_the_other_pair_of_files_unpacked_or_not(folder: Path) -> None:
    data = Mnist(folder, split="test")
    assert [data.tags(i)["digit"] for i in range(len(data))] == ["0", "1", "1"]
    assert data.name(0) == f"{folder / 't10k-images-idx3-ubyte'}:1"


def test_the_folder_of_a_torchvision_download_is_read_from_its_top(tmp_path: Path) -> None:
    (tmp_path / "MNIST" / "raw").mkdir(parents=True)
    layout.write(tmp_path / "MNIST" / "raw")
    assert len(Mnist(tmp_path)) == 6
    assert Mnist.recognises(tmp_path)


def test_a_folder_with_both_files_of_a_split_is_recognised(folder: Path) -> None:
    assert Mnist.recognises(folder)
    (folder / "train-labels-idx1-ubyte.gz").unlink()
    assert Mnist.recognises(folder)
    (folder / "t10k-labels-idx1-ubyte").unlink()
    assert not Mnist.recognises(folder)
    assert not Mnist.recognises(folder / "none")


def test_what_is_missing_is_named_with_what_is_there(folder: Path) -> None:
    (folder / "train-images-idx3-ubyte.gz").unlink()
    with pytest.raises(UserError, match=r"lacks train-images-idx3-ubyte\[\.gz\]; it holds t10k-images"):
        Mnist(folder)
    with pytest.raises(UserError, match=r"no folder .*none"):
        Mnist(folder / "none")


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("t10k-images-idx3-ubyte", b"\0\0\x08\x03\0\0\0\x03\0\0\0\x1c\0\0\0\x1cxx", "cut off: more is announced"),
        ("t10k-images-idx3-ubyte", b"\0\0\x08", "cut off: more"),
        ("t10k-images-idx3-ubyte", b"\0\0\x08\x01\0\0\0\x01x", "begins with 00000801; .* with 00000803"),
        ("t10k-labels-idx1-ubyte", b"\x01\x08\0\0\x03\0\0\0123", "begins with 01080000"),
        ("t10k-labels-idx1-ubyte", b"\0\0\x08\x01\0\0\0\x03\0\1\2\3", "longer than its header says"),
        ("t10k-labels-idx1-ubyte", b"\0\0\x08\x01\0\0\0\x02\0\1", "holds 3 images, .*t10k-labels.* 2 labels"),
        ("t10k-labels-idx1-ubyte", b"\0\0\x08\x01\0\0\0\x03\0\x0b\2", "label 1 is 11"),
        ("t10k-labels-idx1-ubyte", gzip.compress(b"\0\0\x08\x01\0\0\0\x03\0\1\2", mtime=0)[:-6], "cut off or damaged"),
        ("t10k-labels-idx1-ubyte", b"\x1f\x8bno gzip", "cut off or damaged"),
    ],
)
def test_a_damaged_file_is_named(folder: Path, name: str, data: bytes, message: str) -> None:
    (folder / name).write_bytes(data)
    with pytest.raises(UserError, match=message) as caught:
        Mnist(folder, split="test")
    assert name in str(caught.value)


@pytest.mark.skipif(not REAL.is_dir(), reason=f"research data is not at {REAL}")
def test_the_real_test_digits_are_those_of_the_card() -> None:
    data = Mnist(REAL, split="test")
    assert len(data) == Mnist.card.splits["test"]
    assert [len(clip) for clip in data.clips] == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    ink = np.stack([data.read(clip.start) for clip in data.clips]).mean((1, 2, 3))
    assert ((ink > 10) & (ink < 70)).all()
    sums = {download.file: download.checksum for download in Mnist.card.downloads}
    for path in REAL.glob("*.gz"):
        assert sums[path.name] == f"md5:{md5(path.read_bytes()).hexdigest()}"


@pytest.mark.skipif(not REAL.is_dir(), reason=f"research data is not at {REAL}")
def test_a_missing_half_of_the_real_set_is_said() -> None:
    with pytest.raises(UserError, match=r"lacks train-images-idx3-ubyte.*it holds .*t10k-images-idx3-ubyte\.gz"):
        Mnist(REAL)
