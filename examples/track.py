"""Filters the landmarks of a file over time, and says what each tracker changed."""

import unsuplmk

tracks = unsuplmk.read("mouse.npz")
smooth = unsuplmk.track(tracks, ["swaps", ("gaps", {"threshold": 0.2}), "kalman"], report=print)
unsuplmk.write(smooth, "smooth.npz")
