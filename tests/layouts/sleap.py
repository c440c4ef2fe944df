"""A SLEAP file of two tracks in a video of ten frames, every other frame labelled, beside the video."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import sleap_io

from tests.layouts.pictures import pixels
from unsuplmk.frames.media import write_video


def write(folder: Path) -> Path:
    """Write it; returns what the dataset reads."""
    save(folder / "labels.slp", labels(video(folder / "früh.mp4")))
    return folder / "labels.slp"


def video(path: Path, frames: int = 10) -> Path:
    """A small video whose frames differ."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_video(path, [pixels(f"{i}", 96, 64) for i in range(frames)], 10.0)
    return path


def points(frame: int, who: int) -> np.ndarray:
    """Where the nodes are: a triangle that moves on, and grows a little."""
    places = np.array([[10.0, 12], [18 + frame / 2, 20], [13, 28.25]])
    places += (3 * frame + 20 * who, who)
    if frame == 4:
        places[2] = np.nan
    return places


def labels(
    *videos: Path | list[Path], predicted: tuple[int, ...] = (), tracks: tuple[str, ...] = ("ann", "bob")
) -> Any:
    """Labels of every other frame: one instance a track, those of `predicted` by a network; without tracks, one.

    A video may be a list of images.
    """
    skeleton, frames = sleap_io.Skeleton(["nose", "paw", "tail"]), []
    known = [sleap_io.Track(name) for name in tracks]
    for path in videos:
        images = [str(image) for image in path] if isinstance(path, list) else None
        film = sleap_io.Video(images or str(path), open_backend=images is not None)
        for frame in (6, 0, 2, 4, 8):
            given = [
                (sleap_io.PredictedInstance if who in predicted else sleap_io.Instance).from_numpy(
                    points(frame, who), skeleton=skeleton, track=known[who] if known else None
                )
                for who in range(max(1, len(known)))
            ]
            frames.append(sleap_io.LabeledFrame(video=film, frame_idx=frame, instances=given))
    return sleap_io.Labels(labeled_frames=frames, tracks=known, skeletons=[skeleton])


def save(path: Path, what: Any, embed: bool = False) -> Path:
    """Write labels, with their frames in the file if asked."""
    sleap_io.save_slp(what, str(path), embed=embed or None, verbose=False)
    return path
