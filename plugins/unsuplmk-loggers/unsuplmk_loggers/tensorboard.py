"""A run in TensorBoard: curves, contact sheets, warnings and settings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from unsuplmk.errors import UserError
from unsuplmk.interfaces import Stage
from unsuplmk_loggers.entries import Sheets, figures, flat

if TYPE_CHECKING:
    from unsuplmk.job import Training
    from unsuplmk_loggers.events import Events


@final
class Tensorboard(Stage):
    """Event files for TensorBoard (https://www.tensorflow.org/tensorboard): what each line of the log says, as curves.

    The contact sheets of the stage `preview` are shown at their steps: name this stage after it. Everything is on
    the disk after each line, before a checkpoint: a run that was killed and is resumed goes on with the same curves,
    and what it does again is not shown twice.

    Args:
        folder: Where the event files go, in the run's folder unless it is a whole path.
    """

    def __init__(self, *, folder: str = "tensorboard") -> None:
        self.folder = folder
        self._events: Events | None = None
        self._sheets: Sheets | None = None

    def start(self, training: Training) -> None:
        """Begin a file; a new run's settings come first."""
        from unsuplmk_loggers.events import PATTERN, Events

        folder = training.folder / Path(self.folder).expanduser()
        begun = folder.is_dir() and any(folder.glob(PATTERN))
        try:
            # what was written after the checkpoint that training goes on from will be written again
            self._events = Events(folder, purge=training.number + 1 if begun else 0)
            if not begun:
                self._settings(self._events, training)
                self._events.write()
        except OSError as error:
            raise UserError(f"cannot write event files to {folder}: {error.strerror or error}") from None
        self._sheets = Sheets(training.folder)

    def line(self, training: Training, line: Mapping[str, Any]) -> None:
        """Show what is new, and what the line says."""
        self._show(training, int(line["step"]), line)

    def finish(self, training: Training) -> None:
        """Show what was drawn last."""
        self._show(training, training.number, {})

    def _show(self, training: Training, step: int, line: Mapping[str, Any]) -> None:
        """Write what there is; after a first failure, nothing more: a full disk must not end a training."""
        events = self._events
        if events is None:
            return
        try:
            self._draw(events)
            if "warning" in line:
                self._text(events, "warnings", str(line["warning"]), step)
            for name, value in figures(line, training.config.loss).items():
                events.scalar(name, value, step)
            events.write()
        except OSError as error:
            self._events = None  # before the warning, which is a line of the log itself
            training.warn(f"nothing more is written for TensorBoard: {error.strerror or error}")

    def _draw(self, events: Events) -> None:
        """Contact sheets as they are in their files: nothing is encoded twice."""
        from PIL import Image

        for step, path in self._sheets.new() if self._sheets else ():
            with Image.open(path) as sheet:
                events.picture("preview", path.read_bytes(), sheet.size, step)

    def _settings(self, events: Events, training: Training) -> None:
        """The settings as text, and as hyperparameters by which TensorBoard compares runs."""
        from torch.utils.tensorboard.summary import hparams

        text = (training.folder / "config.toml").read_text("utf-8")
        self._text(events, "config", f"```toml\n{text}```", 0)
        for summary in hparams(flat(training.config.dump()), {"loss": 0.0}):
            events.add(summary, 0)

    def _text(self, events: Events, tag: str, text: str, step: int) -> None:
        from torch.utils.tensorboard.summary import text as summary

        events.add(summary(tag, text), step)
