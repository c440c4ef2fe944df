"""Tests of the looks of a puppet."""

import numpy as np

from unsuplmk.ops.figure import SIDES, draw, figure

JOINTS = {
    "head": (64.0, 30.0),
    "neck": (64.0, 42.0),
    "left_shoulder": (73.0, 45.0),
    "right_shoulder": (55.0, 45.0),
    "left_elbow": (88.0, 45.0),
    "right_elbow": (40.0, 45.0),
    "left_wrist": (102.0, 45.0),
    "right_wrist": (26.0, 45.0),
    "left_hip": (69.0, 72.0),
    "right_hip": (59.0, 72.0),
    "left_knee": (71.0, 92.0),
    "right_knee": (57.0, 92.0),
    "left_ankle": (71.0, 112.0),
    "right_ankle": (57.0, 112.0),
}
GROUND = np.full((128, 128, 3), 0.5, np.float32)


def picture(seed: int, gaze: float = 0.0) -> np.ndarray:
    look = figure(np.random.default_rng(seed))
    return draw(look, GROUND, JOINTS, height=92.0, floor=112.0, gaze=gaze).astype(int)


def test_the_figure_is_drawn_over_its_joints_and_nowhere_else() -> None:
    for seed in range(6):
        changed = np.abs(picture(seed) - 128).max(-1) > 12
        assert all(changed[round(y), round(x)] for x, y in JOINTS.values())
        assert not changed[:12].any()
        assert not changed[:, :14].any()
        assert not changed[80:90, 90:].any()


def test_limbs_of_the_two_sides_differ_in_colour() -> None:
    for seed in range(6):
        shown = picture(seed)
        for joints in (("shoulder", "elbow"), ("hip", "knee")):
            places = [np.mean([JOINTS[f"{side}_{joint}"] for joint in joints], axis=0).round() for side in SIDES]
            left, right = (shown[int(y), int(x)] for x, y in places)
            assert np.abs(left - right).max() > 50


def test_eyes_follow_the_gaze() -> None:
    def pupils(gaze: float) -> float:
        """Middle of what is darkest in the rows of the eyes, inside the face."""
        eyes = picture(3, gaze)[29:31, 59:70].max(-1)
        dark = np.clip(190 - eyes, 0, None).sum(0)
        return float((dark * np.arange(11)).sum() / dark.sum())

    assert pupils(-0.15) < pupils(0.0) - 0.4
    assert pupils(0.15) > pupils(0.0) + 0.4


def test_figures_vary_in_proportions_and_clothes() -> None:
    looks = [figure(np.random.default_rng(seed)) for seed in range(40)]
    assert len({look.style for look in looks}) == 3
    assert len({look.shirt.bands for look in looks}) == 3
    assert np.ptp([look.head for look in looks]) > 0.008
    assert np.ptp([look.skin.base[0] for look in looks]) > 0.3
