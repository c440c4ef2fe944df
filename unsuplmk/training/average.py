"""The moving average of the weights while they are trained: what the detector uses."""

from __future__ import annotations

from copy import deepcopy
from typing import final

import torch
from torch import Tensor

from unsuplmk.model import Model


@final
class Average:
    """Exponential moving average of encoder, bottleneck and generator.

    The decay grows as (1 + n) / (10 + n) up to `decay`, so that the start is forgotten soon.

    Args:
        model: Whose weights to follow.
        decay: Share of the old average that a step keeps; 0 keeps none.
    """

    def __init__(self, model: Model, decay: float) -> None:
        self.decay = decay
        copies = deepcopy(model.encoder), deepcopy(model.bottleneck), deepcopy(model.generator)
        self.model = Model(*copies).eval().requires_grad_(False)

    def copy(self, model: Model) -> None:
        """Take the weights as they are: before the first step."""
        self._move(model, 0.0)

    def update(self, model: Model, number: int) -> None:
        """Take in the weights after step `number`; buffers (running statistics) are averages already."""
        self._move(model, min(self.decay, (1 + number) / (10 + number)))

    @torch.no_grad()
    def _move(self, model: Model, decay: float) -> None:
        for mine, new in zip(self._weights(self.model), self._weights(model), strict=True):
            mine.lerp_(new, 1 - decay)
        for mine, new in zip(self._buffers(self.model), self._buffers(model), strict=True):
            mine.copy_(new)

    @staticmethod
    def _weights(model: Model) -> list[Tensor]:
        return [p for part in (model.encoder, model.bottleneck, model.generator) for p in part.parameters()]

    @staticmethod
    def _buffers(model: Model) -> list[Tensor]:
        return [b for part in (model.encoder, model.bottleneck, model.generator) for b in part.buffers()]
