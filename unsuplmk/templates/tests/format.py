"""The format `example`: the contract of formats, and what is its own."""

from pathlib import Path

import numpy as np
import pytest

from unsuplmk import registry
from unsuplmk.errors import UserError
from unsuplmk.testing import contract
from unsuplmk.types import Tracks

test_example = contract("format", "example")


def write(path: Path) -> Tracks:
    """Two frames of two points, one of them unknown."""
    xy = np.array([[(1.25, 2), (3, 4)], [(np.nan, np.nan), (5, 6)]])
    names = ("nose", "tail")
    tracks = Tracks(xy, np.full((2, 2), 0.5), names, np.array([(64, 48)] * 2), 25.0, ("v.mp4:0", "v.mp4:1"))
    registry.build("format", "example").write(tracks, path)
    return tracks


def test_a_line_is_what_the_description_says(tmp_path: Path) -> None:
    write(tmp_path / "tracks.jsonl")
    assert (tmp_path / "tracks.jsonl").read_text("utf-8").splitlines() == [
        '{"names": ["nose", "tail"], "fps": 25.0}',
        '{"source": "v.mp4:0", "size": [64, 48], "points": [[1.25, 2.0, 0.5], [3.0, 4.0, 0.5]]}',
        '{"source": "v.mp4:1", "size": [64, 48], "points": [[null, null, 0.5], [5.0, 6.0, 0.5]]}',
    ]


def test_nothing_is_lost_on_the_way(tmp_path: Path) -> None:
    given = write(tmp_path / "tracks.jsonl")
    found = registry.build("format", "example").read(tmp_path / "tracks.jsonl")
    assert (found.names, found.fps, found.source) == (given.names, given.fps, given.source)
    assert np.array_equal(found.xy, given.xy, equal_nan=True)
    assert np.array_equal(found.size, given.size)


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "tracks.jsonl"
    write(path)
    path.write_text(path.read_text("utf-8")[:-20], "utf-8")
    with pytest.raises(UserError, match=r"tracks\.jsonl:3 is no line of tracks"):
        registry.build("format", "example").read(path)
