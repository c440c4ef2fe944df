"""From gradients to weights: the course of the learning rate, weight decay, clipping and Adam."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, final

import torch
from accelerate import Accelerator
from torch import Tensor, nn

from unsuplmk.config import Config
from unsuplmk.model import Model, Outcome
from unsuplmk.ops.masking import masked_mean, shrink
from unsuplmk.types import Pair


def learning_rate(config: Config, number: int) -> float:
    """Of step `number` (from 0): a linear warm-up, then the schedule; a plateau's divisions come on top.

    cosine: half a cosine down to zero; staircase: x0.95 every 100,000 steps, as in the released code of 2018.
    """
    warm = min(1.0, (number + 1) / (config.warmup + 1))
    if config.schedule == "cosine":
        return config.learning_rate * warm * 0.5 * (1 + math.cos(math.pi * min(1.0, number / config.steps)))
    if config.schedule == "staircase":
        return config.learning_rate * warm * 0.95 ** (number // 100_000)
    return config.learning_rate * warm


def convolutions(model: nn.Module) -> list[nn.Parameter]:
    """The trained weights of convolutions, no biases: what the 2018 code decays."""
    layers = (m for m in model.modules() if isinstance(m, nn.Conv2d | nn.ConvTranspose2d))
    return [w for layer in layers if isinstance(w := layer.weight, nn.Parameter) and w.requires_grad]


@final
class Optimiser:
    """Everything that happens to the weights in a step.

    Args:
        config: Its keys `optimizer` to `patience` decide.
        model: Whose weights to train.
    """

    def __init__(self, config: Config, model: Model) -> None:
        self.config = config
        self.weights = [p for p in model.parameters() if p.requires_grad]
        self.decayed: list[nn.Parameter] = []
        self.adam: Any
        if config.optimizer == "adam":
            self.decayed = convolutions(model) if config.weight_decay else []
            self.adam = torch.optim.Adam(self.weights, lr=config.learning_rate)
        else:
            self.adam = torch.optim.AdamW(self.weights, lr=config.learning_rate, weight_decay=config.weight_decay)
        self.plateau = Plateau(config.patience) if config.schedule == "plateau" else None
        self.rebuilds = model.generator.rebuilds

    def begin(self, number: int) -> None:
        """Set the learning rate of step `number`."""
        factor = self.plateau.factor if self.plateau else 1.0
        for group in self.adam.param_groups:
            group["lr"] = factor * learning_rate(self.config, number)

    def step(self, engine: Accelerator, outcome: Outcome, pair: Pair) -> None:
        """Apply the gradients and forget them."""
        # the decay is part of the loss there: rate * sum(w^2) / 2, inside the bound of the gradient
        for weight in self.decayed:
            if weight.grad is not None:
                weight.grad.add_(weight.detach(), alpha=self.config.weight_decay)
        if self.config.clip and self.config.clip_by == "tensor":
            for weight in self.weights:
                nn.utils.clip_grad_norm_(weight, self.config.clip)
        elif self.config.clip:
            engine.clip_grad_norm_(self.weights, self.config.clip)
        self.adam.step()
        self.adam.zero_grad()
        if self.plateau:
            self.plateau.add(self._errors(outcome, pair), engine)

    @torch.no_grad()
    def _errors(self, outcome: Outcome, pair: Pair) -> Tensor:
        """Loss and squared error of the reconstruction: perceptual losses are near 1 however good it is."""
        errors = [outcome.total]
        if self.rebuilds:
            image = outcome.reconstruction.image
            errors.append(masked_mean((image - shrink(pair.target, image.shape[-2:])).square(), pair.weight))
        return torch.stack([error.detach().float() for error in errors])

    def state_dict(self) -> dict[str, Any]:
        """What resuming needs."""
        return {"optimizer": self.adam.state_dict(), "plateau": self.plateau.state_dict() if self.plateau else {}}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a state; other keys of it are left alone."""
        self.adam.load_state_dict(state["optimizer"])
        if self.plateau and state.get("plateau"):
            self.plateau.load_state_dict(state["plateau"])


@final
class Plateau:
    """Divides the learning rate by ten where the training error stops improving.

    Errors are averaged over `patience` steps; if none of the means is 1 % below its best before, `factor` falls.
    The device is read only then.

    Args:
        patience: Steps.
    """

    def __init__(self, patience: int) -> None:
        self.patience = patience
        self.factor, self.count = 1.0, 0
        self.best: list[float] = []
        self.sums = torch.zeros(())

    def add(self, errors: Tensor, engine: Accelerator) -> None:
        """Count a step's errors in."""
        self.sums = self.sums.to(errors.device) + errors
        self.count += 1
        if self.count < self.patience:
            return
        means: list[float] = (engine.reduce(self.sums, "mean") / self.count).tolist()  # type: ignore[union-attr,operator]
        if self.best and not any(new < old - 0.01 * abs(old) for new, old in zip(means, self.best, strict=True)):
            self.factor /= 10
        self.best = [min(pair) for pair in zip(means, self.best or means, strict=True)]
        self.sums, self.count = torch.zeros(()), 0

    def state_dict(self) -> dict[str, Any]:
        """What resuming needs."""
        return {"factor": self.factor, "count": self.count, "best": self.best, "sums": self.sums.cpu()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a state."""
        self.factor, self.count = float(state["factor"]), int(state["count"])
        self.best, self.sums = [float(value) for value in state["best"]], state["sums"]
