"""What a crop must do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

import numpy as np

from unsuplmk.interfaces import Crop, Dataset
from unsuplmk.testing.part import Part
from unsuplmk.types import Boxes

FRAMES = 12
WIDTH, HEIGHT = 96, 64


def boxes_lie_on_frames_that_there_are(part: Part) -> None:
    """Each is of a frame of the dataset, in their order, and shows some of it."""
    found = _boxes(part)
    if found is None:
        return
    assert len(found.frames), "no frame has a box: raise UserError, which says what would work"
    assert found.frames.min() >= 0, f"there is no frame {found.frames.min()}"
    assert found.frames.max() < FRAMES, f"there is no frame {found.frames.max()}"
    assert (np.diff(found.frames) >= 0).all(), "boxes are not in the order of the frames"
    inside = (found.edges[:, 2:] > 0) & (found.edges[:, :2] < (WIDTH, HEIGHT))
    assert inside.all(), "a box lies outside its frame: edges are pixels from the corner, left, top, right, bottom"


def finds_the_same_again(part: Part) -> None:
    """From the same instance and from another: a resumed run must see what the first saw."""
    crop: Crop = part.build()
    first, second, third = (each.boxes(moving(), lambda line: None) for each in (crop, crop, part.build(seed=1)))
    for other in (second, third):
        same = first is other is None or (
            first is not None
            and other is not None
            and np.array_equal(first.frames, other.frames)
            and np.array_equal(first.edges, other.edges)
            and first.tracks == other.tracks
        )
        assert same, "the same frames give other boxes the second time"


def says_what_is_left_out(part: Part) -> None:
    """Frames without a box are reported, in lines of text."""
    lines: list[str] = []
    found = part.build().boxes(moving(), lines.append)
    assert all(isinstance(line, str) and line and "\n" not in line for line in lines), "a report is one line of text"
    if found is not None and len(np.unique(found.frames)) < FRAMES:
        assert lines, "frames are left out, and nothing is said about it"


@final
class _Moving(Dataset):
    """A dark disc that moves before a bright, noisy background."""

    def __len__(self) -> int:
        return FRAMES

    @property
    def clips(self) -> Sequence[range]:
        return [range(FRAMES)]

    def read(self, index: int) -> np.ndarray:
        y, x = np.mgrid[:HEIGHT, :WIDTH]
        noise = np.random.default_rng(0).integers(0, 30, (HEIGHT, WIDTH, 3))
        disc = (x - 16 - 5 * index) ** 2 + (y - 32) ** 2 < 64
        return np.where(disc[..., None], 20, 200 + noise).astype(np.uint8)

    def name(self, index: int) -> str:
        return f"disc:{index}"


def moving() -> Dataset:
    """The frames that the checks use: `disc:0` to `disc:11`, 96 x 64 px, with one object that moves."""
    return _Moving()


def _boxes(part: Part) -> Boxes | None:
    return part.build().boxes(moving(), lambda line: None)


CHECKS = (boxes_lie_on_frames_that_there_are, finds_the_same_again, says_what_is_left_out)
