"""MAFL: its lists in the folder of CelebA."""

from __future__ import annotations

from pathlib import Path

from tests.layouts import celeba


def write(folder: Path) -> Path:
    """Write it; returns what the dataset reads."""
    return celeba.write(folder)
