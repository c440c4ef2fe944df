"""A dataset written as shards by several processes; what was interrupted goes on where it stopped."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from unsuplmk.batches.pack import NAMED
from unsuplmk.batches.parallel import ordered
from unsuplmk.batches.sharding import Writer, Written
from unsuplmk.batches.shards import CLIPS, CONTENTS, MAGIC, VERSION, Contents, Encoding, Shard, require_pyarrow
from unsuplmk.checkpoint import write_atomically
from unsuplmk.console import Console, Silent
from unsuplmk.errors import UserError
from unsuplmk.frames.prepare import Fit
from unsuplmk.interfaces import Dataset

SKIPPED = "skipped.txt"
"""Why frames were left out, one a line."""
_LATE = {"complete", "frames", "clips", "skipped", "shards", "fps"}
"""What is not known of the contents before all is done."""


def write(
    dataset: Dataset,
    folder: Path,
    fit: Fit,
    *,
    encoding: Encoding = "jpeg",
    quality: int = 95,
    shard_frames: int = 4096,
    workers: int = 0,
    resume: bool = False,
    data: str = "",
    options: Mapping[str, Any] | None = None,
    crop: Mapping[str, Any] | None = None,
    console: Console | None = None,
) -> Contents:
    """Write every frame of a dataset, square, into a folder; those that cannot be read are told and left out.

    Args:
        dataset: The frames.
        folder: Where to; see `unsuplmk.batches.shards`.
        fit: How frames are made square.
        encoding: jpeg, png or raw.
        quality: Of JPEG, in percent.
        shard_frames: Frames of the dataset that go into one file.
        workers: Processes that read and write; 0 for this one.
        resume: Go on in a folder that is not complete; or check one that is, and make again what is damaged.
        data: What the dataset is called, for the record.
        options: Its options, for the record.
        crop: What was cut out of it, for the record.
        console: Who is told.

    Raises:
        UserError: Nothing can be read or written, or the folder holds something else.
        KeyboardInterrupt: Ctrl-C came; the message says how much is there.
    """
    if not len(dataset):
        raise UserError("the data holds no frames")
    require_pyarrow()
    plan = Contents(
        format=MAGIC, version=VERSION, data=data, options=dict(options or {}), crop=dict(crop or {}),
        size=fit.size, fit=fit.mode, encoding=encoding, quality=quality if encoding == "jpeg" else 0,
        points=dataset.points, source_frames=len(dataset), shard_frames=shard_frames,
    )  # fmt: skip
    before = _begin(folder, plan, resume)
    work = Writer(dataset, folder, fit, plan, before)
    found = _all(work, workers, console or Silent())
    frames = sum(written.shard.frames for written in found)
    skipped = {index: why for written in found for index, why in written.skipped.items()}
    if not frames:
        raise UserError(f"none of the {len(dataset)} frames can be read; the first: {next(iter(skipped.values()))}")
    ends = _ends(found)
    done = plan.model_copy(update={
        "complete": True, "frames": frames, "clips": len(ends), "skipped": len(skipped), "fps": dataset.fps,
        "shards": tuple(written.shard for written in found),
    })  # fmt: skip
    write_atomically(folder / CLIPS, lambda path: np.save(path, ends))
    if skipped:
        lines = "".join(f"{' '.join(why.split())}\n" for why in skipped.values())
        write_atomically(folder / SKIPPED, lambda path: path.write_text(lines, "utf-8"))
    _record(folder, done)
    return done


def _record(folder: Path, contents: Contents) -> None:
    text = contents.model_dump_json(indent=1)
    write_atomically(folder / CONTENTS, lambda path: path.write_text(text, "utf-8"))


def _begin(folder: Path, plan: Contents, resume: bool) -> tuple[Shard, ...]:
    """Start a folder, or see that it is the one that was begun; returns the shards that are known to be whole."""
    if not resume:
        if (folder / CONTENTS).is_file():
            raise UserError(f"{folder} holds prepared data: add --resume to go on with it, or choose another --out")
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UserError(f"{folder} is there already and holds something else: choose another --out")
        _record(folder, plan)
        return ()
    before = Contents.read(folder)
    then, now = (contents.model_dump(mode="json", exclude=_LATE) for contents in (before, plan))
    changed = [f"{key} {then[key]!r}, not {now[key]!r}" for key in now if then[key] != now[key]]
    if changed:
        raise UserError(f"{folder} was begun with {', '.join(changed)}: give the same, or choose another --out")
    for left in folder.glob(".*.part*"):
        left.unlink(missing_ok=True)
    return before.shards


def _all(work: Writer, workers: int, console: Console) -> list[Written]:
    """Every shard, written or found."""
    total = len(work.dataset)
    files = [work.folder / work.file(number) for number in range(math.ceil(total / work.plan.shard_frames))]
    found: list[Written] = []
    told, made, since = 0, 0, time.perf_counter()
    console.start(total, 0, f"{total:,} frames in {len(files)} shards, {_whole(files)} of which are there")
    try:
        for written in ordered(work, range(len(files)), workers):
            found.append(written)
            for why in list(written.skipped.values())[: max(0, NAMED - told)]:
                console.warn(why)
            told += len(written.skipped)
            made += written.shard.frames if written.made else 0
            pace = {"images/s": made / (time.perf_counter() - since)} if made else {}
            console.update(min(len(found) * work.plan.shard_frames, total), pace)
    except UserError as error:
        raise UserError(f"{error}; {_whole(files)} of {len(files)} shards are whole: go on with --resume") from None
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"{_whole(files)} of {len(files)} shards are whole: go on with --resume") from None
    finally:
        console.finish()
    if told:
        console.warn(f"{told:,} of {total:,} frames could not be read and are left out")
    return found


def _whole(files: list[Path]) -> int:
    return sum(path.is_file() for path in files)


def _ends(found: list[Written]) -> np.ndarray:
    """One past the last frame of each clip; a clip may go on in the next shard."""
    clips, counts = (np.concatenate([getattr(written, name) for written in found]) for name in ("clips", "counts"))
    last = np.diff(clips, append=-1) != 0
    return np.cumsum(counts, dtype=np.int64)[last]
