"""A CSV of four images with points and masks."""

from __future__ import annotations

from pathlib import Path

from tests.layouts import pictures


def write(folder: Path) -> Path:
    """Write it; returns what the dataset reads."""
    rows = ["file,split,video,nose_x,nose_y,tail_x,tail_y,mask"]
    for i, split in enumerate(("train", "train", "train", "test")):
        pictures.picture(folder / f"{i}.png")
        pictures.picture(folder / f"mask{i}.png")
        rows.append(f"{i}.png,{split},v,{i},2,10,,{f'mask{i}.png' if i else ''}")
    (folder / "images.csv").write_text("\n".join(rows) + "\n", "utf-8")
    return folder / "images.csv"
