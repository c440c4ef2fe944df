"""Thin-plate-spline warps: images and points by the same map, in batch, on the device.

The map is backward, from output to input coordinates: f(p) = t + A p + sum_i w_i U(|p - c_i|) with
U(r) = r^2 log r^2 (Bookstein 1989), over control points c_i on a regular grid of [-1, 1]^2. As in
Jakab et al. 2018 the coefficients themselves are drawn at random, so no system is solved.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from unsuplmk.ops import draws
from unsuplmk.ops.coordinates import Grid, grid

Field = Float[Tensor, "batch height width 2"]
"""A sampling grid: where in the input each pixel of the output lies."""

SIDE = 10
"""Control points along each axis."""


class ThinPlate:
    """A batch of warps, given by their coefficients.

    Args:
        weights: w_i of the control points, row by row.
        shift: t.
        matrix: A, applied to (x, y) column vectors.
        grid: Where -1 and 1 lie in images: at their edges, or at the centres of their corner pixels.
    """

    def __init__(
        self,
        weights: Float[Tensor, "batch control 2"],
        shift: Float[Tensor, "batch 2"],
        matrix: Float[Tensor, "batch 2 2"],
        grid: Grid = "centres",
    ) -> None:
        self.weights, self.shift, self.matrix = weights, shift, matrix
        self.grid: Grid = grid

    def points(self, xy: Float[Tensor, "batch n 2"]) -> Float[Tensor, "batch n 2"]:
        """f(p) for every point."""
        return self._map(xy.float())

    def field(self, height: int, width: int) -> Field:
        """f at every pixel's centre: a sampling grid."""
        xy = grid(height, width, self.weights, self.grid).reshape(-1, 2)
        return self._map(xy).reshape(-1, height, width, 2)  # one kernel serves the whole batch

    def _map(self, xy: Float[Tensor, "*batch n 2"]) -> Float[Tensor, "batch n 2"]:
        with torch.autocast(xy.device.type, enabled=False):  # coordinates in bfloat16 would be off by a pixel
            bent = _kernel(xy, self.weights) @ self.weights
            return bent + xy @ self.matrix.transpose(1, 2) + self.shift[:, None]

    def images(self, image: Float[Tensor, "batch c h w"]) -> Float[Tensor, "batch c h w"]:
        """The image seen through f: out(p) = image(f(p)), zeros outside."""
        return sample(image, self.field(*image.shape[-2:]), grid=self.grid)


def sample(
    image: Float[Tensor, "batch c h w"], field: Field, padding: str = "zeros", grid: Grid = "centres"
) -> Float[Tensor, "batch c height width"]:
    """Bilinear look-up of `image` at `field`; `padding` as in `torch.nn.functional.grid_sample`."""
    return F.grid_sample(image, field, mode="bilinear", padding_mode=padding, align_corners=grid == "corners")


def random(
    batch: int,
    like: Tensor,
    *,
    bend: float = 0.0,
    bend_some: float = 0.0,
    rotation: float = 0.0,
    scale: float = 0.0,
    shift: float = 0.0,
    grid: Grid = "centres",
) -> ThinPlate:
    """Random warps as in Jakab et al. 2018 (values as in the released code).

    Args:
        batch: How many.
        like: A tensor on the device.
        bend: Standard deviation s1 of every control point's coefficients.
        bend_some: Standard deviation s2 of a second term on a random half of them.
        rotation: Standard deviation, degrees.
        scale: Standard deviation of the isotropic scale about 1.
        shift: Standard deviation of the translation, in image halves.
        grid: Where -1 and 1 lie in images.
    """
    control = SIDE * SIDE
    z = draws.normal(batch, 2 * control + 1, 2, like=like)
    chosen = (draws.uniform(batch, control, 2, like=like) < 0.5).float()
    weights = bend * z[:, :control] + bend_some * z[:, control : 2 * control] * chosen
    turn = draws.normal(batch, 2, like=like)
    angle = math.radians(rotation) * turn[:, 0]
    size = 1 + scale * turn[:, 1]
    cos, sin = size * angle.cos(), size * angle.sin()
    matrix = torch.stack([torch.stack([cos, -sin], -1), torch.stack([sin, cos], -1)], 1)
    return ThinPlate(weights, shift * z[:, -1], matrix, grid)


def border(size: int, like: Tensor, zeros: float = 10 / 128) -> Float[Tensor, "1 1 size size"]:
    """The reference's smooth mask: nothing counts within `zeros` of the side, then a tanh ramp twice as long."""
    edge, ramp = round(zeros * size), round(2 * zeros * size)
    strip = torch.ones(size, device=like.device)
    strip[:edge] = 0
    strip[edge : edge + ramp] = 0.5 + 0.5 * torch.tanh(torch.linspace(-1, 1, ramp, device=like.device) / 0.4)
    strip[size - edge - ramp :] = strip[: edge + ramp].flip(0)
    return (strip[:, None] * strip)[None, None]


def _kernel(xy: Float[Tensor, "*batch n 2"], like: Tensor) -> Float[Tensor, "*batch n control"]:
    axis = torch.linspace(-1, 1, SIDE, device=like.device)
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    control = torch.stack([x, y], -1).reshape(-1, 2)
    # |p|^2 - 2 p.c + |c|^2 needs no (n, control, 2) intermediate
    squared = xy.square().sum(-1, keepdim=True) - 2 * xy @ control.T + control.square().sum(-1)
    squared = squared.clamp_min(1e-8)
    return squared * squared.log()
