"""Trackers applied to tracks, one after the other, and what each of them changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from unsuplmk import registry
from unsuplmk.errors import UserError
from unsuplmk.interfaces import Dataset, Tracker
from unsuplmk.ops.runs import known, runs
from unsuplmk.types import Tracks

Choice = str | tuple[str, Mapping[str, Any]]
"""A tracker by name, alone or with its options."""
REHEARSED = 100
"""Frames of a rehearsal."""


def track(tracks: Tracks, trackers: Sequence[Choice], report: Callable[[str], None] | None = None) -> Tracks:
    """Filter tracks over time, each video and each animal on its own.

    Args:
        tracks: As `Detector.predict` gave them, or read from a file.
        trackers: Which, in their order: `["gaps", ("oneeuro", {"beta": 0.1})]`.
        report: Called with one line for each tracker, which says what it changed.

    Raises:
        UserError: There is no such tracker, an option is wrong, or no frame follows another.
    """
    built = _built(trackers)
    if built and not any(len(rows) > 1 for rows in runs(tracks)):
        first = tracks.source[0] if tracks.source else "none"
        raise UserError(
            f"trackers need frames that follow one another, and of these {len(tracks.source)} none does: the first is "
            f"{first}; a video has them, and so has a folder of its frames with --dataset.fps"
        )
    for name, tracker in built:
        before, tracks = tracks, tracker(tracks)
        if report:
            report(f"{name}: {Change.between(before, tracks)}")
    return tracks


def rehearse(trackers: Sequence[Choice], dataset: Dataset) -> None:
    """Refuse what `track` would refuse, before the tracks are there.

    Args:
        trackers: Which.
        dataset: The frames that will be looked at.

    Raises:
        UserError: As `track`.
    """
    some = tuple(dataset.name(index) for index in range(min(REHEARSED, len(dataset))))
    unknown, score = np.full((len(some), 1, 2), np.nan), np.zeros((len(some), 1))
    track(Tracks(unknown, score, ("",), np.zeros((len(some), 2), np.int64), dataset.fps, some), trackers)


def _built(trackers: Sequence[Choice]) -> list[tuple[str, Tracker]]:
    chosen = [(choice, {}) if isinstance(choice, str) else choice for choice in trackers]
    return [(name, registry.build("tracker", name, **options)) for name, options in chosen]


@dataclass(frozen=True)
class Change:
    """What a tracker did to points.

    Args:
        swaps: Exchanges of two landmarks, each over some frames.
        swapped: Points that took another's place.
        moved: Others that moved.
        median: Distance by which these moved, in the middle, px.
        filled: Points that were missing before.
        dropped: Points that are missing since.
    """

    swaps: int
    swapped: int
    moved: int
    median: float
    filled: int
    dropped: int

    @classmethod
    def between(cls, before: Tracks, after: Tracks) -> Change:
        """Compare two tracks of the same frames and landmarks."""
        was, now = known(before.xy), known(after.xy)
        distance = np.linalg.norm(after.xy - before.xy, axis=-1)
        moved = was & now & (distance > 0)
        swaps, swapped = 0, np.zeros_like(moved)
        rows = runs(before)
        for one, other in combinations(np.flatnonzero(moved.any(0)).tolist(), 2):
            taken = moved[:, one] & moved[:, other]
            taken &= (after.xy[:, one] == before.xy[:, other]).all(-1)
            taken &= (after.xy[:, other] == before.xy[:, one]).all(-1)
            if taken.any():
                swapped[:, [one, other]] |= taken[:, None]
                swaps += sum(int((np.diff(taken[run].astype(int), prepend=0) == 1).sum()) for run in rows)
        moved &= ~swapped
        median = float(np.median(distance[moved])) if moved.any() else 0.0
        filled, dropped = int((now & ~was).sum()), int((was & ~now).sum())
        return cls(swaps, int(swapped.sum()), int(moved.sum()), median, filled, dropped)

    def __str__(self) -> str:
        parts = (
            (self.swaps, f"{_count(self.swaps, 'exchange')} undone ({_count(self.swapped, 'point')})"),
            (self.moved, f"{_count(self.moved, 'point')} moved, by {self.median:.2g} px in the median"),
            (self.filled, f"{_count(self.filled, 'point')} filled"),
            (self.dropped, f"{_count(self.dropped, 'point')} dropped"),
        )
        return "; ".join(text for number, text in parts if number) or "nothing changed"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
