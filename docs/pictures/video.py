"""A labelled video: landmarks, the way each has come, and the lines between those that keep their distance."""

from __future__ import annotations

from pathlib import Path

from cells import save_moving

from unsuplmk import Detector, registry
from unsuplmk.pictures.draw import overlay, trails
from unsuplmk.pictures.marks import bones
from unsuplmk.pictures.skeleton import learned

FRAMES, RATE, SIDE, TRAIL = 60, 12.5, 256, 8


def draw(folder: Path) -> None:
    """The demo's own dancer, every second frame, drawn as `unsuplmk render --skeleton auto` does."""
    dancer = registry.build("dataset", "puppets", split="test", clips=1, length=2 * FRAMES, side=SIDE)
    frames = [dancer.read(index) for index in range(0, 2 * FRAMES, 2)]
    xy = Detector.load(folder / "demo" / "run", "cpu").predict(frames).xy
    edges = learned(xy)
    drawn = []
    for number, frame in enumerate(frames):
        with_trails = trails(frame, xy[max(0, number - TRAIL) : number + 1])
        drawn.append(overlay(bones(with_trails, xy[number], edges), xy[number]))
    save_moving("video.webp", drawn, RATE)
