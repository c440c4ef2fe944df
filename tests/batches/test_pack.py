"""Tests of packs: frames decoded once."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from unsuplmk.batches import pack as packing
from unsuplmk.batches.pack import pack
from unsuplmk.datasets.arrays import Arrays
from unsuplmk.datasets.cropped import Cropped
from unsuplmk.datasets.files import Files
from unsuplmk.errors import UserError
from unsuplmk.frames.media import write_image
from unsuplmk.frames.prepare import Fit
from unsuplmk.interfaces import Dataset
from unsuplmk.types import Boxes


def folder_of(root: Path, clips: Sequence[int], broken: Sequence[str] = ()) -> Path:
    """Sub-folders of single-coloured images, numbered through in grey; some of them are no images."""
    grey = 0
    for clip, frames in enumerate(clips):
        (root / f"clip{clip}").mkdir(parents=True)
        for frame in range(frames):
            path = root / f"clip{clip}" / f"{frame}.png"
            write_image(path, np.full((8, 8 + 2 * frame, 3), grey, np.uint8))
            if f"{clip}/{frame}" in broken:
                path.write_bytes(b"these are words")
            grey += 1
    return root


def silent(line: str) -> None:
    raise AssertionError(f"nothing was to be reported: {line}")


def test_frames_come_in_the_order_of_the_dataset_and_fitted(tmp_path: Path) -> None:
    made = pack(Files(folder_of(tmp_path, [40, 1, 60])), Fit(16), report=silent)
    assert made.frames.shape == (101, 16, 16, 3)
    assert (made.frames == np.arange(101, dtype=np.uint8)[:, None, None, None]).all()
    assert made.clips == (range(0, 40), range(40, 41), range(41, 101))
    assert made.names[41] == str(tmp_path / "clip2" / "0.png")
    assert made.skipped == ()


def test_unreadable_frames_are_named_counted_and_left_out(tmp_path: Path) -> None:
    broken = ["0/1", "1/0", "2/0", "2/1", "2/2", "3/2", "3/0"]
    lines: list[str] = []
    made = pack(Files(folder_of(tmp_path, [3, 1, 3, 4], broken)), Fit(8), report=lines.append)
    assert made.frames[:, 0, 0, 0].tolist() == [0, 2, 8, 10]
    assert made.clips == (range(0, 2), range(2, 4))
    assert [Path(name).name for name in made.names] == ["0.png", "2.png", "1.png", "3.png"]
    assert len(made.skipped) == 7
    assert len(lines) == 6
    assert "clip0/1.png" in lines[0]
    assert lines[-1] == "7 of 11 files could not be read and are left out"


def test_if_nothing_can_be_read_the_first_file_is_named(tmp_path: Path) -> None:
    dataset = Files(folder_of(tmp_path, [2], ["0/0", "0/1"]))
    with pytest.raises(UserError, match=r"none of the 2 frames can be read; the first: .*clip0/0\.png"):
        pack(dataset, Fit(8), report=str)


def test_a_bug_in_a_dataset_is_not_taken_for_a_broken_file() -> None:
    class Faulty(Dataset):
        def __len__(self) -> int:
            return 3

        @property
        def clips(self) -> Sequence[range]:
            return [range(3)]

        def read(self, index: int) -> np.ndarray:
            raise ZeroDivisionError

        def name(self, index: int) -> str:
            return str(index)

    with pytest.raises(ZeroDivisionError):
        pack(Faulty(), Fit(8), report=silent)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache folder, in which every pack is kept."""
    monkeypatch.setattr(packing, "MEMORY", 0)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "unsuplmk"


def test_a_large_pack_lies_in_a_file_that_is_found_again(tmp_path: Path, cache: Path) -> None:
    data = folder_of(tmp_path / "data", [3, 4], ["0/1"])
    lines: list[str] = []
    made = pack(Files(data), Fit(8), report=lines.append)
    assert isinstance(made.frames, np.memmap)
    assert "decoded once into" in lines[0]
    os.utime(data / "clip1", (1, 1))
    again = pack(Files(data), Fit(8), report=lines.append)
    assert any("frames are read from" in line for line in lines)
    assert np.array_equal(made.frames, again.frames)
    assert (made.clips, made.names, made.skipped) == (again.clips, again.names, again.skipped)
    assert sorted(path.suffix for path in cache.iterdir()) == [".json", ".npy"]


@pytest.mark.parametrize("change", ["content", "size", "mode"])
def test_a_pack_of_other_files_or_another_fit_is_made_anew(tmp_path: Path, cache: Path, change: str) -> None:
    data = folder_of(tmp_path / "data", [2])
    pack(Files(data), Fit(8), report=str)
    fit = {"size": Fit(16), "mode": Fit(8, "stretch")}.get(change, Fit(8))
    if change == "content":
        write_image(data / "clip0" / "1.png", np.full((8, 10, 3), 99, np.uint8))
    made = pack(Files(data), fit, report=str)
    assert made.frames[1, 4, 4, 0] == (99 if change == "content" else 1)
    assert made.frames.shape[1] == fit.size
    assert len(list(cache.glob("*.npy"))) == 2


def test_a_pack_of_the_same_files_cropped_otherwise_is_made_anew(tmp_path: Path, cache: Path) -> None:
    data = Files(folder_of(tmp_path / "data", [30]))

    def cropped(last: float, track: str = "") -> Cropped:
        edges = np.tile([0.0, 0.0, 4.0, 4.0], (30, 1))
        edges[13, 2] = last
        return Cropped(data, Boxes(np.arange(30), edges, (track,) * 30 if track else ()))

    for dataset in (data, cropped(4), cropped(5), cropped(4, "a")):
        for _ in range(2):
            pack(dataset, Fit(8), report=lambda line: None)
    assert len(list(cache.glob("*.npy"))) == 4
    assert len(list(cache.iterdir())) == 8


def test_a_pack_of_the_same_files_read_otherwise_is_made_anew(tmp_path: Path, cache: Path) -> None:
    first, second = Files(folder_of(tmp_path / "data", [3])), Files(tmp_path / "data")
    read = second.read
    second.read = lambda index: 255 - read(index)  # type: ignore[method-assign]
    one, other = (pack(dataset, Fit(8), report=lambda line: None) for dataset in (first, second))
    assert not np.array_equal(one.frames, other.frames)
    assert len(list(cache.glob("*.npy"))) == 2


def test_a_large_pack_that_comes_from_no_file_leaves_none(cache: Path) -> None:
    frames = np.arange(5, dtype=np.uint8)[:, None, None, None] * np.ones((8, 8, 3), np.uint8)
    made = pack(Arrays(frames), Fit(8), report=str)
    assert np.array_equal(made.frames, frames)
    assert list(cache.iterdir()) == []


def test_an_interrupted_pack_leaves_no_file(tmp_path: Path, cache: Path) -> None:
    class Stop(Fit):
        def __call__(self, image: np.ndarray) -> np.ndarray:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pack(Files(folder_of(tmp_path / "data", [2])), Stop(8), report=str)
    assert list(cache.iterdir()) == []


def test_what_a_killed_run_left_is_removed_after_a_day(tmp_path: Path, cache: Path) -> None:
    cache.mkdir(parents=True)
    for name, age in (("old.partial", 1.0), ("new.partial", 4e9)):
        (cache / name).write_bytes(b"")
        os.utime(cache / name, (age, age))
    pack(Files(folder_of(tmp_path / "data", [2])), Fit(8), report=str)
    assert not (cache / "old.partial").exists()
    assert (cache / "new.partial").exists()


def test_a_disk_too_small_for_the_frames_is_said_before_decoding(tmp_path: Path, cache: Path) -> None:
    with pytest.raises(UserError, match=r"cannot keep .* GiB .*XDG_CACHE_HOME.*--size"):
        pack(Files(folder_of(tmp_path / "data", [3])), Fit(10_000_000), report=silent)
    assert list(cache.iterdir()) == []


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path, cache: Path) -> None:
    cache.parent.write_text("a file where a folder should be")
    with pytest.raises(UserError, match=r"cannot keep .*cache"):
        pack(Files(folder_of(tmp_path / "data", [3])), Fit(8), report=silent)
