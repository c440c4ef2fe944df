"""Tracks as keypoint-moseq takes them: a dict of coordinates and one of confidences, by recording.

python examples/moseq.py mouse.npz moseq.npz
"""

import sys
from pathlib import Path

import numpy as np

import unsuplmk
from unsuplmk.ops.runs import places


def arrays(tracks: unsuplmk.Tracks) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Coordinates (frames, keypoints, 2) and confidences (frames, keypoints), by recording and animal.

    A recording has every frame from its first to its last: those that are not in the tracks are NaN, with confidence 0.
    """
    rows: dict[str, dict[int, int]] = {}
    for row, place in enumerate(places(tracks)):
        recording = Path(place.film).stem + (f".{place.animal}" if place.animal else "")
        frames = rows.setdefault(recording, {})
        if place.frame in frames:
            raise SystemExit(f"{recording} has two rows of frame {place.frame}: rename one of the videos")
        frames[place.frame] = row
    coordinates, confidences = {}, {}
    for recording, frames in rows.items():
        first = min(frames)
        count = max(frames) - first + 1
        at = np.array(list(frames)) - first
        coordinates[recording] = np.full((count, *tracks.xy.shape[1:]), np.nan)
        confidences[recording] = np.zeros((count, len(tracks.names)))
        coordinates[recording][at] = tracks.xy[list(frames.values())]
        confidences[recording][at] = tracks.score[list(frames.values())]
    return coordinates, confidences


if __name__ == "__main__":
    tracks = unsuplmk.read(sys.argv[1])
    coordinates, confidences = arrays(tracks)
    # data, metadata = kpms.format_data(coordinates, confidences, bodyparts=list(tracks.names))
    named = {f"coordinates/{name}": array for name, array in coordinates.items()}
    named |= {f"confidences/{name}": array for name, array in confidences.items()}
    np.savez(sys.argv[2], bodyparts=np.array(tracks.names), **named)
    for name, array in coordinates.items():
        print(f"{name}: {array.shape[0]} frames of {array.shape[1]} keypoints")
