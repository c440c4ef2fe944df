"""Tests of applying trackers to tracks."""

import runpy
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import unsuplmk
from tests.paths import error, swinging, tracks_of
from unsuplmk import registry
from unsuplmk.errors import UserError
from unsuplmk.interfaces import Dataset
from unsuplmk.tracking import Change, rehearse, track


def noisy(truth: np.ndarray) -> np.ndarray:
    return truth + np.random.default_rng(0).normal(0, 1.5, truth.shape)


def test_trackers_act_one_after_the_other_with_their_options() -> None:
    tracks = tracks_of(noisy(swinging(60)))
    made = unsuplmk.track(tracks, [("median", {"window": 7}), "kalman"])
    by_hand = registry.build("tracker", "kalman")(registry.build("tracker", "median", window=7)(tracks))
    np.testing.assert_array_equal(made.xy, by_hand.xy)
    assert unsuplmk.track(tracks, []) is tracks


def test_swaps_gaps_and_noise_together_leave_a_third_of_the_error() -> None:
    truth = swinging(400)
    xy = noisy(truth)
    xy[100:120, [0, 2]] = xy[100:120, [2, 0]]
    xy[200:204, 1] = np.nan
    made = track(tracks_of(xy), ["swaps", "gaps", "kalman"])
    assert np.isfinite(made.xy).all()
    assert error(made.xy, truth) < error(xy, truth) / 3


def test_each_tracker_says_what_it_changed() -> None:
    xy = swinging(60, 3) + np.arange(3)[:, None] * 300
    xy[10:14, [0, 2]] = xy[10:14, [2, 0]]
    xy[30:32, [0, 2]] = xy[30:32, [2, 0]]
    xy[40:43, 1] = np.nan
    score = np.ones((60, 3))
    score[:2, 0] = 0.1
    said: list[str] = []
    chosen = ["swaps", ("gaps", {"threshold": 0.5}), ("gaps", {"longest": 1}), "median"]
    track(tracks_of(xy, score), chosen, said.append)
    assert said[:3] == [
        "swaps: 2 exchanges undone (12 points)",
        "gaps: 3 points filled; 2 points dropped",
        "gaps: nothing changed",
    ]
    assert said[3].startswith("median: ")
    assert said[3].endswith(" px in the median")


def test_exchanges_are_counted_in_each_video_for_itself() -> None:
    xy = swinging(10, 2)
    after = xy.copy()
    after[4:6] = xy[4:6, ::-1]
    one = tracks_of(xy)
    two = replace(one, source=tuple(f"{'a' if i < 5 else 'b'}.mp4:{i}" for i in range(10)))
    assert Change.between(one, replace(one, xy=after)).swaps == 1
    assert Change.between(two, replace(two, xy=after)).swaps == 2
    assert Change.between(two, replace(two, xy=after)).moved == 0


def test_images_are_refused_and_so_is_what_there_is_not() -> None:
    stills = replace(tracks_of(swinging(3), fps=0.0), source=("a.png", "b.png", "c.png"))
    with pytest.raises(UserError, match=r"of these 3 none does: the first is a\.png; a video has them"):
        track(stills, ["median"])
    with pytest.raises(UserError, match="did you mean 'median'"):
        track(stills, ["medium"])
    with pytest.raises(UserError, match=r"--tracker\.median\.window"):
        track(stills, [("median", {"window": 1})])


class Unreadable(Dataset):
    """Frames that have names and a rate, and cannot be read.

    Args:
        name: Of each, where {} is its number.
        rate: Frames a second.
    """

    def __init__(self, name: str, rate: float) -> None:
        self._name, self._rate = name, rate

    def __len__(self) -> int:
        return 1_000_000

    @property
    def clips(self) -> Sequence[range]:
        return [range(len(self))]

    @property
    def fps(self) -> float:
        return self._rate

    def name(self, index: int) -> str:
        return self._name.format(index)

    def read(self, index: int) -> np.ndarray:
        raise UserError("it cannot be read")


def test_a_rehearsal_refuses_what_the_tracks_would_be_refused_for_and_reads_nothing() -> None:
    rehearse(["oneeuro", "swaps"], Unreadable("v.mp4:{}", 30.0))
    rehearse(["median", "swaps", "gaps", "kalman"], Unreadable("v.mp4:{}", 0.0))
    rehearse([], Unreadable("{}.png", 0.0))
    with pytest.raises(UserError, match="needs a frame rate"):
        rehearse(["oneeuro"], Unreadable("v.mp4:{}", 0.0))
    with pytest.raises(UserError, match="trackers need frames that follow one another"):
        rehearse(["median"], Unreadable("{}.png", 0.0))


def test_the_example_filters_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    truth = swinging(60)
    unsuplmk.write(tracks_of(noisy(truth)), "mouse.npz")
    runpy.run_path(str(Path(__file__).parents[1] / "examples" / "track.py"))
    assert error(unsuplmk.read("smooth.npz").xy, truth) < 0.6 * error(noisy(truth), truth)
    assert capsys.readouterr().out.count("\n") == 3
