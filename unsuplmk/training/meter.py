"""The log of a run: means over the steps between two lines, read from the device only then."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

import torch
from accelerate import Accelerator
from torch import Tensor

from unsuplmk import checkpoint
from unsuplmk.config import Config
from unsuplmk.console import Console
from unsuplmk.errors import UserError
from unsuplmk.model import Outcome

if TYPE_CHECKING:
    from unsuplmk.job import Training


@final
class Meter:
    """Means over the steps since the last line of the log; reads the device only when a line is due."""

    def __init__(self, config: Config, folder: Path, console: Console, main: bool) -> None:
        self.config, self.folder, self.console, self.main = config, folder, console, main
        self.sums: dict[str, Tensor] = {}
        self.count, self.clock = 0, time.perf_counter()

    def due(self, number: int) -> bool:
        """Whether step `number` ends with a line of the log."""
        return (
            number % self.config.log_every == 0 or number % self.config.save_every == 0 or number == self.config.steps
        )

    def add(self, outcome: Outcome) -> None:
        """Count a step in, without waiting for the device."""
        values = {"loss": outcome.total, **outcome.terms}
        for name, value in values.items():
            self.sums[name] = self.sums.get(name, torch.zeros_like(value, dtype=torch.float32)) + value.detach()
        self.count += 1

    def refuse_nan(self, engine: Accelerator, number: int) -> None:
        """Stop before a step that would spoil the weights, or at the first line of the log after one did.

        Raises:
            UserError: A loss is not finite; the message names it.
        """
        self.sums = {name: engine.reduce(value, "mean") for name, value in self.sums.items()}  # type: ignore[misc]
        broken = [n for n, v in self.sums.items() if n != "loss" and not math.isfinite(float(v))]
        if broken:
            raise UserError(
                f"the {' and '.join(broken)} loss became NaN or infinite by step {number}; the last checkpoint in "
                f"{self.folder} is kept. Lower --learning-rate, or try --precision float32"
            )

    def write(self, training: Training, optimizer: Any) -> None:
        """A line for the log and the console, if one is due."""
        if not self.due(training.number):
            self.console.update(training.number, {})
            return
        if self.main:
            seconds = time.perf_counter() - self.clock
            figures = {"images/s": self.count * self.config.batch / seconds}
            figures |= {name: float(value) / self.count for name, value in self.sums.items()}
            self.console.update(training.number, figures)
            line = {"step": training.number, **figures, "learning_rate": optimizer.param_groups[0]["lr"]}
            training.write({**line, **training.figures})
            training.figures.clear()
        self.sums, self.count, self.clock = {}, 0, time.perf_counter()


def append(folder: Path, line: Mapping[str, Any], console: Console) -> None:
    """Add a line to the log of a run."""
    try:
        with (folder / checkpoint.LOG).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
    except OSError as error:  # a full disk must not end a training
        console.warn(f"cannot write to {folder / checkpoint.LOG}: {error}; free some space")
