"""Many frames of a dataset read in parallel, each handed on as it comes; those that cannot be read are told."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np

from unsuplmk.errors import UserError
from unsuplmk.interfaces import Dataset

Use = Callable[[int, np.ndarray], None]
"""Given the place of a frame in what was asked for, and the frame; called from several threads."""
Progress = Callable[[int, int], None]
"""Told how many frames are done, of how many."""


def silent(done: int, total: int) -> None:
    """Tells nobody."""


def each(
    dataset: Dataset, indices: Sequence[int] | np.ndarray, use: Use, progress: Progress = silent
) -> dict[int, str]:
    """Read frames in blocks, each in order by one thread: videos are rarely sought in.

    Args:
        dataset: Where they come from.
        indices: Which; best in ascending order.
        use: What to do with each.
        progress: See `Progress`.

    Returns:
        Why each unreadable frame could not be read, by index, in the order asked for.
    """
    count, threads = len(indices), min(16, os.cpu_count() or 1)
    block = int(np.clip(count // (4 * threads), 16, 256))
    faults: dict[int, str] = {}

    def work(start: int) -> dict[int, str]:
        found = {}
        for place in range(start, min(start + block, count)):
            index = int(indices[place])
            try:
                use(place, dataset.read(index))
            except UserError as error:
                found[index] = str(error)
        return found

    with ThreadPoolExecutor(threads) as pool, _few_threads():
        try:
            for number, found in enumerate(pool.map(work, range(0, count, block)), 1):
                faults |= found
                progress(min(number * block, count), count)
        except BaseException:  # Ctrl-C too: the blocks that wait are not begun
            pool.shutdown(cancel_futures=True)
            raise
    return faults


@contextmanager
def _few_threads() -> Iterator[None]:
    """One OpenCV thread for each of ours."""
    import cv2

    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)
