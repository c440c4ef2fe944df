"""Geometry of one image, style of another: every style in every geometry, and its picture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import final

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from unsuplmk.detector import Detector
from unsuplmk.errors import UserError
from unsuplmk.frames.media import IMAGES
from unsuplmk.model import pointless
from unsuplmk.ops.coordinates import to_pixels
from unsuplmk.pictures.draw import Picture, overlay
from unsuplmk.types import Image, Landmarks, Pair

GAP = 4
"""Pixels between the cells of a picture."""
CELL = 128
"""Least side of a cell, in pixels."""


def repaint(detector: Detector, style: Image, geometry: Landmarks, own: Landmarks) -> Float[Tensor, "batch 3 h w"]:
    """Each style image with the landmarks of `geometry`; what is returned is not clipped to [0, 1].

    The generator is given nothing else of the geometry's image.

    Args:
        detector: Its model's generator is used.
        style: Images in [0, 1].
        geometry: Landmarks that the result shall have.
        own: Landmarks of the style images themselves; only generators that need them are given them.

    Raises:
        UserError: The run has no generator that draws.
    """
    model = detector.model
    if not model.generator.rebuilds:
        raise UserError(f"--generator {type(model.generator).__name__.lower()} draws nothing: this run cannot swap")
    weight = next(model.parameters(), style)
    style = style.to(weight.device, weight.dtype, memory_format=torch.channels_last)
    source = own if "source" in model.generator.needs else pointless(own)
    pair = Pair(style, torch.zeros_like(style))
    return model.generator(pair, source, geometry, model.bottleneck.render).image


@final
class Grid:
    """Every style in every geometry, computed a row at a time.

    Args:
        detector: The detector of a run; its model's generator draws the cells.
        styles: One row each: images in [0, 1], as `gather` gives them.
        geometries: One column each.
        batch: Cells a forward pass.

    Raises:
        UserError: There are no styles or no geometries.
    """

    def __init__(
        self,
        detector: Detector,
        styles: Float[Tensor, "styles 3 height width"],
        geometries: Float[Tensor, "geometries 3 height width"],
        batch: int = 64,
    ) -> None:
        if not len(styles) or not len(geometries):
            raise UserError(f"a grid needs images for both, not {len(styles)} styles and {len(geometries)} geometries")
        self.detector, self.styles, self.geometries, self.batch = detector, styles, geometries, batch
        self.own = located(detector, styles, batch)
        self.landmarks = located(detector, geometries, batch)

    @torch.inference_mode()
    def row(self, style: int) -> Float[Tensor, "geometries 3 h w"]:
        """One style in every geometry, in the memory of the processor."""
        cells = []
        for start in range(0, len(self.geometries), self.batch):
            geometry = rows(self.landmarks, range(start, min(start + self.batch, len(self.geometries))))
            same = [style] * len(geometry.xy)
            cells.append(repaint(self.detector, self.styles[same], geometry, rows(self.own, same)).float().cpu())
        return torch.cat(cells)

    def images(self) -> Float[Tensor, "styles geometries 3 h w"]:
        """All cells at once."""
        return torch.stack([self.row(style) for style in range(len(self.styles))])


def located(detector: Detector, images: Image, batch: int) -> Landmarks:
    """Landmarks of many images, a batch at a time."""
    found = [detector.detect(images[start : start + batch]) for start in range(0, len(images), batch)]
    return replace(
        found[0],
        xy=torch.cat([landmarks.xy for landmarks in found]),
        score=torch.cat([landmarks.score for landmarks in found]),
        heatmaps=torch.cat([landmarks.heatmaps for landmarks in found]),
        cov=torch.cat(cov) if (cov := [landmarks.cov for landmarks in found if landmarks.cov is not None]) else None,
        density=torch.cat(maps) if (maps := [each.density for each in found if each.density is not None]) else None,
    )


def rows(landmarks: Landmarks, chosen: Sequence[int]) -> Landmarks:
    """The landmarks of some images of a batch, in any order and as often as asked."""
    index = list(chosen)
    cov, density = landmarks.cov, landmarks.density
    return replace(
        landmarks,
        xy=landmarks.xy[index],
        score=landmarks.score[index],
        heatmaps=landmarks.heatmaps[index],
        cov=None if cov is None else cov[index],
        density=None if density is None else density[index],
    )


def as_pictures(images: Image, size: tuple[int, int]) -> list[Picture]:
    """Images as RGB bytes of `size` (width, height), smoothly enlarged; values outside [0, 1] are clipped."""
    import cv2

    scaled = (images.detach().float().clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).cpu().numpy()
    return [cv2.resize(np.ascontiguousarray(one), size, interpolation=cv2.INTER_CUBIC) for one in scaled]


def landmarked(images: Image, xy: Float[Tensor, "batch landmarks 2"], size: tuple[int, int]) -> list[Picture]:
    """Images as RGB bytes of `size` (width, height), with their landmarks drawn."""
    points = to_pixels(xy.detach().cpu().double().numpy(), size)
    return [overlay(picture, own) for picture, own in zip(as_pictures(images, size), points, strict=True)]


def cell_size(images: Image, least: int) -> tuple[int, int]:
    """(width, height) of the images, times the least whole number that makes the shorter side at least `least`."""
    height, width = images.shape[-2:]
    factor = max(1, -(-least // min(height, width)))
    return width * factor, height * factor


def check_picture(out: Path) -> None:
    """Refuse a file that cannot hold a grid, before anything is computed.

    Raises:
        UserError: Its suffix is no picture's, or it is a folder.
    """
    if out.suffix.lower() not in IMAGES:
        known = ", ".join(sorted(IMAGES))
        raise UserError(f"cannot draw a grid to {out}; known: {known}; an animation needs --style and --drive")
    if out.is_dir():
        raise UserError(f"cannot write to {out}: it is a folder, but named like a file")


def picture(grid: Grid, cell: int = CELL) -> Picture:
    """The grid as a picture: geometries with their landmarks on top, styles on the left, the cells between them.

    Args:
        grid: What to draw.
        cell: Least side of a cell, in pixels; smaller images are enlarged by a whole factor.
    """
    width, height = cell_size(grid.styles, cell)
    shape = (len(grid.styles) + 1, len(grid.geometries) + 1)
    canvas = np.full((shape[0] * (height + GAP) + GAP, shape[1] * (width + GAP) + GAP, 3), 255, np.uint8)

    def put(row: int, pictures: Iterable[Picture], column: int = 0) -> None:
        top = GAP + row * (height + GAP)
        for number, one in enumerate(pictures, column):
            left = GAP + number * (width + GAP)
            canvas[top : top + height, left : left + width] = one

    size = (width, height)
    put(0, [_corner(size), *landmarked(grid.geometries, grid.landmarks.xy, size)])
    for number, style in enumerate(grid.styles):
        put(number + 1, as_pictures(style[None], size))
        put(number + 1, as_pictures(grid.row(number), size), 1)
    return canvas


def _corner(size: tuple[int, int]) -> Picture:
    """Says what lies to the right of it, and what below."""
    import cv2

    width, height = size
    corner = np.full((height, width, 3), 255, np.uint8)
    near, far = np.round(np.multiply([[0.5, 0.42], [0.95, 0.42]], size)).astype(int).tolist()
    cv2.arrowedLine(corner, near, far, (0, 0, 0), 1, cv2.LINE_AA)
    near, far = np.round(np.multiply([[0.42, 0.5], [0.42, 0.95]], size)).astype(int).tolist()
    cv2.arrowedLine(corner, near, far, (0, 0, 0), 1, cv2.LINE_AA)
    for word, x, y in (("geometry", 0.42, 0.3), ("style", 0.06, 0.8)):
        place = (round(x * width), round(y * height))
        cv2.putText(corner, word, place, cv2.FONT_HERSHEY_SIMPLEX, width / 300, (0, 0, 0), 1, cv2.LINE_AA)
    return corner
