"""What a dataset must do."""

from __future__ import annotations

import math
import pickle
from pathlib import Path
from tempfile import TemporaryDirectory

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


def reads_the_same_in_another_process(part: Part) -> None:
    """Workers that decode frames get a copy, which travels as a pickle."""
    dataset: Dataset = part.build()
    try:
        copy = pickle.loads(pickle.dumps(dataset))
    except Exception as error:  # what cannot be pickled says so in many ways
        raise AssertionError(f"it cannot be sent to another process: {type(error).__name__}: {error}") from None
    assert list(copy.clips) == list(dataset.clips), "a copy has other clips"
    for index in _some(dataset):
        assert np.array_equal(copy.read(index), dataset.read(index)), f"frame {index} is another in a copy"


def recognises_without_raising(part: Part) -> None:
    """Asked about whatever a user gives, it says yes or no."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "empty").mkdir()
        (folder / "noise.mat").write_bytes(b"\x00\xff\x89HDF")
        (folder / "words.csv").write_text("a,b\n1\n", "utf-8")
        (folder / "list.json").write_text("[", "utf-8")
        for path in (folder, *sorted(folder.iterdir()), folder / "missing", folder / "words.csv" / "below"):
            try:
                answer = part.cls.recognises(path)  # type: ignore[attr-defined]
            except Exception as error:
                said = f"{type(error).__name__}: {error}"
                raise AssertionError(f"recognises() raises {said} for {path.name!r}: it must answer") from error
            assert isinstance(answer, bool), f"recognises() gives {answer!r} for {path.name!r}: True or False is asked"


def tells_what_else_it_knows(part: Part) -> None:
    """Tags are text by name; times are numbers that ascend within a clip, NaN where nobody knows; fps is 0 or more."""
    dataset: Dataset = part.build()
    assert dataset.fps >= 0, f"fps is {dataset.fps}"
    for index in _some(dataset):
        tags = dataset.tags(index)
        plain = all(isinstance(key, str) and isinstance(value, str) for key, value in tags.items())
        assert plain, f"the tags of frame {index} are not text by name: {dict(tags)}"
    clip = dataset.clips[0]
    times = [float(dataset.seconds(index)) for index in clip]
    known = [time for time in times if not math.isnan(time)]
    assert known == sorted(known), "times within a clip do not ascend"


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
    reads_the_same_in_another_process,
    recognises_without_raising,
    tells_what_else_it_knows,
    names_its_frames,
    annotates_what_it_names,
    masks_are_of_its_frames,
)
