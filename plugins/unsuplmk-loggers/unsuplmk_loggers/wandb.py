"""A run at Weights & Biases: curves, contact sheets, warnings and settings."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, final

from unsuplmk.errors import UserError
from unsuplmk.interfaces import Stage
from unsuplmk_loggers.entries import Sheets, figures, flat

if TYPE_CHECKING:
    from unsuplmk.job import Training

RUN = "wandb.json"
"""In the run's folder: which run it is at Weights & Biases."""
QUIET = {
    "silent": True,
    "console": "off",  # the progress bar is no log
    "save_code": False,
    "disable_git": True,
    "finish_timeout": 600,
}
"""Settings of wandb's client, of those that its version has: it sends what it is told, and prints nothing."""
LATER = "choose --stage.wandb.mode offline, and send the run later with `wandb sync`"


@final
class Wandb(Stage):
    """A run at Weights & Biases (https://wandb.ai): what each line of the log says, as curves.

    The contact sheets of the stage `preview` are shown at their steps: name this stage after it. The client keeps its
    files in the run's folder, in `wandb/`. With --resume the same run goes on there, too.

    Args:
        project: Name of the project that the run is part of.
        entity: User or team that the project belongs to; your own if none is given.
        mode: online; offline to keep everything here until `wandb sync` sends it; disabled to do nothing.
        group: Name of a group of runs that belong together.
        tags: Words to find the run by.

    Raises:
        UserError: The package wandb is not installed, or nobody has logged in.
    """

    def __init__(
        self,
        *,
        project: str = "unsuplmk",
        entity: str = "",
        mode: Literal["online", "offline", "disabled"] = "online",
        group: str = "",
        tags: tuple[str, ...] = (),
    ) -> None:
        self.project, self.entity, self.mode, self.group, self.tags = project, entity, mode, group, tags
        self._run: Any = None
        self._sheets: Sheets | None = None
        self._warnings: list[str] = []
        client = _client()
        if mode == "online":
            try:
                client.login(verify=False)
            except Exception as error:  # UsageError, AuthenticationError, and what netrc files bring about
                why = " ".join(str(error).split())
                raise UserError(f"no login to Weights & Biases: run `wandb login`, or {LATER} ({why})") from None

    def start(self, training: Training) -> None:
        """Begin a run there, or go on with the one that this run's folder names."""
        client, known = _client(), _known(training.folder)
        quiet = {key: value for key, value in QUIET.items() if key in client.Settings.model_fields}
        identifier = known.get("id") or secrets.token_hex(4)
        try:
            self._run = client.init(
                project=self.project,
                entity=self.entity or None,
                group=self.group or None,
                tags=self.tags,
                name=training.folder.name,
                id=identifier,
                resume="allow",
                mode=self.mode,
                dir=str(training.folder),
                config=flat(training.config.dump()),
                allow_val_change=True,
                reinit="create_new",
                settings=client.Settings(**quiet),
            )
        except Exception as error:  # errors of many kinds: no network, no such entity, a full disk
            why = " ".join(f"{type(error).__name__}: {error}".split())[:200]
            raise UserError(f"no run can be begun at Weights & Biases: {LATER}; go on with --resume ({why})") from None
        url = self._run.url if self.mode == "online" else None
        if self.mode != "disabled":
            _keep(training.folder, {"id": identifier, "project": self.project, "entity": self.entity, "url": url})
        if url:
            training.console.note(f"Weights & Biases: {url}")
        self._sheets = Sheets(training.folder)

    def line(self, training: Training, line: Mapping[str, Any]) -> None:
        """Send what is new, and what the line says."""
        self._try(training, lambda: self._send(training, line))

    def finish(self, training: Training) -> None:
        """Send what was drawn last, and wait until all is sent."""
        self._try(training, lambda: self._draw())
        self._try(training, lambda: self._run.finish())
        self._run = None

    def _try(self, training: Training, send: Callable[[], None]) -> None:
        """A network that is gone must not end a training: what cannot be sent is left, from there on."""
        if self._run is None:
            return
        try:
            send()
        except Exception as error:  # the client's own errors, and those of what it is built on
            self._run = None  # before the warning, which is a line of the log itself
            why = " ".join(f"{type(error).__name__}: {error}".split())
            training.warn(f"nothing more is sent to Weights & Biases: {why}")

    def _send(self, training: Training, line: Mapping[str, Any]) -> None:
        step = int(line["step"])
        self._draw()
        if "warning" in line:
            self._warnings.append(f"step {step}: {line['warning']}")
            self._run.summary["warnings"] = "\n".join(self._warnings)
        self._log(figures(line, training.config.loss), step)

    def _draw(self) -> None:
        for step, path in self._sheets.new() if self._sheets else ():
            self._log({"preview": _client().Image(str(path))}, step)

    def _log(self, values: Mapping[str, Any], step: int) -> None:
        """Log at a step, unless the run has it from before it was resumed: a step gives the same again."""
        if values and step >= self._run.step:
            self._run.log(dict(values), step=step)


def _client() -> Any:
    try:
        import wandb
    except ImportError:
        raise UserError("stage 'wandb' needs the package wandb: pip install 'unsuplmk-loggers[wandb]'") from None
    return wandb


def _known(folder: Path) -> Mapping[str, Any]:
    """What an earlier start kept in the run's folder; nothing in a new one."""
    path = folder / RUN
    try:
        found = json.loads(path.read_text("utf-8"))
        return {"id": str(found["id"])}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, LookupError):
        raise UserError(f"{path} names no run of Weights & Biases: delete it to begin another there") from None


def _keep(folder: Path, values: Mapping[str, Any]) -> None:
    temporary = folder / f".{RUN}.part"
    try:
        temporary.write_text(json.dumps(values, indent=2) + "\n", "utf-8")
        temporary.replace(folder / RUN)
    except OSError as error:
        raise UserError(f"cannot write {folder / RUN}: {error.strerror or error}") from None
