"""Landmarks drawn on a video by roboflow's supervision.

python examples/supervision_video.py runs/mine mouse.mp4 drawn.mp4
"""

import sys

import numpy as np
import supervision as sv

from unsuplmk import Detector, Tracks

run, video, out = sys.argv[1:]
tracks = Detector.load(run).predict(video)
row = {int(source.rpartition(":")[2]): number for number, source in enumerate(tracks.source)}
annotator = sv.VertexAnnotator(color=sv.Color.GREEN, radius=3)


def key_points(tracks: Tracks, number: int) -> sv.KeyPoints:
    """The landmarks of one row as one object; those that are missing are not visible."""
    xy = tracks.xy[[number]].astype(np.float32)
    return sv.KeyPoints(
        xy=xy,
        keypoint_confidence=tracks.score[[number]].astype(np.float32),
        visible=np.isfinite(xy).all(axis=-1),
        data={"source": [tracks.source[number]]},
    )


def drawn(frame: np.ndarray, index: int) -> np.ndarray:
    """The frame with its landmarks; as it is where the tracks do not have it."""
    return annotator.annotate(frame, key_points(tracks, row[index])) if index in row else frame


sv.process_video(video, out, callback=drawn)
