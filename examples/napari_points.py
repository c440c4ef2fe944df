"""Tracks as layers of napari: points that know their names and scores, and the path of each landmark.

python examples/napari_points.py mouse.npz [mouse.tif]
"""

import sys
from typing import Any

import numpy as np

import unsuplmk
from unsuplmk.ops.runs import places

Layer = tuple[np.ndarray, dict[str, Any], str]


def layers(tracks: unsuplmk.Tracks) -> list[Layer]:
    """Layer data: points are (frame, y, x), paths (ID, frame, y, x); missing points are left out."""
    found = places(tracks)
    one = len({place.film for place in found}) == 1
    frames = np.array([place.frame if one else row for row, place in enumerate(found)])
    animals = [place.animal for place in found]
    animal = np.array([sorted(set(animals)).index(name) for name in animals])
    rows, landmarks = np.nonzero(np.isfinite(tracks.xy).all(-1))
    points = np.column_stack([frames[rows], tracks.xy[rows, landmarks, ::-1]])
    features = {
        "name": np.array(tracks.names)[landmarks],
        "score": tracks.score[rows, landmarks],
        "animal": np.array(animals)[rows],
    }
    number = animal[rows] * len(tracks.names) + landmarks
    paths = np.column_stack([number, points])
    order = np.lexsort([frames[rows], number])  # napari wants each path in one piece, in the order of time
    shown = {"name": "landmarks", "features": features, "face_color": "name", "size": 5}
    return [
        (points, shown, "points"),
        (paths[order], {"name": "paths", "features": {k: v[order] for k, v in features.items()}}, "tracks"),
    ]


if __name__ == "__main__":
    import napari

    viewer = napari.Viewer()
    if len(sys.argv) > 2:
        viewer.open(sys.argv[2])
    for layer in layers(unsuplmk.read(sys.argv[1])):
        viewer.add_layer(napari.layers.Layer.create(*layer))
    napari.run()
