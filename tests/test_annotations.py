"""Tests of annotations."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from unsuplmk import annotations
from unsuplmk.errors import UserError

SHARED = Path(__file__).resolve().parents[2] / "shared/data"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared research images are not here")


def table(folder: Path, text: str, name: str = "a.csv") -> Path:
    (folder / name).write_text(text, "utf-8")
    return folder / name


def test_numbered_points_are_read_and_other_columns_left_alone(tmp_path: Path) -> None:
    text = "file,split,x0,y0,crop_x0,x1,y1\na.png,train,1,2.5,junk,3,4\nsub/b.png,test,5,6,,,8\n"
    found = annotations.read(table(tmp_path, text))
    assert found.files == ("a.png", "sub/b.png")
    assert found.split == ("train", "test")
    assert found.points == ("0", "1")
    assert found.folder == tmp_path
    np.testing.assert_array_equal(found.xy[0], [[1, 2.5], [3, 4]])
    np.testing.assert_array_equal(found.annotation(1), [[5, 6], [np.nan, np.nan]])  # half a point is none
    assert found.name(1) == str(tmp_path / "sub/b.png")


def test_named_points_are_read_in_the_order_of_their_columns(tmp_path: Path) -> None:
    found = annotations.read(table(tmp_path, "nose_y,file,left_ear_x,left_ear_y,nose_x\n1,a.png,2,3,4\n"))
    assert found.points == ("left_ear", "nose")
    np.testing.assert_array_equal(found.xy, [[[2, 3], [4, 1]]])


def test_a_split_is_selected_with_its_lines_and_a_missing_one_is_named(tmp_path: Path) -> None:
    file = table(tmp_path, "file,split,x0,y0\na.png,train,1,2\n\nb.png,val,3,4\nc.png,train,5,6\n")
    train, val = annotations.splits(file, test="val")
    assert [train.name(i) for i in range(len(train))] == [str(tmp_path / "a.png"), str(tmp_path / "c.png")]
    assert val.annotation(0).tolist() == [[3, 4]]
    with pytest.raises(UserError, match=r"no rows of split 'test'; found: train \(2\), val \(1\)"):
        annotations.splits(file)
    with pytest.raises(UserError, match="add a column split"):
        annotations.splits(table(tmp_path, "file,x0,y0\na.png,1,2\n"))


def test_an_absent_image_is_named_with_its_line_when_it_is_read(tmp_path: Path) -> None:
    Image.new("RGB", (3, 2), (9, 8, 7)).save(tmp_path / "a.png")
    found = annotations.read(table(tmp_path, "file,x0,y0\na.png,1,2\ngone.png,1,2\n"))
    assert found.read(0).tolist() == [[[9, 8, 7]] * 3] * 2
    with pytest.raises(UserError, match=r"a\.csv:3: .*gone\.png"):
        found.read(1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "lacks a column file; its columns are: none"),
        ("image,x0,y0\na.png,1,2\n", "lacks a column file; its columns are: image, x0, y0"),
        ("file,split\na.png,train\n", "annotates no points"),
        ("file,x0,y1\na.png,1,2\n", "has a column x0 but no y0"),
        ("file,nose_x\na.png,1\n", "has a column nose_x but no nose_y"),
        ("file,x0,y0\n", "has a header but no rows"),
        ("file,x0,y0\na.png,1,2\nb.png,1,two\n", ":3: 'two' in column y0 is no number"),
        ("file,x0,y0\na.png,inf,2\n", ":2: 'inf' in column x0 is no number"),
        ("file,x0,y0\na.png,1\n", ":2: 2 cells where the header has 3"),
    ],
)
def test_a_bad_table_is_refused_with_the_reason(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError, match=r"a\.csv") as raised:
        annotations.read(table(tmp_path, text))
    assert message in str(raised.value)


def test_a_folder_stands_for_its_only_table_of_annotations(tmp_path: Path) -> None:
    table(tmp_path, "file,split\na.png,train\n", "unlabelled.csv")
    with pytest.raises(UserError, match="holds no CSV of annotations"):
        annotations.read(tmp_path)
    table(tmp_path, "file,x0,y0\na.png,1,2\n")
    assert annotations.read(tmp_path).table.name == "a.csv"
    table(tmp_path, "file,x0,y0\na.png,1,2\n", "b.csv")
    with pytest.raises(UserError, match=r"holds a\.csv, b\.csv; name one"):
        annotations.read(tmp_path)


def test_a_missing_or_binary_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"gone\.csv: No such file"):
        annotations.splits(tmp_path / "gone.csv")
    (tmp_path / "b.csv").write_bytes(b"\xff\xfe\x81")
    with pytest.raises(UserError, match="cannot read annotations"):
        annotations.read(tmp_path / "b.csv")


def test_an_unknown_dataset_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UserError, match="did you mean 'puppets'"):
        annotations.splits("pupets")


def test_the_splits_of_a_registered_dataset_have_points() -> None:
    train, test = annotations.splits("puppets")
    assert train.points == test.points != ()
    assert train.annotation(0).shape == (len(train.points), 2)
    assert {train.name(i) for i in range(len(train))}.isdisjoint(test.name(i) for i in range(len(test)))


@needs_shared
@pytest.mark.parametrize(
    ("folder", "points", "train", "test"),
    [
        ("mtfl", 5, 9997, 2995),
        ("fly_sleap", 13, 2360, 587),
        ("mouse_openfield", 4, 58, 58),
        ("human_lspet", 14, 685, 162),
    ],
)
def test_the_shared_tables_are_read(folder: str, points: int, train: int, test: int) -> None:
    fit, judged = annotations.splits(SHARED / folder)
    assert (len(fit.points), len(fit), len(judged)) == (points, train, test)
