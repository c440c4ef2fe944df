"""What the frames of a dataset look like, measured on a sample: sizes, contents, motion within clips."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Float, UInt8

from unsuplmk.frames.gather import chosen
from unsuplmk.frames.reading import Progress, each, silent
from unsuplmk.interfaces import Dataset

SIDE = 160
"""Longest side of the grey pictures that are measured: an animal that covers a thousandth is some pixels."""
COARSE = 64
"""Longest side where motion is measured: noise averages out, and a limb still moves a pixel."""
THUMB = 16
"""Side of the thumbnails that are compared: what differs less than at this size is the same picture."""
CLIPS = 16
"""Clips that are looked into: more of them, and too few frames of each would tell what stands still."""
GAP = 10
"""Frames between the two of which motion is measured: about what pairs of the video have by default."""
COMPARED = 2000
"""Frames that are compared each with each at most: twice as many take four times as long."""
STEADY = 4.0
"""Grey levels by which half of a still picture's pixels may differ from the clip's median: noise and compression."""
MOVED = 12.0
"""Grey levels by which a pixel of a steady clip differs where something moves: well above noise and compression."""

Grey = UInt8[np.ndarray, "height width"]


@dataclass(frozen=True)
class Plan:
    """Which frames are looked at.

    Args:
        couples: Two frames of one clip, at most `GAP` apart.
        clips: The frames of each clip that is looked into.
        spread: Frames of as many clips as there are, each with its neighbour if both are single images.
    """

    couples: tuple[tuple[int, int], ...]
    clips: tuple[tuple[int, ...], ...]
    spread: tuple[int, ...]

    @property
    def frames(self) -> list[int]:
        """All of them, in order."""
        return sorted({*self.spread, *(frame for clip in self.clips for frame in clip)})


def plan(dataset: Dataset, count: int, seed: int) -> Plan:
    """About `count` frames; all of them where there are no more."""
    clips, total = dataset.clips, len(dataset)
    starts = np.array([clip.start for clip in clips])
    longer = [number for number, clip in enumerate(clips) if len(clip) > 1]
    order = np.random.Generator(np.random.PCG64(seed)).permutation(len(longer))[:CLIPS]
    couples: list[tuple[int, int]] = []
    inside: list[tuple[int, ...]] = []
    for number in sorted(longer[place] for place in order):
        clip = clips[number]
        gap, places = min(GAP, len(clip) - 1), max(1, count // 3 // len(order))
        first = np.unique(np.linspace(clip.start, clip.stop - 1 - gap, places).round().astype(int)).tolist()
        couples += [(frame, frame + gap) for frame in first]
        inside.append(tuple(sorted({*first, *(frame + gap for frame in first)})))
    many = count if total <= count else count // 3 if longer else count // 2
    spread = set(chosen(dataset, many, seed)[:many])
    if total > count:  # frames of a video that lie about as single images show in the neighbours
        single = np.diff(starts, append=total) == 1
        clip_of = np.searchsorted(starts, sorted(spread), side="right") - 1
        alone = [number for number in clip_of.tolist() if single[number] and number + 1 < len(single)]
        spread |= {int(starts[number + 1]) for number in alone if single[number + 1]}
    return Plan(tuple(couples), tuple(inside), tuple(sorted(spread)))


@final
class Survey:
    """The frames of a plan, or all, read once.

    Args:
        dataset: Where they come from.
        plan: Which are looked at closely.
        every: Whether all others are read, too.
        progress: Told how many are done.

    Attributes:
        frames: Indices of those that were read.
        faults: Why others could not be, by index.
        sizes: (width, height) of each.
        digests: Equal where all pixels are.
        contrast: Standard deviation of the grey values.
        colour: Whether there is any colour.
    """

    def __init__(self, dataset: Dataset, plan: Plan, *, every: bool = False, progress: Progress = silent) -> None:
        asked = np.arange(len(dataset)) if every else np.array(plan.frames, np.int64)
        close = set(plan.frames)
        self.plan, self._small = plan, dict[int, Grey]()
        sizes, digests = np.zeros((len(asked), 2), np.int64), np.zeros(len(asked), np.uint64)
        contrast, colour = np.zeros(len(asked)), np.zeros(len(asked), bool)

        def look(place: int, frame: np.ndarray) -> None:
            grey = shrunk(frame, SIDE)
            sizes[place] = frame.shape[1::-1]
            digests[place] = int.from_bytes(hashlib.blake2b(frame.tobytes(), digest_size=8).digest())
            contrast[place], colour[place] = grey.std(), coloured(frame)
            if int(asked[place]) in close:
                self._small[int(asked[place])] = grey

        self.faults = each(dataset, asked, look, progress)
        kept = ~np.isin(asked, list(self.faults))
        self.frames, self.sizes, self.digests = asked[kept], sizes[kept], digests[kept]
        self.contrast, self.colour = contrast[kept], colour[kept]
        starts = np.array([clip.start for clip in dataset.clips])
        self._clip_of = dict(zip(close, (np.searchsorted(starts, list(close), side="right") - 1).tolist(), strict=True))

    def repeated(self) -> list[tuple[int, int]]:
        """Frames whose pixels are those of an earlier one, each with the first of these."""
        first: dict[int, int] = {}
        pairs = zip(self.frames.tolist(), self.digests.tolist(), strict=True)
        return [(frame, first[digest]) for frame, digest in pairs if first.setdefault(digest, frame) != frame]

    def nearest(self) -> list[tuple[int, int, float]]:
        """Each frame of the spread, the frame of another clip that it is most like, and how unlike, in contrasts.

        Both are made `THUMB` pixels square. 0 is the same picture, and pictures that have nothing in common are more
        than 1 apart. Frames without contrast are left out.
        """
        found = [frame for frame in self.plan.spread if frame in self._small][:COMPARED]
        thumbs = np.array([resized(self._small[frame], THUMB, THUMB) for frame in found], np.float64)
        flat = thumbs.reshape(len(found), THUMB * THUMB)
        spread = flat.std(1)
        keep = spread > 1
        found, flat, spread = np.array(found, np.int64)[keep], flat[keep], spread[keep]
        clips = np.array([self._clip_of[frame] for frame in found.tolist()], np.int64)
        if len(set(clips.tolist())) < 2:
            return []
        squares = (flat**2).sum(1)
        apart = np.sqrt(np.maximum(squares[:, None] + squares - 2 * flat @ flat.T, 0) / flat.shape[1])
        apart /= (spread[:, None] + spread) / 2
        apart[clips[:, None] == clips] = np.inf
        near = apart.argmin(1)
        return [(int(f), int(found[n]), float(apart[i, n])) for i, (f, n) in enumerate(zip(found, near, strict=True))]

    def motion(self) -> Float[np.ndarray, "couples"]:
        """How many grey levels what moves most changes, between two frames of a clip: of one pixel in 200."""
        both = [couple for couple in self.plan.couples if self._alike(couple)]
        coarse = {frame: _coarse(self._small[frame]) for frame in {frame for couple in both for frame in couple}}
        return np.array([np.percentile(np.abs(coarse[a] - coarse[b]), 99.5) for a, b in both])

    def extents(self) -> Float[np.ndarray, "frames"]:
        """Which share of the picture the box around what moves takes, in clips whose background stands still.

        Nothing is said of clips of which fewer than 8 frames are looked at, and of frames where nothing moves.
        """
        shares: list[float] = []
        for clip in self.plan.clips:
            frames = [frame for frame in clip if frame in self._small]
            if len(frames) >= 8 and self._alike(frames):
                shares += moving([self._small[frame] for frame in frames])
        return np.array(shares)

    def _alike(self, frames: Sequence[int]) -> bool:
        """Whether they could be read, and have one size."""
        shapes = {self._small[frame].shape if frame in self._small else None for frame in frames}
        return len(shapes) == 1 and None not in shapes


def moving(clip: Sequence[Grey]) -> list[float]:
    """For each frame of a clip in which something moves: the share of the picture that the box around it takes."""
    import cv2

    apart = np.abs(np.stack(clip) - np.median(clip, axis=0))
    if np.median(apart) > STEADY:
        return []
    shares = []
    for frame in apart:
        speckless = cv2.morphologyEx((frame > MOVED).astype(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
        rows, columns = np.nonzero(speckless)
        if len(rows):
            (left, right), (top, bottom) = (np.percentile(places, [2, 98]) for places in (columns, rows))
            shares.append(float((right - left + 1) * (bottom - top + 1) / frame.size))
    return shares


def outside_of(dataset: Dataset, frames: np.ndarray, sizes: np.ndarray) -> tuple[list[int], int]:
    """A frame for each annotated point that lies outside its picture; and how many points are known in all.

    Args:
        dataset: Annotates the frames.
        frames: Their indices.
        sizes: (width, height) of each.
    """
    outside: list[int] = []
    known = 0
    for index, size in zip(frames.tolist() if dataset.points else (), sizes, strict=False):
        points = np.asarray(dataset.annotation(index), np.float64)
        points = points[~np.isnan(points).any(1)]
        known += len(points)
        outside += [index] * int(((points < -0.5) | (points > size - 0.5)).any(1).sum())
    return outside, known


def shrunk(frame: np.ndarray, side: int) -> Grey:
    """A frame in grey, its longest side at most `side`."""
    import cv2

    grey = cv2.cvtColor(np.ascontiguousarray(frame), cv2.COLOR_RGB2GRAY)
    scale = side / max(grey.shape)
    height, width = (max(1, round(length * scale)) for length in grey.shape)
    return resized(grey, width, height) if scale < 1 else grey


def resized(grey: np.ndarray, width: int, height: int) -> np.ndarray:
    """Averaged over areas where it shrinks."""
    import cv2

    return cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA)


def coloured(frame: np.ndarray) -> bool:
    """Whether a frame is more than grey: JPEG may give a grey picture a tint of a few levels."""
    some = frame[:: max(1, frame.shape[0] // SIDE), :: max(1, frame.shape[1] // SIDE)].astype(np.int16)
    return bool(np.percentile(some.max(-1) - some.min(-1), 99) > 8)


def _coarse(grey: Grey) -> np.ndarray:
    scale = COARSE / max(grey.shape)
    return resized(grey, *(max(1, round(length * scale)) for length in grey.shape[::-1])).astype(np.int16)
