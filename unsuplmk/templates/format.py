"""The format `example`: tracks as lines of JSON, one a frame.

Its options; and the suffix alone says that it is meant:

    unsuplmk components format example
    unsuplmk predict runs/mouse mouse.mp4 --out mouse.jsonl
    unsuplmk convert mouse.jsonl mouse.csv
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, ClassVar, final

import numpy as np
from pydantic import Field

from unsuplmk.errors import UserError
from unsuplmk.interfaces import Format
from unsuplmk.types import Tracks


@final
class Example(Format):
    """Lines of JSON: first the names and the frame rate, then each frame with its points as [x, y, score].

    What is unknown is null. A program in any language reads the file line by line.

    Args:
        digits: Decimals that are written.
    """

    suffixes: ClassVar[tuple[str, ...]] = (".jsonl",)

    def __init__(self, *, digits: Annotated[int, Field(ge=0, le=15)] = 4) -> None:
        self.digits = digits

    def write(self, tracks: Tracks, path: Path) -> None:
        """Write all that tracks hold; a file that is there already is kept until this one is whole, by the caller."""
        points = np.concatenate([tracks.xy, tracks.score[..., None]], -1).round(self.digits)
        values = points.astype(object)
        values[~np.isfinite(points)] = None
        with path.open("w", encoding="utf-8", newline="\n") as file:
            print(json.dumps({"names": tracks.names, "fps": tracks.fps}), file=file)
            for source, size, frame in zip(tracks.source, tracks.size.tolist(), values.tolist(), strict=True):
                print(json.dumps({"source": source, "size": size, "points": frame}), file=file)

    def read(self, path: Path) -> Tracks:
        """Read what `write` wrote.

        Raises:
            UserError: The file is damaged or holds something else; the message names the line.
        """
        number, rows = 1, []
        try:
            with path.open(encoding="utf-8") as file:
                head = json.loads(file.readline())
                names, fps = tuple(map(str, head["names"])), float(head["fps"])
                for line in file:
                    number += 1
                    row = json.loads(line)
                    points = np.array(row["points"], float).reshape(len(names), 3)
                    rows.append((points, np.array(row["size"], np.int64).reshape(2), str(row["source"])))
        except (OSError, ValueError, TypeError, LookupError) as error:
            why = f"{type(error).__name__}: {' '.join(str(error).split())}"
            raise UserError(
                f"{path}:{number} is no line of tracks in JSON, as this format writes them: {why}"
            ) from None
        points = np.array([points for points, _, _ in rows]).reshape(len(rows), len(names), 3)
        size = np.array([size for _, size, _ in rows], np.int64).reshape(len(rows), 2)
        return Tracks(points[..., :2], points[..., 2], names, size, fps, tuple(source for _, _, source in rows))
