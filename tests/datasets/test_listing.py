"""Tests of images listed in a CSV."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from unsuplmk.datasets.listing import Listing
from unsuplmk.errors import UserError
from unsuplmk.frames.media import write_image

SHARED = Path(__file__).parents[3] / "shared" / "data"


def table(folder: Path, text: str) -> Path:
    path = folder / "frames.csv"
    path.write_text(text, "utf-8")
    return path


def order(dataset: Listing) -> list[str]:
    return [Path(dataset.name(i)).name for i in range(len(dataset))]


def test_rows_of_the_asked_split_are_taken(tmp_path: Path) -> None:
    path = table(tmp_path, "file,split\na.png,train\nb.png,test\nc.png,train\n")
    assert order(Listing(path)) == ["a.png", "c.png"]
    assert order(Listing(path, split="test")) == ["b.png"]


def test_all_rows_are_taken_where_that_is_asked(tmp_path: Path) -> None:
    path = table(tmp_path, "file,split\na.png,train\nb.png,test\nc.png,\n")
    assert order(Listing(path, split="all")) == ["a.png", "b.png", "c.png"]


def test_a_column_of_masks_names_pictures_that_are_bright_where_the_object_is(tmp_path: Path) -> None:
    picture = np.zeros((4, 6, 3), np.uint8)
    picture[1, 2:] = 255
    write_image(tmp_path / "m.png", picture)
    dataset = Listing(table(tmp_path, "file,mask\na.png,m.png\nb.png,\nc.png,gone.png\n"))
    mask = dataset.mask(0)
    assert mask is not None
    assert mask.tolist() == [[False] * 6, [False] * 2 + [True] * 4, [False] * 6, [False] * 6]
    assert dataset.mask(1) is None
    with pytest.raises(UserError, match=r"frames\.csv:4: .*gone\.png"):
        dataset.mask(2)
    assert Listing(table(tmp_path, "file\na.png\n")).mask(0) is None


def test_without_a_split_column_all_rows_are_taken(tmp_path: Path) -> None:
    assert order(Listing(table(tmp_path, "file\na.png\nb.png\n"))) == ["a.png", "b.png"]


def test_an_unknown_split_shows_the_known_ones(tmp_path: Path) -> None:
    path = table(tmp_path, "file,split\na.png,fit\nb.png,test\nc.png,fit\n")
    with pytest.raises(UserError, match=r"no rows of split 'train'; known: fit \(2 rows\), test \(1 rows\)"):
        Listing(path)


def test_rows_of_one_video_are_a_clip_in_the_order_of_frames(tmp_path: Path) -> None:
    rows = "b10.png,b,10\na1.png,a,1\nb9.png,b,9\nc.png,,\na0.png,a,0\nd.png,,\n"
    dataset = Listing(table(tmp_path, "file,video,frame\n" + rows))
    assert order(dataset) == ["b9.png", "b10.png", "a0.png", "a1.png", "c.png", "d.png"]
    assert dataset.clips == (range(0, 2), range(2, 4), range(4, 5), range(5, 6))


def test_files_are_relative_to_the_csv_and_read(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    write_image(tmp_path / "images" / "a.png", np.full((4, 4, 3), 9, np.uint8))
    dataset = Listing(table(tmp_path, "file\nimages/a.png\nimages/gone.png\n"))
    assert (dataset.read(0) == 9).all()
    with pytest.raises(UserError, match=r"frames\.csv:3: .*gone\.png"):
        dataset.read(1)


def test_named_points_are_read_and_half_a_point_is_none(tmp_path: Path) -> None:
    dataset = Listing(table(tmp_path, "file,nose_x,nose_y,tail_x,tail_y,azimuth_deg\na.png,1.5,2,,7,40\n"))
    assert dataset.points == ("nose", "tail")
    assert np.array_equal(dataset.annotation(0), [[1.5, 2], [np.nan, np.nan]], equal_nan=True)


def test_numbered_points_are_read_and_crop_columns_are_none(tmp_path: Path) -> None:
    dataset = Listing(table(tmp_path, "file,x0,y0,x1,y1,crop_x0,crop_y0\na.png,1,2,3,4,50,60\n"))
    assert dataset.points == ("0", "1")
    assert dataset.annotation(0).tolist() == [[1, 2], [3, 4]]


def test_annotations_follow_their_rows_into_the_clips(tmp_path: Path) -> None:
    dataset = Listing(table(tmp_path, "file,video,frame,x0,y0\nb.png,v,2,2,2\na.png,v,1,1,1\n"))
    assert order(dataset) == ["a.png", "b.png"]
    assert dataset.annotation(0).tolist() == [[1, 1]]


def test_without_points_the_annotation_is_empty(tmp_path: Path) -> None:
    dataset = Listing(table(tmp_path, "file\na.png\n"))
    assert dataset.points == ()
    assert dataset.annotation(0).shape == (0, 2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no column 'file'; its columns: none"),
        ("path,split\na.png,train\n", "no column 'file'; its columns: path, split"),
        ("file\n", "lists no images"),
        ("file,split\na.png,train\n,train\n", r"\.csv:3: the row names no file"),
        ("file,x0,y0\na.png,1,left\n", r"\.csv:2: y0 of a.png is 'left', not a number"),
        ("file,x0,y0\na.png,1,2\n\nb.png,inf,2\n", r"\.csv:4: x0 of b.png is 'inf', not a number"),
        ("file,x0,y0\na.png,1\n", r"\.csv:2: 2 cells where the header has 3"),
        ("file,x0,y1\na.png,1,2\n", "has a column x0 but no y0"),
        ("file,nose_x\na.png,1\n", "has a column nose_x but no nose_y"),
        ("file,frame\na.png,first\n", "frame of a.png is 'first', not a number"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        Listing(table(tmp_path, text))


def test_a_table_that_is_not_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "frames.csv").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(UserError, match=r"cannot read .*frames\.csv"):
        Listing(tmp_path / "frames.csv")


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"research data is not at {SHARED}")
@pytest.mark.parametrize(
    ("path", "frames", "clips", "points"),
    [
        ("mtfl/landmarks.csv", 9997, 9997, 5),
        ("fly_sleap/keypoints_aligned.csv", None, None, 13),
        ("mouse_openfield/video_frames.csv", 2330, 1, 0),
        ("mouse_openfield/keypoints.csv", 58, 1, 4),
    ],
)
def test_the_shared_tables_are_read(path: str, frames: int | None, clips: int | None, points: int) -> None:
    dataset = Listing(SHARED / path)
    assert len(dataset.points) == points
    assert frames is None or (len(dataset), len(dataset.clips)) == (frames, clips)
    image = dataset.read(0)
    inside = dataset.annotation(0)
    inside = inside[~np.isnan(inside).any(-1)]
    assert ((inside > -20) & (inside < max(image.shape) + 20)).all()
