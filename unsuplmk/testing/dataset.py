"""What a dataset must do."""

from __future__ import annotations

import numpy as np

from unsuplmk.interfaces import Dataset
from unsuplmk.testing.part import Part


def covers_each_frame_once(part: Part) -> None:
    """The clips together are all frames, none twice."""
    dataset: Dataset = part.build()
    assert len(dataset) > 0, "there are no frames"
    frames = sorted(index for clip in dataset.clips for index in clip)
    assert frames == list(range(len(dataset))), f"the clips do not cover 0 to {len(dataset) - 1} exactly once"


def reads_colour_images(part: Part) -> None:
    """RGB, uint8, (height, width, 3), not all alike."""
    dataset: Dataset = part.build()
    frames = [dataset.read(index) for index in _some(dataset)]
    for frame in frames:
        assert frame.ndim == 3, f"a frame has shape {frame.shape}, not (height, width, 3)"
        assert frame.shape[2] == 3, f"a frame has shape {frame.shape}, not (height, width, 3)"
        assert frame.dtype == np.uint8, f"a frame is {frame.dtype}, not uint8"
    assert len({frame.tobytes() for frame in frames}) > 1, "all frames are the same"


def reads_the_same_again(part: Part) -> None:
    """From the same instance, from another, and in another order."""
    first, second = part.build(), part.build(seed=1)
    frames = {index: first.read(index) for index in _some(first)}
    for index in reversed(list(frames)):
        assert np.array_equal(first.read(index), frames[index]), f"frame {index} is another the second time"
        assert np.array_equal(second.read(index), frames[index]), f"frame {index} is another in another instance"


def names_its_frames(part: Part) -> None:
    """Each has a name of its own."""
    dataset: Dataset = part.build()
    names = [dataset.name(index) for index in range(len(dataset))]
    assert all(names), "a frame has no name"
    assert len(set(names)) == len(names), "two frames have one name"


def annotates_what_it_names(part: Part) -> None:
    """One (x, y) a point, in pixels of the frame."""
    dataset: Dataset = part.build()
    for index in _some(dataset):
        points = dataset.annotation(index)
        expected = (len(dataset.points), 2)
        assert points.shape == expected, f"the annotation of frame {index} has shape {points.shape}, not {expected}"
        height, width = dataset.read(index).shape[:2]
        far = np.nanmax(np.abs(points / (width, height)), initial=0.0)
        assert far < 4, f"the annotation of frame {index} lies {far:.1f} frames away: it must be in pixels"


def masks_are_of_its_frames(part: Part) -> None:
    """A mask says yes or no for each pixel of the frame."""
    dataset: Dataset = part.build()
    for index in _some(dataset):
        mask = dataset.mask(index)
        if mask is not None:
            size = dataset.read(index).shape[:2]
            assert mask.dtype == np.bool_, f"the mask of frame {index} is {mask.dtype}, not bool"
            assert mask.shape == size, f"the mask of frame {index} has shape {mask.shape}, its frame {size}"


def _some(dataset: Dataset) -> list[int]:
    count = len(dataset)
    return sorted({0, count // 3, count // 2, count - 1})


CHECKS = (
    covers_each_frame_once,
    reads_colour_images,
    reads_the_same_again,
    names_its_frames,
    annotates_what_it_names,
    masks_are_of_its_frames,
)
