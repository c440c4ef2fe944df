"""A Lightning Pose data folder of two videos, four labelled images each."""

from __future__ import annotations

from pathlib import Path

from tests.layouts import pictures


def write(folder: Path) -> Path:
    """Write it; returns what the dataset reads."""
    lines = ["scorer,lp,lp,lp,lp", "bodyparts,paw,paw,nöse,nöse", "coords,x,y,x,y"]
    for number, video in enumerate(("session_b", "session_a")):
        for frame in (12, 3, 450, 77):
            name = f"labeled-data/{video}/img{frame:08}.png"
            pictures.picture(folder / name)
            lines.append(f"{name},{frame / 100},{number},{10.5 + number},{'' if frame == 77 else 4}")
    (folder / "CollectedData.csv").write_text("\n".join(lines) + "\n", "utf-8")
    (folder / "videos").mkdir()
    return folder
