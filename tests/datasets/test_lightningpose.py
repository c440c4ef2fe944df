"""Tests of Lightning Pose's labelled images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.golden import SHARED
from tests.layouts import deeplabcut, lightningpose
from tests.layouts.pictures import picture, pixels
from unsuplmk.datasets.lightningpose import Lightningpose
from unsuplmk.errors import UserError
from unsuplmk.frames.sources import recognised

PROJECT = SHARED / "data" / "mouse_openfield" / "original"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return lightningpose.write(tmp_path / "data")


def names(dataset: Lightningpose) -> list[str]:
    return ["/".join(Path(dataset.name(i)).parts[-2:]) for i in range(len(dataset))]


def test_images_of_a_video_are_a_clip_in_the_order_of_time(data: Path) -> None:
    dataset = Lightningpose(data, split="all")
    order = [f"img{i:08}.png" for i in (3, 12, 77, 450)]
    assert names(dataset) == [f"{video}/{name}" for video in ("session_a", "session_b") for name in order]
    assert dataset.clips == (range(0, 4), range(4, 8))
    assert dataset.tags(4) == {"video": "session_b"}


def test_points_are_read_and_half_a_point_is_none(data: Path) -> None:
    dataset = Lightningpose(data, split="all")
    assert dataset.points == ("paw", "nöse")
    assert dataset.annotation(3).tolist() == [[4.5, 1], [11.5, 4]]
    np.testing.assert_array_equal(dataset.annotation(2), [[0.77, 1], [np.nan, np.nan]])
    assert np.array_equal(dataset.read(3), pixels("img00000450.png"))


def test_the_splits_hold_every_frame_or_video_once(data: Path) -> None:
    train, test = Lightningpose(data), Lightningpose(data, split="test")
    assert (len(train), len(test)) == (6, 2)
    assert sorted(names(train) + names(test)) == sorted(names(Lightningpose(data, split="all")))
    both = [Lightningpose(data, split=split, hold_out="videos") for split in ("train", "test")]
    assert {dataset.tags(0)["video"] for dataset in both} == {"session_a", "session_b"}
    assert [len(dataset.clips) for dataset in both] == [1, 1]


def test_folder_and_csv_are_the_same_data(data: Path) -> None:
    assert names(Lightningpose(data)) == names(Lightningpose(data / "CollectedData.csv"))


def test_paths_may_be_relative_to_a_folder_above_the_csv(data: Path) -> None:
    (data / "tables").mkdir()
    (data / "CollectedData.csv").rename(data / "tables" / "OOD.csv")
    dataset = Lightningpose(data / "tables" / "OOD.csv", split="all")
    assert np.array_equal(dataset.read(0), pixels("img00000003.png"))


def test_folder_and_csv_are_recognised(data: Path, tmp_path: Path) -> None:
    assert recognised(data).name == "lightningpose"
    assert recognised(data / "CollectedData.csv").name == "lightningpose"
    assert not Lightningpose.recognises(data / "labeled-data")
    assert not Lightningpose.recognises(tmp_path / "none.csv")
    (tmp_path / "list.csv").write_text("file\na.png\n", "utf-8")
    assert recognised(tmp_path / "list.csv").name == "listing"


def test_a_deeplabcut_project_is_deeplabcuts_and_a_csv_in_it_is_read(tmp_path: Path) -> None:
    project = deeplabcut.write(tmp_path)
    assert recognised(project).name == "deeplabcut"
    table = project / "labeled-data" / "früh" / "CollectedData_Ada.csv"
    assert recognised(table).name == "lightningpose"
    dataset = Lightningpose(table, split="all")
    assert names(dataset) == [f"früh/img{i:03}.png" for i in (2, 7, 11, 30, 100)]
    assert np.array_equal(dataset.read(4), pixels("img100.png"))


def test_an_absent_image_is_named_with_its_line_when_it_is_read(data: Path) -> None:
    (data / "labeled-data" / "session_b" / "img00000003.png").unlink()
    with pytest.raises(UserError, match=r"CollectedData\.csv:5: no image .*session_b/img00000003\.png"):
        Lightningpose(data, split="all").read(4)


def test_predictions_for_a_video_are_refused(data: Path) -> None:
    text = "scorer,n,n,n\nbodyparts,a,a,a\ncoords,x,y,likelihood\n0,1,2,0.9\n1,1,2,0.8\n"
    (data / "video_preds.csv").write_text(text, "utf-8")
    with pytest.raises(UserError, match=r"video_preds\.csv has a frame's number in its first column"):
        Lightningpose(data / "video_preds.csv")


def test_several_tables_are_named(data: Path) -> None:
    picture(data / "labeled-data" / "c" / "img1.png")
    (data / "CollectedData_top.csv").write_text((data / "CollectedData.csv").read_text("utf-8"), "utf-8")
    with pytest.raises(UserError, match=r"several tables of labels: give one of CollectedData\.csv, CollectedData_top"):
        Lightningpose(data)


def test_a_folder_without_a_table_says_what_is_there(data: Path) -> None:
    (data / "CollectedData.csv").unlink()
    with pytest.raises(
        UserError, match=r"no CollectedData\*\.csv that begins with a scorer; there: labeled-data, videos"
    ):
        Lightningpose(data)
    with pytest.raises(UserError, match=r"cannot read .*none\.csv"):
        Lightningpose(data / "none.csv")


@pytest.mark.skipif(not PROJECT.is_dir(), reason=f"research data is not at {PROJECT}")
def test_a_real_table_is_read() -> None:
    dataset = Lightningpose(PROJECT / "labeled-data" / "m4s1" / "CollectedData_Pranav.csv", split="all")
    assert (len(dataset), dataset.points) == (116, ("snout", "leftear", "rightear", "tailbase"))
    assert dataset.read(15).shape == (480, 640, 3)
    np.testing.assert_allclose(dataset.annotation(0)[0], (21.521, 265.428))


@pytest.mark.parametrize("name", ["a\0b.csv", "x" * 5000 + ".csv", "~nobody.csv"])
def test_no_path_is_too_odd_to_be_looked_at(name: str) -> None:
    assert not Lightningpose.recognises(Path(name))
