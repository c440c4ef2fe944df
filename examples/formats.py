"""Landmarks from one format into others."""

import unsuplmk

tracks = unsuplmk.read("mouse.npz")
unsuplmk.write(tracks, "mouse.csv")
unsuplmk.write(tracks, "CollectedData_ann.h5", labels=True, scorer="ann")
unsuplmk.write(tracks, "tasks.json", "labelstudio", prefix="/data/local-files/?d=")
