"""How many frames videos hold, from the heads of their files where these say it, several files at a time."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from unsuplmk.errors import UserError
from unsuplmk.frames.media import Video, require_av

HEADS = frozenset([".mp4", ".m4v", ".mov"])
"""Suffixes of files whose head lists every frame."""


def frames_of(videos: Sequence[Path]) -> list[int]:
    """The number of frames of each video; 1 of a broken one, so that it stands as one frame that cannot be read.

    Raises:
        UserError: There are videos, and PyAV is not installed.
    """
    if not videos:
        return []
    require_av()
    # the decoder's library works outside of Python's lock, and mostly waits for the disk
    with ThreadPoolExecutor(min(32, 4 * (os.cpu_count() or 1))) as pool:
        return list(pool.map(_frames, videos))


def _frames(path: Path) -> int:
    return _head(path) or _whole(path)


def _head(path: Path) -> int:
    """What the head says; 0 where it says nothing."""
    av = require_av()
    if path.suffix.lower() not in HEADS:
        return 0
    try:
        with av.open(str(path)) as container:
            return container.streams.video[0].frames if container.streams.video else 0
    except (av.error.FFmpegError, OSError):
        return 0


def _whole(path: Path) -> int:
    try:
        video = Video(path)
    except UserError:
        return 1
    frames = len(video)
    video.close()
    return frames
