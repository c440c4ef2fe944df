"""Tests of the NumPy archive."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from unsuplmk import registry
from unsuplmk.errors import UserError
from unsuplmk.types import Tracks


def tracks(frames: int = 3) -> Tracks:
    rng = np.random.default_rng(0)
    xy = rng.normal(50, 20, (frames, 2, 2))
    xy[:1, 1] = np.nan
    source = tuple(f"dir/clip, 1.mp4:{i}" for i in range(frames))
    return Tracks(xy, rng.random((frames, 2)), ("nose", "tail"), np.full((frames, 2), (640, 480)), 29.97, source)


@pytest.mark.parametrize("frames", [0, 1, 3])
def test_everything_comes_back_bit_for_bit(tmp_path: Path, frames: int) -> None:
    before, file = tracks(frames), tmp_path / "a.tmp"  # the caller's temporary name need not end in .npz
    registry.build("format", "npz").write(before, file)
    after = registry.build("format", "npz").read(file)
    np.testing.assert_array_equal(before.xy, after.xy)
    np.testing.assert_array_equal(before.score, after.score)
    np.testing.assert_array_equal(before.size, after.size)
    assert (before.names, before.fps, before.source) == (after.names, after.fps, after.source)


class Trap:
    """Creates a file when it is unpickled."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Any, ...]:
        return open, (str(self.file), "w")


def test_a_pickled_archive_is_refused_and_nothing_of_it_runs(tmp_path: Path) -> None:
    sprung, file = tmp_path / "sprung", tmp_path / "a.npz"
    np.savez(file, xy=np.array([Trap(sprung)], dtype=object))
    with pytest.raises(UserError, match=r"a\.npz"):
        registry.build("format", "npz").read(file)
    file.write_bytes(pickle.dumps(Trap(sprung)))
    with pytest.raises(UserError, match=r"a\.npz"):
        registry.build("format", "npz").read(file)
    assert not sprung.exists()


def test_other_files_are_refused_with_the_reason(tmp_path: Path) -> None:
    file = tmp_path / "a.npz"
    np.savez(file, xy=np.zeros((1, 1, 2)))
    with pytest.raises(UserError, match="lacks score, names, size, fps, source"):
        registry.build("format", "npz").read(file)
    whole = tracks()
    np.savez(file, xy=whole.xy[:2], score=whole.score, names=whole.names, size=whole.size, fps=1.0, source=whole.source)
    with pytest.raises(UserError, match="counts differ"):
        registry.build("format", "npz").read(file)
    for content in (b"", b"not an archive", file.read_bytes()[:100]):
        file.write_bytes(content)
        with pytest.raises(UserError, match="cannot read"):
            registry.build("format", "npz").read(file)
    np.save(tmp_path / "plain.npy", np.zeros(3))
    with pytest.raises(UserError, match="a single array"):
        registry.build("format", "npz").read(tmp_path / "plain.npy")
