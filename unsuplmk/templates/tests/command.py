"""The command `example`: it is there, and says what it should."""

from importlib.metadata import entry_points
from pathlib import Path

import click
import numpy as np
import pytest
from click.testing import CliRunner

import unsuplmk


def call(*words: object) -> str:
    """What the command says, in a command line that has no other."""
    group = click.Group()
    entry_points(group="unsuplmk")["example"].load().register_commands(group)
    arguments = ["example", *map(str, words)]
    return CliRunner().invoke(group, arguments, catch_exceptions=False).output


def test_each_landmark_is_described_in_one_line(tmp_path: Path) -> None:
    xy = np.array([[(0.0, 0), (9, 9)], [(3, 4), (9, 9)], [(6, 8), (9, 9)]])
    score = np.array([(1.0, 0.1)] * 3)
    sizes, source = np.full((3, 2), 64), ("v.mp4:0", "v.mp4:1", "v.mp4:2")
    unsuplmk.write(unsuplmk.Tracks(xy, score, ("nose", "tail"), sizes, 25.0, source), tmp_path / "tracks.npz")
    assert call(tmp_path / "tracks.npz", "--least", 0.5).splitlines() == [
        "nose: known in 100% of the frames, 5.00 px a frame",
        "tail: known in 0% of the frames, never moves",
    ]


def test_one_frame_is_refused(tmp_path: Path) -> None:
    tracks = unsuplmk.Tracks(np.zeros((1, 1, 2)), np.ones((1, 1)), ("nose",), np.full((1, 2), 64), 0.0, ("a.png",))
    unsuplmk.write(tracks, tmp_path / "tracks.npz")
    with pytest.raises(unsuplmk.UserError, match="motion needs two"):
        call(tmp_path / "tracks.npz")
