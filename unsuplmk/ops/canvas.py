"""Rounded, softly lit, antialiased shapes on an image: capsules and torsos by their signed distance.

Every pixel comes from sums, products, quotients and roots alone, which IEEE 754 rounds alike everywhere: equal
arguments give equal bytes on every machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8

LIGHT = (-0.48, -0.6, 0.64)
"""Direction of the light: from the upper left, in front."""
GLOOM = 0.3
"""How much a shape darkens what it touches."""

Point = tuple[float, float]
Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Paint:
    """Colours of a shape.

    Args:
        base: RGB in [0, 1].
        other: The second colour.
        bands: How many stripes of `other` lie across the shape.
        cut: Share of the length from which on all is `other`.
    """

    base: Colour
    other: Colour = (0.0, 0.0, 0.0)
    bands: int = 0
    cut: float = 2.0


class Canvas:
    """An RGB image to draw on; pixel centres have whole coordinates."""

    def __init__(self, ground: Float[np.ndarray, "height width 3"]) -> None:
        self._image = ground.astype(np.float32)

    def image(self) -> UInt8[np.ndarray, "height width 3"]:
        """The picture so far."""
        return (np.clip(self._image, 0, 1) * 255 + 0.5).astype(np.uint8)

    def shadow(self, centre: Point, width: float, height: float, depth: float) -> None:
        """Darken an ellipse that fades towards its edge."""
        box = self._box([centre], max(width, height))
        if box is not None:
            rows, columns, x, y = box
            far = ((x - centre[0]) / width) ** 2 + ((y - centre[1]) / height) ** 2
            self._image[rows, columns] *= (1 - depth * np.clip(1 - far, 0, 1))[..., None]

    def capsule(self, start: Point, end: Point, radii: tuple[float, float], paint: Paint, flat: bool = False) -> None:
        """A rod with round ends whose radius changes evenly from `start` to `end`; `flat` leaves out the shading."""
        reach = max(radii)
        box = self._box([start, end], reach + (0 if flat else 0.6 * reach))
        if box is None:
            return
        rows, columns, x, y = box
        dx, dy = end[0] - start[0], end[1] - start[1]
        px, py = x - start[0], y - start[1]
        along = np.clip((px * dx + py * dy) / max(dx * dx + dy * dy, 1e-6), 0, 1)
        qx, qy = px - along * dx, py - along * dy
        radius = radii[0] + (radii[1] - radii[0]) * along
        distance = np.sqrt(qx * qx + qy * qy) - radius
        light = None if flat else _light(qx / radius, qy / radius)
        self._blend(rows, columns, distance, paint, along, light, reach)

    def torso(self, corners: Sequence[Point], radius: float, paint: Paint) -> None:
        """A body between four corners (two shoulders, two hips; clockwise), grown by `radius`."""
        box = self._box(corners, 2 * radius)
        if box is None:
            return
        rows, columns, x, y = box
        top = ((corners[0][0] + corners[1][0]) / 2, (corners[0][1] + corners[1][1]) / 2)
        low = ((corners[2][0] + corners[3][0]) / 2, (corners[2][1] + corners[3][1]) / 2)
        distance = np.full(np.broadcast_shapes(x.shape, y.shape), -np.inf, np.float32)
        for (ax, ay), (bx, by) in zip(corners, [*corners[1:], corners[0]], strict=True):
            length = max(float(np.sqrt((bx - ax) ** 2 + (by - ay) ** 2)), 1e-6)
            nx, ny = (by - ay) / length, -(bx - ax) / length
            distance = np.maximum(distance, (x - ax) * nx + (y - ay) * ny - radius)
        dx, dy = low[0] - top[0], low[1] - top[1]
        length = max(float(np.sqrt(dx * dx + dy * dy)), 1e-6)
        along = np.clip(((x - top[0]) * dx + (y - top[1]) * dy) / length**2, 0, 1)
        side = (x - top[0]) * (dy / length) - (y - top[1]) * (dx / length)
        shoulders, hips = (_apart(corners[i], corners[i + 1]) / 2 + radius for i in (0, 2))
        side = np.clip(side / (shoulders + (hips - shoulders) * along), -1, 1) * 0.9
        light = _light(side * (dy / length), -side * (dx / length))
        self._blend(rows, columns, distance, paint, along, light, radius * 2)

    def _box(
        self, points: Sequence[Point], margin: float
    ) -> tuple[slice, slice, Float[np.ndarray, "1 w"], Float[np.ndarray, "h 1"]] | None:
        """Rows, columns and coordinates of the part of the image within `margin` of some points."""
        height, width = self._image.shape[:2]
        xs, ys = zip(*points, strict=True)
        left, right = max(0, int(min(xs) - margin) - 1), min(width, int(max(xs) + margin) + 3)
        top, bottom = max(0, int(min(ys) - margin) - 1), min(height, int(max(ys) + margin) + 3)
        if left >= right or top >= bottom:
            return None
        x = np.arange(left, right, dtype=np.float32)[None]
        y = np.arange(top, bottom, dtype=np.float32)[:, None]
        return slice(top, bottom), slice(left, right), x, y

    def _blend(
        self,
        rows: slice,
        columns: slice,
        distance: Float[np.ndarray, "h w"],
        paint: Paint,
        along: Float[np.ndarray, "h w"],
        light: Float[np.ndarray, "h w"] | None,
        reach: float,
    ) -> None:
        below = self._image[rows, columns]
        colour = np.array(paint.base, np.float32)
        if paint.bands or paint.cut < 1:
            share = np.clip((along - paint.cut) * 40 + 0.5, 0, 1)
            if paint.bands:
                phase = along * paint.bands
                stripe = np.clip((abs(phase - np.floor(phase) - 0.5) - 0.25) * 8 + 0.5, 0, 1)
                share = np.maximum(share, stripe)
            colour = colour + share[..., None] * (np.array(paint.other, np.float32) - colour)
        if light is not None:
            below = below * (1 - GLOOM * np.clip(1 - distance / (0.4 * reach), 0, 1))[..., None]
            colour = colour * (0.58 + 0.5 * light)[..., None] + (0.6 * np.clip(light - 0.86, 0, 1))[..., None]
        cover = np.clip(0.5 - distance, 0, 1)[..., None]
        self._image[rows, columns] = below + cover * (colour - below)


def _light(nx: Float[np.ndarray, "h w"], ny: Float[np.ndarray, "h w"]) -> Float[np.ndarray, "h w"]:
    """Lambert's cosine on a surface whose normal leans by (nx, ny) from the viewer."""
    nz = np.sqrt(np.maximum(1 - nx * nx - ny * ny, 0))
    return np.clip(nx * LIGHT[0] + ny * LIGHT[1] + nz * LIGHT[2], 0, 1)


def _apart(a: Point, b: Point) -> float:
    return float(np.sqrt((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2))
