"""The format `nwb`: the contract, what pynwb finds in our files, and what we find in those of others."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pynwb
import pytest
import sleap_io
from ndx_pose import PoseEstimation, PoseEstimationSeries, Skeleton, Skeletons

from tests.layouts import sleap as layout
from unsuplmk import registry, tables
from unsuplmk.errors import UserError
from unsuplmk.testing import contract
from unsuplmk.testing.tracks import moving
from unsuplmk.types import Tracks

test_nwb = contract("format", "nwb")


def tracks(source: tuple[str, ...], fps: float = 0.0, size: object = (96, 64)) -> Tracks:
    rng = np.random.default_rng(0)
    xy = rng.uniform(-1, 64, (len(source), 2, 2))
    xy[1:2, 1] = np.nan
    sizes = np.broadcast_to(np.array(size, np.int64), (len(source), 2)).copy()
    return Tracks(xy, rng.random((len(source), 2)), ("nose", "tail"), sizes, fps, source)


def assert_same(found: Tracks, given: Tracks) -> None:
    for field in fields(Tracks):
        np.testing.assert_array_equal(getattr(found, field.name), getattr(given, field.name), field.name)


CASES = {
    "a video": tracks(tuple(f"films/a.mp4:{i}" for i in range(4)), 29.97),
    "the end of a video": tracks(tuple(f"a.mp4:{i}" for i in range(100_000, 100_004)), 29.97),
    "a part of a video": tracks(("a.mp4:7", "a.mp4:9", "a.mp4:30"), 25.0),
    "one frame": tracks(("a.mp4:7",), 25.0),
    "two videos": tracks(("a.mp4:0", "a.mp4:2", "b/a.mp4:0", "b/a.mp4:1")),
    "images": tracks(("d/a.png", "d/b.png", "e/a.png")),
    "images of several sizes": tracks(("a.png", "b.png", "c.png"), 0.0, [[96, 64], [64, 64], [96, 64]]),
    "images and a video": tracks(("a.png", "a.mp4:3", "b.png")),
    "an image in a folder of its name": tracks(("a/a",)),
    "a folder of images in time": tracks(("früh/1.png", "früh/2.png", "früh/3.png"), 10.0),
    "arrays": tracks(("array:0", "array:1")),
    "a tracked animal": tracks(("a.mp4:0#ann", "a.mp4:1#ann", "a.mp4:2#ann"), 5.0),
    "unknown sizes": tracks(("a.mp4:0", "a.mp4:1"), 2.5, (0, 0)),
    "odd names": replace(tracks(("a.mp4:0",), 2.0), names=("left/ear", "left:ear")),
}


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """The file as pynwb has it, after its own validation."""
    assert pynwb.validate(path=str(path)) == []
    with pynwb.NWBHDF5IO(str(path), "r", load_namespaces=True) as file:
        yield file.read()


@pytest.mark.parametrize("case", CASES)
def test_all_that_was_written_comes_back(tmp_path: Path, case: str) -> None:
    tables.write(CASES[case], tmp_path / "a.nwb")
    assert_same(tables.read(tmp_path / "a.nwb"), CASES[case])


def test_a_video_is_series_at_its_rate_with_skeleton_and_video_linked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = layout.video(tmp_path / "films" / "a.mp4")
    monkeypatch.chdir(tmp_path)
    given = tracks(tuple(f"films/a.mp4:{i}" for i in (2, 3, 4, 5)), 10.0)
    tables.write(given, "out/a.nwb")
    with opened(tmp_path / "out" / "a.nwb") as content:
        poses = content.processing["behavior"]["PoseEstimation"]
        assert list(poses.skeleton.nodes[:]) == ["nose", "tail"]
        assert (poses.source_software, poses.scorer) == ("unsuplmk", "unsuplmk")
        for number, name in enumerate(given.names):
            series = poses[name]
            np.testing.assert_array_equal(series.data[:], given.xy[:, number])
            np.testing.assert_array_equal(series.confidence[:], given.score[:, number])
            assert (series.rate, series.starting_time, series.unit) == (10.0, 0.2, "pixels")
            assert "(0, 0) is the centre of the first pixel" in series.reference_frame
        video = poses.source_video
        assert video is content.acquisition["Video"]
        assert (video.rate, list(video.dimension[:])) == (10.0, [96, 64])
        assert (tmp_path / "out" / video.external_file[0]).resolve() == film


def test_frames_with_gaps_have_time_stamps_that_all_series_share(tmp_path: Path) -> None:
    tables.write(CASES["a part of a video"], tmp_path / "a.nwb")
    with opened(tmp_path / "a.nwb") as content:
        poses = content.processing["behavior"]["PoseEstimation"]
        np.testing.assert_array_equal(poses["nose"].timestamps[:], [7 / 25, 9 / 25, 30 / 25])
        assert poses["tail"].timestamps == poses["nose"].timestamps


def test_a_video_among_several_has_its_own_rate_if_it_is_there(tmp_path: Path) -> None:
    film = layout.video(tmp_path / "a.mp4")
    tables.write(tracks((f"{film}:4", f"{film}:5", "gone.mp4:4", "gone.mp4:5")), tmp_path / "a.nwb")
    with opened(tmp_path / "a.nwb") as content:
        here, gone = (content.processing["behavior"][f"PoseEstimation_{i:03}"]["nose"] for i in range(2))
        assert (here.rate, here.starting_time) == (10.0, 0.4)
        np.testing.assert_array_equal(gone.timestamps[:], [4, 5])
        assert "Times are not known" in gone.comments


def test_images_are_linked_one_by_one(tmp_path: Path) -> None:
    tables.write(CASES["images of several sizes"], tmp_path / "a.nwb")
    with opened(tmp_path / "a.nwb") as content:
        series = [content.acquisition[f"Images_{i:03}"] for i in range(3)]
        assert [[*one.external_file[:]] for one in series] == [["a.png"], ["b.png"], ["c.png"]]
        assert [one.dimension[:].tolist() for one in series] == [[96, 64], [64, 64], [96, 64]]


def test_names_that_nwb_forbids_are_kept_in_the_skeleton(tmp_path: Path) -> None:
    tables.write(CASES["odd names"], tmp_path / "a.nwb")
    with opened(tmp_path / "a.nwb") as content:
        poses = content.processing["behavior"]["PoseEstimation"]
        assert sorted(poses.pose_estimation_series) == ["left_ear", "left_ear_1"]
        assert list(poses.skeleton.nodes[:]) == ["left/ear", "left:ear"]


def test_what_is_not_known_of_a_session_is_said_so(tmp_path: Path) -> None:
    identifiers = set()
    for name in ("a.nwb", "b.nwb"):
        tables.write(moving(), tmp_path / name)
        with opened(tmp_path / name) as content:
            assert content.session_start_time == datetime(1970, 1, 1, tzinfo=UTC)
            assert "When the session began is not known" in content.session_description
            assert content.subject is None
            identifiers.add(content.identifier)
    assert len(identifiers) == 2


def test_what_is_known_of_a_session_is_written(tmp_path: Path) -> None:
    known = {"identifier": "x1", "start": "2024-05-01T14:30+02:00", "session": "Open field.", "subject": "m7"}
    tables.write(moving(), tmp_path / "a.nwb", **known)
    with opened(tmp_path / "a.nwb") as content:
        assert content.session_start_time == datetime(2024, 5, 1, 14, 30, tzinfo=timezone(timedelta(hours=2)))
        assert (content.identifier, content.session_description, content.subject.subject_id) == (
            "x1", "Open field.", "m7",
        )  # fmt: skip


def test_a_start_that_is_no_date_is_refused() -> None:
    with pytest.raises(UserError, match="start 'yesterday' is no date and time; write it as 2024-"):
        registry.build("format", "nwb", start="yesterday")


def labels(film: Path, kind: Any, names: Sequence[str]) -> Any:
    """Of the first six frames, as sleap-io's writer of NWB needs them: from frame 0, with a named skeleton."""
    skeleton, video = sleap_io.Skeleton(["nose", "paw", "tail"], name="mouse"), sleap_io.Video(str(film))
    known = [sleap_io.Track(name) for name in names]
    scores = {"point_scores": np.array([0.25, 0.5, 1.0])} if kind is sleap_io.PredictedInstance else {}
    frames = []
    for i in range(6):
        given = [
            kind.from_numpy(layout.points(i, who), skeleton=skeleton, track=track, **scores)
            for who, track in enumerate(known or [None])
        ]
        frames.append(sleap_io.LabeledFrame(video=video, frame_idx=i, instances=given))
    return sleap_io.Labels(frames, videos=[video], skeletons=[skeleton], tracks=known)


def save(path: Path, what: Any) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sleap_io.save_nwb(what, str(path))
    return path


@pytest.mark.parametrize("names", [(), ("ann",)])
def test_predictions_that_sleap_io_wrote_are_read(tmp_path: Path, names: tuple[str, ...]) -> None:
    film = layout.video(tmp_path / "a.mp4")
    found = tables.read(save(tmp_path / "a.nwb", labels(film, sleap_io.PredictedInstance, names)))
    assert found.names == ("nose", "paw", "tail")
    np.testing.assert_array_equal(found.xy, [layout.points(i, 0) for i in range(6)])
    np.testing.assert_array_equal(found.score[0], [0.25, 0.5, 1])
    assert found.source == tuple(f"{film}:{i}" for i in range(6))


def test_several_animals_are_read_together_or_one_by_name(tmp_path: Path) -> None:
    film = layout.video(tmp_path / "a.mp4")
    path = save(tmp_path / "a.nwb", labels(film, sleap_io.PredictedInstance, ("ann", "bob")))
    found = tables.read(path)
    assert found.source == tuple(f"{film}:{i}#{who}" for who in ("ann", "bob") for i in range(6))
    np.testing.assert_array_equal(found.xy, [layout.points(i, who) for who in (0, 1) for i in range(6)])
    assert tables.read(path, track="bob").source == tuple(f"{film}:{i}" for i in range(6))
    np.testing.assert_array_equal(tables.read(path, track="bob").xy, [layout.points(i, 1) for i in range(6)])
    with pytest.raises(UserError, match=r"no pose estimation in .* named 'bobo'; did you mean 'bob'"):
        tables.read(path, track="bobo")
    given = tracks(("a.mp4:0#ann", "a.mp4:0#bob", "a.mp4:1#bob"), 5.0)
    tables.write(given, tmp_path / "ours.nwb")
    assert_same(tables.read(tmp_path / "ours.nwb"), given)
    assert tables.read(tmp_path / "ours.nwb", track="bob").source == ("a.mp4:0#bob", "a.mp4:1#bob")


def test_labels_that_sleap_io_wrote_are_read(tmp_path: Path) -> None:
    film = layout.video(tmp_path / "a.mp4")
    found = tables.read(save(tmp_path / "a.nwb", labels(film, sleap_io.Instance, ())))
    np.testing.assert_array_equal(found.xy, [layout.points(i, 0) for i in range(6)])
    assert found.source == tuple(f"{film}:{i}" for i in range(6))
    assert (found.score[0].tolist(), found.fps, found.size[0].tolist()) == ([1, 1, 1], 10.0, [96, 64])


def foreign(path: Path, data: np.ndarray, skeleton: bool = True, **timing: Any) -> Path:
    """Poses as another tool may write them: no video, no confidence, the landmarks in an order of their own."""
    content = pynwb.NWBFile(  # type: ignore[call-arg]
        session_description="x", identifier="x", session_start_time=datetime(2020, 1, 1, tzinfo=UTC)
    )
    module = content.create_processing_module("behavior", "x")
    bones = Skeleton(name="s", nodes=["tail", "nose"], edges=np.zeros((0, 2), np.uint8))
    module.add(Skeletons(skeletons=[bones]))
    series = [
        PoseEstimationSeries(name=name, data=data[:, number], reference_frame="x", **timing)
        for number, name in enumerate(("nose", "tail"))
    ]
    module.add(PoseEstimation(name="dlc", pose_estimation_series=series, skeleton=bones if skeleton else None))
    with pynwb.NWBHDF5IO(str(path), "w") as file:  # type: ignore[call-arg]
        file.write(content)
    return path


@pytest.mark.parametrize(
    ("timing", "frames", "fps"),
    [
        ({"rate": 30.0, "starting_time": 1000.0}, [0, 1, 2, 3], 30.0),
        ({"timestamps": np.array([50.0, 50.1, 50.2, 50.5])}, [0, 1, 2, 5], 10.0),
        ({"timestamps": np.array([50.0, 50.1, 50.24, 50.3])}, [0, 1, 2, 3], 10.0),
    ],
)
@pytest.mark.parametrize("skeleton", [True, False])
def test_poses_of_any_tool_are_read(
    tmp_path: Path, timing: dict[str, Any], frames: list[int], fps: float, skeleton: bool
) -> None:
    data = np.random.default_rng(0).normal(size=(4, 2, 2))
    data[1, 0] = np.nan
    found = tables.read(foreign(tmp_path / "a.nwb", data, skeleton, **timing))
    assert found.names == (("tail", "nose") if skeleton else ("nose", "tail"))
    np.testing.assert_array_equal(found.xy[:, found.names.index("nose")], data[:, 0])
    np.testing.assert_array_equal(found.score[:, found.names.index("nose")], [1, 0, 1, 1])
    assert found.source == tuple(f"a.nwb:{frame}" for frame in frames)
    assert found.fps == pytest.approx(fps)
    assert found.size.tolist() == [[0, 0]] * 4


def test_poses_in_space_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="'dlc' are in space"):
        tables.read(foreign(tmp_path / "a.nwb", np.zeros((4, 2, 3)), rate=1.0))


def test_a_session_without_poses_is_refused(tmp_path: Path) -> None:
    content = pynwb.NWBFile("x", "x", datetime(2020, 1, 1, tzinfo=UTC))  # type: ignore[call-arg]
    with pynwb.NWBHDF5IO(str(tmp_path / "a.nwb"), "w") as file:  # type: ignore[call-arg]
        file.write(content)
    with pytest.raises(UserError, match=r"a\.nwb holds no poses: it has no PoseEstimation"):
        tables.read(tmp_path / "a.nwb")


@pytest.mark.parametrize("damage", ["cut", "other", "empty", "hdf5"])
def test_a_damaged_file_is_named(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "a.nwb"
    tables.write(moving(), path)
    whole = path.read_bytes()
    if damage == "hdf5":
        with h5py.File(path, "w") as file:
            file["x"] = 1
    else:
        path.write_bytes({"cut": whole[: len(whole) // 2], "other": b"text" * 100, "empty": b""}[damage])
    with pytest.raises(UserError, match=r"cannot read .*a\.nwb: it is cut off, damaged or no NWB file") as raised:
        tables.read(path)
    assert "\n" not in str(raised.value)


def test_what_nwb_has_no_place_for_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="need a name each, not ear, ear"):
        tables.write(replace(CASES["a video"], names=("ear", "ear")), tmp_path / "a.nwb")
    with pytest.raises(UserError, match="no place for landmarks without frames"):
        tables.write(tracks(()), tmp_path / "a.nwb")
    assert not list(tmp_path.iterdir())
