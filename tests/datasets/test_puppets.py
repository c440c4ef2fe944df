"""Tests of the puppets."""

from __future__ import annotations

import hashlib
import time

import numpy as np
import pytest

from unsuplmk import registry
from unsuplmk.datasets.puppets import POINTS, Puppets
from unsuplmk.errors import UserError

SMALL = Puppets(clips=12, length=10)
JOINTS = np.array([SMALL.annotation(i) for i in range(len(SMALL))])


def distance(a: str, b: str) -> np.ndarray:
    return np.linalg.norm(JOINTS[:, POINTS.index(a)] - JOINTS[:, POINTS.index(b)], axis=-1).reshape(12, 10)


def test_clips_cover_all_frames() -> None:
    assert len(SMALL) == 120
    assert [i for clip in SMALL.clips for i in clip] == list(range(120))
    assert {len(clip) for clip in SMALL.clips} == {10}
    assert SMALL.name(57) == "puppets/train/0005/007"


def test_frames_do_not_depend_on_the_order_of_reading_or_on_how_many_there_are() -> None:
    again = Puppets(clips=3, length=10)
    backwards = [again.read(i) for i in reversed(range(12))][::-1]
    assert all(np.array_equal(SMALL.read(i), backwards[i]) for i in range(12))


def test_the_same_bytes_come_out_on_every_machine() -> None:
    frames = b"".join(Puppets(clips=8, length=2, side=64).read(i).tobytes() for i in range(16))
    assert hashlib.sha256(frames).hexdigest() == "9418dbf9de36c6f52f91aa5b628534ebc764dd6e03852a6302773ce08dd676c5"


def test_seeds_and_splits_have_nothing_in_common() -> None:
    others = [Puppets(clips=2, seed=1), Puppets(clips=2, split="test")]
    pictures = [d.read(0) for d in (SMALL, *others)]
    assert not any(np.array_equal(pictures[i], pictures[j]) for i, j in ((0, 1), (0, 2), (1, 2)))
    assert others[1].name(0) == "puppets/test/0000/000"


def test_a_clip_keeps_its_background_and_changes_its_pose() -> None:
    for clip in SMALL.clips[:4]:
        frames = np.array([SMALL.read(i) for i in clip]).astype(int)
        corner = frames[:, :8, :8]
        assert (corner == corner[0]).all()
        moved = np.linalg.norm(JOINTS[clip.start : clip.stop] - JOINTS[clip.start], axis=-1)
        assert moved.max() > 8
        assert np.linalg.norm(np.diff(JOINTS[clip.start : clip.stop], axis=0), axis=-1).max() < 20


def test_limbs_keep_their_lengths_in_a_clip() -> None:
    for a, b in (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle")):
        for side in ("left", "right"):
            lengths = distance(f"{side}_{a}", f"{side}_{b}")
            assert np.ptp(lengths, axis=1).max() < 0.05  # joints lie on a grid of 1/64 px
    assert np.allclose(distance("left_hip", "left_knee"), distance("right_hip", "right_knee"), atol=0.05)


def test_joints_lie_in_the_image_and_spread_over_it() -> None:
    many = Puppets(clips=100, length=2)
    joints = np.array([many.annotation(i) for i in range(200)])
    assert joints.min() > 4
    assert joints.max() < 124
    spread = joints.std(0)
    assert spread[:, 0].min() > 9
    assert spread[[POINTS.index("left_wrist"), POINTS.index("right_wrist")], 1].min() > 12
    height = np.ptp(joints[..., 1], axis=1) / 128
    assert 0.45 < np.median(height) < 0.8


def test_the_colours_at_the_joints_are_those_of_the_limbs() -> None:
    """Blue lies around the left elbow and red around the right one, in every frame where no other arm covers it."""
    for i in range(0, 120, 5):
        frame = SMALL.read(i).astype(int)
        for side, strong, weak in (("left", 2, 0), ("right", 0, 2)):
            x, y = JOINTS[i, POINTS.index(f"{side}_shoulder")] * 0.4 + JOINTS[i, POINTS.index(f"{side}_elbow")] * 0.6
            pixel = frame[round(y), round(x)]
            assert pixel[strong] > pixel[weak] + 30, (i, side, pixel)


def test_annotated_joints_are_where_the_limbs_are_drawn() -> None:
    """The blue of the left upper arm has its centre line between the annotated shoulder and elbow."""
    checked = 0
    for i in range(0, 120, 3):
        frame = SMALL.read(i).astype(float)
        shoulder, elbow = (JOINTS[i, POINTS.index(f"left_{name}")] for name in ("shoulder", "elbow"))
        along = (elbow - shoulder) / np.linalg.norm(elbow - shoulder)
        across = np.array([-along[1], along[0]])
        middle = shoulder * 0.35 + elbow * 0.65
        offsets = np.arange(-5, 5.01, 0.25)
        places = middle + offsets[:, None] * across
        colours = frame[np.rint(places[:, 1]).astype(int), np.rint(places[:, 0]).astype(int)]
        blue = colours[:, 2] - colours[:, 0] > 60
        if blue.any() and not blue[0] and not blue[-1]:
            assert abs(offsets[blue].mean()) < 1.0
            checked += 1
    assert checked > 25


def test_the_side_scales_the_picture_and_its_joints() -> None:
    large = Puppets(clips=1, side=256)
    assert large.read(0).shape == (256, 256, 3)
    assert np.allclose((large.annotation(0)) / 2, JOINTS[0], atol=0.05)


def test_options_are_those_of_the_registry() -> None:
    assert registry.check("dataset", "puppets", {}) == {
        "clips": 200,
        "length": 10,
        "side": 128,
        "seed": 0,
        "split": "train",
    }
    with pytest.raises(UserError, match=r"--dataset\.clips 0.*--dataset\.split 'validation'"):
        registry.check("dataset", "puppets", {"clips": 0, "split": "validation"})
    with pytest.raises(UserError, match="did you mean 'length'"):
        registry.check("dataset", "puppets", {"lenght": 3})


def test_a_frame_beyond_the_end_is_an_index_error() -> None:
    for index in (-1, 120):
        with pytest.raises(IndexError):
            SMALL.read(index)


def test_drawing_is_fast_enough_to_be_done_while_packing() -> None:
    start = time.process_time()
    for i in range(60):
        SMALL.read(i)
    assert (
        time.process_time() - start < 60 / 20
    )  # an idle core draws 300 a second; the rest is for busy ones and checked types
