"""What a job says while it runs, and to whom; silence is the default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, final, runtime_checkable


@runtime_checkable
class Console(Protocol):
    """Whoever watches a job; `unsuplmk.cli.progress` has the ones of the command line."""

    def start(self, total: int, done: int, title: str) -> None:
        """Training begins at step `done` of `total`."""

    def update(self, number: int, figures: Mapping[str, float]) -> None:
        """Step `number` is done; `figures` is empty between lines of the log."""

    def note(self, text: str) -> None:
        """Something worth knowing."""

    def warn(self, text: str) -> None:
        """Something that the user should look at."""

    def finish(self) -> None:
        """Training is over, or interrupted."""


@final
class Silent:
    """Says nothing: for use from Python, and for the processes beside the main one."""

    def start(self, total: int, done: int, title: str) -> None:
        """Nothing."""

    def update(self, number: int, figures: Mapping[str, float]) -> None:
        """Nothing."""

    def note(self, text: str) -> None:
        """Nothing."""

    def warn(self, text: str) -> None:
        """Nothing."""

    def finish(self) -> None:
        """Nothing."""
