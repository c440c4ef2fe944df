"""Tests of our own listing of images as a file of tracks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests import poses
from tests.layouts.pictures import picture
from unsuplmk import tables
from unsuplmk.datasets.listing import Listing
from unsuplmk.errors import UserError


def test_found_points_become_labels_of_the_dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("faces/a.png", "faces/ä b.png", "c.png"):
        picture(Path(name), 96, 64)
    before = poses.of(("faces/a.png", "faces/ä b.png", "c.png"))
    for path in ("labels.csv", "out/labels.csv", str(tmp_path / "far" / "off" / "labels.csv")):
        tables.write(before, path, "listing")
        dataset = Listing(path)
        assert dataset.points == before.names
        for row in range(3):
            assert dataset.read(row).shape == (64, 96, 3)
            np.testing.assert_array_equal(dataset.annotation(row), before.xy[row])
        found = tables.read(path)
        assert [Path(source).resolve() for source in found.source] == [
            Path(source).resolve() for source in before.source
        ]
        if not Path(path).is_absolute():
            assert found.source == before.source


def test_the_file_is_as_a_person_would_write_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    before = replace(poses.of(("a.png#ann", "a.png#bob")), xy=np.array([[[1, 2.5]] * 2, [[np.nan] * 2, [0, 1e-7]]]))
    before = replace(before, score=np.array([[0.5, 1], [0, 0.25]]))
    tables.write(before, "a.csv", "listing", split="test")
    assert Path("a.csv").read_text("utf-8").splitlines() == [
        "file,track,split,nose_x,nose_y,nose_score,tail_x,tail_y,tail_score",
        "a.png,ann,test,1.0,2.5,0.5,1.0,2.5,1.0",
        "a.png,bob,test,,,0.0,0.0,1e-07,0.25",
    ]
    found = tables.read("a.csv")
    np.testing.assert_array_equal(found.score, before.score)
    assert found.source == before.source
    assert len(Listing("a.csv", split="test")) == 2


def test_a_listing_by_hand_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text("file,x0,y0,x1,y1,sex\nb/1.png,1,2,,,f\n../2.png,3,4,5,6,m\n", "utf-8")
    found = tables.read("a.csv")
    np.testing.assert_array_equal(found.xy, [[[1, 2], [np.nan, np.nan]], [[3, 4], [5, 6]]])
    np.testing.assert_array_equal(found.score, [[1, 0], [1, 1]])
    assert (found.names, found.source) == (("0", "1"), ("b/1.png", "../2.png"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file,split\na.png,train\n", "has no points: no columns NAME_x and NAME_y, or x0 and y0"),
        ("file,nose_x\na.png,1\n", "has a column nose_x but no nose_y"),
        ("file,nose_x,nose_y\na.png,1,two\n", r":2: nose_y of a\.png is 'two', not a number"),
        ("file,nose_x,nose_y,nose_score\na.png,1,2,high\n", r":2: nose_score of a\.png is 'high'"),
        ("file,nose_x,nose_y\n", "lists no images"),
    ],
)
def test_what_is_no_such_table_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "a.csv").write_text(text, "utf-8")
    with pytest.raises(UserError, match=message):
        tables.read(tmp_path / "a.csv", "listing")


def test_what_would_be_no_column_is_refused(tmp_path: Path) -> None:
    for name in ("line\nbreak", ""):
        with pytest.raises(UserError, match=r"needs a name for each point"):
            tables.write(poses.of(("a.png",), names=(name,)), tmp_path / "a.csv", "listing")
