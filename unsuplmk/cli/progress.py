"""What training shows while it runs: one updating line on a terminal, plain lines elsewhere; all on stderr."""

from __future__ import annotations

import os
import sys
import time
from collections import deque
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, final

import click

from unsuplmk.console import Console, Silent

if TYPE_CHECKING:
    from rich.console import Console as Terminal


@final
class Clock:
    """Tells the time that is left from the pace of the last few updates."""

    def __init__(self, total: int, done: int) -> None:
        self.total = total
        self.seen: deque[tuple[float, int]] = deque([(time.monotonic(), done)], maxlen=20)

    def left(self, number: int) -> str:
        """As `1:02:03` or `02:03`; `--:--` before anything was measured."""
        self.seen.append((time.monotonic(), number))
        (since, first), (now, last) = self.seen[0], self.seen[-1]
        if last <= first:
            return "--:--"
        seconds = round((self.total - last) * (now - since) / (last - first))
        hours, rest = divmod(max(seconds, 0), 3600)
        return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60:02}:{rest % 60:02}"


def spoken(figures: Mapping[str, float]) -> str:
    """Figures in one line: `312 images/s  loss 0.0312  pixel 0.02`."""
    pace = f"{figures['images/s']:.0f} images/s  " if "images/s" in figures else ""
    return pace + "  ".join(f"{name} {value:.3g}" for name, value in figures.items() if name != "images/s")


@final
class Live:
    """One line that updates itself: bar, steps, time left, images a second, each loss by name."""

    @cached_property
    def terminal(self) -> Terminal:
        """Made on first use: until then this can be sent to the process that will train."""
        from rich.console import Console as Terminal

        return Terminal(stderr=True, highlight=False)

    def start(self, total: int, done: int, title: str) -> None:
        """Say what is about to run, and draw the line."""
        from rich.progress import BarColumn, Progress, TextColumn
        from rich.table import Column

        self.clock = Clock(total, done)
        self.line = Progress(
            BarColumn(bar_width=12),
            TextColumn("{task.completed:.0f}/{task.total:.0f}"),
            TextColumn("{task.fields[left]} left"),
            TextColumn("{task.fields[figures]}", table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1)),
            console=self.terminal,
            expand=True,
            refresh_per_second=4,
        )
        self._say(title, "bold")
        self.task = self.line.add_task("", total=total, completed=done, left="--:--", figures="")
        self.line.start()

    def update(self, number: int, figures: Mapping[str, float]) -> None:
        """Move the bar; the figures stay until there are new ones."""
        if figures:
            self.line.update(self.task, completed=number, left=self.clock.left(number), figures=spoken(figures))
        else:
            self.line.update(self.task, completed=number)

    def note(self, text: str) -> None:
        """Above the line."""
        self._say(text, "")

    def warn(self, text: str) -> None:
        """Above the line, in yellow."""
        self._say(f"Warning: {text}", "yellow")

    def finish(self) -> None:
        """Leave the line as it stands."""
        self.line.stop()

    def _say(self, text: str, style: str) -> None:
        from rich.text import Text

        self.terminal.print(Text(text, style), soft_wrap=True)


@final
class Plain:
    """A line for every line of the log, for files and pipes."""

    def start(self, total: int, done: int, title: str) -> None:
        """Say what is about to run."""
        self.clock, self.total = Clock(total, done), total
        click.echo(f"{title}: step {done} of {total}", err=True)

    def update(self, number: int, figures: Mapping[str, float]) -> None:
        """One line; nothing between the lines of the log."""
        if figures:
            click.echo(f"step {number}/{self.total}  {self.clock.left(number)} left  {spoken(figures)}", err=True)

    def note(self, text: str) -> None:
        """As a line."""
        click.echo(text, err=True)

    def warn(self, text: str) -> None:
        """As a line."""
        click.echo(f"Warning: {text}", err=True)

    def finish(self) -> None:
        """Nothing is left to say."""


def progress() -> Console:
    """What fits where this process runs."""
    if os.environ.get("RANK", "0") != "0":
        return Silent()
    return Live() if sys.stderr.isatty() else Plain()
