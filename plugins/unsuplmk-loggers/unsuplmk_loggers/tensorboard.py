"""A run in TensorBoard: curves, contact sheets, warnings and settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from unsuplmk.errors import UserError
from unsuplmk.interfaces import Stage
from unsuplmk_loggers.entries import Sheets, figures, flat

if TYPE_CHECKING:
    from unsuplmk.job import Training

EVENTS = "events.out.tfevents.*"


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
        self._writer: Any = None
        self._sheets: Sheets | None = None

    def start(self, training: Training) -> None:
        """Open the files; a new run's settings come first."""
        from torch.utils.tensorboard import SummaryWriter

        folder = training.folder / Path(self.folder).expanduser()
        begun = folder.is_dir() and any(folder.glob(EVENTS))
        # what was written after the checkpoint that training goes on from will be written again
        purge = training.number + 1 if begun else None
        try:
            self._writer = SummaryWriter(str(folder), purge_step=purge, flush_secs=600)
            if not begun:
                self._settings(training)
            self._writer.flush()
        except OSError as error:
            raise UserError(f"cannot write event files to {folder}: {error.strerror or error}") from None
        self._sheets = Sheets(training.folder)

    def line(self, training: Training, line: Mapping[str, Any]) -> None:
        """Show what is new, and what the line says."""
        self._try(training, lambda: self._show(training, line))

    def finish(self, training: Training) -> None:
        """Show what was drawn last, and close the files."""
        self._try(training, lambda: self._draw())
        self._try(training, lambda: self._writer.close())
        self._writer = None

    def _try(self, training: Training, write: Callable[[], None]) -> None:
        """A full disk must not end a training: what cannot be written is left, from there on."""
        if self._writer is None:
            return
        try:
            write()
        except Exception as error:  # TensorBoard's thread hands over whatever stopped it
            self._writer = None  # before the warning, which is a line of the log itself
            why = " ".join(f"{type(error).__name__}: {error}".split())
            training.warn(f"nothing more is written for TensorBoard: {why}")

    def _show(self, training: Training, line: Mapping[str, Any]) -> None:
        step = int(line["step"])
        self._draw()
        if "warning" in line:
            self._writer.add_text("warnings", str(line["warning"]), step)
        for name, value in figures(line, training.config.loss).items():
            self._writer.add_scalar(name, value, step)
        self._writer.flush()

    def _draw(self) -> None:
        """Contact sheets as they are in their files: nothing is encoded twice."""
        from PIL import Image
        from tensorboard.compat.proto.summary_pb2 import Summary  # pyright: ignore[reportAttributeAccessIssue]

        for step, path in self._sheets.new() if self._sheets else ():
            with Image.open(path) as sheet:
                size = {"width": sheet.width, "height": sheet.height, "colorspace": len(sheet.getbands())}
            picture = Summary.Image(encoded_image_string=path.read_bytes(), **size)
            self._writer.file_writer.add_summary(Summary(value=[Summary.Value(tag="preview", image=picture)]), step)

    def _settings(self, training: Training) -> None:
        """The settings as text, and as hyperparameters by which TensorBoard compares runs."""
        from torch.utils.tensorboard.summary import hparams

        text = (training.folder / "config.toml").read_text("utf-8")
        self._writer.add_text("config", f"```toml\n{text}```", 0)
        for summary in hparams(flat(training.config.dump()), {"loss": 0.0}):
            self._writer.file_writer.add_summary(summary)
