"""Many video files, a few of them open at a time."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from unsuplmk.frames.media import Video


class Videos:
    """Video files by path, each opened once in every thread, since decoders are not shared.

    Args:
        most: How many one thread keeps open.
    """

    def __init__(self, most: int = 4) -> None:
        self._most, self._threads = most, threading.local()

    def __getitem__(self, path: Path) -> Video:
        """The video of this path, opened if it is not.

        Raises:
            UserError: As `Video`.
        """
        opened: dict[Path, Video] = self._threads.__dict__.setdefault("opened", {})
        if path not in opened:
            if len(opened) >= self._most:
                opened.pop(next(iter(opened))).close()
            opened[path] = Video(path)
        return opened[path]

    def __reduce__(self) -> tuple[Any, ...]:
        return Videos, (self._most,)
