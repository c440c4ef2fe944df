"""A folder of two clips and a single image."""

from __future__ import annotations

from pathlib import Path

from tests.layouts import pictures


def write(folder: Path) -> Path:
    """Write it; returns what the dataset reads."""
    for name in ("a/0.png", "a/1.png", "b/0.png", "b/1.png", "c.png"):
        pictures.picture(folder / name)
    return folder
