"""A dataset with a card, brought by a plugin; its files are written here, too."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import EntryPoint, distribution
from pathlib import Path
from typing import Literal, final

import numpy as np
import pytest

from tests.layouts import pictures
from unsuplmk import registry
from unsuplmk.card import Card
from unsuplmk.errors import UserError
from unsuplmk.frames.clips import Clips
from unsuplmk.frames.media import read_image
from unsuplmk.hookspecs import hookimpl
from unsuplmk.interfaces import Dataset
from unsuplmk.plugins import Host


@final
class Toys(Dataset):
    """A folder of pictures for each split; a clip each.

    Args:
        path: The folder.
        split: Which.
        only: The first so many.
        shift: Added to the points.
    """

    card = Card(
        title="Toys of 2018",
        paper="Child et al. 2018, https://toys.example/paper",
        url="https://toys.example/",
        terms="For play alone; not for sale.",
        layout="train/*.png  pictures\ntest/*.png   pictures",
        ask="Write to the child.",
        splits={"train": 40, "test": 3},
        crop="none",
        pairs={"name": "video", "gap_min": 3},
        protocol="mafl",
    )

    def __init__(
        self, path: str | Path, *, split: Literal["train", "test"] = "train", only: int = 1000, shift: float = 0.0
    ) -> None:
        folder = Path(path) / split
        if not folder.is_dir():
            raise UserError(f"no folder {folder}")
        self._files = sorted(folder.glob("*.png"))[:only]
        self._shift = shift

    def __len__(self) -> int:
        return len(self._files)

    @property
    def clips(self) -> Sequence[range]:
        return Clips([len(self)] if self._files else [])

    def read(self, index: int) -> np.ndarray:
        return read_image(self._files[index])

    def name(self, index: int) -> str:
        return str(self._files[index])

    @property
    def points(self) -> tuple[str, ...]:
        return ("left", "right")

    def annotation(self, index: int) -> np.ndarray:
        stray = 90.0 if self._files[index].stem.endswith("stray") else 0.0
        return np.array([[2.0 + self._shift + stray, 3.0], [np.nan, np.nan]])


@hookimpl
def register_datasets() -> Mapping[str, type]:
    return {"toys": Toys}


@contextlib.contextmanager
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[registry.Component]:
    """The plugin is there until the end of the block."""
    found = Host([(distribution("unsuplmk"), EntryPoint(name="toys", value="tests.toys", group="unsuplmk"))])
    assert not found.broken
    monkeypatch.setattr(registry, "host", lambda: found)
    registry._table.cache_clear()
    try:
        yield registry.find("dataset", "toys")
    finally:
        registry._table.cache_clear()


def write(folder: Path) -> Path:
    """All of it."""
    for split, count in (("train", 40), ("test", 3)):
        for i in range(count):
            pictures.picture(folder / split / f"{split}{i:02}.png")
    return folder
