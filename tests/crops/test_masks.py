"""Tests of boxes from masks."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from unsuplmk import registry
from unsuplmk.datasets.cropped import Cropped
from unsuplmk.errors import UserError
from unsuplmk.interfaces import Dataset
from unsuplmk.types import Boxes


class Named(Dataset):
    """Three grey frames, 60 x 40, with the names that are given."""

    def __init__(self, *names: str) -> None:
        self._names = names

    def __len__(self) -> int:
        return len(self._names)

    @property
    def clips(self) -> list[range]:
        return [range(len(self))]

    def read(self, index: int) -> np.ndarray:
        return np.full((40, 60, 3), 90, np.uint8)

    def name(self, index: int) -> str:
        return self._names[index]


FILM = Named("in/clip.mp4:7", "in/clip.mp4:8", "in/clip.mp4:9")


def boxes(folder: Path, dataset: Dataset, lines: list[str] | None = None, margin: float = 0.0) -> Boxes:
    found = registry.build("crop", "masks", folder=str(folder), margin=margin)
    return found.boxes(dataset, (lines if lines is not None else []).append)


def draw(path: Path, *regions: tuple[int, int, int, int, int], dtype: type = np.uint8) -> None:
    mask = np.zeros((40, 60), dtype)
    for label, left, top, right, bottom in regions:
        mask[top:bottom, left:right] = label
    cv2.imwrite(str(path), mask)


def test_each_number_is_an_animal_with_a_square_about_it(tmp_path: Path) -> None:
    draw(tmp_path / "clip_000007.png", (2, 5, 10, 15, 20), (7, 30, 4, 50, 14))
    draw(tmp_path / "clip_000008.png", (2, 6, 10, 16, 20))
    draw(tmp_path / "clip_000009.png")
    lines: list[str] = []
    found = boxes(tmp_path, FILM, lines)
    assert found.frames.tolist() == [0, 0, 1]
    assert found.tracks == ("2", "7", "2")
    np.testing.assert_array_equal(found.edges, [(5, 10, 15, 20), (30, -1, 50, 19), (6, 10, 16, 20)])
    assert lines == [f"1 of 3 frames have no mask in {tmp_path}, or an empty one: left out"]
    cropped = Cropped(FILM, found)
    assert [cropped.name(i) for i in range(3)] == ["in/clip.mp4:7#2", "in/clip.mp4:8#2", "in/clip.mp4:7#7"]


def test_one_number_alone_has_no_name_and_sixteen_bits_are_read(tmp_path: Path) -> None:
    draw(tmp_path / "a.png", (40_000, 5, 10, 15, 20), dtype=np.uint16)
    draw(tmp_path / "b.png", (40_000, 5, 11, 15, 21), dtype=np.uint16)
    found = boxes(tmp_path, Named("in/a.jpg", "b.png"), margin=0.2)
    assert found.tracks == ()
    np.testing.assert_array_equal(found.edges, [(4, 9, 16, 21), (4, 10, 16, 22)])


def test_what_cannot_be_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no frame has a mask in .*; that of in/clip\.mp4:7 would be clip_000007\.png"):
        boxes(tmp_path, FILM)
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((4, 4, 3), np.uint8))
    with pytest.raises(UserError, match=r"a\.png has 3 channels; it needs one"):
        boxes(tmp_path, Named("a.png"))
    (tmp_path / "b.png").write_text("no image")
    with pytest.raises(UserError, match=r"b\.png is no image that can be read"):
        boxes(tmp_path, Named("b.png"))
