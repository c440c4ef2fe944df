"""Images and videos on disk: a folder, nested folders, video files, globs, or a mix."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

import numpy as np

from unsuplmk.clips import Clips
from unsuplmk.errors import UserError
from unsuplmk.interfaces import Dataset
from unsuplmk.media import IMAGES, VIDEOS, Video, Videos, natural, read_image, require_av


@dataclass(frozen=True)
class _Clip:
    """The images of a clip in order, or one video with its number of frames."""

    files: tuple[Path, ...]
    frames: int
    video: bool


@final
class Files(Dataset):
    """Images and videos found under a path, in natural order.

    Every video is a clip, and so is every sub-folder that holds images. Images that lie in the folder itself (or
    match a glob whose last part alone has wildcards) are single frames, each a clip of its own. Hidden files and
    folders are ignored.

    Args:
        path: A folder, an image, a video, or a glob.

    Raises:
        UserError: Nothing to read is there, or it is one video that cannot be read.
    """

    def __init__(self, path: str | Path) -> None:
        root, found = _find(path)
        clips = _group(root, found)
        alone = len(clips) == 1
        self._list = [_counted(clip, alone) if clip.video else clip for clip in clips]
        self._clips = Clips(clip.frames for clip in self._list)
        self._videos = Videos()

    def __len__(self) -> int:
        return self._clips.frames

    @property
    def clips(self) -> Sequence[range]:
        """One range a video, a sub-folder of images, or a single image."""
        return self._clips

    def read(self, index: int) -> np.ndarray:
        """Frame `index`; frames of a video are fast in order and exact in any order."""
        clip, frame = self._where(index)
        return self._videos[clip.files[0]].read(frame) if clip.video else read_image(clip.files[frame])

    def name(self, index: int) -> str:
        """The image's path, or `video.mp4:frame`."""
        clip, frame = self._where(index)
        return f"{clip.files[0]}:{frame}" if clip.video else str(clip.files[frame])

    @property
    def fps(self) -> float:
        """Frames a second of the video, if it is one video only; 0 otherwise."""
        alone = len(self._list) == 1 and self._list[0].video
        return self._videos[self._list[0].files[0]].fps if alone else 0.0

    def _where(self, index: int) -> tuple[_Clip, int]:
        clip, frame = self._clips.find(index)
        return self._list[clip], frame


def _find(path: str | Path) -> tuple[Path, list[Path]]:
    """The folder that single images lie in, and all images and videos."""
    known = f"images ({' '.join(sorted(IMAGES))}) or videos ({' '.join(sorted(VIDEOS))})"
    start = Path(path).expanduser()
    if start.is_file():
        if _kind(start) is None:
            raise UserError(f"{path} is neither an image nor a video by its suffix; known: {known}")
        return start.parent, [start]
    if start.is_dir():
        root, found = start, list(_walk(start, set()))
    else:
        matches = [Path(match) for match in glob.glob(str(start), recursive=True)]
        if not matches:
            raise UserError(f"nothing matches {path}")
        fixed = next(i for i, part in enumerate(start.parts) if glob.has_magic(part))
        root, seen = Path(*start.parts[:fixed]), set()
        found = [file for match in matches for file in (_walk(match, seen) if match.is_dir() else [match])]
    found = [file for file in dict.fromkeys(found) if _kind(file)]
    if not found:
        raise UserError(f"no {known} in {path}")
    return root, sorted(found, key=natural)


def _walk(folder: Path, seen: set[str]) -> Iterator[Path]:
    """All visible files below a folder; links are followed, but no folder is entered twice."""
    real = os.path.realpath(folder)
    if real in seen:
        return
    seen.add(real)
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: natural(entry.name))
    except OSError as error:
        raise UserError(f"cannot list {folder}: {error.strerror}") from None
    for entry in entries:
        if not entry.name.startswith("."):
            if entry.is_dir():
                yield from _walk(folder / entry.name, seen)
            elif entry.is_file():
                yield folder / entry.name


def _kind(path: Path) -> str | None:
    suffix = path.suffix.lower()
    return "image" if suffix in IMAGES else "video" if suffix in VIDEOS else None


def _group(root: Path, found: Sequence[Path]) -> list[_Clip]:
    folders: dict[Path, list[Path]] = {}
    for file in found:
        single = _kind(file) == "video" or file.parent == root
        folders.setdefault(file if single else file.parent, []).append(file)
    return [_Clip(tuple(files), len(files), _kind(files[0]) == "video") for files in folders.values()]


def _counted(clip: _Clip, alone: bool) -> _Clip:
    """A video's clip with its number of frames; one of several that is broken stands as one unreadable frame."""
    require_av()
    try:
        video = Video(clip.files[0])
    except UserError:
        if alone:
            raise
        return clip
    frames = len(video)
    video.close()
    return _Clip(clip.files, frames, True)
