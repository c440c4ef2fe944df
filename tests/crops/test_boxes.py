"""Tests of boxes that a CSV lists."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from unsuplmk.crops.boxes import Boxes
from unsuplmk.datasets.arrays import Arrays
from unsuplmk.datasets.cropped import Cropped
from unsuplmk.datasets.files import Files
from unsuplmk.errors import UserError
from unsuplmk.frames.media import write_image, write_video

HEADER = "file,left,top,width,height"


def table(path: Path, *rows: str, header: str = HEADER) -> str:
    path.write_text("\n".join([header, *rows]) + "\n", "utf-8")
    return str(path)


def images(folder: Path, *names: str) -> Files:
    for number, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        write_image(folder / name, np.full((30, 40, 3), number, np.uint8))
    return Files(folder)


def nothing(line: str) -> None:
    raise AssertionError(f"nothing should be reported: {line}")


def test_numbers_are_pixels_from_the_corner_of_the_frame(tmp_path: Path) -> None:
    data = Arrays([np.arange(12, dtype=np.uint8).reshape(2, 2, 3).repeat(2, 1)])
    file = table(tmp_path / "b.csv", "array:0,1,0,1,1")
    picture = Cropped(data, Boxes(file=file, margin=0.0).boxes(data, nothing)).read(0)
    assert picture.tolist() == data.read(0)[:1, 1:2].tolist()  # the second pixel of the first row, alone
    whole = Boxes(file=table(tmp_path / "b.csv", "array:0,0,0,4,4"), margin=0.0).boxes(data, nothing)
    assert whole.edges.tolist() == [[0, 0, 4, 4]]


def test_boxes_become_squares_with_a_margin(tmp_path: Path) -> None:
    data = images(tmp_path, "a.png")
    file = table(tmp_path / "b.csv", "a.png,10,5,20,10")
    assert Boxes(file=file, margin=0.5).boxes(data, nothing).edges.tolist() == [[5, -5, 35, 25]]


def test_files_are_relative_to_the_csv_wherever_one_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    images(tmp_path / "data", "a.png", "é/b.png")
    file = table(tmp_path / "data" / "b.csv", "a.png,0,0,9,9", f"{tmp_path / 'data/é/b.png'},0,0,8,8")
    monkeypatch.chdir(tmp_path)
    for path in ("data", tmp_path / "data", "./data/../data"):
        found = Boxes(file=file, margin=0.0).boxes(Files(path), nothing)
        assert found.frames.tolist() == [0, 1]
        assert found.edges[:, 2].tolist() == [9, 8]


@pytest.mark.parametrize(
    ("header", "row"),
    [(HEADER, "v.mp4:{},1,1,8,8"), ("frame,file,left,top,width,height", "{},v.mp4,1,1,8,8")],
)
def test_frames_of_a_video_are_named_in_either_way(tmp_path: Path, header: str, row: str) -> None:
    write_video(tmp_path / "v.mp4", (np.full((32, 32, 3), 8 * i, np.uint8) for i in range(6)), 10.0)
    file = table(tmp_path / "b.csv", *(row.format(i) for i in (4, 1)), header=header)
    lines: list[str] = []
    found = Boxes(file=file).boxes(Files(tmp_path / "v.mp4"), lines.append)
    assert found.frames.tolist() == [1, 4]
    assert lines == [f"4 of 6 frames have no box in {file} and are left out"]


def test_several_boxes_of_a_frame_keep_their_order_and_tracks(tmp_path: Path) -> None:
    data = images(tmp_path, "a.png", "b.png")
    rows = ("b.png,0,0,9,9,left", "a.png,0,0,8,8,right", "b.png,0,0,7,7,right")
    file = table(tmp_path / "b.csv", *rows, header=f"{HEADER},track")
    found = Boxes(file=file, margin=0.0).boxes(data, nothing)
    assert (found.frames.tolist(), found.edges[:, 2].tolist()) == ([0, 1, 1], [8, 9, 7])
    assert found.tracks == ("right", "left", "right")


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (("a.png,0,0,9,9", "a.png,0,x,9,9"), r"b\.csv:3: top is 'x', not a number"),
        (("a.png,0,0,9,nan",), r"b\.csv:2: height is 'nan', not a number"),
        (("a.png,0,0,0,9",), r"b\.csv:2: a box of 0 x 9 px is empty"),
        (("a.png,0,0,9,-9",), r"b\.csv:2: a box of 9 x -9 px is empty"),
        (("a.png,0,0,9",), r"b\.csv:2: 4 cells where the header has 5"),
        ((), r"b\.csv lists no images"),
        (("other.png,0,0,9,9",), r"b\.csv has boxes of other frames only: .*other\.png.*--crop whole"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, rows: tuple[str, ...], reason: str) -> None:
    data = images(tmp_path, "a.png")
    with pytest.raises(UserError, match=reason):
        Boxes(file=table(tmp_path / "b.csv", *rows)).boxes(data, nothing)


def test_other_columns_and_files_are_refused(tmp_path: Path) -> None:
    data = images(tmp_path, "a.png")
    with pytest.raises(UserError, match=r"no column 'left'; it needs file, left, top, width, height: file, x"):
        Boxes(file=table(tmp_path / "b.csv", "a.png,1", header="file,x")).boxes(data, nothing)
    with pytest.raises(UserError, match=r"cannot read .*gone\.csv"):
        Boxes(file=str(tmp_path / "gone.csv")).boxes(data, nothing)
    twice = table(tmp_path / "b.csv", "a.png,0,0,9,9,t", "a.png,0,0,8,8,t", header=f"{HEADER},track")
    with pytest.raises(UserError, match=r"b\.csv:3: a second box of track 't' in a\.png"):
        Boxes(file=twice).boxes(data, nothing)
    half = table(tmp_path / "b.csv", "v.mp4,0.5,0,0,9,9", header="file,frame,left,top,width,height")
    with pytest.raises(UserError, match=r"b\.csv:2: frame is '0\.5', not a whole number from 0"):
        Boxes(file=half).boxes(data, nothing)
