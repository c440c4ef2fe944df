"""The dataset `sleap`: clips, cuts, splits, and what it refuses."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import sleap_io

from tests.layouts import sleap as layout
from unsuplmk.errors import UserError
from unsuplmk.frames.media import Video
from unsuplmk.frames.sources import recognised
from unsuplmk_sleap.dataset import Sleap


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return layout.write(tmp_path)


def tagged(dataset: Sleap, tag: str) -> list[str]:
    return [dataset.tags(i)[tag] for i in range(len(dataset))]


def test_instances_of_a_track_are_a_clip_in_the_order_of_time(path: Path) -> None:
    dataset = Sleap(path, split="all")
    assert dataset.clips == (range(0, 5), range(5, 10))
    assert tagged(dataset, "track") == ["ann"] * 5 + ["bob"] * 5
    assert tagged(dataset, "frame") == ["0", "2", "4", "6", "8"] * 2
    assert dataset.name(6) == f"{path.parent / 'früh.mp4'}:2#2"
    assert [dataset.seconds(i) for i in range(5)] == [0, 0.2, 0.4, 0.6, 0.8]


def test_a_square_of_one_size_is_cut_out_on_whole_pixels(path: Path) -> None:
    dataset = Sleap(path, split="all", margin=0.25)
    assert dataset.points == ("nose", "paw", "tail")
    # the longer side of the boxes is 16.25 px, 8 + frame / 2 across; without its tail the third is 10 x 8
    frames = Video(path.parent / "früh.mp4")
    for i in range(10):
        frame, who = int(dataset.tags(i)["frame"]), i // 5
        points = layout.points(frame, who)
        middle = (np.nanmin(points, 0) + np.nanmax(points, 0)) / 2
        side = math.ceil(16.25 * 1.5)
        left, top = np.round(middle + 0.5 - side / 2).astype(int)
        picture = np.pad(frames.read(frame), ((50, 50), (50, 50), (0, 0)), mode="edge")
        assert np.array_equal(dataset.read(i), picture[top + 50 : top + 50 + side, left + 50 : left + 50 + side])
        np.testing.assert_allclose(dataset.annotation(i), points - (left, top))


def test_instances_in_one_frame_are_in_one_split(path: Path) -> None:
    train, test = Sleap(path), Sleap(path, split="test")
    assert (len(train), len(test)) == (8, 2)
    assert not set(tagged(train, "frame")) & set(tagged(test, "frame"))
    assert test.clips == (range(0, 1), range(1, 2))
    assert len(Sleap(path, split="test", test_share=0.6)) == 6


def test_whole_videos_are_held_out_where_asked(tmp_path: Path) -> None:
    videos = [layout.video(tmp_path / name) for name in ("a.mp4", "b.mp4")]
    path = layout.save(tmp_path / "labels.slp", layout.labels(*videos))
    both = [Sleap(path, split=split, hold_out="videos") for split in ("train", "test")]
    assert [len(dataset) for dataset in both] == [10, 10]
    assert {dataset.tags(0)["video"] for dataset in both} == {"a.mp4", "b.mp4"}
    assert len(Sleap(path, split="all").clips) == 4


def test_one_track_is_chosen_by_name(path: Path) -> None:
    dataset = Sleap(path, split="all", track="bob")
    assert tagged(dataset, "track") == ["bob"] * 5
    with pytest.raises(UserError, match=r"named 'bobo'; did you mean 'bob'\? Known: ann, bob"):
        Sleap(path, track="bobo")


def test_instances_without_tracks_are_a_clip_where_each_frame_has_one(tmp_path: Path) -> None:
    film = layout.video(tmp_path / "a.mp4")
    path = layout.save(tmp_path / "labels.slp", layout.labels(film, tracks=()))
    assert Sleap(path, split="all").clips == (range(0, 5),)
    what = layout.labels(film)
    for frame in what:
        for instance in frame:
            instance.track = None
    path = layout.save(tmp_path / "two.slp", what)
    assert Sleap(path, split="all").clips == tuple(range(i, i + 1) for i in range(10))


def test_whole_frames_are_those_with_one_instance(tmp_path: Path) -> None:
    film = layout.video(tmp_path / "a.mp4")
    path = layout.save(tmp_path / "labels.slp", layout.labels(film, tracks=()))
    dataset = Sleap(path, split="all", crop="none")
    assert dataset.name(1) == f"{film}:2"
    assert np.array_equal(dataset.read(1), Video(film).read(2))
    np.testing.assert_array_equal(dataset.annotation(1), layout.points(2, 0))
    path = layout.save(tmp_path / "two.slp", layout.labels(film))
    with pytest.raises(UserError, match=r"every frame has several instances: choose one with --dataset\.track"):
        Sleap(path, crop="none")
    assert len(Sleap(path, crop="none", track="ann", split="all")) == 5


def test_predictions_are_taken_where_asked(tmp_path: Path) -> None:
    path = layout.save(tmp_path / "labels.slp", layout.labels(layout.video(tmp_path / "a.mp4"), predicted=(1,)))
    assert tagged(Sleap(path, split="all"), "track") == ["ann"] * 5
    assert tagged(Sleap(path, split="all", labels="predicted"), "track") == ["bob"] * 5
    both = Sleap(path, split="all", labels="all")
    assert tagged(both, "labels") == ["user"] * 5 + ["predicted"] * 5


def test_a_prediction_that_a_user_corrected_is_no_second_instance(tmp_path: Path) -> None:
    film = layout.video(tmp_path / "a.mp4")
    for tracks in (("ann",), ()):
        what = layout.labels(film, predicted=(0,), tracks=tracks)
        guess = what[1].instances[0]
        corrected = sleap_io.Instance.from_numpy(layout.points(0, 1), skeleton=guess.skeleton, track=guess.track)
        corrected.from_predicted = guess
        what[1].instances.append(corrected)
        dataset = Sleap(layout.save(tmp_path / "labels.slp", what), split="all", labels="all", crop="none")
        assert tagged(dataset, "frame") == ["0", "2", "4", "6", "8"]
        assert tagged(dataset, "labels") == ["user"] + ["predicted"] * 4
        np.testing.assert_array_equal(dataset.annotation(0), layout.points(0, 1))


def test_without_such_labels_the_error_counts_what_is_there(tmp_path: Path) -> None:
    path = layout.save(tmp_path / "labels.slp", layout.labels(layout.video(tmp_path / "a.mp4"), predicted=(0, 1)))
    with pytest.raises(UserError, match=r"has 0 instances by users and 10 predicted ones; asked for: user"):
        Sleap(path)


def test_an_instance_without_points_is_left_out(tmp_path: Path) -> None:
    what = layout.labels(layout.video(tmp_path / "a.mp4"))
    what[0].instances[0].points["xy"] = np.nan
    assert len(Sleap(layout.save(tmp_path / "labels.slp", what), split="all")) == 9


@pytest.mark.parametrize("damage", ["cut", "other", "empty", "hdf5"])
def test_a_damaged_file_is_named(path: Path, damage: str) -> None:
    import h5py

    whole = path.read_bytes()
    if damage == "hdf5":
        with h5py.File(path, "w") as file:
            file["x"] = 1
    else:
        path.write_bytes({"cut": whole[: len(whole) // 2], "other": b"text" * 100, "empty": b""}[damage])
    with pytest.raises(UserError, match=r"cannot read .*labels\.slp: it is cut off, damaged or no SLEAP file"):
        Sleap(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no file .*none\.slp"):
        Sleap(tmp_path / "none.slp")


def test_points_without_extent_ask_for_whole_frames(tmp_path: Path) -> None:
    what = layout.labels(layout.video(tmp_path / "a.mp4"), tracks=())
    for frame in what:
        frame.instances[0].points["xy"][1:] = np.nan
    path = layout.save(tmp_path / "labels.slp", what)
    with pytest.raises(UserError, match=r"points that span 0 px say nothing of size: --dataset\.crop none"):
        Sleap(path)
    assert len(Sleap(path, crop="none", split="all")) == 5


def test_one_of_several_skeletons_is_chosen(tmp_path: Path) -> None:
    what = layout.labels(layout.video(tmp_path / "a.mp4"), tracks=())
    ball = sleap_io.Skeleton(["middle", "rim"], name="ball")
    what.skeletons[0].name = "mouse"
    what[0].instances.append(sleap_io.Instance.from_numpy(np.array([[5.0, 6], [7, 12]]), skeleton=ball))
    what.skeletons.append(ball)
    path = layout.save(tmp_path / "labels.slp", what)
    with pytest.raises(UserError, match=r"several skeletons: choose one with --dataset\.skeleton: mouse, ball"):
        Sleap(path)
    assert len(Sleap(path, skeleton="mouse", split="all")) == 5
    assert Sleap(path, skeleton="ball", split="all").points == ("middle", "rim")
    with pytest.raises(UserError, match="did you mean 'ball'"):
        Sleap(path, skeleton="bal")


def test_a_file_is_recognised_by_its_suffix(path: Path) -> None:
    assert recognised(path).name == "sleap"
    assert not Sleap.recognises(path.parent)
    assert not Sleap.recognises(path.parent / "none.slp")


@pytest.mark.parametrize("name", ["a\0b.slp", "x" * 5000 + ".slp", "~nobody.slp"])
def test_no_path_is_too_odd_to_be_looked_at(name: str) -> None:
    assert not Sleap.recognises(Path(name))
