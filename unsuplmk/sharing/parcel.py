"""What of a run is shared: the files, what they weigh, and what was taken out of them."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import tomli_w

from unsuplmk import checkpoint, registry
from unsuplmk.checkpoint import CONFIG, MODEL
from unsuplmk.errors import UserError
from unsuplmk.frames.prepare import Fit
from unsuplmk.naming import named
from unsuplmk.naming.named import NAMES
from unsuplmk.report.records import METRICS
from unsuplmk.sharing import modelcard, scrub
from unsuplmk.sharing.modelcard import CARD

ALWAYS = (CONFIG, MODEL, NAMES, METRICS, CARD)
"""Files that are shared as far as they are there; pictures, logs and the state of the training are not among them."""


@dataclass(frozen=True)
class Parcel:
    """What is shared of a run.

    Args:
        files: By name: a content that differs from the run's own, or the file.
        notes: What is to be said of a file, a line each, by the file's name.
        edited: Whether the model card is the user's own text.
    """

    files: Mapping[str, bytes | Path]
    notes: Mapping[str, tuple[str, ...]]
    edited: bool

    def size(self, name: str) -> int:
        """The bytes of a file."""
        content = self.files[name]
        return len(content) if isinstance(content, bytes) else content.stat().st_size

    @property
    def card(self) -> str:
        """The model card."""
        content = self.files[CARD]
        return (content if isinstance(content, bytes) else content.read_bytes()).decode("utf-8")


def parcel(run: Path, where: str, *, licence: str = "", more: Sequence[str] = ()) -> Parcel:
    """Look through a run, without changing it.

    Args:
        run: The run folder.
        where: What will load it: `hf:OWNER/NAME`, or a folder.
        licence: For the model card; empty keeps what an earlier card states.
        more: Further files or folders of the run, with or without suffix: `preview`, `log`.

    Raises:
        UserError: It is no run that could be used by others, a file is damaged, or something asked for is not there.
    """
    config = checkpoint.load_config(run)
    named.load(run, checkpoint.load_model(run), Fit(config.size, config.fit))
    files: dict[str, bytes | Path] = {MODEL: run / MODEL}
    notes: dict[str, tuple[str, ...]] = {}
    values = tomllib.loads((run / CONFIG).read_text("utf-8"))
    cleaned = scrub.values(values)
    if cleaned.get("data", "data") in ("", *registry.components("dataset")):
        cleaned["data"] = cleaned["data"] if values["data"] == cleaned["data"] else f"./{cleaned['data']}"
    files[CONFIG] = tomli_w.dumps(cleaned).encode()
    notes[CONFIG] = tuple(scrub.changes(values, cleaned))
    for name in (NAMES, METRICS):
        if (run / name).is_file():
            files[name], notes[name] = _json(run / name)
    text = _read(run / CARD)
    edited = bool(text.strip()) and not modelcard.is_ours(text)
    if edited and licence and modelcard.licence_of(text) != licence:
        raise UserError(
            f"{run / CARD} is your own text and is sent as it is: write `license: {licence}` between its first two "
            "lines of ---, or remove the file to have it written anew"
        )
    made = "" if edited else modelcard.card(run, cleaned, where, licence or modelcard.licence_of(text))
    files[CARD] = text.encode() if edited else made.encode()
    notes[CARD] = ("your own text, kept as it is" if edited else "the model card, made from the run",)
    files |= {name: path for word in more for name, path in _more(run, word).items()}
    order = [name for name in ALWAYS if name in files]
    return Parcel({name: files[name] for name in (*order, *sorted(set(files) - set(order)))}, notes, edited)


def _json(path: Path) -> tuple[bytes | Path, tuple[str, ...]]:
    """A file of figures, and what was taken out of it."""
    try:
        values = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise UserError(
            f"{path} is damaged: {' '.join(str(error).split())[:160]}; remove it to share the run"
        ) from None
    cleaned = scrub.values(values)
    found = tuple(scrub.changes(values, cleaned))
    return ((json.dumps(cleaned, indent=1) + "\n").encode() if found else path), found


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8") if path.is_file() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"cannot read {path}: {error}; remove it, and it is written anew") from None


def _more(run: Path, word: str) -> dict[str, Path]:
    """The files that `--with` asks for, by their names in the run."""
    there = [path for path in sorted(run.iterdir()) if path.name not in ALWAYS and not path.name.startswith(".")]
    found = [path for path in there if word in (path.name, path.stem)]
    if len(found) != 1:
        what = f"several: {', '.join(path.name for path in found)}" if found else "nothing"
        names = ", ".join(path.name for path in there) or "nothing else"
        raise UserError(f"--with {word} means {what} in {run}, which has {names}")
    files = [found[0]] if not found[0].is_dir() else sorted(found[0].rglob("*"))
    files = [path for path in files if not any(part.startswith(".") for part in path.relative_to(run).parts)]
    for path in (found[0], *files):
        if path.is_symlink():
            raise UserError(f"{path} is a symbolic link: what it leads to is not sent; put the file itself there")
    return {path.relative_to(run).as_posix(): path for path in files if path.is_file()}
