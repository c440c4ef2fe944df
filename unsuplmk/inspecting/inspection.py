"""What would be trained on: how many frames of what, and what is likely to spoil a training, with what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from unsuplmk.errors import UserError
from unsuplmk.frames.reading import Progress, silent
from unsuplmk.inspecting.hazards import Hazard, Look, hazards
from unsuplmk.inspecting.survey import Survey, plan
from unsuplmk.interfaces import Dataset


@dataclass(frozen=True)
class Inspection:
    """What a dataset holds, as far as it was looked at.

    Args:
        dataset: Name of the dataset that reads it.
        frames: How many.
        clips: How many.
        lengths: Frames of the shortest, the median and the longest clip.
        looked_at: Frames that were read, or tried.
        sizes: `WIDTHxHEIGHT` -> how many of these have it, the most frequent first.
        colour: Share of these with colour.
        fps: Frames a second; 0 where it is not known.
        points: Names of the annotated points.
        unreadable: Why frames could not be read, by name.
        hazards: What may spoil a training.
    """

    dataset: str
    frames: int
    clips: int
    lengths: tuple[int, int, int]
    looked_at: int
    sizes: dict[str, int]
    colour: float
    fps: float
    points: tuple[str, ...]
    unreadable: dict[str, str]
    hazards: tuple[Hazard, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def inspect(
    dataset: Dataset,
    name: str,
    *,
    pairs: Sequence[str] = (),
    sample: int = 256,
    every: bool = False,
    seed: int = 0,
    progress: Progress = silent,
) -> Inspection:
    """Look at a dataset.

    Args:
        dataset: What is looked at.
        name: Of the dataset that reads it.
        pairs: Pair sources that it shall be trained with.
        sample: About how many frames are read.
        every: Whether all are read.
        seed: Of the choice.
        progress: Told how many are read.

    Raises:
        UserError: There are no frames, or none can be read.
    """
    count = len(dataset)
    if not count:
        raise UserError("the data holds no frames")
    survey = Survey(dataset, plan(dataset, sample, seed), every=every, progress=progress)
    if not len(survey.frames):
        first = next(iter(survey.faults.values()))
        raise UserError(f"none of {len(survey.faults)} frames can be read; the first: {first}")
    lengths = np.array([len(clip) for clip in dataset.clips])
    sizes = Counter(f"{width}x{height}" for width, height in survey.sizes.tolist())
    return Inspection(
        name,
        count,
        len(lengths),
        (int(lengths.min()), int(np.median(lengths)), int(lengths.max())),
        len(survey.frames) + len(survey.faults),
        dict(sizes.most_common()),
        float(survey.colour.mean()),
        fps(dataset),
        dataset.points,
        {dataset.name(index): text for index, text in survey.faults.items()},
        hazards(Look(dataset, survey, lengths, tuple(pairs))),
    )


def fps(dataset: Dataset) -> float:
    """Frames a second: as the dataset says, or by the times of its frames; 0 where neither is known."""
    if dataset.fps:
        return dataset.fps
    clip = max(dataset.clips, key=len)
    first, last = dataset.seconds(clip.start), dataset.seconds(clip.stop - 1)
    return float((len(clip) - 1) / (last - first)) if last > first else 0.0
