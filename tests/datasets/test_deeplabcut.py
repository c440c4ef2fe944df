"""Tests of DeepLabCut projects."""

from __future__ import annotations

import csv
import math
import os
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.golden import SHARED
from tests.layouts import deeplabcut as layout
from tests.layouts.pictures import pixels
from unsuplmk.datasets.deeplabcut import Deeplabcut
from unsuplmk.errors import UserError

MOUSE = SHARED / "data" / "mouse_openfield"
needs_mouse = pytest.mark.skipif(not MOUSE.is_dir(), reason=f"research data is not at {MOUSE}")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return layout.write(tmp_path)


def names(dataset: Deeplabcut) -> list[str]:
    return ["/".join(Path(dataset.name(i)).parts[-2:]) for i in range(len(dataset))]


def test_images_of_a_video_are_a_clip_in_the_order_of_time(project: Path) -> None:
    dataset = Deeplabcut(project, split="all")
    order = [f"img{i:03}.png" for i in (2, 7, 11, 30, 100)]
    assert names(dataset) == [f"{video}/{name}" for video in ("früh", "spät") for name in order]
    assert dataset.clips == (range(0, 5), range(5, 10))
    assert dataset.tags(5) == {"video": "spät"}
    assert dataset.fps == 0
    assert math.isnan(dataset.seconds(1))


def test_points_are_the_bodyparts_in_pixels_of_the_whole_image(project: Path) -> None:
    dataset = Deeplabcut(project, split="all")
    assert dataset.points == ("hand", "tip of finger")
    assert dataset.annotation(9).tolist() == [[12.5, 1], [10.5, 6.25]]
    np.testing.assert_array_equal(dataset.annotation(3), [[30 / 8, 0], [np.nan, np.nan]])
    assert np.array_equal(dataset.read(9), pixels("img100.png"))


def test_the_splits_hold_every_frame_once_and_the_seed_chooses(project: Path) -> None:
    train, test = Deeplabcut(project), Deeplabcut(project, split="test")
    assert sorted(names(train) + names(test)) == sorted(names(Deeplabcut(project, split="all")))
    assert (len(train), len(test)) == (8, 2)
    assert len(Deeplabcut(project, split="test", test_share=0.5)) == 5
    chosen = {tuple(names(Deeplabcut(project, split="test", seed=seed))) for seed in range(5)}
    assert len(chosen) > 1


def test_whole_videos_are_held_out_where_asked(project: Path) -> None:
    both = [Deeplabcut(project, split=split, hold_out="videos") for split in ("train", "test")]
    assert [len(dataset) for dataset in both] == [5, 5]
    assert {dataset.tags(0)["video"] for dataset in both} == {"früh", "spät"}


def test_a_project_of_one_video_holds_out_frames_only(project: Path) -> None:
    shutil.rmtree(project / "labeled-data" / "früh")
    assert len(Deeplabcut(project, split="test")) == 1
    with pytest.raises(UserError, match=r"all 5 frames belong to spät; .*--dataset\.hold-out frames"):
        Deeplabcut(project, hold_out="videos")


@pytest.mark.parametrize("slash", ["/", "\\"])
@pytest.mark.parametrize("columns", [1, 3])
def test_paths_stand_in_one_column_or_three_with_either_slash(tmp_path: Path, columns: int, slash: str) -> None:
    project = layout.write(tmp_path)
    rows = {"img1.png": [[1.0, 2], [3, 4]], "img2.png": [[5.0, 6], [7, 8]]}
    layout.table(project / "labeled-data" / "früh" / "CollectedData_Ada.csv", rows, columns, slash)
    dataset = Deeplabcut(project, split="all")
    assert names(dataset)[:2] == ["früh/img1.png", "früh/img2.png"]
    assert dataset.annotation(1).tolist() == [[5, 6], [7, 8]]
    assert np.array_equal(dataset.read(1), pixels("img2.png"))


def test_one_of_several_animals_is_chosen(project: Path) -> None:
    for video in ("früh", "spät"):
        (project / "labeled-data" / video / "CollectedData_Ada.csv").write_text(
            "scorer,,,A,A,A,A\nindividuals,,,one,one,two,two\nbodyparts,,,hand,hand,hand,hand\ncoords,,,x,y,x,y\n"
            f"labeled-data,{video},img002.png,1,2,3,4\nlabeled-data,{video},img007.png,5,6,7,8\n",
            "utf-8",
        )
    dataset = Deeplabcut(project, split="all", individual="two")
    assert [dataset.annotation(i).tolist() for i in range(4)] == [[[3, 4]], [[7, 8]]] * 2
    with pytest.raises(UserError, match=r"choose one with --dataset\.individual: one, two"):
        Deeplabcut(project)


def test_a_labelled_image_that_is_absent_is_named_with_its_line_when_it_is_read(project: Path) -> None:
    (project / "labeled-data" / "früh" / "img007.png").unlink()
    dataset = Deeplabcut(project, split="all")
    with pytest.raises(UserError, match=r"CollectedData_Ada\.csv:4: no image .*früh/img007\.png"):
        dataset.read(1)


def test_videos_of_another_machine_are_found_in_the_project(project: Path) -> None:
    layout.video(project / "videos" / "früh.avi", 5)
    layout.video(project / "videos" / "spät.mp4", 4)
    dataset = pickle.loads(pickle.dumps(Deeplabcut(project, frames="videos")))
    assert dataset.clips == (range(0, 5), range(5, 9))
    assert dataset.name(6) == f"{project / 'videos' / 'spät.mp4'}:1"
    assert abs(int(dataset.read(6).mean()) - 20) < 3
    assert (dataset.seconds(6), dataset.fps) == (0.1, 0)
    assert (dataset.points, dataset.annotation(0).shape, dataset.tags(6)) == ((), (0, 2), {"video": "spät"})


def test_held_out_videos_are_not_trained_on(project: Path) -> None:
    layout.video(project / "videos" / "früh.avi", 5)
    layout.video(project / "videos" / "spät.mp4", 4)
    held = Deeplabcut(project, split="test", hold_out="videos").tags(0)["video"]
    train, test = (Deeplabcut(project, frames="videos", hold_out="videos", split=s) for s in ("train", "test"))
    assert len(train.clips) == len(test.clips) == 1
    assert test.tags(0)["video"] == held != train.tags(0)["video"]
    assert len(Deeplabcut(project, frames="videos", hold_out="videos", split="all").clips) == 2


def test_an_absent_video_beside_others_is_one_unreadable_frame(project: Path) -> None:
    layout.video(project / "videos" / "spät.mp4", 4)
    dataset = Deeplabcut(project, frames="videos")
    assert dataset.clips == (range(0, 1), range(1, 5))
    with pytest.raises(UserError, match=r"no video .*früh\.avi"):
        dataset.read(0)


def test_without_any_named_video_those_of_the_project_are_taken_but_not_drawn_ones(project: Path) -> None:
    layout.video(project / "videos" / "other.mp4", 3)
    layout.video(project / "videos" / "otherDLC_resnet50_labeled.mp4", 3)
    assert Deeplabcut(project, frames="videos").name(0) == f"{project / 'videos' / 'other.mp4'}:0"


def test_without_videos_the_error_says_where_they_belong(project: Path) -> None:
    with pytest.raises(UserError, match=r"no video of .*config\.yaml or in .*videos can be read: there is none"):
        Deeplabcut(project, frames="videos")
    (project / "videos").mkdir()
    (project / "videos" / "spät.mp4").write_bytes(b"")
    with pytest.raises(UserError, match=r"no video of .* can be read: cannot read video .*spät\.mp4"):
        Deeplabcut(project, frames="videos")


def test_a_project_is_recognised_by_its_configuration(project: Path, tmp_path: Path) -> None:
    assert Deeplabcut.recognises(project)
    assert Deeplabcut.recognises(project / "config.yaml")
    assert len(Deeplabcut(project / "config.yaml")) == 8
    assert not Deeplabcut.recognises(project / "labeled-data")
    assert not Deeplabcut.recognises(tmp_path / "none")
    other = tmp_path / "other"
    other.mkdir()
    (other / "config.yaml").write_text("model: x\nscorer: y\n", "utf-8")
    assert not Deeplabcut.recognises(other)
    (other / "config.yaml").write_bytes(os.urandom(1000))
    assert not Deeplabcut.recognises(other)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("Task: [a\nscorer: b\n", r"config\.yaml:2: "),
        ("Task: a\nscorer:\n", "has no scorer"),
        ("- 1\n", "has no Task and no scorer"),
        ("Task: !!python/object/apply:os.getcwd []\nscorer: b\n", r"config\.yaml:1: could not determine a constructor"),
    ],
)
def test_a_broken_configuration_is_named(project: Path, config: str, message: str) -> None:
    (project / "config.yaml").write_text(config, "utf-8")
    with pytest.raises(UserError, match=message):
        Deeplabcut(project)


def test_a_folder_that_is_no_project_says_what_is_there(project: Path) -> None:
    with pytest.raises(UserError, match=r"is no DeepLabCut project: it has no config\.yaml; there: früh, spät"):
        Deeplabcut(project / "labeled-data")
    with pytest.raises(UserError, match="no such folder"):
        Deeplabcut(project / "none")


def test_labels_in_hdf5_alone_say_how_to_make_the_csv(project: Path) -> None:
    for file in project.rglob("CollectedData_Ada.csv"):
        file.rename(file.with_suffix(".h5"))
    with pytest.raises(UserError, match=r"pandas\.read_hdf\('CollectedData_Ada\.h5'\)\.to_csv"):
        Deeplabcut(project)


def test_labels_by_another_scorer_are_shown(project: Path) -> None:
    for file in project.rglob("CollectedData_Ada.csv"):
        file.rename(file.with_name("CollectedData_Eve.csv"))
    with pytest.raises(
        UserError, match=r"no labeled-data/VIDEO/CollectedData_Ada\.csv.*there: .*CollectedData_Eve\.csv"
    ):
        Deeplabcut(project)
    shutil.rmtree(project / "labeled-data")
    with pytest.raises(UserError, match=r"there: nothing\. --dataset\.frames videos needs no labels"):
        Deeplabcut(project)


@needs_mouse
def test_a_real_project_is_read_with_its_own_numbers() -> None:
    root = MOUSE / "original"
    dataset = Deeplabcut(root, split="all")
    with (root / "labeled-data" / "m4s1" / "CollectedData_Pranav.csv").open(newline="") as file:
        rows = list(csv.reader(file))[3:]
    assert (len(dataset), dataset.points) == (116, ("snout", "leftear", "rightear", "tailbase"))
    assert names(dataset) == [row[0].removeprefix("labeled-data/") for row in rows]
    expected = np.array([[float(cell or "nan") for cell in row[1:]] for row in rows]).reshape(-1, 4, 2)
    np.testing.assert_array_equal([dataset.annotation(i) for i in range(116)], expected)
    assert dataset.read(0).shape == (480, 640, 3)
    with pytest.raises(UserError, match=r"CollectedData_Pranav\.csv:119: no image .*img0115\.png"):
        dataset.read(115)


@needs_mouse
def test_a_real_project_agrees_with_the_table_of_its_crops_but_for_where_they_were_cut() -> None:
    dataset = Deeplabcut(MOUSE / "original", split="all")
    with (MOUSE / "keypoints.csv").open(newline="") as file:
        rows = {Path(row["file"]).stem: row for row in csv.DictReader(file)}
    assert len(rows) == 116
    for i in range(116):
        row = rows[Path(dataset.name(i)).stem]
        cells = [[row[f"{point}_{axis}"] for axis in "xy"] for point in dataset.points]
        crop = np.array([[float(cell or "nan") for cell in point] for point in cells])
        shift = (dataset.annotation(i) + 0.5) * (128 / 176) - 0.5 - crop  # 176 px became 128
        assert np.ptp(shift[~np.isnan(shift).any(-1)], axis=0).max() < 0.02


@needs_mouse
def test_the_video_of_a_real_project_is_its_training_data() -> None:
    dataset = Deeplabcut(MOUSE / "original", frames="videos")
    assert (len(dataset), dataset.clips) == (2330, (range(2330),))
    assert dataset.fps == pytest.approx(30, abs=0.01)
    assert dataset.read(1200).shape == (480, 640, 3)


@pytest.mark.parametrize("name", ["a\0b", "x" * 5000 + "", "~nobody"])
def test_no_path_is_too_odd_to_be_looked_at(name: str) -> None:
    assert not Deeplabcut.recognises(Path(name))
