"""Coordinates: [-1, 1] from edge to edge inside, pixels outside; one function each way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeVar

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

Coordinates = TypeVar("Coordinates", Tensor, np.ndarray)
Grid = Literal["centres", "corners"]
"""Where -1 and 1 lie: at the edges of the image, or, in the 2018 code, at the centres of its corner pixels."""


def to_pixels(xy: Coordinates, size: Sequence[int]) -> Coordinates:
    """From [-1, 1] to pixels of an image of `size` (width, height); the first pixel's centre is 0."""
    width, height = size
    scale = _like(xy, (width / 2, height / 2))
    return (xy + 1) * scale - 0.5


def from_pixels(xy: Coordinates, size: Sequence[int]) -> Coordinates:
    """From pixels of an image of `size` (width, height) to [-1, 1]; the inverse of `to_pixels`."""
    width, height = size
    scale = _like(xy, (2 / width, 2 / height))
    return (xy + 0.5) * scale - 1


def centres(n: int, like: Tensor) -> Float[Tensor, "n"]:
    """Centres of the n pixels of one axis, in [-1, 1]: (2 i + 1) / n - 1."""
    return (2 * torch.arange(n, device=like.device, dtype=torch.float32) + 1) / n - 1


def axis(n: int, like: Tensor, kind: Grid) -> Float[Tensor, "n"]:
    """Coordinates of the n pixels of one axis."""
    return centres(n, like) if kind == "centres" else torch.linspace(-1, 1, n, device=like.device)


def grid(height: int, width: int, like: Tensor, kind: Grid = "centres") -> Float[Tensor, "height width 2"]:
    """(x, y) of every pixel."""
    y, x = torch.meshgrid(axis(height, like, kind), axis(width, like, kind), indexing="ij")
    return torch.stack([x, y], -1)


def _like(xy: Coordinates, values: tuple[float, float]) -> Coordinates:
    if isinstance(xy, Tensor):
        return torch.tensor(values, dtype=xy.dtype, device=xy.device)
    return np.asarray(values)
