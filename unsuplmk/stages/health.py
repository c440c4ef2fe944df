"""Health of the landmarks while they are trained: figures in the log, and a warning when they die or merge."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, final

import torch
from pydantic import Field

from unsuplmk.interfaces import Stage
from unsuplmk.ops.health import Health as Figures
from unsuplmk.ops.health import agreement, groups, health

if TYPE_CHECKING:
    from unsuplmk.job import Training

CROWDED = 50
"""More than so many % of the landmarks on the border are worth a warning: no object is there."""


@final
class Health(Stage):
    """Spread, dead and merged landmarks, share on the border, agreement under the known warp; all without labels.

    Distances are in % of the image side. Each new trouble is named once in a warning. Of a bottleneck whose landmarks
    have no places it says nothing.

    Args:
        every: Steps between two examinations.
    """

    def __init__(self, *, every: Annotated[int, Field(ge=1)] = 250) -> None:
        self.every = every
        self._dead: set[int] = set()
        self._merged: set[tuple[int, int]] = set()
        self._collapsed = self._fled = False

    def step(self, training: Training) -> None:
        """Examine this step's landmarks when it is time; other steps cost nothing."""
        if training.number % self.every or not training.model.bottleneck.places:
            return
        found = health(training.outcome.target.xy)
        figures = {
            "spread": sum(found.spread) / len(found.spread),
            "dead": float(len(found.dead)),
            "merged": float(len({landmark for pair in found.merged for landmark in pair})),
            "border": found.border,
        }
        if training.pair.warp is not None:
            figures["agreement"] = _agreement(training)
        training.log(**figures)
        for line in self._news(found, training):
            training.warn(line)

    def _news(self, found: Figures, training: Training) -> Iterable[str]:
        """What is wrong now and has not been said before."""
        if found.collapsed:
            if not self._collapsed:
                self._collapsed = True
                where = "at the image centre" if found.central else "in one place"
                yield f"all landmarks lie {where}: {_advice(training)}"
            return  # that each pair has merged and none moves goes without saying
        fled = found.border > CROWDED
        if fled and not self._fled:
            self._fled = True
            yield f"{found.border:.0f} % of the landmarks lie on the border: {_back(training)}"
        merged = set(found.merged) - self._merged
        self._merged |= merged
        for group in groups(found.merged):
            if any(a in group for a, _ in merged):
                cure = " there, too" if fled else ": raise the weight of the separation loss"
                yield f"landmarks {_listed(group)} have merged{cure}"
        dead = set(found.dead) - self._dead
        self._dead |= dead
        if dead:
            yield f"{_subject(sorted(dead))} over the images: ask for fewer landmarks if that stays so"


def _agreement(training: Training) -> float:
    """How well landmarks follow the known warp, measured as the detector will be used: in evaluation mode."""
    model, pair = training.model, training.pair
    assert pair.warp is not None
    was_training = model.training
    model.eval()
    try:
        with torch.no_grad():
            source, target = model.locate(pair.source).xy.float(), model.locate(pair.target).xy.float()
            return float(agreement(pair.warp, source, target))
    finally:
        model.train(was_training)


def _advice(training: Training) -> str:
    ways = []
    if "sharpness" in training.config.bottleneck:
        ways.append("raise --bottleneck.sharpness")
    if training.pair.warp is not None:
        known = "equivariance" in training.config.loss
        ways.append("raise --loss.equivariance.weight" if known else "add --loss equivariance")
    known = "separation" in training.config.loss
    ways.append("raise --loss.separation.weight" if known else "add --loss separation")
    return " or ".join(ways) + ", if that stays so"


def _back(training: Training) -> str:
    """What brings landmarks back from the border."""
    if "separation" in training.config.loss:
        return "they flee each other; lower --loss.separation.weight or --loss.separation.sigma"
    return "they explain the background; crop tighter, or ask for fewer"


def _listed(landmarks: list[int]) -> str:
    *most, last = map(str, landmarks)
    return f"{', '.join(most)} and {last}" if most else last


def _subject(dead: list[int]) -> str:
    return f"landmark {dead[0]} does not move" if len(dead) == 1 else f"landmarks {_listed(dead)} do not move"
