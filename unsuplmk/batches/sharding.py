"""One shard of a dataset: written under a temporary name and renamed when it is whole, or found again."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np

from unsuplmk.batches.shards import Contents, Shard, encoded, mapped, require_pyarrow, schema
from unsuplmk.checkpoint import write_atomically
from unsuplmk.errors import UserError
from unsuplmk.frames.clips import Clips
from unsuplmk.frames.prepare import Fit
from unsuplmk.interfaces import Dataset
from unsuplmk.ops.coordinates import to_pixels

HELD = 2**26
"""Bytes of pixels whose rows are held in memory until they are written."""


@dataclass(frozen=True)
class Written:
    """What is known of a shard that is whole.

    Args:
        shard: For the contents.
        clips: Number of the clip of each run of rows, in the data that is prepared.
        counts: How many rows each run has.
        skipped: Why frames of its range are left out, by their number.
        made: Whether it was written just now.
    """

    shard: Shard
    clips: np.ndarray
    counts: np.ndarray
    skipped: Mapping[int, str]
    made: bool


@final
class Writer:
    """Writes one shard after another, or finds that it is there."""

    def __init__(self, dataset: Dataset, folder: Path, fit: Fit, plan: Contents, before: tuple[Shard, ...]) -> None:
        self.dataset, self.folder, self.fit, self.plan = dataset, folder, fit, plan
        self._before = {shard.file: shard for shard in before}
        self._clips = Clips.of(dataset.clips)

    def file(self, number: int) -> str:
        """The name of a shard."""
        return f"{number:05}.arrow"

    def __call__(self, number: int) -> Written:
        """The shard with a number, made if it is not there.

        Raises:
            UserError: It cannot be written, or holds other frames than the data.
        """
        path = self.folder / self.file(number)
        found = self._found(path, number)
        if found is not None:
            return found
        write_atomically(path, lambda draft: self._make(draft, number))
        return _examined(path, made=True)

    def _found(self, path: Path, number: int) -> Written | None:
        """What is there already; nothing if it is damaged."""
        if not path.is_file():
            return None
        try:
            found = _examined(path, made=False)
        except UserError:
            return None
        if path.name in self._before and self._before[path.name] != found.shard:
            return None
        frames = [index for index in self._range(number) if index not in found.skipped]
        names = mapped(path)["name"].to_pylist()
        if names != [self.dataset.name(index) for index in frames]:
            raise UserError(f"{path} holds other frames than the data has now: prepare it into another --out")
        return found

    def _range(self, number: int) -> range:
        return range(len(self.dataset))[number * self.plan.shard_frames : (number + 1) * self.plan.shard_frames]

    def _make(self, path: Path, number: int) -> None:
        arrow, columns = require_pyarrow(), schema(self.plan)
        held = max(16, HELD // (3 * self.fit.size**2))
        rows: list[dict[str, Any]] = []
        skipped: dict[int, str] = {}
        with path.open("wb") as file:
            with arrow.ipc.new_file(file, columns) as writer:
                for index in self._range(number):
                    try:
                        rows.append(self._row(index))
                    except UserError as error:
                        skipped[index] = str(error)
                    if len(rows) == held:
                        writer.write_batch(arrow.RecordBatch.from_pylist(rows, columns))
                        rows.clear()
                # the last batch says what is missing: known only now, and whole with the file
                last = arrow.RecordBatch.from_pylist(rows, columns)
                writer.write_batch(last, custom_metadata={"skipped": json.dumps(skipped)})
            file.flush()
            os.fsync(file.fileno())  # after a power cut too, a file with its own name is whole

    def _row(self, index: int) -> dict[str, Any]:
        image, dataset = self.dataset.read(index), self.dataset
        seconds, tags = dataset.seconds(index), dataset.tags(index)
        row = {
            "image": encoded(self.fit(image), self.plan.encoding, self.plan.quality),
            "clip": self._clips.find(index)[0],
            "name": dataset.name(index),
            "seconds": None if math.isnan(seconds) else seconds,
            "tags": json.dumps(dict(tags), ensure_ascii=False) if tags else None,
        }
        if self.plan.points:
            inside = self.fit.to_square(dataset.annotation(index), (image.shape[1], image.shape[0]))
            row["points"] = to_pixels(inside, (self.fit.size, self.fit.size)).ravel()
        return row


def _examined(path: Path, *, made: bool) -> Written:
    """What a whole shard holds.

    Raises:
        UserError: It cannot be read.
    """
    arrow, table = require_pyarrow(), mapped(path)
    clip = table["clip"].to_numpy()
    starts = np.flatnonzero(np.diff(clip, prepend=-1))
    with arrow.memory_map(str(path)) as source:
        reader = arrow.ipc.open_file(source)
        about = reader.get_batch_with_custom_metadata(reader.num_record_batches - 1).custom_metadata
    skipped = {int(index): why for index, why in json.loads(about["skipped"]).items()}
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    shard = Shard(file=path.name, frames=len(clip), bytes=path.stat().st_size, sha256=digest)
    return Written(shard, clip[starts], np.diff(starts, append=len(clip)), skipped, made)
