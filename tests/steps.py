"""Training steps put together by hand, for the losses."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from unsuplmk.types import Landmarks, Locate, Pair, Reconstruction, Step, Warp


def points(xy: Tensor | Sequence[Sequence[Sequence[float]]]) -> Landmarks:
    """Landmarks at these (x, y) of every image."""
    xy = xy if isinstance(xy, Tensor) else torch.tensor(xy)
    return Landmarks(xy, torch.ones(xy.shape[:2]), torch.zeros(*xy.shape[:2], 2, 2))


def nowhere(images: Tensor) -> Landmarks:
    """For losses that ask for no further landmarks."""
    raise AssertionError("the loss encodes further images")


def step(
    target: Tensor,
    made: Tensor | None = None,
    *,
    source: Tensor | None = None,
    weight: Tensor | None = None,
    warp: Warp | None = None,
    landmarks: Landmarks | None = None,
    encode: Locate = nowhere,
) -> Step:
    """A step in which `made` was rebuilt in place of `target`."""
    found = points(torch.zeros(len(target), 1, 2)) if landmarks is None else landmarks
    pair = Pair(target if source is None else source, target, weight, warp)
    return Step(pair, found, Reconstruction(target if made is None else made), 0.5, encode)
