"""The pipeline as a diagram, from top to bottom, with what a trained run makes of a real pair at each step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from drawing import EDGE, arrow, box, photo, pill, write
from scene import chosen, puppets

from unsuplmk import Detector
from unsuplmk.frames.gather import as_images
from unsuplmk.pictures.draw import Picture, heatmap_picture, palette
from unsuplmk.pictures.swap import as_pictures, repaint

WIDTH, HEIGHT, SIDE, LEFT, RIGHT = 480, 944, 120, 132, 356
SEED, APART = 5, 14
BLUE, GREEN, RED = "#1f5fae", "#0f6e62", "#9a3412"
TITLE = "From a pair of images to a reconstruction: encoder, bottleneck and generator"


def draw(folder: Path) -> None:
    """Write the diagram."""
    seen = _seen(Detector.load(folder / "demo" / "run", "cpu"))
    left, right = LEFT - SIDE / 2, RIGHT - SIDE / 2
    write(
        "pipeline.svg",
        WIDTH,
        HEIGHT,
        TITLE,
        [
            f"<rect x='18' y='136' width='228' height='338' rx='14' fill='none' stroke='{EDGE}' stroke-width='2.5' "
            "stroke-dasharray='3 6'/>",
            arrow((LEFT, SIDE), (LEFT, 152)),
            box(27, 154, 210, 44, "encoder", BLUE),
            arrow((LEFT, 198), (LEFT, 222)),
            arrow((LEFT, 344), (LEFT, 366)),
            box(27, 368, 210, 44, "bottleneck: locate", BLUE),
            arrow((LEFT, 412), (LEFT, 434)),
            pill(LEFT, 449, "2 numbers a landmark"),
            pill(LEFT - 60, 474, "detector", dark=True),
            arrow((LEFT, 462), (LEFT, 504)),
            box(27, 506, 210, 44, "bottleneck: render", BLUE),
            arrow((LEFT, 550), (LEFT, 574)),
            arrow((LEFT, 696), (LEFT, 718)),
            arrow((RIGHT, SIDE), (RIGHT, 718)),
            pill(RIGHT, 330, "what it looks like"),
            box(27, 720, 426, 44, "generator", GREEN),
            arrow((LEFT, 764), (LEFT, 786)),
            arrow((left + SIDE, 848), (RIGHT - 72, 848)),
            arrow((left, 60), (10, 60), (10, 930), (RIGHT, 930), (RIGHT, 872), dashed=True),
            box(RIGHT - 70, 826, 140, 44, "losses", RED),
            photo(left, 0, SIDE, seen["target"], "target"),
            photo(right, 0, SIDE, seen["source"], "source"),
            photo(left, 224, SIDE, seen["heatmaps"], "heatmaps"),
            photo(left, 576, SIDE, seen["maps"], "Gaussians"),
            photo(left, 788, SIDE, seen["rebuilt"], "rebuilt"),
        ],
    )


def _seen(detector: Detector) -> dict[str, Picture]:
    """A pair of a puppet that was in no training, and what becomes of it."""
    dataset, (index,) = puppets(), chosen(1, SEED, 0)
    source, target = (as_images([detector.fit(dataset.read(i))]) for i in (index, index + APART))
    with torch.inference_mode():
        own, found = detector.model.locate(source), detector.model.locate(target)
        rebuilt = repaint(detector, source, found, own)
        maps = detector.model.bottleneck.render(found, (64, 64))[0]
    shown = {"target": target, "source": source, "rebuilt": rebuilt}
    pictures: dict[str, Any] = {name: as_pictures(image, (2 * SIDE, 2 * SIDE))[0] for name, image in shown.items()}
    coloured = (maps[..., None].numpy() * palette(len(maps))[:, None, None, :]).max(0)
    small = {"heatmaps": heatmap_picture(found.heatmaps[0].float().numpy()), "maps": np.uint8(np.round(coloured))}
    return pictures | {name: _large(picture) for name, picture in small.items()}


def _large(picture: Picture) -> Picture:
    import cv2

    return cv2.resize(picture, (2 * SIDE, 2 * SIDE), interpolation=cv2.INTER_NEAREST)
