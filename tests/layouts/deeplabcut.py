"""A DeepLabCut project of two videos, five labelled images each."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tests.layouts import pictures
from unsuplmk.frames.media import write_video

CONFIG = """# Project definitions (do not edit)
Task: reach
scorer: Ada
date: Jul30
multianimalproject: false
identity:

# Project path (change when moving around)
project_path: /home/ada/reach-Ada

video_sets:
  {first}:
    crop: 0, 24, 0, 16
  {second}:
    crop: 0, 24, 0, 16
bodyparts:
- hand
- tip of finger
TrainingFraction:
- 0.95
"""


def write(folder: Path) -> Path:
    """Write it; returns what the dataset reads."""
    names = {"first": r"C:\\Users\\ada\\früh.avi", "second": "/home/ada/spät.mp4"}
    (folder / "config.yaml").write_text(CONFIG.format(**names), "utf-8")
    for number, video in enumerate(("früh", "spät")):
        rows = {f"img{i:03}.png": [[i / 8, number], [10.5, i / 16]] for i in (7, 2, 30, 11, 100)}
        rows["img030.png"][1] = [np.nan, np.nan]
        table(folder / "labeled-data" / video / "CollectedData_Ada.csv", rows)
    return folder


def table(path: Path, rows: Mapping[str, list[list[float]]], columns: int = 1, slash: str = "/") -> Path:
    """Labels of images beside them, in one column or three; the images too."""
    lead = "," * columns
    lines = [f"scorer{lead}" + ",".join(["Ada"] * 4)]
    lines += [f"bodyparts{lead}hand,hand,tip of finger,tip of finger", f"coords{lead}x,y,x,y"]
    for name, points in rows.items():
        pictures.picture(path.parent / name)
        index = ("," if columns == 3 else slash).join(("labeled-data", path.parent.name, name))
        lines.append(",".join([index, *("" if np.isnan(v) else repr(float(v)) for point in points for v in point)]))
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def video(path: Path, frames: int) -> Path:
    """A small video whose frames differ."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_video(path, [np.full((16, 24, 3), 20 * i, np.uint8) for i in range(frames)], 10.0)
    return path
