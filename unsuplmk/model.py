"""One part of each kind, wired together."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from unsuplmk.interfaces import Bottleneck, Encoder, Generator, Loss
from unsuplmk.types import Image, Landmarks, Pair, Reconstruction, Step


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one pass over a batch of pairs gave.

    Args:
        total: The weighted sum of the losses.
        terms: Each loss by name, before its weight.
        reconstruction: The generator's output.
        target: Landmarks of the target.
    """

    total: Float[Tensor, ""]
    terms: Mapping[str, Tensor]
    reconstruction: Reconstruction
    target: Landmarks


@final
class Model(nn.Module):
    """Encoder, bottleneck, generator and the losses that judge them.

    Args:
        encoder: Image to heatmaps.
        bottleneck: Heatmaps to landmarks to maps.
        generator: Source and landmarks to target.
        losses: By name; none for use after training.
        weights: Factor of each loss; 1 where it is not given.
    """

    def __init__(
        self,
        encoder: Encoder,
        bottleneck: Bottleneck,
        generator: Generator,
        losses: Mapping[str, Loss] | None = None,
        weights: Mapping[str, float] | None = None,
    ) -> None:
        super().__init__()
        self.encoder, self.bottleneck, self.generator = encoder, bottleneck, generator
        self.losses = nn.ModuleDict(dict(losses or {}))
        self.weights = dict(weights or {})

    def locate(self, images: Image) -> Landmarks:
        """Landmarks of images in [0, 1]."""
        return self.bottleneck.locate(self.encoder(images))

    def twins(self, count: int) -> list[Model]:
        """Others that locate the same with the very same weights, for threads of their own.

        Parts may keep things in themselves as they work, so that threads cannot share them. There are no twins where
        a part cannot be copied, or has hooks, whose owner would not hear of what a copy does.
        """
        parts = self.encoder, self.bottleneck
        if any(part._forward_hooks or part._forward_pre_hooks for whole in parts for part in whole.modules()):
            return []
        weights = {id(weight): weight for part in parts for weight in part.parameters()}
        try:
            copies = [deepcopy(parts, dict(weights)) for _ in range(count)]
        except Exception:  # whatever a part holds: a lock, a file, a tensor that has been computed
            return []
        return [Model(*copy, self.generator) for copy in copies]

    def forward(self, pair: Pair, progress: float = 0.0) -> Outcome:
        """Rebuild the target of each pair, and judge it."""
        target = self.locate(pair.target)
        source = self._source(pair, target) if "source" in self.generator.needs else pointless(target)
        reconstruction = self.generator(pair, source, target, self.bottleneck.render)
        step = Step(pair, target, reconstruction, progress, self.locate)
        terms = {name: loss(step) for name, loss in self.losses.items()}
        total = sum((self.weights.get(name, 1.0) * term for name, term in terms.items()), torch.zeros(()))
        return Outcome(total, terms, reconstruction, target)

    def _source(self, pair: Pair, target: Landmarks) -> Landmarks:
        """Landmarks of the source: the target's, where they are one image."""
        return target if pair.source is pair.target else self.locate(pair.source)


def pointless(like: Landmarks) -> Landmarks:
    """As many images, and no points: what a generator is given that does not need the source's."""
    return Landmarks(like.xy[:, :0], like.score[:, :0], like.heatmaps[:, :0])
