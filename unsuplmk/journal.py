"""What a prediction has found so far, kept beside its output, so that an interrupted one goes on where it stopped."""

from __future__ import annotations

import glob
import hashlib
import os
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import final

import numpy as np
from jaxtyping import Float, Int

from unsuplmk.checkpoint import write_atomically
from unsuplmk.datasets.cropped import Cropped
from unsuplmk.errors import UserError
from unsuplmk.frames.prepare import Fit
from unsuplmk.frames.sources import is_glob, resolve
from unsuplmk.interfaces import Dataset

EVERY = 16
"""Batches from one file of the journal to the next: what is lost at most, and how rarely it costs anything."""


@final
@dataclass(frozen=True)
class Found:
    """Landmarks of some frames in a row, in the network's coordinates.

    Args:
        start: The first frame that was looked at.
        stop: One past the last.
        index: Those that could be read.
        xy: Their landmarks.
        score: Confidence of each.
        size: (width, height) of the frames.
        seen: (width, height) of what was made square: of what is cut out of them.
    """

    start: int
    stop: int
    index: Int[np.ndarray, "frames"]
    xy: Float[np.ndarray, "frames landmarks 2"]
    score: Float[np.ndarray, "frames landmarks"]
    size: Int[np.ndarray, "frames 2"]
    seen: Int[np.ndarray, "frames 2"]


ARRAYS = ("index", "xy", "score", "size", "seen")


def joined(parts: list[Found]) -> Found:
    """Parts that follow one another, as one."""
    arrays = {name: np.concatenate([getattr(part, name) for part in parts]) for name in ARRAYS}
    return Found(parts[0].start, parts[-1].stop, **arrays)


@final
class Journal:
    """A folder of small files, each written at once and whole; it is made when there is something to keep.

    Args:
        folder: Where; `unsuplmk predict --out x.csv` takes `.x.csv.part` beside it.
        source: What is predicted, if it is a path: files that have changed since are not gone on with.
        every: Batches a file.
        report: Called with one line where something is gone on with, or dropped.

    Raises:
        UserError: Something else is at `folder`.
    """

    def __init__(
        self, folder: Path, source: str | Path = "", every: int = EVERY, report: Callable[[str], object] = print
    ) -> None:
        if folder.exists() and not folder.is_dir():
            raise UserError(f"{folder} is where a prediction keeps what it has found, but it is a file: move it away")
        self.folder, self._every, self._report = folder, every, report
        self._stamps = list(stamps(source)) if source else []
        self._key = ""
        self._waiting: list[Found] = []
        self.kept = 0

    def resume(self, key: str, frames: int) -> list[Found]:
        """What an earlier prediction has found of the same; what is another's is dropped.

        Args:
            key: From `fingerprint`.
            frames: How many there are to be.
        """
        self._key = hashlib.sha256(repr((key, self._stamps)).encode()).hexdigest()
        found: list[Found] = []
        for path in self._files():
            part = self._read(path)
            if part is None or part.start != (found[-1].stop if found else 0) or part.stop > frames:
                break
            found.append(part)
        for path in self._files()[len(found) :]:
            path.unlink()
        self.kept = found[-1].stop if found else 0
        if found:
            self._report(f"going on after frame {self.kept} of {frames}, from {self.folder}")
        return found

    def add(self, part: Found) -> None:
        """Take what a batch gave; it is written with others.

        Raises:
            UserError: It cannot be written.
        """
        self._waiting.append(part)
        if len(self._waiting) >= self._every:
            self.flush()

    def flush(self) -> None:
        """Write what waits.

        Raises:
            UserError: It cannot be written; what was written before is still there.
        """
        if not self._waiting:
            return
        part = joined(self._waiting)
        arrays = {name: getattr(part, name) for name in ARRAYS}
        head = {"key": np.array(self._key), "range": np.array((part.start, part.stop))}
        path = self.folder / f"{part.start:012d}.npz"
        write_atomically(path, lambda temporary: np.savez(temporary, allow_pickle=False, **head, **arrays))
        self._waiting, self.kept = [], part.stop

    def remove(self) -> None:
        """The prediction is finished: nothing need be kept."""
        self._waiting = []
        for path in self._files():
            path.unlink()
        with suppress(OSError):  # it was never made, or somebody keeps something else in it
            self.folder.rmdir()

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob("[0-9]*.npz"))

    def _read(self, path: Path) -> Found | None:
        try:
            with path.open("rb") as handle, np.load(handle, allow_pickle=False) as file:
                if str(file["key"]) != self._key:
                    self._report(f"{self.folder} is of another prediction, of other weights, input or crop: dropped")
                    return None
                start, stop = file["range"].tolist()
                return Found(start, stop, **{name: file[name] for name in ARRAYS})
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            self._report(f"{path} is damaged: going on without it")
            return None


def fingerprint(network: Iterable[bytes], fit: Fit, dataset: Dataset) -> str:
    """What the landmarks depend on: the network's weights, how frames are made square, which frames there are.

    Args:
        network: Its weights.
        fit: Makes frames square.
        dataset: The frames, cut out if they are to be.
    """
    digest = hashlib.sha256(repr((fit, len(dataset))).encode())
    for piece in network:
        digest.update(piece)
    if isinstance(dataset, Cropped):
        digest.update(np.ascontiguousarray(dataset.edges, np.float64).tobytes())
    for index in range(len(dataset)):
        digest.update(dataset.name(index).encode() + b"\0")
    return digest.hexdigest()


def stamps(source: str | Path) -> Iterator[tuple[str, int, int]]:
    """Path, bytes and time of change of every file that a source means."""
    word = resolve(source).path
    roots = sorted(glob.glob(word)) if is_glob(word) else [word] if word else []
    for root in map(os.path.expanduser, roots):
        files = [root] if os.path.isfile(root) else (str(path) for path in sorted(Path(root).rglob("*")))
        for file in files:
            with suppress(OSError):
                found = os.stat(file)
                yield os.path.abspath(file), found.st_size, found.st_mtime_ns
