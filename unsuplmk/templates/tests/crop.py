"""The crop `example`: the contract of crops, and what is its own."""

import numpy as np
import pytest

from unsuplmk import registry
from unsuplmk.errors import UserError
from unsuplmk.interfaces import Dataset
from unsuplmk.testing import contract

test_example = contract("crop", "example")


class Squares(Dataset):
    """Grey frames; each but the last has a white square, one further to the right than the one before."""

    def __len__(self) -> int:
        return 3

    @property
    def clips(self) -> list[range]:
        return [range(3)]

    def read(self, index: int) -> np.ndarray:
        frame = np.full((40, 60, 3), 90, np.uint8)
        if index < 2:
            frame[10:20, 5 + index : 15 + index] = 255
        return frame

    def name(self, index: int) -> str:
        return f"square:{index}"


def test_the_box_lies_about_what_stands_out_and_empty_frames_are_reported() -> None:
    lines: list[str] = []
    found = registry.build("crop", "example", margin=0.0).boxes(Squares(), lines.append)
    assert found.frames.tolist() == [0, 1]
    assert np.allclose(found.edges, [(5, 10, 15, 20), (6, 10, 16, 20)], atol=0.2)
    assert lines == ["1 of 3 frames show nothing that stands out, and are left out"]


def test_where_nothing_stands_out_the_error_says_what_to_change() -> None:
    with pytest.raises(UserError, match=r"lower --crop\.contrast"):
        registry.build("crop", "example", contrast=200.0).boxes(Squares(), print)
