"""Are the landmarks alive? Figures that need no annotation and show a collapse early."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from unsuplmk.types import Warp

DEAD = 0.01
"""A landmark whose standard deviation over the images is below this share of the image side never moves."""
MERGED = 0.02
"""Two landmarks whose mean distance is below this share of the image side are one."""
COLLAPSED = 0.05
"""Landmarks that are all nearer than this to their centroid (or the image's centre) have collapsed."""
BORDER = 0.05
"""Nearer to the edge than this share of the image side counts as on the border."""
FEWEST = 4
"""With fewer images than this, standing still says nothing."""


@dataclass(frozen=True)
class Health:
    """What a batch of landmarks looks like; distances are in % of the image side.

    Args:
        spread: Standard deviation of each landmark over the images.
        dead: Landmarks that never move.
        merged: Pairs of landmarks that lie on each other, the smaller index first.
        collapsed: All landmarks lie together.
        central: They lie together at the centre of the image.
        border: Share of the landmarks on the border, in %.
    """

    spread: tuple[float, ...]
    dead: tuple[int, ...]
    merged: tuple[tuple[int, int], ...]
    collapsed: bool
    central: bool
    border: float


def health(xy: Float[Tensor, "images landmarks 2"]) -> Health:
    """Examine the landmarks of many images; one transfer to the host."""
    images, landmarks, _ = xy.shape
    sides = xy.detach().float() / 2  # in image sides, the image's centre at 0
    spread = sides.var(0, correction=0).sum(-1).sqrt()
    gaps = torch.linalg.vector_norm(sides[:, :, None] - sides[:, None], dim=-1).mean(0)
    round_centroid = torch.linalg.vector_norm(sides - sides.mean(1, keepdim=True), dim=-1).mean()
    round_centre = torch.linalg.vector_norm(sides, dim=-1).mean()
    border = (sides.abs().amax(-1) > 0.5 - BORDER).float().mean()
    numbers = torch.cat([spread, gaps.flatten(), torch.stack([round_centroid, round_centre, border])]).cpu()

    spread, gaps = numbers[:landmarks], numbers[landmarks:-3].view(landmarks, landmarks)
    centroid, centre, edge = numbers[-3:].tolist()
    dead = tuple(torch.nonzero(spread < DEAD).flatten().tolist()) if images >= FEWEST else ()
    merged = torch.nonzero((gaps < MERGED).triu(1)).tolist()
    # a single landmark is always in one place: only one that never moves has collapsed
    collapsed = centroid < COLLAPSED if landmarks > 1 else len(dead) == 1
    return Health(
        spread=tuple((100 * spread).tolist()),
        dead=dead,
        merged=tuple((i, j) for i, j in merged),
        collapsed=collapsed,
        central=collapsed and centre < COLLAPSED,
        border=100 * edge,
    )


def agreement(
    warp: Warp, source: Float[Tensor, "batch landmarks 2"], target: Float[Tensor, "batch landmarks 2"]
) -> Float[Tensor, ""]:
    """Mean distance between warped source landmarks and target landmarks, in % of the image side.

    Landmarks that the warp moves out of the target do not count; NaN if none is left.
    """
    moved = warp.points(source)
    inside = (moved.abs() <= 1).all(-1)
    distance = torch.linalg.vector_norm(moved - target, dim=-1) / 2
    return 100 * torch.where(inside, distance, 0).sum() / inside.sum()


def groups(pairs: tuple[tuple[int, int], ...]) -> list[list[int]]:
    """Landmarks that hang together through merged pairs, each group in ascending order."""
    found: list[set[int]] = []
    for pair in pairs:
        touching = [group for group in found if group & set(pair)]
        found = [group for group in found if group not in touching] + [set(pair).union(*touching)]
    return sorted(sorted(group) for group in found)
