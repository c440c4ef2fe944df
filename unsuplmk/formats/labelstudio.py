"""Tracks as Label Studio's JSON of tasks: suggestions to correct, or labels."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, final
from urllib.parse import quote

import numpy as np

from unsuplmk.errors import UserError
from unsuplmk.files import labelstudio
from unsuplmk.files.labelstudio import FPS, KIND, NAMES
from unsuplmk.frames.origin import Origin, once, origins
from unsuplmk.interfaces import Format
from unsuplmk.types import Tracks

CONTROL, OBJECT = "landmarks", "image"


@final
class Labelstudio(Format):
    """Label Studio's JSON: a task an image, with keypoints in percent of its size, where 0 is its edge.

    https://labelstud.io/guide/predictions. Points are predictions with scores, which a person corrects there; or, as
    labels, annotations. The labelling setup needs `<KeyPointLabels name="landmarks" toName="image">` and
    `<Image name="image" value="$image"/>`. A missing point has no entry, and percentages give pixels back to 1e-9 or
    so. Names and rate are in the first task's `meta`. Files of others are read: points go by their labels.

    Args:
        labels: Whether to write annotations, which have no scores, rather than predictions.
        prefix: What goes before an image's path, as /data/local-files/?d= where Label Studio serves files of its disk.
    """

    suffixes: ClassVar[tuple[str, ...]] = (".json",)

    def __init__(self, *, labels: bool = False, prefix: str = "") -> None:
        self.labels, self.prefix = labels, prefix

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """A list of tasks, with annotations or predictions."""
        return labelstudio.looks_like(path)

    def read(self, path: Path) -> Tracks:
        """Read points that people placed, in tasks without any those that were suggested."""
        found = labelstudio.read(path, self.prefix)
        return Tracks(found.xy, found.scores, found.points, found.sizes, found.fps, tuple(found.images))

    def write(self, tracks: Tracks, path: Path) -> None:
        """Write a task for each picture, one a line."""
        if not tracks.source:
            raise UserError(
                "Label Studio's tasks are a list, and there are no frames: nothing would name the landmarks"
            )
        if len(set(tracks.names)) < len(tracks.names):
            raise UserError(f"Label Studio needs a label for each point, not {', '.join(tracks.names)}")
        found = origins(tracks.source)
        once(found, "a task of Label Studio")
        there = np.asarray(np.isfinite(tracks.xy).all(-1))
        unknown = np.asarray(there.any(1) & (tracks.size <= 0).any(1))
        if unknown.any():
            raise UserError(
                "Label Studio's points are in percent of the image's size, which is not known of "
                f"{int(unknown.sum())} of {len(unknown)} frames, such as {tracks.source[int(np.argmax(unknown))]}: "
                "these tracks come from a file that does not keep it"
            )
        with path.open("w", encoding="ascii", newline="\n") as file:
            for number, text in enumerate(map(json.dumps, self._tasks(tracks, found, there)), 1):
                file.write(("[" if number == 1 else ",\n") + text)
            file.write("]\n")

    def _tasks(self, tracks: Tracks, found: list[Origin], there: np.ndarray) -> Iterator[dict[str, Any]]:
        percent = ((tracks.xy + 0.5) / np.maximum(tracks.size, 1)[:, None] * 100).tolist()
        scores, sizes = tracks.score.tolist(), tracks.size.tolist()
        for row, (origin, places) in enumerate(zip(found, there.tolist(), strict=True)):
            width, height = sizes[row]
            common = {"original_width": width, "original_height": height, "image_rotation": 0}
            common |= {"from_name": CONTROL, "to_name": OBJECT, "type": KIND}
            result = [
                {
                    "id": f"{row + 1}-{place + 1}",
                    **common,
                    "value": {"x": percent[row][place][0], "y": percent[row][place][1], "width": 0.5, KIND: [name]},
                    **({} if self.labels or not scores[row][place] >= 0 else {"score": scores[row][place]}),
                }
                for place, name in enumerate(tracks.names)
                if places[place]
            ]
            known = [one["score"] for one in result if "score" in one]
            whole = {"result": result} if self.labels else {"model_version": "unsuplmk", "result": result}
            whole |= {"score": sum(known) / len(known)} if known else {}
            meta: dict[str, Any] = {NAMES: list(tracks.names), FPS: tracks.fps} if not row else {}
            meta["video"] = {"filename": origin.file, "frame_idx": max(origin.frame, 0)}
            meta["video"]["shape"] = [max(origin.frame, 0) + 1, height, width, 3]  # as sleap-io asks
            image = quote(origin.picture) if "?" in self.prefix or "://" in self.prefix else origin.picture
            key = "annotations" if self.labels else "predictions"
            yield {"data": {"image": f"{self.prefix}{image}"}, "meta": meta, key: [whole]}
