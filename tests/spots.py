"""A detector that needs no training: its landmarks are the centres of spots of known colours."""

from __future__ import annotations

from typing import final

import numpy as np
import torch
from torch import Tensor, nn

from unsuplmk import registry
from unsuplmk.config import Config
from unsuplmk.detector import Detector
from unsuplmk.interfaces import Encoder, Generator
from unsuplmk.model import Model
from unsuplmk.types import Landmarks, Pair, Reconstruction, Render

COLOURS = np.array([(255, 0, 0), (0, 255, 0), (0, 0, 255)], np.uint8)


@final
class Spots(Encoder):
    """Scores each pixel by how near its colour is to the landmark's."""

    def __init__(self, landmarks: int) -> None:
        super().__init__()
        self.colours = nn.Parameter(torch.from_numpy(COLOURS[:landmarks] / np.float32(255)))

    def forward(self, image: Tensor) -> Tensor:
        return -40 * (image[:, None] - self.colours[None, :, :, None, None]).square().sum(2)


@final
class Copy(Generator):
    """Gives the source back."""

    def forward(self, pair: Pair, source: Landmarks, target: Landmarks, render: Render) -> Reconstruction:
        return Reconstruction(pair.source)


def detector(landmarks: int = 3, **settings: object) -> Detector:
    config = Config(landmarks=landmarks, **{"size": 64, **settings})
    bottleneck = registry.build("bottleneck", "gaussian", landmarks)
    return Detector(Model(Spots(landmarks), bottleneck, Copy()), config)


def spotted(xy: np.ndarray, size: tuple[int, int], side: int = 9) -> np.ndarray:
    """An image of `size` (width, height) with a square spot centred on each of `xy`, in whole pixels."""
    image = np.full((size[1], size[0], 3), 255, np.uint8)
    for (x, y), colour in zip(np.round(xy).astype(int), COLOURS, strict=False):
        image[y - side // 2 : y + side // 2 + 1, x - side // 2 : x + side // 2 + 1] = colour
    return image
