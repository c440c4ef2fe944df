"""From heatmaps to coordinates: softmax marginals and their expectation."""

from __future__ import annotations

import math
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from unsuplmk.ops.coordinates import Grid, axis

Pooling = Literal["joint", "sum", "mean"]


def marginals(
    heatmaps: Float[Tensor, "batch landmarks h w"], pooling: Pooling, sharpness: float
) -> tuple[Float[Tensor, "batch landmarks w"], Float[Tensor, "batch landmarks h"]]:
    """Distributions over x and over y.

    `joint` is one softmax over all cells, summed along the other axis. `sum` and `mean` pool the scores
    along the other axis first and take one softmax an axis: the paper's (eq. 2) and the released code's.
    """
    scores = sharpness * heatmaps.float()
    if pooling == "joint":
        joint = scores.flatten(2).softmax(-1).view_as(scores)
        return joint.sum(2), joint.sum(3)
    pool = torch.Tensor.sum if pooling == "sum" else torch.Tensor.mean
    return pool(scores, 2).softmax(-1), pool(scores, 3).softmax(-1)


def expectation(
    px: Float[Tensor, "batch landmarks w"], py: Float[Tensor, "batch landmarks h"], grid: Grid = "centres"
) -> Float[Tensor, "batch landmarks 2"]:
    """Mean (x, y) of the two distributions, in [-1, 1]."""
    x = (px * axis(px.shape[-1], px, grid)).sum(-1)  # no matmul: autocast would round it to bfloat16
    y = (py * axis(py.shape[-1], py, grid)).sum(-1)
    return torch.stack([x, y], -1)


def concentration(
    px: Float[Tensor, "batch landmarks w"], py: Float[Tensor, "batch landmarks h"]
) -> Float[Tensor, "batch landmarks"]:
    """Confidence in [0, 1]: one minus the normalised entropy, averaged over both axes."""
    both = (1 - torch.special.entr(p).sum(-1) / math.log(max(p.shape[-1], 2)) for p in (px, py))
    return (sum(both, torch.zeros(())) / 2).clamp(0, 1)
