"""The dataset `example`: the contract of datasets on files that are made here, and what is its own."""

from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import numpy as np
import pytest

from unsuplmk import registry
from unsuplmk.errors import UserError
from unsuplmk.testing import contract

FOLDER = Path(mkdtemp())


@pytest.fixture(scope="module", autouse=True)
def clips() -> Iterator[list[np.ndarray]]:
    """Two clips, of five and of three frames."""
    rng = np.random.default_rng(0)
    arrays = [rng.integers(0, 256, (frames, 48, 64, 3), np.uint8) for frames in (5, 3)]
    for number, array in enumerate(arrays):
        np.save(FOLDER / f"{number}.npy", array)
    yield arrays
    rmtree(FOLDER)


test_example = contract("dataset", "example", FOLDER)


def test_every_other_frame_is_counted_from_the_first_of_each_clip(clips: list[np.ndarray]) -> None:
    dataset = registry.find("dataset", "example").cls(FOLDER, every=2)
    assert [list(clip) for clip in dataset.clips] == [[0, 1, 2], [3, 4]]
    assert [dataset.name(index) for index in range(5)] == ["0.npy:0", "0.npy:2", "0.npy:4", "1.npy:0", "1.npy:2"]
    assert np.array_equal(dataset.read(4), clips[1][2])


def test_a_file_that_is_no_clip_is_named(tmp_path: Path) -> None:
    np.save(tmp_path / "grey.npy", np.zeros((2, 8, 8), np.uint8))
    with pytest.raises(UserError, match=r"grey\.npy holds uint8 \(2, 8, 8\)"):
        registry.find("dataset", "example").cls(tmp_path)
