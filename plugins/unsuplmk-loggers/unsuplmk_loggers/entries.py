"""What a logger is told of a run: figures under headings, contact sheets that are new, settings without nesting."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

TRAINING = {"learning_rate": "training/learning_rate", "images/s": "training/images_per_second"}
"""Headings of the figures that every line has besides the losses."""


def figures(line: Mapping[str, Any], losses: Collection[str]) -> dict[str, float]:
    """The figures of a line of the log, each under its heading.

    `loss` is the total and keeps its name; each loss is `loss/NAME`, and what stages add is `stages/NAME`.

    Args:
        line: Of the log.
        losses: Names of the run's losses.
    """
    found = {}
    for name, value in line.items():
        if name == "step" or not isinstance(value, int | float):
            continue
        heading = f"loss/{name}" if name in losses else f"stages/{name}"
        found[name if name == "loss" else TRAINING.get(name, heading)] = float(value)
    return found


def flat(settings: Mapping[str, Any], path: str = "") -> dict[str, bool | int | float | str]:
    """Nested settings as one table, with dots between the names; what is no plain value becomes text."""
    found: dict[str, bool | int | float | str] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{path}{name}.")
        else:
            found[f"{path}{name}"] = value if isinstance(value, bool | int | float | str) else str(value)
    return found


class Sheets:
    """The contact sheets of the stage `preview`, as they appear.

    Args:
        folder: Of the run; sheets that it has already are not new.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "preview"
        self._seen = dict(self._found())

    def new(self) -> Iterator[tuple[int, Path]]:
        """Sheets that were drawn since the last call, with their steps, in their order."""
        for path, time in self._found():
            if self._seen.get(path) != time:
                self._seen[path] = time
                yield int(path.stem), path

    def _found(self) -> list[tuple[Path, int]]:
        sheets = [path for path in self._folder.glob("*.png") if path.stem.isdecimal()]
        return [(path, path.stat().st_mtime_ns) for path in sorted(sheets, key=lambda path: int(path.stem))]
