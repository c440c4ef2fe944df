"""What the sources of tracks name: videos, and runs of images in one folder."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from jaxtyping import Int

from unsuplmk.errors import UserError
from unsuplmk.frames.media import IMAGES, Video
from unsuplmk.types import Tracks

VIDEO = re.compile(r"(?P<name>.+):(?P<frame>\d{1,9})(?:#(?P<track>.+))?", re.DOTALL)
IMAGE = re.compile(
    rf"(?P<name>.+(?:{'|'.join(map(re.escape, sorted(IMAGES)))}))(?:#(?P<track>.+))?", re.IGNORECASE | re.DOTALL
)


@dataclass(frozen=True)
class Footage:
    """One video, or images of one folder and one size, and the rows of tracks that are of it.

    Args:
        name: The video, or the folder; as the sources name it.
        images: The images, in order; none where it is a video.
        rows: Of the tracks.
        frames: The frame that each row is of; of images, the number of the image.
        tracks: Which of several objects each row shows; empty where nobody says.
        size: (width, height) of a frame, in pixels.
    """

    name: str
    images: tuple[str, ...]
    rows: Int[np.ndarray, "rows"]
    frames: Int[np.ndarray, "rows"]
    tracks: tuple[str, ...]
    size: tuple[int, int]

    @property
    def files(self) -> list[str]:
        """The video, or the images, where they really are; by the name alone what is not there."""
        return [os.path.abspath(name) if os.path.isfile(name) else name for name in self.images or (self.name,)]

    def rate(self, fps: float) -> float:
        """Frames a second: those of the tracks, else the video's own if it is there; 0 where nobody knows."""
        if fps or self.images or not os.path.isfile(self.name):
            return fps
        try:
            video = Video(self.name)
        except UserError:
            return 0.0
        video.close()
        return video.fps


def footage(tracks: Tracks) -> list[Footage]:
    """The footage of tracks, in the order in which it first appears there."""
    found = [_parsed(source) for source in tracks.source]
    videos: dict[str, list[int]] = {}
    pieces: list[tuple[int, Footage]] = []
    stills = [row for row, (_, frame, _) in enumerate(found) if frame < 0]
    for row, (name, frame, _) in enumerate(found):
        if frame >= 0:
            videos.setdefault(name, []).append(row)
    for name, rows in videos.items():
        frames = np.array([found[row][1] for row in rows], np.int64)
        pieces.append((rows[0], _footage(tracks, name, (), rows, frames, [found[row][2] for row in rows])))

    def run(place: int) -> tuple[str, tuple[int, ...], int]:
        row = stills[place]
        return os.path.dirname(found[row][0]), tuple(tracks.size[row].tolist()), row - place

    for (folder, *_), group in groupby(range(len(stills)), run):
        rows = [stills[place] for place in group]
        images = dict.fromkeys(found[row][0] for row in rows)
        number = {image: place for place, image in enumerate(images)}
        frames = np.array([number[found[row][0]] for row in rows], np.int64)
        pieces.append((rows[0], _footage(tracks, folder, tuple(images), rows, frames, [found[r][2] for r in rows])))
    return [piece for _, piece in sorted(pieces, key=lambda pair: pair[0])]


def joined(name: str, track: str) -> str:
    """The source of a row, from the name of its frame and its track, if it has one."""
    return f"{name}#{track}" if track else name


def _footage(
    tracks: Tracks, name: str, images: tuple[str, ...], rows: list[int], frames: np.ndarray, which: Sequence[str]
) -> Footage:
    width, height = tracks.size[rows[0]].tolist()
    return Footage(name, images, np.array(rows, np.int64), frames, tuple(which), (width, height))


def _parsed(source: str) -> tuple[str, int, str]:
    """The file, its frame or -1 for an image, and the track."""
    video = VIDEO.fullmatch(source)
    if video:
        return video["name"], int(video["frame"]), video["track"] or ""
    image = IMAGE.fullmatch(source)
    return (image["name"], -1, image["track"] or "") if image else (source, -1, "")
