"""Networks side by side on a processor: each thread takes items of its own, and their results come in order.

Threads that share the operations of one network wait for each other at every one of them, and spin as they do; beside
a decoder, or any other program, all wait for the one that has lost its core. Threads with images of their own do not.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from queue import SimpleQueue
from typing import TypeVar

import numpy as np
import torch

Item = TypeVar("Item")
Result = TypeVar("Result")
MOST = 8
"""Networks at once, since each needs memory; where torch has more threads, each network gets several."""
STARTING = threading.Lock()
"""Held while torch's number of threads is another for a moment."""


def shares() -> int:
    """How many networks may work at once: one for each of torch's threads, as far as each can have its own number."""
    # other backends than OpenMP have one number for the whole process; autocast is the calling thread's own
    apart = "backend: OpenMP" in torch.__config__.parallel_info() and not torch.is_autocast_enabled("cpu")
    return min(torch.get_num_threads(), MOST) if apart else 1


def keep_memory() -> None:
    """Let the C library keep what a forward pass frees for the next one, which has its pages at once then.

    glibc gives freed memory back to the system above a threshold, which grows with the largest block of less than 32
    MiB that came from the system and is freed. Otherwise threads spend up to as long on pages as on networks.
    """

    def free_large() -> None:
        with suppress(MemoryError):
            _ = [np.empty(31 * 2**20, np.uint8) for _ in range(4)]  # none of their pages is touched

    # a thread has too little memory of its own to take them all from there
    thread = threading.Thread(target=free_large)
    thread.start()
    thread.join()


@contextmanager
def abreast(works: Sequence[Callable[[Item], Result]]) -> Iterator[Callable[[Item], Callable[[], Result]]]:
    """What takes an item, and gives back what waits for its result.

    One work is done where its result is asked for, with all of torch's threads. Of several each has a thread, which
    starts at once and has its share of torch's; torch's own setting stays as it is.

    Args:
        works: Copies of one and the same, none of which is ever called by two threads at a time.
    """
    if len(works) == 1:
        yield lambda item: partial(works[0], item)
        return
    free: SimpleQueue[Callable[[Item], Result]] = SimpleQueue()
    for one in works:
        free.put(one)

    def do(item: Item) -> Result:
        work = free.get()
        try:
            return work(item)
        finally:
            free.put(work)

    pool = _pool(len(works))
    try:
        yield lambda item: pool.submit(do, item).result
    finally:
        pool.shutdown(cancel_futures=True)


def _pool(count: int) -> ThreadPoolExecutor:
    """Threads that have begun, each with its share of torch's."""
    with STARTING:
        threads = torch.get_num_threads()
        pool = ThreadPoolExecutor(count, "network", _take, (max(1, threads // count),))
        begun = threading.Barrier(count + 1)
        try:
            for _ in range(count):
                pool.submit(begun.wait)
            begun.wait()
        finally:
            torch.set_num_threads(threads)
    return pool


def _take(share: int) -> None:
    """Set the number of this thread, which torch takes from the process's once, when the thread first asks."""
    torch.set_num_threads(share)  # the process's, too
    torch.get_num_threads()
