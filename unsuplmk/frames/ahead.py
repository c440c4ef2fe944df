"""Frames decoded and made square in a thread of their own, ahead of the network."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import TypeVar, final

import numpy as np
from jaxtyping import UInt8

from unsuplmk.datasets.cropped import Cropped
from unsuplmk.errors import UserError
from unsuplmk.frames.prepare import Fit
from unsuplmk.interfaces import Dataset

Item = TypeVar("Item")
AHEAD = 2
"""Chunks that are made while the network works."""


@final
@dataclass
class Chunk:
    """Frames made square, and what could not be read among them.

    Args:
        frames: What the network sees.
        sizes: (width, height) of the original frames.
        seen: (width, height) of what is made square: of what is cut out of them.
        index: The number of each.
        skipped: One message for each frame that cannot be read.
        start: The first frame that was looked at.
        stop: One past the last.
    """

    frames: list[UInt8[np.ndarray, "size size 3"]] = field(default_factory=list)
    sizes: list[tuple[int, int]] = field(default_factory=list)
    seen: list[tuple[int, int]] = field(default_factory=list)
    index: list[int] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    start: int = 0
    stop: int = 0


def chunks(dataset: Dataset, fit: Fit, batch: int, start: int = 0) -> Iterator[Chunk]:
    """The frames from number `start` on, so many at a time; the last chunk may be empty."""
    chunk = Chunk(start=start, stop=start)
    for index in range(start, len(dataset)):
        try:
            if isinstance(dataset, Cropped):
                frame = dataset.dataset.read(dataset.frame(index))
                picture = dataset.cut(index, frame)
            else:
                picture = frame = dataset.read(index)
        except UserError as error:
            chunk.skipped.append(str(error))
        else:
            chunk.frames.append(fit(picture))
            chunk.sizes.append((frame.shape[1], frame.shape[0]))
            chunk.seen.append((picture.shape[1], picture.shape[0]))
            chunk.index.append(index)
        chunk.stop = index + 1
        if len(chunk.frames) == batch:
            yield chunk
            chunk = Chunk(start=chunk.stop, stop=chunk.stop)
    yield chunk


def ahead(items: Iterator[Item], most: int = AHEAD) -> Generator[Item, None, None]:
    """The items, made in a thread of their own, so many before they are asked for; its exceptions arrive here."""
    made: queue.Queue[tuple[Item | None, BaseException | None]] = queue.Queue(most)
    stop = threading.Event()

    def put(item: Item | None, error: BaseException | None) -> None:
        while not stop.is_set():
            try:
                return made.put((item, error), timeout=0.1)
            except queue.Full:  # look again whether anyone still wants it
                continue

    def work() -> None:
        try:
            for item in items:
                put(item, None)
                if stop.is_set():
                    return
            put(None, None)
        except BaseException as error:
            put(None, error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        while True:
            item, error = made.get()
            if error is not None:
                raise error
            if item is None:
                return
            yield item
    finally:
        stop.set()
        thread.join()
