"""What stands in a detector for a generator that is not installed."""

from __future__ import annotations

from typing import final

from unsuplmk.errors import UserError
from unsuplmk.interfaces import Generator
from unsuplmk.types import Landmarks, Pair, Reconstruction, Render


@final
class Absent(Generator):
    """Keeps a run of use without its generator: encoder and bottleneck alone find landmarks.

    Args:
        reason: What is missing, and what would help.
    """

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason

    def forward(self, pair: Pair, source: Landmarks, target: Landmarks, render: Render) -> Reconstruction:
        """Nothing can be drawn.

        Raises:
            UserError: Always; the message says what is missing.
        """
        raise UserError(self.reason)
