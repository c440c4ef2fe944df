"""Pictures of how training goes: contact sheets of a few fixed frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, final

import torch
from pydantic import Field

from unsuplmk.errors import UserError
from unsuplmk.frames.media import write_image
from unsuplmk.interfaces import Stage
from unsuplmk.pictures.draw import contact_sheet

if TYPE_CHECKING:
    from unsuplmk.job import Training


@final
class Preview(Stage):
    """Contact sheets in the run's folder `preview`: source, target with landmarks, heatmaps, reconstruction.

    They show the averaged weights, the ones that are kept, on the same frames every time.

    Args:
        every: Steps between two sheets; one more is drawn at the end.
        rows: Pairs on a sheet.
    """

    def __init__(
        self, *, every: Annotated[int, Field(ge=1)] = 500, rows: Annotated[int, Field(ge=1, le=64)] = 6
    ) -> None:
        self.every, self.rows = every, rows
        self._drawn = 0

    def step(self, training: Training) -> None:
        """Draw a sheet when it is time."""
        if training.number % self.every == 0:
            self._draw(training)

    def finish(self, training: Training) -> None:
        """Draw the last sheet, unless this very step has been drawn."""
        if training.number > self._drawn:
            self._draw(training)

    def _draw(self, training: Training) -> None:
        self._drawn = training.number
        model = training.detector_model()
        with torch.inference_mode():
            pair = training.pair_of(tuple(frames[: self.rows] for frames in training.probe))
            outcome = model(pair, training.number / training.config.steps)
        path = training.folder / "preview" / f"{training.number:06d}.png"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_image(path, contact_sheet(pair, outcome, self.rows))
        except (OSError, UserError) as error:  # a full disk must not end a training
            training.warn(f"no preview at step {training.number}: {error}")
