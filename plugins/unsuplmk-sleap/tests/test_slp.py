"""The format `slp`: the contract, what sleap-io finds in our files, and what we find in those of others."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import sleap_io

from tests.golden import SHARED
from tests.layouts import sleap as layout
from tests.layouts.pictures import pixels
from unsuplmk import registry, tables
from unsuplmk.cli import cli
from unsuplmk.errors import UserError
from unsuplmk.frames.media import write_image
from unsuplmk.testing import contract
from unsuplmk.testing.tracks import moving
from unsuplmk.types import Tracks

FLIES = SHARED / "data" / "fly_sleap" / "original"
needs_flies = pytest.mark.skipif(not FLIES.is_dir(), reason=f"research data is not at {FLIES}")

test_slp = contract("format", "slp")


def tracks(source: tuple[str, ...], fps: float = 0.0, size: object = (96, 64)) -> Tracks:
    rng = np.random.default_rng(0)
    xy = rng.uniform(-1, 64, (len(source), 2, 2))
    xy[1:2, 1] = np.nan
    return Tracks(xy, rng.random((len(source), 2)), ("nose", "tail"), sizes(len(source), size), fps, source)


def sizes(frames: int, size: object) -> np.ndarray:
    return np.broadcast_to(np.array(size, np.int64), (frames, 2)).copy()


def assert_same(found: Tracks, given: Tracks) -> None:
    for field in fields(Tracks):
        np.testing.assert_array_equal(getattr(found, field.name), getattr(given, field.name), field.name)


CASES = {
    "a video": tracks(tuple(f"films/a.mp4:{i}" for i in range(4)), 29.97),
    "a part of a video": tracks(("a.mp4:7", "a.mp4:9", "a.mp4:30"), 25.0),
    "two videos": tracks(("a.mp4:0", "a.mp4:1", "b/a.mp4:0", "b/a.mp4:1")),
    "two videos by turns": tracks(("a.mp4:0", "b.mp4:0", "a.mp4:1", "b.mp4:1")),
    "images": tracks(("d/a.png", "d/b.png", "e/a.png")),
    "images of several sizes": tracks(("a.png", "b.png", "c.png"), 0.0, [[96, 64], [64, 64], [96, 64]]),
    "images and a video": tracks(("a.png", "a.mp4:3", "b.png"), 0.0),
    "a folder of images in time": tracks(("früh/1.png", "früh/2.png", "früh/3.png"), 10.0),
    "arrays": tracks(("array:0", "array:1")),
    "clips of arrays": tracks(("array:0:0", "array:0:1", "array:1:0")),
    "no files": tracks(("puppets/train/0000/000", "puppets/train/0000/001", "puppets/train/0001/000")),
    "a tracked animal": tracks(("a.mp4:0#ann", "a.mp4:1#ann", "a.mp4:2#ann"), 5.0),
    "one image of a hash": tracks(("d#1/a#2.png#bob",)),
    "unknown sizes": tracks(("a.mp4:0", "a.mp4:1"), 2.5, (0, 0)),
    "no frames": tracks(()),
}


@pytest.mark.parametrize("case", CASES)
def test_all_that_was_written_comes_back(tmp_path: Path, case: str) -> None:
    tables.write(CASES[case], tmp_path / "a.slp")
    assert_same(tables.read(tmp_path / "a.slp"), CASES[case])


def test_sleap_finds_the_videos_frames_points_and_scores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    films = [layout.video(tmp_path / name) for name in ("früh.mp4", "b/a.mp4")]
    monkeypatch.chdir(tmp_path)  # the sources are relative, and the file is opened from elsewhere
    given = tracks(("früh.mp4:2", "früh.mp4:8", "b/a.mp4:1"))
    tables.write(given, "out/a.slp")
    monkeypatch.chdir("/")
    labels = sleap_io.load_slp(str(tmp_path / "out" / "a.slp"))  # type: ignore[operator]
    assert [video.filename for video in labels.videos] == list(map(str, films))
    assert [video.shape for video in labels.videos] == [(10, 64, 96, 3)] * 2
    assert [(labels.videos.index(frame.video), frame.frame_idx) for frame in labels] == [(0, 2), (0, 8), (1, 1)]
    assert [skeleton.node_names for skeleton in labels.skeletons] == [["nose", "tail"]]
    for row, frame in enumerate(labels):
        (instance,) = frame.predicted_instances
        np.testing.assert_array_equal(instance.numpy(scores=True)[:, :2], given.xy[row])
        np.testing.assert_array_equal(instance.points["score"], given.score[row])
        assert instance.score == pytest.approx(given.score[row].mean())
        assert frame.image.shape == (64, 96, 3)
    assert labels.provenance["software"].startswith("unsuplmk ")


def test_sleap_finds_the_images(tmp_path: Path) -> None:
    for i in range(3):
        write_image(tmp_path / f"{i}.png", pixels(f"{i}", 96, 64))
    tables.write(tracks(tuple(str(tmp_path / f"{i}.png") for i in range(3))), tmp_path / "a.slp")
    labels = sleap_io.load_slp(str(tmp_path / "a.slp"))  # type: ignore[operator]
    for i in range(3):
        np.testing.assert_array_equal(labels[i].image, pixels(f"{i}", 96, 64))


def test_pixels_are_counted_from_the_centre_of_the_first_as_in_newer_files_of_sleap(tmp_path: Path) -> None:
    given = CASES["a video"]
    tables.write(given, tmp_path / "a.slp")
    with h5py.File(tmp_path / "a.slp", "r+") as file:
        assert file["metadata"].attrs["format_id"] >= 1.1  # since when the centre is (0, 0)
        points = file["pred_points"][:]
        np.testing.assert_array_equal(np.stack([points["x"], points["y"]], 1), given.xy.reshape(-1, 2))
        file["metadata"].attrs["format_id"] = 1.0  # when it was the corner
        instances = file["instances"][:]
        del file["instances"]
        file["instances"] = instances[list(instances.dtype.names[:9])]  # without the tracking score of later ones
    np.testing.assert_allclose(tables.read(tmp_path / "a.slp").xy, given.xy - 0.5)


def test_what_a_user_placed_counts_more_than_what_a_network_did(tmp_path: Path) -> None:
    what = layout.labels(layout.video(tmp_path / "a.mp4"), predicted=(0,), tracks=())
    guess = what[1].instances[0]
    assert what[1].frame_idx == 0
    corrected = sleap_io.Instance.from_numpy(layout.points(0, 1), skeleton=guess.skeleton)
    corrected.points["visible"][2] = False
    what[1].instances.append(corrected)
    path = layout.save(tmp_path / "labels.slp", what)
    found = tables.read(path)
    assert found.source == tuple(f"{tmp_path / 'a.mp4'}:{i}" for i in (0, 2, 4, 6, 8))
    assert (found.fps, found.size.tolist()) == (10.0, [[96, 64]] * 5)
    np.testing.assert_array_equal(found.xy[0], np.vstack([layout.points(0, 1)[:2], [[np.nan] * 2]]))
    np.testing.assert_array_equal(found.xy[1:], [layout.points(i, 0) for i in (2, 4, 6, 8)])
    np.testing.assert_array_equal(found.score[0], [1, 1, 0])
    np.testing.assert_array_equal(tables.read(path, labels="predicted").xy[0], layout.points(0, 0))
    assert tables.read(path, labels="user").source == (f"{tmp_path / 'a.mp4'}:0",)


def test_several_animals_are_read_together_or_one_by_its_track(tmp_path: Path) -> None:
    path = layout.save(tmp_path / "labels.slp", layout.labels(layout.video(tmp_path / "a.mp4")))
    found = tables.read(path)
    assert found.source == tuple(f"{tmp_path / 'a.mp4'}:{i}#{who}" for i in (0, 2, 4, 6, 8) for who in ("ann", "bob"))
    np.testing.assert_array_equal(found.xy, [layout.points(i, who) for i in (0, 2, 4, 6, 8) for who in (0, 1)])
    assert found.fps == 10
    bob = tables.read(path, track="bob")
    assert bob.source == tuple(f"{tmp_path / 'a.mp4'}:{i}" for i in (0, 2, 4, 6, 8))
    np.testing.assert_array_equal(tables.read(path, track="bob").xy, [layout.points(i, 1) for i in (0, 2, 4, 6, 8)])
    with pytest.raises(UserError, match=r"no track .*'bobo'; did you mean 'bob'"):
        tables.read(path, track="bobo")
    with pytest.raises(UserError, match=r"10 instances by users and 0 predicted .*labels='predicted', track='ann'"):
        tables.read(path, track="ann", labels="predicted")


def test_several_animals_are_written_as_tracks(tmp_path: Path) -> None:
    given = tracks(("a.mp4:0#ann", "a.mp4:0#bob", "a.mp4:1#bob"), 5.0)
    tables.write(given, tmp_path / "a.slp")
    labels = sleap_io.load_slp(str(tmp_path / "a.slp"))  # type: ignore[operator]
    assert [[instance.track.name for instance in frame] for frame in labels] == [["ann", "bob"], ["bob"]]
    assert_same(tables.read(tmp_path / "a.slp"), given)
    bob = tables.read(tmp_path / "a.slp", track="bob")
    np.testing.assert_array_equal(bob.xy, given.xy[1:])
    assert bob.source == given.source[1:]


def test_an_animal_that_is_never_seen_keeps_its_rows(tmp_path: Path) -> None:
    given = tracks(("a.mp4:0#ann", "a.mp4:0#bob", "a.mp4:1#ann", "a.mp4:1#bob"), 5.0)
    given.xy[1::2] = np.nan
    tables.write(given, tmp_path / "a.slp")
    assert_same(tables.read(tmp_path / "a.slp"), given)


def test_animals_without_tracks_are_numbered_in_their_frame_and_followed_by_nothing(tmp_path: Path) -> None:
    what = layout.labels(layout.video(tmp_path / "a.mp4"))
    for frame in what:
        for instance in frame:
            instance.track = None
    found = tables.read(layout.save(tmp_path / "labels.slp", what))
    assert found.source[:4] == tuple(f"{tmp_path / 'a.mp4'}:{i}{mark}" for i in (0, 2) for mark in ("", "#2"))
    np.testing.assert_array_equal(found.xy[:2], [layout.points(0, 0), layout.points(0, 1)])


def test_a_correction_takes_the_place_of_what_it_corrects_and_of_no_other_animal(tmp_path: Path) -> None:
    film = layout.video(tmp_path / "a.mp4")
    for names in (("ann", "bob"), ()):
        what = layout.labels(film, predicted=(0, 1))
        frame = next(one for one in what if one.frame_idx == 0)
        ann, bob = frame.instances
        mended = sleap_io.Instance.from_numpy(layout.points(0, 0) + 1, skeleton=ann.skeleton, track=ann.track)
        frame.instances.append(mended)
        if not names:
            ann.track = bob.track = mended.track = None
            mended.from_predicted = ann
        found = tables.read(layout.save(tmp_path / "labels.slp", what))
        here = [row for row, source in enumerate(found.source) if f"{film}:0" in (source, source.partition("#")[0])]
        np.testing.assert_array_equal(found.xy[here], [layout.points(0, 0) + 1, layout.points(0, 1)])


def test_a_file_whose_videos_are_elsewhere_is_read(tmp_path: Path) -> None:
    film = layout.video(tmp_path / "a.mp4")
    pictures = [tmp_path / "far" / f"{i}.png" for i in range(9)]
    path = layout.save(tmp_path / "labels.slp", layout.labels(film, tracks=()))
    film.unlink()
    assert tables.read(path).source[0] == f"{film}:0"
    assert tables.read(path).fps == 0
    for picture in pictures:
        picture.parent.mkdir(exist_ok=True)
        write_image(picture, pixels("a", 96, 64))
    path = layout.save(tmp_path / "labels.slp", layout.labels(pictures, tracks=()))
    pictures[2].unlink()
    assert tables.read(path).source[1] == str(pictures[2])
    pictures[0].parent.rename(tmp_path / "near")
    found = tables.read(path)
    assert found.source[1] == str(pictures[2])
    assert found.size.tolist() == [[96, 64]] * 5


def test_embedded_frames_are_named_as_the_dataset_names_them(tmp_path: Path) -> None:
    what = layout.labels(layout.video(tmp_path / "a.mp4"), tracks=())
    path = layout.save(tmp_path / "labels.pkg.slp", what, embed=True)
    found = tables.read(path)
    assert found.source[1] == f"{path}/video0:2"
    assert found.size.tolist() == [[96, 64]] * 5


def test_names_of_landmarks_must_differ(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"need a name each, not ear, ear"):
        tables.write(replace(CASES["a video"], names=("ear", "ear")), tmp_path / "a.slp")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("damage", ["cut", "other", "empty", "hdf5"])
def test_a_damaged_file_is_named(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "a.slp"
    tables.write(moving(), path)
    whole = path.read_bytes()
    if damage == "hdf5":
        with h5py.File(path, "w") as file:
            file["x"] = 1
    else:
        path.write_bytes({"cut": whole[: len(whole) // 2], "other": b"text" * 100, "empty": b""}[damage])
    with pytest.raises(UserError, match=r"cannot read .*a\.slp: it is cut off, damaged or no SLEAP file") as raised:
        tables.read(path)
    assert "\n" not in str(raised.value)


def test_several_skeletons_are_told_apart_by_name(tmp_path: Path) -> None:
    what = layout.labels(layout.video(tmp_path / "a.mp4"), tracks=())
    what.skeletons[0].name = "mouse"
    ball = sleap_io.Skeleton(["rim"], name="ball")
    what.skeletons.append(ball)
    what[0].instances.append(sleap_io.Instance.from_numpy(np.array([[5.0, 6]]), skeleton=ball))
    path = layout.save(tmp_path / "labels.slp", what)
    with pytest.raises(UserError, match=r"several skeletons: choose one with skeleton=: mouse, ball"):
        tables.read(path)
    assert tables.read(path, skeleton="ball").names == ("rim",)


@needs_flies
def test_real_predictions_are_as_sleap_exported_them() -> None:
    found: Any = tables.read(FLIES / "predictions.slp", track="track_1")
    with h5py.File(FLIES / "predictions.analysis.h5") as file:
        assert found.names == tuple(name.decode() for name in file["node_names"][:])
        theirs = file["tracks"][1].transpose(2, 1, 0)
    assert found.xy.shape == theirs.shape
    np.testing.assert_allclose(found.xy, theirs, rtol=0, atol=1e-3)
    assert found.fps == pytest.approx(25, rel=0.02)
    assert found.size[0].tolist() == [1024, 1024]
    assert found.source[7] == f"{FLIES / '20190128_113421.120s.mp4'}:7"
    assert 0 <= found.score.min() < found.score.max() <= 1


@needs_flies
def test_real_predictions_of_two_animals_are_read_whole() -> None:
    found: Any = tables.read(FLIES / "predictions.slp")
    with h5py.File(FLIES / "predictions.analysis.h5") as file:
        theirs = dict(zip((name.decode() for name in file["track_names"][:]), file["tracks"][:], strict=True))
    rows = {name: [row for row, source in enumerate(found.source) if source.endswith(f"#{name}")] for name in theirs}
    assert sum(map(len, rows.values())) == len(found.source)
    for name, xy in theirs.items():
        frames = [int(found.source[row].rpartition(":")[2].partition("#")[0]) for row in rows[name]]
        np.testing.assert_allclose(found.xy[rows[name]], xy.transpose(2, 1, 0)[frames], rtol=0, atol=1e-3)


@pytest.mark.parametrize("name", ["flies.slp", "flies.nwb"])
def test_animals_are_filtered_each_for_itself_and_converted_together_or_apart(tmp_path: Path, name: str) -> None:
    rng, frames = np.random.default_rng(0), 12
    source = tuple(f"pair.mp4:{i}#{animal}" for animal in ("ann", "bob") for i in range(frames))
    given = tracks(source, 25.0)
    xy = 50 + rng.normal(0, 5, (2 * frames, 2, 2)).cumsum(0)
    given = replace(given, xy=xy)
    tables.write(given, tmp_path / name)
    call("track", tmp_path / name, "--out", tmp_path / f"smooth-{name}", "--tracker", "median")
    call("convert", tmp_path / f"smooth-{name}", tmp_path / "both.npz")
    both = tables.read(tmp_path / "both.npz")
    assert sorted(both.source) == sorted(source)
    for animal, mine in (("ann", slice(0, frames)), ("bob", slice(frames, None))):
        alone = replace(given, xy=xy[mine], score=given.score[mine], size=given.size[mine], source=source[mine])
        wanted = registry.build("tracker", "median")(alone)
        rows = [both.source.index(one) for one in wanted.source]
        np.testing.assert_array_equal(both.xy[rows], wanted.xy)
        call("convert", tmp_path / f"smooth-{name}", tmp_path / "one.csv", "--from.track", animal)
        call("convert", tmp_path / f"smooth-{name}", tmp_path / "each.csv", "--apart")
        for file in ("one.csv", f"each.{animal}.csv"):
            np.testing.assert_array_equal(tables.read(tmp_path / file).xy, wanted.xy)


def call(*words: object) -> None:
    cli.main([str(word) for word in words], standalone_mode=False)


@needs_flies
def test_real_labels_of_one_animal_are_read() -> None:
    found = tables.read(FLIES / "small_robot_minimal.slp")
    assert (found.names, found.xy.shape) == (("A", "B"), (2, 2, 2))
    assert found.source == ("tests/data/videos/small_robot.mp4:0", "tests/data/videos/small_robot.mp4:79")


def test_the_door_loads_nothing_heavy() -> None:
    code = (
        "import sys, unsuplmk_sleap; found = unsuplmk_sleap.register_formats(); "
        "assert set(found) == {'slp', 'nwb'}; print(*{'sleap_io', 'pynwb', 'ndx_pose', 'h5py'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"
