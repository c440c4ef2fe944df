"""All frames of a dataset decoded once, made square, and kept as one array: in memory, or in a file if large."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkstemp

import numpy as np

from unsuplmk.datasets.cropped import Cropped
from unsuplmk.errors import UserError
from unsuplmk.frames.clips import Clips
from unsuplmk.frames.lazy import Decoded, Frames, Names, Squares, Times, timeless
from unsuplmk.frames.prepare import Fit
from unsuplmk.frames.reading import each
from unsuplmk.interfaces import Dataset

MEMORY = 2 * 2**30
"""Bytes of frames that are kept in memory; more go into a file."""
PROBES = 8
"""Frames that are read to see whether a pack on disk is of the same pixels."""
NAMED = 5
"""Unreadable frames that are reported one by one."""


@dataclass(frozen=True)
class Pack:
    """Frames ready for training.

    Args:
        frames: RGB, in memory, mapped from a file, or decoded when they are asked for.
        clips: Indices into `frames`, each in the order of time; together all of them.
        names: Where each frame came from.
        skipped: One message for each frame that could not be read.
        seconds: When a frame was taken; see `Dataset.seconds`.
    """

    frames: Frames
    clips: Sequence[range]
    names: Sequence[str]
    skipped: tuple[str, ...]
    seconds: Callable[[int], float] = timeless


def pack(dataset: Dataset, fit: Fit, *, report: Callable[[str], None] = print) -> Pack:
    """Read every frame of a dataset; frames that cannot be read are reported, counted and left out.

    Above `MEMORY` bytes the frames lie in a file: under the user's cache folder, to be used again as long as the
    files are unchanged, or in a temporary one if the frames do not come from files. Nothing is read yet of a dataset
    that is square on disk.

    Raises:
        UserError: No frame can be read, or the disk is too full for the frames.
    """
    count = len(dataset)
    if not count:
        raise UserError("the data holds no frames")
    if isinstance(dataset, Squares):
        _compare(dataset.fit, fit, report)
        return Pack(Decoded(dataset, count, fit), dataset.clips, Names(dataset), (), Times(dataset, None))
    names = tuple(dataset.name(i) for i in range(count))
    shape = (count, fit.size, fit.size, 3)
    if np.prod(shape, dtype=np.int64) <= MEMORY:
        frames = np.empty(shape, np.uint8)
        skipped = _fill(frames, dataset, fit)
    else:
        frames, skipped = _on_disk(shape, dataset, fit, names, report)
    messages = tuple(skipped.values())
    for message in messages[:NAMED]:
        report(message)
    if len(messages) == count:
        raise UserError(f"none of the {count} frames can be read; the first: {messages[0]}")
    if not messages:
        return Pack(frames, dataset.clips, names, (), Times(dataset, None))
    report(f"{len(messages)} of {count} files could not be read and are left out")
    kept = np.array([i for i in range(count) if i not in skipped])
    clips, left = _regrouped(dataset.clips, kept), tuple(names[i] for i in kept)
    return Pack(frames[: len(kept)], clips, left, messages, Times(dataset, kept))


def _compare(there: Fit, asked: Fit, report: Callable[[str], None]) -> None:
    """Say where squares on disk are others than those that are asked for."""
    if there.size != asked.size:
        report(f"frames of {there.size} px are scaled to {asked.size} px whenever they are read: prepare them so")
    if there.mode != asked.mode:
        report(f"frames were prepared with --fit {there.mode}: take it here too, or new images are fitted otherwise")


def _fill(frames: np.ndarray, dataset: Dataset, fit: Fit) -> dict[int, str]:
    """Decode into `frames`; what was read moves to the front.

    Returns:
        Why each unreadable frame could not be read, by index.
    """
    count = len(dataset)

    def keep(place: int, frame: np.ndarray) -> None:
        frames[place] = fit(frame)

    skipped = each(dataset, range(count), keep)
    if skipped:
        for place, i in enumerate(i for i in range(count) if i not in skipped):
            frames[place] = frames[i]
    return skipped


def _regrouped(clips: Sequence[range], kept: np.ndarray) -> Clips:
    """The clips as ranges of the frames that are left; those with none disappear."""
    lengths = np.diff(np.searchsorted(kept, [clip.stop for clip in clips]), prepend=0)
    return Clips(lengths[lengths > 0])


def cache_folder() -> Path:
    """Where large packs lie: `$XDG_CACHE_HOME/unsuplmk`, or the platform's own cache folder."""
    home = os.environ.get("XDG_CACHE_HOME")
    if home:
        return Path(home) / "unsuplmk"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "unsuplmk" / "cache"
    return Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache") / "unsuplmk"


def _on_disk(
    shape: tuple[int, ...], dataset: Dataset, fit: Fit, names: Sequence[str], report: Callable[[str], None]
) -> tuple[np.ndarray, dict[int, str]]:
    """As `_fill`, in a file that the next run finds again."""
    folder, gigabytes = cache_folder(), np.prod(shape, dtype=np.int64) / 2**30
    key = _fingerprint(dataset, names, fit)
    done, facts = folder / f"{key}.npy", folder / f"{key}.json"
    if key and done.is_file() and facts.is_file():
        report(f"frames are read from {done}")
        return np.load(done, mmap_mode="r"), {int(i): text for i, text in json.loads(facts.read_text("utf-8")).items()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        if shutil.disk_usage(folder).free < 1.02 * gigabytes * 2**30:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        handle, name = mkstemp(prefix=f"{key or 'unnamed'}.", suffix=".partial", dir=folder)
        os.close(handle)
        partial = Path(name)
        try:
            report(f"{shape[0]} frames ({gigabytes:.1f} GiB) are decoded once into {done if key else partial}")
            frames = np.lib.format.open_memmap(partial, mode="w+", dtype=np.uint8, shape=shape)
            if hasattr(os, "posix_fallocate"):  # writing to a map of a full disk would kill the process
                with partial.open("r+b") as file:
                    os.posix_fallocate(file.fileno(), 0, partial.stat().st_size)
            skipped = _fill(frames, dataset, fit)
            frames.flush()
            if key:
                draft = partial.with_suffix(".facts")
                draft.write_text(json.dumps(skipped), "utf-8")
                draft.replace(facts)
                partial.replace(done)
            return frames, skipped
        finally:
            if os.name != "nt":  # where an open file may be removed: its pages live as long as the array
                partial.unlink(missing_ok=True)
    except OSError as error:
        raise UserError(
            f"cannot keep {gigabytes:.1f} GiB of decoded frames in {folder}: {error.strerror}; set XDG_CACHE_HOME to "
            "a folder with room, choose a smaller --size, or use fewer frames"
        ) from None


def _sweep(folder: Path) -> None:
    """Remove what runs killed more than a day ago left half written."""
    for partial in folder.glob("*.partial"):
        if time.time() - partial.stat().st_mtime > 86_400:
            partial.unlink(missing_ok=True)


def _fingerprint(dataset: Dataset, names: Sequence[str], fit: Fit) -> str:
    """Of the frames' names, their files' sizes and times, what is cut out, and the fit; empty if some are of no file.

    Options of a dataset decide pixels too (a crop, a turn), and a few frames show which: other options, other pixels.
    """
    digest = hashlib.sha256(f"{fit.size} {fit.mode}".encode())
    stamps: dict[str, str] = {}
    for name in names:
        file = next(filter(os.path.isfile, (name, name.rpartition("#")[0])), name.rpartition(":")[0])
        if file not in stamps:
            try:
                found = os.stat(file)
            except OSError:
                return ""
            stamps[file] = f"{os.path.realpath(file)} {found.st_size} {found.st_mtime_ns}"
        digest.update(f"{name}\0{stamps[file]}\0".encode("utf-8", "surrogateescape"))
    if isinstance(dataset, Cropped):
        digest.update(dataset.edges.tobytes())
    for index in np.unique(np.linspace(0, len(names) - 1, PROBES).astype(int)).tolist():
        try:
            digest.update(dataset.read(index).tobytes())
        except UserError as error:
            digest.update(str(error).encode("utf-8", "surrogateescape"))
    return digest.hexdigest()[:32]
