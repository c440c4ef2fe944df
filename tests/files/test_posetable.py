"""Tests of the CSV of pose tools."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from unsuplmk.errors import UserError
from unsuplmk.files.posetable import Labels, individuals, labels, read

SEVERAL = (
    "scorer,,,me,me,me,me,me,me,me,me\n"
    "individuals,,,ann,ann,ann,ann,bob,bob,single,single\n"
    "bodyparts,,,nose,nose,tail,tail,nose,nose,cage,cage\n"
    "coords,,,x,y,x,y,x,y,x,y\n"
    "labeled-data,v,img0.png,1,2,3,4,5,6,7,8\n"
    "labeled-data,v,img1.png,,,9,10,11,,12,13\n"
)


def table(folder: Path, text: str) -> Path:
    path = folder / "CollectedData_me.csv"
    path.write_text(text, "utf-8")
    return path


def taken(path: Path, individual: str = "") -> Labels:
    return labels([path], lambda _, image: image, individual, "--dataset.individual")


def test_each_animal_has_its_own_points(tmp_path: Path) -> None:
    path = table(tmp_path, SEVERAL)
    assert individuals(path) == ("ann", "bob", "single")
    ann, single = read(path, "ann"), read(path, "single")
    assert ann.points == ("nose", "tail")
    np.testing.assert_array_equal(ann.xy, [[[1, 2], [3, 4]], [[np.nan, np.nan], [9, 10]]])
    assert single.points == ("cage",)
    np.testing.assert_array_equal(single.xy, [[[7, 8]], [[12, 13]]])
    assert (ann.index, ann.lines) == (["labeled-data/v/img0.png", "labeled-data/v/img1.png"], [5, 6])


def test_an_animal_must_be_chosen_where_there_are_several(tmp_path: Path) -> None:
    path = table(tmp_path, SEVERAL)
    with pytest.raises(UserError, match=r"several animals: choose one with --dataset\.individual: ann, bob, single"):
        taken(path)
    with pytest.raises(UserError, match=r"no individual in .* named 'anne'; did you mean 'ann'"):
        taken(path, "anne")
    one = table(tmp_path, "scorer,s,s\nbodyparts,n,n\ncoords,x,y\na.png,1,2\n")
    with pytest.raises(UserError, match=r"no individual in .* named 'ann'; Known: none"):
        taken(one, "ann")


def test_half_a_labelled_point_is_none(tmp_path: Path) -> None:
    found = taken(table(tmp_path, SEVERAL), "bob")
    np.testing.assert_array_equal(found.xy, [[[5, 6]], [[np.nan, np.nan]]])


def test_the_only_animal_need_not_be_chosen(tmp_path: Path) -> None:
    text = "scorer,s,s\nindividuals,a,a\nbodyparts,n,n\ncoords,x,y\nv/0.png,1,2\n"
    assert taken(table(tmp_path, text)).xy.tolist() == [[[1, 2]]]


def test_backslashes_in_paths_are_slashes(tmp_path: Path) -> None:
    text = "scorer,s,s\nbodyparts,n,n\ncoords,x,y\nlabeled-data\\früh\\img 0.png,1,2\n"
    assert taken(table(tmp_path, text)).files == [Path("labeled-data/früh/img 0.png")]


def test_a_point_that_one_table_lacks_is_missing_there(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    first = table(tmp_path, "scorer,s,s,s,s\nbodyparts,n,n,t,t\ncoords,x,y,x,y\na.png,1,2,3,4\n")
    second = table(tmp_path / "b", "scorer,s,s,s,s\nbodyparts,t,t,u,u\ncoords,x,y,x,y\n\nb.png,5,6,7,8\n")
    found = labels([first, second], lambda csv, image: csv.parent / image, "", "")
    assert found.points == ("n", "t", "u")
    nan = [np.nan, np.nan]
    np.testing.assert_array_equal(found.xy, [[[1, 2], [3, 4], nan], [nan, [5, 6], [7, 8]]])
    assert found.files == [tmp_path / "a.png", tmp_path / "b" / "b.png"]
    assert found.places == [f"{first}:4", f"{second}:5"]


def test_predictions_for_a_video_are_no_images(tmp_path: Path) -> None:
    header = "scorer,n,n,n\nbodyparts,a,a,a\ncoords,x,y,likelihood\n"
    with pytest.raises(UserError, match=r"frame's number in its first column.*give the video itself"):
        taken(table(tmp_path, header + "0,1,2,0.9\n1,1,2,0.8\n"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("scorer,s,s\nindividuals,a,a\ncoords,x,y\n", "scorer, individuals, bodyparts, coords"),
        ("scorer,s,s\nbodyparts,n\ncoords,x,y\na.png,1,2\n", "the rows of its header differ in length"),
        ("scorer,s,s\nbodyparts,n,m\ncoords,x,y\na.png,1,2\n", "row coords must repeat x, y"),
        ("scorer,s,s\nbodyparts,n,n\ncoords,x,y\na.png,1,inf\n", ":4: 'inf' is no coordinate"),
        ("scorer,s,s\nbodyparts,n,n\ncoords,x,y\n\na.png,1,x\n", ":5: could not convert string to float: 'x'"),
        ("scorer,s,s\nbodyparts,n,n\ncoords,x,y\na.png,1,2\nb.png,3\n", ":5: 2 cells where the header has 3"),
        ("scorer,s,s\nbodyparts,n,n\ncoords,x,y\n", "no image is listed there"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError, match=r"CollectedData_me\.csv") as raised:
        taken(table(tmp_path, text))
    assert message in str(raised.value)


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot read .*none\.csv as DeepLabCut CSV: No such file"):
        taken(tmp_path / "none.csv")
