"""Procedural backgrounds: clouds, stripes, tiles, plaid, a lit wall over a floor."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

Field = Float[np.ndarray, "side side"]
Picture = Float[np.ndarray, "side side 3"]


def background(side: int, rng: np.random.Generator) -> Picture:
    """A picture in [0, 1] of one of several kinds; equal generators give equal bytes on every machine."""
    kinds: tuple[Callable[[int, np.random.Generator], Field], ...] = (_clouds, _stripes, _tiles, _plaid, _room, _discs)
    pattern = kinds[int(rng.integers(len(kinds)))](side, rng)
    first, second = _muted(rng), _muted(rng)
    picture = first + pattern[..., None] * (second - first)
    picture *= (0.9 + 0.2 * noise(side, 3, rng))[..., None]  # uneven light
    picture += 0.07 * (noise(side, max(side // 3, 2), rng) - 0.5)[..., None]  # grain
    x = np.arange(side, dtype=np.float32) / side - 0.5
    return picture * (1.05 - 0.5 * (x[None] ** 2 + x[:, None] ** 2))[..., None]


def noise(side: int, cells: int, rng: np.random.Generator) -> Field:
    """Smooth noise in [0, 1]: random values on a grid of `cells`, smoothly interpolated."""
    values = rng.random((cells + 1, cells + 1), dtype=np.float32)
    place = (np.arange(side, dtype=np.float32) + 0.5) * (cells / side)
    cell = np.minimum(place.astype(np.int64), cells - 1)
    part = (place - cell).astype(np.float32)
    part = part * part * (3 - 2 * part)
    rows = values[cell] + (values[cell + 1] - values[cell]) * part[:, None]
    return rows[:, cell] + (rows[:, cell + 1] - rows[:, cell]) * part


def _muted(rng: np.random.Generator) -> Float[np.ndarray, "3"]:
    """A colour of little saturation and middle brightness, so that figures stand out."""
    grey = 0.3 + 0.45 * rng.random(dtype=np.float32)
    return grey + 0.22 * (rng.random(3, dtype=np.float32) - 0.5)


def _grid(side: int) -> tuple[Float[np.ndarray, "1 side"], Float[np.ndarray, "side 1"]]:
    axis = (np.arange(side, dtype=np.float32) + 0.5) / side
    return axis[None], axis[:, None]


def _wave(phase: np.ndarray) -> np.ndarray:
    """A triangle wave in [0, 1] of period 1."""
    return abs(phase - np.floor(phase) - 0.5) * 2


def _edge(value: np.ndarray, sharpness: int) -> np.ndarray:
    return np.clip((value - 0.5) * sharpness + 0.5, 0, 1)


def _clouds(side: int, rng: np.random.Generator) -> Field:
    octaves = [noise(side, min(cells, side), rng) / 2**i for i, cells in enumerate((3, 6, 12, 24))]
    return np.clip((sum(octaves) / 1.875 - 0.5) * 2.2 + 0.5, 0, 1)


def _stripes(side: int, rng: np.random.Generator) -> Field:
    x, y = _grid(side)
    slope, count = rng.random(dtype=np.float32) * 2 - 1, 4 + 8 * rng.random(dtype=np.float32)
    bent = 0.25 * noise(side, 3, rng) * rng.random(dtype=np.float32)
    return _edge(_wave((x + slope * y + bent) * count), 3)


def _tiles(side: int, rng: np.random.Generator) -> Field:
    x, y = _grid(side)
    count, turn = 3 + int(rng.integers(5)), rng.random(dtype=np.float32) - 0.5
    u, v = (x + turn * y) * count, (y - turn * x) * count
    odd = (np.floor(u) + np.floor(v)) % 2
    joint = np.minimum(1 - _wave(u), 1 - _wave(v))
    return (0.3 + 0.4 * odd) * np.clip(joint * 12, 0.4, 1) + 0.2 * noise(side, 8, rng)


def _plaid(side: int, rng: np.random.Generator) -> Field:
    x, y = _grid(side)
    count = 3 + 4 * rng.random(2, dtype=np.float32)
    return (_edge(_wave(x * count[0]), 4) + _edge(_wave(y * count[1]), 4)) * 0.4 + 0.2 * noise(side, 10, rng)


def _room(side: int, rng: np.random.Generator) -> Field:
    x, y = _grid(side)
    horizon = 0.62 + 0.2 * rng.random(dtype=np.float32)
    boards = _edge(_wave((x - 0.5) / (y - horizon + 0.35) * 1.6), 6) * 0.18
    wall = 0.75 - 0.3 * y + 0.12 * _edge(_wave(x * (3 + int(rng.integers(6)))), 8)
    return np.where(y > horizon, 0.15 + boards + 0.5 * (y - horizon), wall) + 0.12 * noise(side, 6, rng)


def _discs(side: int, rng: np.random.Generator) -> Field:
    x, y = _grid(side)
    field = 0.25 + 0.3 * noise(side, 2, rng)
    for cx, cy, size, depth in rng.random((14, 4), dtype=np.float32):
        radius = 0.04 + 0.13 * size
        distance = np.sqrt((x - cx) ** 2 + (y - cy) ** 2)
        field = field + (0.15 + 0.35 * depth) * np.clip((radius - distance) * 40, 0, 1)
    return np.clip(field, 0, 1)
