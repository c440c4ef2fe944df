"""Images and videos on disk: a folder, nested folders, video files, globs, or a mix."""

from __future__ import annotations

import glob
import math
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, final

import numpy as np
from pydantic import Field

from unsuplmk.errors import UserError
from unsuplmk.frames.clips import Clips
from unsuplmk.frames.media import ANIMATIONS, IMAGES, VIDEOS, Video, natural, read_image, require_av
from unsuplmk.frames.videos import Videos
from unsuplmk.interfaces import Dataset


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
    folders are ignored. An animated GIF is a video; of a TIFF with several pages the first is read.

    Args:
        path: A folder, an image, a video, or a glob.
        fps: Frames a second of folders of images; 0 where it is not known. Videos know their own.

    Raises:
        UserError: Nothing to read is there, or it is one video that cannot be read.
    """

    def __init__(self, path: str | Path, *, fps: Annotated[float, Field(ge=0, le=1e6)] = 0.0) -> None:
        root, found = _find(path)
        self._list = _counted(_group(root, found))
        self._clips = Clips(clip.frames for clip in self._list)
        self._fps = fps
        self._videos = Videos()
        self._times: dict[Path, np.ndarray] = {}

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
        """Frames a second of the video or of the folder of images, if it is one only; 0 otherwise."""
        if len(self._list) > 1:
            return 0.0
        (clip,) = self._list
        return self._videos[clip.files[0]].fps if clip.video else self._fps if clip.frames > 1 else 0.0

    def seconds(self, index: int) -> float:
        """By the times of a video's frames; by the option `fps` for images, NaN without it."""
        clip, frame = self._where(index)
        if not clip.video:
            return frame / self._fps if self._fps else math.nan
        path = clip.files[0]
        if path not in self._times:  # kept: they are asked for in any order, and come from the whole file
            try:
                self._times[path] = self._videos[path].times()
            except UserError:  # it stands as one frame, which cannot be read
                self._times[path] = np.full(clip.frames, np.nan)
        return float(self._times[path][frame])

    def _where(self, index: int) -> tuple[_Clip, int]:
        clip, frame = self._clips.find(index)
        return self._list[clip], frame


def _find(path: str | Path) -> tuple[Path, list[Path]]:
    """The folder that single images lie in, and all images and videos."""
    known = f"images ({' '.join(sorted(IMAGES))}) or videos ({' '.join(sorted(VIDEOS))})"
    start = Path(path).expanduser()
    if os.path.isfile(start):  # which, unlike pathlib's, never raises
        if _kind(start) is None:
            raise UserError(f"{path} is neither an image nor a video by its suffix; known: {known}")
        return start.parent, [start]
    if os.path.isdir(start):
        root, found = start, list(_walk(start, set()))
    elif not glob.has_magic(str(start)):
        raise UserError(f"cannot read {path}: {_fault(start)}")
    else:
        matches = [Path(match) for match in glob.glob(str(start), recursive=True)]
        if not matches:
            raise UserError(f"nothing matches {path}")
        fixed = next(i for i, part in enumerate(start.parts) if glob.has_magic(part))
        root, seen = Path(*start.parts[:fixed]), set()
        found = [file for match in matches for file in (_walk(match, seen) if os.path.isdir(match) else [match])]
    found = [file for file in dict.fromkeys(found) if _kind(file)]
    if not found:
        raise UserError(f"no {known} in {path}")
    return root, sorted(found, key=natural)


def _walk(folder: Path, seen: set[str]) -> Iterator[Path]:
    """All visible files below a folder; links are followed, but no folder is entered twice.

    A link that leads nowhere, or to itself, is a file that cannot be read: it is named when it is.
    """
    real = os.path.realpath(folder)
    if real in seen:
        return
    seen.add(real)
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: natural(entry.name))
    except OSError as error:
        raise UserError(f"cannot list {folder}: {error.strerror}") from None
    for path in (folder / entry.name for entry in entries if not entry.name.startswith(".")):
        if os.path.isdir(path):
            yield from _walk(path, seen)
        elif os.path.isfile(path) or not os.path.exists(path):  # no pipes and devices, which would wait for ever
            yield path


def _fault(path: Path) -> str:
    """Why there is nothing at a path."""
    try:
        os.stat(path)
    except OSError as error:
        return error.strerror or str(error)
    return "it is neither a file nor a folder"


def _kind(path: Path) -> str | None:
    suffix = path.suffix.lower()
    return "image" if suffix in IMAGES else "video" if suffix in VIDEOS | ANIMATIONS else None


def _group(root: Path, found: Sequence[Path]) -> list[_Clip]:
    folders: dict[Path, list[Path]] = {}
    for file in found:
        single = _kind(file) == "video" or file.parent == root
        folders.setdefault(file if single else file.parent, []).append(file)
    return [_Clip(tuple(files), len(files), _kind(files[0]) == "video") for files in folders.values()]


def _counted(clips: Sequence[_Clip]) -> list[_Clip]:
    """The clips, videos with their number of frames; one of several that is broken stands as one unreadable frame."""
    videos = {clip.files[0] for clip in clips if clip.video}
    if not videos:
        return list(clips)
    require_av()

    def count(path: Path) -> int:
        try:
            video = Video(path)
        except UserError:
            if len(clips) == 1:
                raise
            return 1
        frames = len(video)
        video.close()
        return frames

    # the decoder's library works outside of Python's lock, and mostly waits for the disk
    with ThreadPoolExecutor(min(16, 4 * (os.cpu_count() or 1))) as pool:
        frames = dict(zip(videos, pool.map(count, videos), strict=True))
    return [_Clip(clip.files, frames[clip.files[0]], True) if clip.video else clip for clip in clips]
