"""Tests of annotated images in splits."""

from pathlib import Path

import pytest

from unsuplmk import registry
from unsuplmk.errors import UserError
from unsuplmk.evaluation.annotations import cells, frames, own_protocol, splits

SHARED = Path(__file__).resolve().parents[3] / "shared/data"


def table(folder: Path, text: str, name: str = "a.csv") -> Path:
    (folder / name).write_text(text, "utf-8")
    return folder / name


def test_a_table_gives_the_rows_of_both_splits(tmp_path: Path) -> None:
    file = table(tmp_path, "file,split,x0,y0\na.png,train,1,2\nb.png,val,3,4\nc.png,train,5,6\n")
    train, val = splits(str(file), test="val")
    assert [train.name(i) for i in range(len(train))] == [str(tmp_path / "a.png"), str(tmp_path / "c.png")]
    assert val.annotation(0).tolist() == [[3, 4]]
    with pytest.raises(UserError, match=r"no rows of split 'test'; known: train \(2 rows\), val \(1 rows\)"):
        splits(file)


def test_a_table_without_a_split_column_would_be_judged_on_what_it_was_fitted_on_and_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has no column split: add one that says train or val"):
        splits(table(tmp_path, "file,x0,y0\na.png,1,2\n"), test="val")


def test_a_folder_stands_for_its_only_table_of_annotations(tmp_path: Path) -> None:
    table(tmp_path, "file,split\na.png,train\n", "unlabelled.csv")
    with pytest.raises(UserError, match="holds no CSV of annotations"):
        splits(tmp_path)
    table(tmp_path, "file,split,x0,y0\na.png,train,1,2\nb.png,test,1,2\n")
    assert [len(half) for half in splits(tmp_path)] == [1, 1]
    table(tmp_path, "file,x0,y0\na.png,1,2\n", "b.csv")
    with pytest.raises(UserError, match=r"holds a\.csv, b\.csv; name one"):
        splits(tmp_path)


def test_what_holds_no_annotations_is_refused_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="annotates no points; it needs columns x0, y0"):
        splits(table(tmp_path, "file,split\na.png,train\nb.png,test\n"))
    with pytest.raises(UserError, match=r"no file or folder .*gone\.csv"):
        splits(tmp_path / "gone.csv")
    with pytest.raises(UserError, match="holds no annotations that are known: give a CSV"):
        splits(table(tmp_path, "", "a.json"))
    with pytest.raises(UserError, match="did you mean 'puppets'"):
        splits("pupets")


def test_the_splits_of_a_registered_dataset_have_points_and_nothing_in_common() -> None:
    train, test = splits("puppets", {"clips": 2, "length": 3})
    assert train.points == test.points != ()
    assert len(train) == len(test) == 6
    assert train.annotation(0).shape == (len(train.points), 2)
    assert {train.name(i) for i in range(len(train))}.isdisjoint(test.name(i) for i in range(len(test)))


def test_a_dataset_is_judged_by_its_own_protocol_and_a_table_by_the_plain_one(tmp_path: Path) -> None:
    known = {name: component.cls.card.protocol for name, component in registry.components("dataset").items()}
    folders = {name: own_protocol(f"{name}:{tmp_path}") for name in known if name != "puppets"}
    assert folders == {name: protocol for name, protocol in known.items() if name != "puppets"}
    assert own_protocol(table(tmp_path, "file,split,x0,y0\na.png,train,1,2\n")) == "plain"
    assert own_protocol("nowhere") == "plain"


def test_another_column_is_read_by_the_images_names(tmp_path: Path) -> None:
    file = table(tmp_path, "file,split,activity,x0,y0\na.png,train,walking,1,2\nb.png,test,,3,4\n")
    train, test = splits(file)
    assert cells(train, "activity") == {str(tmp_path / "a.png"): "walking"}
    assert cells(test, "activity") == {str(tmp_path / "b.png"): ""}
    with pytest.raises(UserError, match="have no column 'subject'; what is known of them: split, activity"):
        cells(test, "subject")
    with pytest.raises(UserError, match="no column 'activity'; what is known of them: nothing"):
        cells(splits("puppets", {"clips": 2, "length": 3})[0], "activity")


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared research images are not here")
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
    fit, judged = splits(SHARED / folder)
    assert (len(fit.points), len(fit), len(judged)) == (points, train, test)


def test_annotated_frames_are_those_of_every_split_unless_one_is_named(tmp_path: Path) -> None:
    rows = ["file,split,nose_x,nose_y", "a.png,train,1,2", "b.png,val,3,4", "c.png,test,5,6"]
    (tmp_path / "points.csv").write_text("\n".join(rows) + "\n")
    (whole,) = frames(tmp_path / "points.csv")
    assert [whole.annotation(i).tolist() for i in range(len(whole))] == [[[1, 2]], [[3, 4]], [[5, 6]]]
    (one,) = frames(tmp_path, split="val")
    (same,) = frames(tmp_path, {"split": "val"})
    assert len(one) == len(same) == 1
    (tmp_path / "points.csv").write_text("file,nose_x,nose_y\na.png,1,2\n")
    assert len(frames(tmp_path / "points.csv")[0]) == 1
    (tmp_path / "points.csv").write_text("file,split\na.png,train\n")
    with pytest.raises(UserError, match="annotates no points"):
        frames(tmp_path / "points.csv")


def test_the_splits_of_a_dataset_that_has_no_word_for_all_are_opened_one_by_one() -> None:
    both = frames("puppets", {"clips": 2, "length": 2})
    assert [one.name(0).split("/")[1] for one in both] == ["train", "test"]
    assert len(frames("puppets", {"clips": 2, "length": 2}, split="test")) == 1


def test_a_split_that_is_not_there_is_left_out_with_a_line_and_none_is_an_error(tmp_path: Path) -> None:
    from tests.layouts import mtfl

    root, messages = mtfl.write(tmp_path), []
    (root / "testing.txt").unlink()
    found = frames(f"mtfl:{root}", report=messages.append)
    assert len(found) == 1
    assert [message.partition(":")[0] for message in messages] == ["split test is left out"]
    (root / "training.txt").unlink()
    with pytest.raises(UserError, match="split train is left out: "):
        frames(f"mtfl:{root}")
