"""Probability maps must move with the image."""

from __future__ import annotations

from typing import ClassVar, final

import torch
from jaxtyping import Float
from torch import Tensor

from unsuplmk.interfaces import Loss
from unsuplmk.ops.coordinates import grid
from unsuplmk.types import Landmarks, Step


@final
class Alignment(Loss):
    """Expected squared distance between a target's point and a warped source's, each drawn from its map.

    Thewlis, Bilen, Vedaldi, ICCV 2017: sum over cells u, v of |u - g(v)|^2 p(u) q(v), for the known warp g.
    Besides the distance of the means it contains both variances, so that it sharpens the maps, which
    `equivariance` does not. Expanded, it costs two sums over the cells in place of a double sum.
    Landmarks that the warp puts outside the image do not count.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"density", "warp"})

    def forward(self, step: Step) -> Float[Tensor, ""]:
        """Average over batch and landmarks, in image halves squared."""
        assert step.pair.warp is not None
        source, target = step.source, step.target
        here = grid(*_size(target), target.xy).reshape(1, -1, 2)
        there = grid(*_size(source), source.xy).reshape(1, -1, 2).expand(len(source.xy), -1, -1)
        warped = step.pair.warp.points(there)
        u, uu = _moments(target, here)
        v, vv = _moments(source, warped)
        # E|u - v|^2 = E|u|^2 + E|v|^2 - 2 E u . E v, since both are drawn on their own
        distance = uu + vv - 2 * (u * v).sum(-1)
        seen = (v.detach().abs() < 1).all(-1).float()
        return (distance * seen).mean().clamp_min(0)


def _size(landmarks: Landmarks) -> tuple[int, int]:
    height, width = landmarks.heatmaps.shape[-2:]
    return height, width


def _moments(
    landmarks: Landmarks, places: Float[Tensor, "#batch cells 2"]
) -> tuple[Float[Tensor, "batch landmarks 2"], Float[Tensor, "batch landmarks"]]:
    """Mean and mean square of places under each landmark's map."""
    assert landmarks.density is not None
    p = landmarks.density.flatten(2)
    x, y = ((p * places[:, None, :, axis]).sum(-1) for axis in (0, 1))  # no matmul: autocast would round it
    return torch.stack([x, y], -1), (p * places.square().sum(-1)[:, None]).sum(-1)
