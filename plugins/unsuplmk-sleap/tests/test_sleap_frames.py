"""The frames that labels of `sleap` are about: in the file, in images, in videos that were moved, cut or lost."""

from __future__ import annotations

import math
import pickle
from pathlib import Path

import numpy as np
import pytest
import sleap_io

from tests.layouts import sleap as layout
from unsuplmk.errors import UserError
from unsuplmk.frames.media import Video, write_image
from unsuplmk_sleap.dataset import Sleap


def test_frames_embedded_in_the_file_need_no_video(tmp_path: Path) -> None:
    film = layout.video(tmp_path / "a.mp4")
    path = layout.save(tmp_path / "labels.pkg.slp", layout.labels(film), embed=True)
    expected = [Sleap(path, split="all", video=str(film)).read(i) for i in range(10)]
    film.unlink()
    dataset = pickle.loads(pickle.dumps(Sleap(path, split="all")))
    assert dataset.name(1) == f"{path}/video0:2#1"
    assert math.isnan(dataset.seconds(1))
    for i in range(10):
        difference = np.abs(dataset.read(i).astype(int) - expected[i])
        assert difference.mean() < 4  # two decoders of one video; red and blue in each other's place would be 60
    assert np.array_equal(dataset.read(3), dataset.read(3))


def test_embedded_frames_are_exact_and_in_the_right_colours(tmp_path: Path) -> None:
    pictures = [tmp_path / f"{i}.png" for i in range(9)]
    for i, picture in enumerate(pictures):
        write_image(picture, layout.pixels(f"{i}", 96, 64))
    what = layout.labels(pictures, tracks=())
    path = layout.save(tmp_path / "labels.pkg.slp", what, embed=True)
    assert np.array_equal(Sleap(path, split="all", crop="none").read(1), layout.pixels("2", 96, 64))


def test_frames_may_be_images(tmp_path: Path) -> None:
    pictures = [tmp_path / "far" / f"{i}.png" for i in range(9)]
    for i, picture in enumerate(pictures):
        picture.parent.mkdir(exist_ok=True)
        write_image(picture, layout.pixels(f"{i}", 96, 64))
    what = layout.labels(pictures, tracks=())
    path = layout.save(tmp_path / "labels.slp", what)
    (tmp_path / "far").rename(tmp_path / "near")
    with pytest.raises(UserError, match=r"no video of .* is to be found"):
        Sleap(path)
    dataset = Sleap(path, split="all", crop="none", video=str(tmp_path / "near"))
    assert dataset.name(1) == str(tmp_path / "near" / "2.png")
    assert np.array_equal(dataset.read(1), layout.pixels("2", 96, 64))
    (tmp_path / "near" / "4.png").unlink()
    with pytest.raises(UserError, match=r"labels\.slp: instance .*no image .*4\.png"):
        dataset.read(2)


def test_a_video_of_another_machine_is_found_beside_the_labels_or_where_it_is_said_to_be(tmp_path: Path) -> None:
    film = layout.video(tmp_path / "b" / "früh.mp4")
    what = layout.labels(tmp_path / "C:\\Users\\ada\\früh.mp4")
    path = layout.save(tmp_path / "labels.slp", what)
    with pytest.raises(UserError, match=r"it names .*früh\.mp4; put it beside the labels, or say .*--dataset\.video"):
        Sleap(path)
    expected = Sleap(path, video=str(film)).read(0)
    assert np.array_equal(Sleap(path, video=str(film.parent)).read(0), expected)
    film.rename(tmp_path / film.name)
    assert np.array_equal(Sleap(path).read(0), expected)


@pytest.mark.parametrize("embed", [False, True])
def test_labels_of_a_part_of_a_video_are_read_with_that_part(tmp_path: Path, embed: bool) -> None:
    film = layout.video(tmp_path / "a.mp4")
    what = layout.labels(film, tracks=())
    part = sleap_io.Video(str(film)).crop((10, 4, 74, 60))
    what.replace_videos(old_videos=what.videos, new_videos=[part])
    path = layout.save(tmp_path / ("a.pkg.slp" if embed else "a.slp"), what, embed=embed)
    dataset = Sleap(path, split="all", crop="none")
    assert dataset.name(1).endswith("[10, 4, 74, 60]:2")
    difference = np.abs(dataset.read(1).astype(int) - Video(film).read(2)[4:60, 10:74])
    assert difference.mean() < (4 if embed else 1e-9)  # the frames that are embedded went through another decoder
    np.testing.assert_array_equal(dataset.annotation(1), layout.points(2, 0))


def test_one_video_cannot_stand_for_several(tmp_path: Path) -> None:
    videos = [layout.video(tmp_path / name) for name in ("a.mp4", "b.mp4")]
    path = layout.save(tmp_path / "labels.slp", layout.labels(*videos))
    with pytest.raises(UserError, match=r"about 2 videos: --dataset\.video must be a folder"):
        Sleap(path, video=str(videos[0]))


def test_one_absent_video_of_several_is_named_when_it_is_read(tmp_path: Path) -> None:
    videos = [layout.video(tmp_path / name) for name in ("a.mp4", "b.mp4")]
    path = layout.save(tmp_path / "labels.slp", layout.labels(*videos))
    videos[0].unlink()
    dataset = Sleap(path, split="all")
    assert dataset.read(10).shape[2] == 3
    with pytest.raises(UserError, match=r"labels\.slp: instance .*a\.mp4:0#1: no video .*a\.mp4"):
        dataset.read(0)
    assert math.isnan(dataset.seconds(0))


def test_a_frame_beyond_the_video_is_named(tmp_path: Path) -> None:
    path = layout.save(tmp_path / "labels.slp", layout.labels(layout.video(tmp_path / "a.mp4", 5)))
    with pytest.raises(UserError, match=r"a\.mp4:8#1: no frame 8 in .*a\.mp4, which has 5"):
        Sleap(path, split="all").read(4)


def test_a_frame_that_is_not_embedded_is_named(tmp_path: Path) -> None:
    what = layout.labels(layout.video(tmp_path / "a.mp4"), predicted=(1,))
    what[0].instances = what[0].instances[1:]  # without a user's instance
    path = layout.save(tmp_path / "labels.slp", what)
    sleap_io.save_slp(sleap_io.load_slp(str(path)), str(tmp_path / "a.pkg.slp"), embed="user", verbose=False)
    dataset = Sleap(tmp_path / "a.pkg.slp", split="all", labels="all")
    with pytest.raises(UserError, match=r"cannot read frame .*video0:6: it is not stored there"):
        dataset.read([dataset.tags(i)["frame"] for i in range(len(dataset))].index("6"))
