"""No generator, for methods that rebuild nothing."""

from __future__ import annotations

from typing import ClassVar, final

from unsuplmk.interfaces import Generator
from unsuplmk.types import Landmarks, Pair, Reconstruction, Render


@final
class Identity(Generator):
    """Rebuilds nothing: hands the source on unchanged, for losses that judge landmarks alone."""

    rebuilds: ClassVar[bool] = False

    def __init__(self, maps: int) -> None:
        super().__init__()

    def forward(self, pair: Pair, source: Landmarks, target: Landmarks, render: Render) -> Reconstruction:
        """The source itself."""
        return Reconstruction(pair.source)
