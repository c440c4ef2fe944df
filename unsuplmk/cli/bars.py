"""How far frames are read or bytes have come: a bar on a terminal, now and then a line elsewhere; all on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

Told = Callable[[int, int], None]
"""How much is done, of how much; 0 where that is not known."""
STEP = 10
"""Percent between two lines where there is no terminal."""


@contextmanager
def reading(title: str) -> Iterator[Told]:
    """A bar of frames that leaves nothing behind; no word where there is no terminal."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def fetching(title: str) -> Iterator[Told]:
    """A bar of bytes with their pace and the time left, or a line every tenth."""
    if not sys.stderr.isatty():
        yield _lines(title)
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    text = TextColumn("{task.description}", markup=False)
    columns = (text, BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total or None)


def _lines(title: str) -> Told:
    told = -1

    def say(done: int, total: int) -> None:
        nonlocal told
        tenth = 100 * done // total // STEP if total else -1
        if tenth > told:
            told = tenth
            click.echo(f"{title}: {size_text(done)} of {size_text(total)}", err=True)

    return say


def size_text(size: int) -> str:
    """Bytes as one reads them: `1.3 GB`."""
    amount = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"
