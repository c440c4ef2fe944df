"""BBC Pose with a few frames of five of its twenty videos."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.io import savemat

from tests.layouts import pictures

SIZE = (340, 320)
FRAMES = {1: (3, 8), 10: (1, 12), 11: (5, 6), 16: (2, 20), 20: (7, 9, 30)}
"""Annotated frames of each video."""
BETWEEN = (4, 7)
"""Further frames in the folder of video 1."""
FIELDS = ("videoName", "type", "source", "train_frames", "train_joints", "test_frames", "test_joints")


def joints(video: int, frame: int) -> np.ndarray:
    """x and y of the seven points, as MATLAB counts."""
    random = np.random.default_rng((video, frame))
    return np.round(random.uniform((120, 100), (240, 260), (7, 2)), 1).T


def stacked(video: int) -> tuple[np.ndarray, np.ndarray]:
    """Frames and joints of a video as the files have them."""
    frames = FRAMES.get(video, ())
    if not frames:
        return np.empty((0, 0)), np.empty((0, 0))
    return np.array([frames], float), np.stack([joints(video, frame) for frame in frames], -1)


def labels() -> np.ndarray:
    """The array of structs of bbcpose.mat: one a video, then some of the extended data set."""
    structs = np.empty((1, 22), [(field, object) for field in FIELDS])
    nothing = np.empty((0, 0))
    for video in range(1, 23):
        kind = "train" if video < 11 else "val" if video < 16 else "test" if video < 21 else "train"
        source = "buehler11" if video < 21 else "pfister14"
        known = (nothing, nothing) if kind == "test" else stacked(video)
        structs[0, video - 1] = (f"video{video}", kind, source, *known, nothing, nothing)
    return structs


def results() -> dict[str, np.ndarray]:
    """The struct of results.mat: the test frames in no order of videos."""
    listed = [(video, frame) for frame in (20, 7, 30, 2, 9) for video in (16, 20) if frame in FRAMES[video]]
    return {
        "gt": np.stack([joints(*one) for one in listed], -1),
        "frame": np.array([[frame for _, frame in listed]], float),
        "video": np.array([[video for video, _ in listed]], float),
    }


def write(folder: Path) -> Path:
    """Write it; returns what the dataset reads."""
    for video in range(1, 21):
        (folder / str(video)).mkdir(parents=True)
        for frame in (*FRAMES.get(video, ()), *(BETWEEN if video == 1 else ())):
            pictures.picture(folder / str(video) / f"{frame}.jpg", *SIZE)
    (folder / "code").mkdir()
    savemat(folder / "code" / "bbcpose.mat", {"bbcpose": labels()})
    savemat(folder / "code" / "results.mat", {"results": results()})
    return folder
