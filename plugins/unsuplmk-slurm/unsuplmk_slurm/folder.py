"""The job's own folder, which lies beside the run folder: the script and the logs."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from unsuplmk.errors import UserError

if TYPE_CHECKING:
    from unsuplmk.cli.request import Request

SCRIPT = "job.sh"


def beside(run: Path) -> Path:
    """`RUN.slurm`, in full: a new run wants its own folder empty.

    Raises:
        UserError: Slurm could not write a log there.
    """
    whole = run.absolute()
    folder = whole.with_name(f"{whole.resolve().name if run.name in ('', '..') else whole.name}.slurm")
    if "\\" in str(folder) or not str(folder).isprintable():
        raise UserError(f"Slurm takes no path with a backslash or a line break, as in {str(folder)!r}: rename it")
    return folder


def choose(request: Request) -> Path:
    """The run folder; where none is named, the next that neither a run nor a job in the queue has."""
    from unsuplmk.cli.request import next_folder

    return request.out or next_folder(request.config, lambda run: run.exists() or beside(run).exists())


def settings(request: Request) -> str | None:
    """What the file that `--config` names holds now: it may have changed when the job starts. None for a recipe.

    Raises:
        UserError: It cannot be read.
    """
    path = Path(request.origin)
    file = path / "config.toml" if path.is_dir() else path
    if not request.origin or not file.is_file():
        return None
    try:
        return file.read_text("utf-8")
    except OSError as error:
        raise UserError(f"cannot read config {request.origin}: {error}") from None


def write(folder: Path, text: str, *, fresh: bool) -> Path:
    """Write the script, and return where it is.

    Args:
        folder: Of the job.
        text: Of the script.
        fresh: Whether the folder must not be there yet.

    Raises:
        UserError: It is there, or cannot be written.
    """
    from unsuplmk.checkpoint import write_atomically

    try:
        folder.mkdir(parents=True, exist_ok=not fresh)
    except FileExistsError:
        raise UserError(f"{folder} is there already: choose another --out") from None
    except OSError as error:
        raise UserError(f"cannot make the folder {folder} for the job's log: {error.strerror}") from None
    write_atomically(folder / SCRIPT, lambda path: path.write_text(text, "utf-8", errors="surrogateescape"))
    return folder / SCRIPT


def discard(script: Path) -> None:
    """Take back a script that was refused, and its folder if nothing else is there."""
    script.unlink(missing_ok=True)
    with suppress(OSError):
        script.parent.rmdir()
