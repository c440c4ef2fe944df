"""Tracks in runs of consecutive frames, so that nothing is filtered from one video, or animal, into another."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Int

from unsuplmk.types import Tracks

FRAME = re.compile(r"(?:(?P<film>.*):)?(?P<frame>\d{1,9})(?:#(?P<animal>.+))?", re.DOTALL)
PICTURE = re.compile(r"(?P<picture>.+?)(?:#(?P<animal>[^#/\\]+))?", re.DOTALL)

Points = Float[np.ndarray, "frames landmarks 2"]
Scores = Float[np.ndarray, "frames landmarks"]
Filter = Callable[[Points, Scores], tuple[Points, Scores]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row of tracks stands in time.

    Args:
        film: The video, or whatever else its frames are numbered in.
        animal: Which of several it is; empty where nobody says.
        frame: Its number.
    """

    film: str
    animal: str
    frame: int


def places(tracks: Tracks) -> list[Place]:
    """Where each row stands, by its source.

    `video.mp4:3` and `3` are frames of a video; `#` and a name after it tell the animal. Images are one clip in their
    order where the tracks have a frame rate, and otherwise each is a film of its own. So are `#2`, the second box of a
    frame that has another without a name, and that other one: nobody knows whose they are.
    """
    sources = set(tracks.source)
    order: dict[str, int] = {}
    found = []
    for source in tracks.source:
        frame, image = FRAME.fullmatch(source), PICTURE.fullmatch(source)
        animal = (frame or image or {"animal": None})["animal"] or ""
        picture = source.removesuffix(f"#{animal}")
        if (animal.isdecimal() and picture in sources) or (not animal and f"{source}#2" in sources):
            found.append(Place(source, animal, 0))
        elif frame:
            found.append(Place(frame["film"] or "", animal, int(frame["frame"])))
        elif tracks.fps:
            found.append(Place("", animal, order.setdefault(picture, len(order))))
        else:
            found.append(Place(source, animal, 0))
    return found


def runs(tracks: Tracks) -> list[Int[np.ndarray, "_"]]:
    """The rows of each run: one video, one animal, frame after frame; every row is in one run, alone if need be."""
    groups: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for row, place in enumerate(places(tracks)):
        groups.setdefault((place.film, place.animal), []).append((place.frame, row))
    found = []
    for members in groups.values():
        frames, rows = np.array(sorted(members), np.int64).T
        found += np.split(rows, np.flatnonzero(np.diff(frames) != 1) + 1)
    return found


def filtered(tracks: Tracks, work: Filter) -> Tracks:
    """Tracks whose points and scores are what `work` makes of those of each run; a frame alone stays as it is."""
    xy, score = tracks.xy.copy(), tracks.score.copy()  # the given tracks are still the caller's
    for rows in runs(tracks):
        if len(rows) > 1:
            xy[rows], score[rows] = work(xy[rows], score[rows])
    return replace(tracks, xy=xy, score=score)


def known(xy: Float[np.ndarray, "*any 2"]) -> Bool[np.ndarray, "*any"]:
    """Which points are known: both coordinates are numbers."""
    return np.asarray(np.isfinite(xy).all(-1))
