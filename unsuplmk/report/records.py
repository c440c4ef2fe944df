"""What a run folder records of itself, as far as it is there: settings, log, figures of `evaluate` and `name`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, nan
from pathlib import Path
from typing import Any

from unsuplmk.checkpoint import CONFIG, LOG
from unsuplmk.config import RECORDS, read
from unsuplmk.errors import UserError

METRICS = "metrics.json"
"""Where `unsuplmk evaluate` leaves its figures."""
HEALTH = ("spread", "dead", "merged", "border", "agreement")
"""Figures of the stage `health`."""
OTHERS = frozenset({"step", "images/s", "learning_rate"})
"""Figures of a line that are no loss."""


@dataclass(frozen=True)
class Records:
    """The records of a run.

    Args:
        folder: The run's.
        config: The file as it stands, versions and plugins among it.
        lines: The log's figures, a line each, in order.
        warnings: Step and text of what the log warns of.
        broken: Lines of the log that cannot be read.
    """

    folder: Path
    config: Mapping[str, Any]
    lines: tuple[Mapping[str, float], ...]
    warnings: tuple[tuple[int, str], ...]
    broken: int

    @property
    def name(self) -> str:
        """What to call the run: its folder."""
        return self.folder.resolve().name

    @property
    def steps(self) -> int:
        """How many are in the log."""
        return max((int(line["step"]) for line in self.lines), default=0)

    @property
    def seconds(self) -> float:
        """How long these took, by the pace that each line gives; NaN where there is none."""
        batch, last, total = self.number("batch", 0.0), 0.0, 0.0
        for line in self.lines:
            pace, steps = line.get("images/s", 0.0), line["step"] - last
            last = line["step"]
            total += steps * batch / pace if pace > 0 else 0.0
        return total or nan

    @property
    def losses(self) -> tuple[str, ...]:
        """The log's figures that are losses, the sum first."""
        names = [name for name in self.names() if name == "loss" or name in _table(self.config, "loss")]
        return tuple(names)

    def names(self) -> tuple[str, ...]:
        """The figures of the log, in the order of their appearance."""
        return tuple(dict.fromkeys(name for line in self.lines for name in line if name != "step"))

    def series(self, name: str) -> tuple[list[float], list[float]]:
        """A figure over the steps."""
        found = [(line["step"], line[name]) for line in self.lines if name in line]
        return [step for step, _ in found], [value for _, value in found]

    def last(self, name: str) -> float:
        """The last value of a figure; NaN if there is none."""
        return next((line[name] for line in reversed(self.lines) if name in line), nan)

    def number(self, key: str, otherwise: float) -> float:
        """A number of the config."""
        value = self.config.get(key)
        return float(value) if isinstance(value, int | float) else otherwise

    def settings(self) -> dict[str, Any]:
        """The config without what it records beside the settings, its tables taken apart: `encoder.width` -> value."""
        return dict(_flat({key: value for key, value in self.config.items() if key not in RECORDS}))

    def previews(self) -> list[tuple[int, Path]]:
        """Step and file of each contact sheet, in order."""
        files = (self.folder / "preview").glob("*.png")
        return sorted((int(path.stem), path) for path in files if re.fullmatch(r"[0-9]+", path.stem))


def records(folder: Path) -> Records:
    """Read what a run folder records; a log that is missing or damaged leaves less to tell.

    Raises:
        UserError: The folder is no run's, or its config cannot be read.
    """
    if not (folder / CONFIG).is_file():
        what = "is not a run folder: it has no config.toml" if folder.is_dir() else "does not exist"
        raise UserError(f"{folder} {what}; give the folder that unsuplmk run printed")
    lines: list[Mapping[str, float]] = []
    warnings: list[tuple[int, str]] = []
    broken = 0
    for text in _log(folder / LOG):
        try:
            line = json.loads(text)
            step = float(line["step"])
        except (ValueError, TypeError, KeyError):  # the process was killed while it wrote this line
            broken += 1
            continue
        if "warning" in line:
            warnings.append((int(step), str(line["warning"])))
        figures = {name: float(value) for name, value in line.items() if _is_number(value)}
        if len(figures) > 1:
            lines.append(figures)
    return Records(folder, read(str(folder / CONFIG)), tuple(lines), tuple(warnings), broken)


def figures(path: Path) -> Mapping[str, Any] | None:
    """The JSON object in a file; None if there is no such file.

    Raises:
        UserError: It is damaged.
    """
    if not path.is_file():
        return None
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path.name} cannot be read: {' '.join(str(error).split())[:160]}") from None
    if not isinstance(found, Mapping):
        raise UserError(f"{path.name} is damaged: it holds no figures by name")
    return found


def _log(path: Path) -> Sequence[str]:
    try:
        return path.read_text("utf-8", errors="replace").splitlines() if path.is_file() else ()
    except OSError:
        return ()


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and (isfinite(value) or value != value)


def _table(config: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = config.get(key)
    return value if isinstance(value, Mapping) else {}


def _flat(value: Any, path: str = "") -> list[tuple[str, Any]]:
    if isinstance(value, Mapping) and (value or not path):
        return [pair for key, item in value.items() for pair in _flat(item, f"{path}.{key}" if path else str(key))]
    return [(path, value)]
