"""Tests of drawing tracks onto their frames."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from unsuplmk.errors import UserError
from unsuplmk.frames import media
from unsuplmk.pictures.draw import palette
from unsuplmk.pictures.render import Look, render_tracks
from unsuplmk.types import Tracks


def grey(width: int = 320, height: int = 256) -> np.ndarray:
    return np.full((height, width, 3), 128, np.uint8)


def tracks_at(xy: np.ndarray, source: tuple[str, ...], fps: float = 0.0) -> Tracks:
    frames = len(source)
    score = np.ones((frames, xy.shape[1]))
    return Tracks(xy, score, ("landmark_0",), np.full((frames, 2), (320, 256)), fps, source)


def still(folder: Path, names: tuple[str, ...]) -> Tracks:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(grey()).save(folder / name)
    xy = np.array([[[40.0 + 10 * i, 100.0]] for i in range(len(names))])
    return tracks_at(xy, tuple(str(folder / name) for name in names))


def marked(image: np.ndarray, x: float, y: float) -> bool:
    return bool(np.abs(image[round(y), round(x)].astype(int) - palette(1)[0]).sum() < 60)


def test_a_folder_gives_a_picture_of_each_frame_laid_out_as_the_frames(tmp_path: Path) -> None:
    tracks = still(tmp_path / "in", ("a/1.png", "a/2.png", "b/1.bmp"))
    written = render_tracks(tmp_path / "in", tracks, tmp_path / "out")
    assert [str(path.relative_to(tmp_path / "out")) for path in written] == ["a/1.png", "a/2.png", "b/1.png"]
    for i, path in enumerate(written):
        assert marked(media.read_image(path), 40 + 10 * i, 100)


def test_files_that_differ_only_in_their_suffix_do_not_overwrite_each_other(tmp_path: Path) -> None:
    tracks = still(tmp_path / "in", ("1.bmp", "1.png"))
    written = render_tracks(tmp_path / "in", tracks, tmp_path / "out")
    assert [path.name for path in written] == ["1.bmp.png", "1.png.png"]


def test_one_image_becomes_one_picture(tmp_path: Path) -> None:
    tracks = still(tmp_path, ("a.png",))
    assert render_tracks(tmp_path / "a.png", tracks, tmp_path / "new/out.jpg") == [tmp_path / "new/out.jpg"]
    assert marked(media.read_image(tmp_path / "new/out.jpg"), 40, 100)


def test_small_frames_are_enlarged_with_their_landmarks(tmp_path: Path) -> None:
    tracks = tracks_at(np.array([[[20.0, 10.0]]]), ("array:0",))
    (path,) = render_tracks(grey(40, 32)[None], tracks, tmp_path / "a.png")
    picture = media.read_image(path)
    assert picture.shape == (256, 320, 3)
    assert marked(picture, 20.5 * 8 - 0.5, 10.5 * 8 - 0.5)


def test_a_video_becomes_a_labelled_video_with_trails(tmp_path: Path) -> None:
    media.write_video(tmp_path / "v.mp4", [grey()] * 6, 10.0)
    xy = np.array([[[40.0 + 30 * i, 100.0]] for i in range(6)])
    tracks = tracks_at(xy, tuple(f"{tmp_path / 'v.mp4'}:{i}" for i in range(6)), 10.0)
    assert render_tracks(tmp_path / "v.mp4", tracks, tmp_path / "out.mp4") == [tmp_path / "out.mp4"]
    video = media.Video(tmp_path / "out.mp4")
    assert (len(video), video.fps, video.size) == (6, 10, (320, 256))
    first, last = video.read(0), video.read(5)
    red, green = last[100, 175, :2].astype(int)  # on the path, between two positions
    assert red - green > 60
    assert abs(int(first[100, 175, 0]) - 128) < 20
    video.close()
    by_number = tracks_at(xy[:2], ("0", "3"))  # as a DeepLabCut CSV names the frames
    written = render_tracks(tmp_path / "v.mp4", by_number, tmp_path / "frames")
    assert [path.name for path in written] == ["v_000000.png", "v_000003.png"]


def test_what_does_not_fit_together_is_refused_with_the_reason(tmp_path: Path) -> None:
    tracks = still(tmp_path / "in", ("1.png", "2.png"))
    (tmp_path / "file").write_text("")
    (tmp_path / "dir.png").mkdir()
    for out, message in (
        ("out.mp4", "cannot render images to the video"),
        ("out.png", "cannot render 2 frames to the picture"),
        ("out.gif", r"\.gif is no picture or video; known: .*\.mp4"),
        ("file", "it is a file; name a folder"),
        ("dir.png", "it is a folder, but named like a file"),
    ):
        with pytest.raises(UserError, match=message):
            render_tracks(tmp_path / "in", tracks, tmp_path / out)
    other = tracks_at(tracks.xy, ("x.png", "y.png"))
    with pytest.raises(UserError, match=r"the tracks are of other frames: they name x\.png"):
        render_tracks(tmp_path / "in", other, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_every_object_of_a_frame_is_drawn_onto_it(tmp_path: Path) -> None:
    still(tmp_path / "in", ("1.png", "2.png"))
    name = [str(tmp_path / "in" / f"{i}.png") for i in (1, 2)]
    xy = np.array([[[40.0, 100.0]], [[200.0, 60.0]], [[90.0, 90.0]]])
    tracks = tracks_at(xy, (f"{name[0]}#a", f"{name[0]}#b", name[1]))
    written = render_tracks(tmp_path / "in", tracks, tmp_path / "out")
    assert [path.name for path in written] == ["1.png", "2.png"]
    first, second = (media.read_image(path) for path in written)
    assert marked(first, 40, 100)
    assert marked(first, 200, 60)
    assert not marked(first, 90, 90)
    assert marked(second, 90, 90)


def test_the_trails_of_two_objects_do_not_mix(tmp_path: Path) -> None:
    media.write_video(tmp_path / "v.mp4", [grey()] * 6, 10.0)
    rows = [(track, i) for track in "ab" for i in range(6)]
    xy = np.array([[[60.0 + 8 * i, 60.0 if track == "a" else 200.0]] for track, i in rows])
    source = tuple(f"{tmp_path / 'v.mp4'}:{i}#{track}" for track, i in rows)
    render_tracks(tmp_path / "v.mp4", tracks_at(xy, source), tmp_path / "out.mp4")
    last = media.Video(tmp_path / "out.mp4").read(5).astype(int)
    for y in (60, 200):
        assert np.abs(last[y, 70] - 128).sum() > 60  # on the way of each
        assert np.abs(last[y, 100] - 128).sum() > 60
    assert np.abs(last[110:150, 60:110] - 128).max() < 30  # nothing from one to the other


def film(path: Path, frames: int = 6) -> Path:
    media.write_video(path, [grey()] * frames, 10.0)
    return path


def pair(video: Path, frames: int = 6) -> Tracks:
    """Two landmarks that go side by side, 100 px apart."""
    xy = np.array([[[60.0 + 20 * i, 60.0], [60.0 + 20 * i, 160.0]] for i in range(frames)])
    score = np.tile([1.0, 0.3], (frames, 1))
    source = tuple(f"{video}:{i}" for i in range(frames))
    return Tracks(xy, score, ("a", "b"), np.full((frames, 2), (320, 256)), 10.0, source)


def difference(path: Path, index: int) -> np.ndarray:
    """How far each pixel of a frame is from grey."""
    video = media.Video(path)
    frame = video.read(index).astype(int)
    video.close()
    return np.abs(frame - 128).sum(-1)


def test_a_trail_reaches_back_as_far_as_it_is_said(tmp_path: Path) -> None:
    video, reach = film(tmp_path / "v.mp4"), {}
    for trail in (0, 1, 3, 12):
        render_tracks(video, pair(video), tmp_path / "o.mp4", Look(trail=trail))
        marked = np.flatnonzero(difference(tmp_path / "o.mp4", 5)[60, :150] > 60)  # the landmark is at 160
        reach[trail] = 160 - int(marked.min()) if len(marked) else 0
    assert reach[0] == reach[1] == 0
    assert reach[3] == pytest.approx(40, abs=6)
    assert reach[12] == pytest.approx(100, abs=6)


def test_a_trail_has_a_hole_where_nothing_was_found(tmp_path: Path) -> None:
    video = film(tmp_path / "v.mp4", 7)
    tracks = pair(video, 7)
    seen = [0, 1, 4, 5, 6]
    tracks = replace(
        tracks,
        xy=tracks.xy[seen],
        score=tracks.score[seen],
        size=tracks.size[seen],
        source=tuple(tracks.source[i] for i in seen),
    )
    render_tracks(video, tracks, tmp_path / "o.mp4")
    last = difference(tmp_path / "o.mp4", 6)[60]
    assert last[70] > 60
    assert last[110] < 30  # between frames 1 and 4
    assert last[155] > 60


def test_a_skeleton_is_drawn_between_landmarks_and_below_them(tmp_path: Path) -> None:
    video = film(tmp_path / "v.mp4")
    (tmp_path / "s.csv").write_text("a,b\n")
    for skeleton, there in (("none", False), ("auto", True), (str(tmp_path / "s.csv"), True)):
        render_tracks(video, pair(video), tmp_path / "o.mp4", Look(trail=0, skeleton=skeleton))
        assert (difference(tmp_path / "o.mp4", 2)[80:140, 100].min() > 60) == there, skeleton
    with pytest.raises(UserError, match="cannot read the skeleton"):
        render_tracks(video, pair(video), tmp_path / "o.mp4", Look(skeleton="gone.csv"))


def test_points_of_low_score_are_not_drawn_nor_lines_to_them(tmp_path: Path) -> None:
    video = film(tmp_path / "v.mp4")
    (tmp_path / "s.csv").write_text("a,b\n")
    render_tracks(video, pair(video), tmp_path / "o.mp4", Look(skeleton=str(tmp_path / "s.csv"), threshold=0.5))
    last = difference(tmp_path / "o.mp4", 5)
    assert last[60, 160] > 100
    assert last[75:].max() < 30
    render_tracks(video, pair(video), tmp_path / "o.mp4", Look(threshold=0.3))
    assert difference(tmp_path / "o.mp4", 5)[160, 160] > 60


def test_names_are_written_and_those_of_animals_above(tmp_path: Path) -> None:
    still(tmp_path / "in", ("1.png",))
    name = str(tmp_path / "in" / "1.png")
    one = tracks_at(np.array([[[100.0, 100.0]]]), (f"{name}#ann",))
    (plain,) = render_tracks(name, one, tmp_path / "a.png")
    (written,) = render_tracks(name, one, tmp_path / "b.png", Look(names=True))
    changed = np.abs(media.read_image(written).astype(int) - media.read_image(plain)).sum(-1) > 0
    assert changed[90:110, 106:180].any()
    assert changed[75:95, 85:115].any()
    assert not changed[115:].any()


def test_every_animal_has_its_skeleton_and_no_line_leads_to_another(tmp_path: Path) -> None:
    video = film(tmp_path / "v.mp4")
    left, right = pair(video), pair(video)
    both = replace(
        left,
        xy=np.concatenate([left.xy, right.xy + np.array([100.0, 0.0])]),
        score=np.ones((12, 2)),
        size=np.concatenate([left.size, right.size]),
        source=tuple(f"{source}#{animal}" for animal in ("ann", "bob") for source in left.source),
    )
    render_tracks(video, both, tmp_path / "o.mp4", Look(trail=0, skeleton="auto"))
    first = difference(tmp_path / "o.mp4", 0)
    assert first[80:140, [60, 160]].min() > 60
    assert first[:, 80:140].max() < 30
