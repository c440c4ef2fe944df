"""The stage `example`: how far the landmarks still move, in the log.

On the drawn puppets, and beside the stages that a run has anyway:

    unsuplmk run --stage example --stage.example.every 50 --steps 200 --size 64
    unsuplmk run photos/ --stage preview --stage health --stage example
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, final

import torch
from pydantic import Field
from torch import Tensor

from unsuplmk.interfaces import Stage

if TYPE_CHECKING:
    from unsuplmk.job import Training


@final
class Example(Stage):
    """Logs `drift`: how far landmarks of the same frames have moved since the last look, in % of the image side.

    It falls as the landmarks settle. One that stays high at the end says that more steps would help.

    Args:
        every: Steps between two looks; a look makes training wait for the device.
    """

    def __init__(self, *, every: Annotated[int, Field(ge=1)] = 250) -> None:
        self.every = every
        self._last: Tensor | None = None

    def step(self, training: Training) -> None:
        """Look when it is time; other steps cost nothing."""
        if training.number % self.every or not training.model.bottleneck.places:
            return
        with torch.inference_mode():  # the averaged weights are those that are kept, and nothing here may move them
            xy = training.detector_model().locate(training.probe[0].float() / 255).xy
        if self._last is not None:
            moved = torch.linalg.vector_norm(xy - self._last, dim=-1).mean() / 2  # the image is 2 wide
            training.log(drift=100 * float(moved))
        self._last = xy
