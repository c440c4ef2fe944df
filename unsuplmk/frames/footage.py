"""Frames that lie in video files and in folders of images, one file or folder after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

import numpy as np

from unsuplmk.errors import UserError
from unsuplmk.files.folders import files, subfolders
from unsuplmk.frames.clips import Clips
from unsuplmk.frames.counting import frames_of
from unsuplmk.frames.media import IMAGES, VIDEOS, read_image
from unsuplmk.frames.videos import Videos


@dataclass(frozen=True)
class Take:
    """A video file, or a folder of frames.

    Args:
        path: Of it.
        images: The frames by name, in order; none for a video file.
    """

    path: Path
    images: tuple[str, ...] = ()


def takes(folder: Path) -> list[Take]:
    """The video files in a folder, then its sub-folders that hold images; each in natural order.

    Raises:
        UserError: There is no such folder, or it cannot be read.
    """
    videos = [Take(folder / name) for name in files(folder, VIDEOS)]
    return videos + [take for name in subfolders(folder) for take in images(folder / name)]


def images(folder: Path) -> list[Take]:
    """The images that lie in a folder itself, as one take; none if there are none.

    Raises:
        UserError: There is no such folder, or it cannot be read.
    """
    names = files(folder, IMAGES)
    return [Take(folder, tuple(names))] if names else []


@final
class Footage:
    """The frames of takes by one index.

    A broken video stands as one frame that cannot be read.

    Args:
        folder: That all takes lie in; kept once, not for every one of a million.
        takes: In the order of their frames.

    Attributes:
        takes: The frames of each take, as ranges of indices.

    Raises:
        UserError: There are videos, and PyAV is not installed.
    """

    def __init__(self, folder: Path, takes: Sequence[Take]) -> None:
        self._folder = folder
        self._paths = [str(take.path.relative_to(folder)) for take in takes]
        self._images = {number: take.images for number, take in enumerate(takes) if take.images}
        counts = np.array([len(take.images) for take in takes], np.int64)
        counts[counts == 0] = frames_of([take.path for take in takes if not take.images])
        self.takes = Clips(counts)
        self._videos = Videos()

    def __len__(self) -> int:
        return self.takes.frames

    def take(self, index: int) -> int:
        """Which take frame `index` is of."""
        return self.takes.find(index)[0]

    def path(self, take: int) -> Path:
        """The path of a take."""
        return self._folder / self._paths[take]

    def read(self, index: int) -> np.ndarray:
        """Frame `index`; those of a video are fast in order and exact in any order.

        Raises:
            UserError: It cannot be read.
        """
        take, frame = self.takes.find(index)
        path = self.path(take)
        if take in self._images:
            return read_image(path / self._images[take][frame])
        video = self._videos[path]
        if frame >= len(video):
            raise UserError(f"cannot read frame {frame} of {path}: it has {len(video)}, fewer than its head says")
        return video.read(frame)

    def name(self, index: int) -> str:
        """The image's path, or `video.mp4:frame`."""
        take, frame = self.takes.find(index)
        path = self.path(take)
        return str(path / self._images[take][frame]) if take in self._images else f"{path}:{frame}"
