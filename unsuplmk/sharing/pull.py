"""`unsuplmk pull`: a run that somebody shared, checked and put into a folder."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

from unsuplmk import checkpoint
from unsuplmk.errors import UserError
from unsuplmk.frames.prepare import Fit
from unsuplmk.naming import named
from unsuplmk.sharing import hub

TAKEN = (*hub.NEEDED, "metrics.json", "README.md")
"""Files that are taken over; whatever else is there is neither fetched nor opened."""


def pull(source: str, out: Path) -> dict[str, int]:
    """Put a shared detector into a new folder, after checking that it is one.

    It is put together under a temporary name and renamed. Of a folder only plain files are read: what a symbolic
    link leads to may be none of the sharer's business.

    Args:
        source: `hf:OWNER/NAME[@REVISION]` or `folder:PATH`.
        out: The folder, which does not exist yet or is empty.

    Returns:
        The bytes of each file.

    Raises:
        UserError: It cannot be had, is no detector, or needs a plugin that is not installed; or `out` is taken.
    """
    found = hub.address(source)
    if found is None and not source.startswith(hub.FOLDER):
        raise UserError(f"say where from: hf:OWNER/NAME for the hub, or folder:{source}; not {source!r}")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError(f"{out} is there already: choose another --out")
    folder = hub.resolve(source) if found is None else hub.fetch(found, TAKEN)
    if not folder.is_dir():
        raise UserError(f"there is no folder {folder}; give one that `unsuplmk push` made")
    temporary = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        temporary.mkdir(parents=True)
        for name in TAKEN:
            _copy(folder / name, temporary / name, links=found is not None)
        _check(temporary, source)
        sizes = {path.name: path.stat().st_size for path in sorted(temporary.iterdir())}
        if out.is_dir():
            out.rmdir()  # it is empty
        temporary.rename(out)
    except OSError as error:
        raise UserError(f"cannot write {out}: {error.strerror or error}; nothing was left there") from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return sizes


def _copy(file: Path, target: Path, *, links: bool) -> None:
    """Copy a file if it is there.

    Args:
        file: It.
        target: Its copy.
        links: Whether it may be a symbolic link, as all files in the hub's cache are.

    Raises:
        UserError: It is something else than a file.
    """
    try:
        kind = (file.stat if links else file.lstat)().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISREG(kind):
        what = "a symbolic link" if stat.S_ISLNK(kind) else "no plain file"
        raise UserError(f"{file} is {what}: it is not followed; put the file itself there")
    shutil.copyfile(file, target)


def _check(folder: Path, source: str) -> None:
    """Make sure that it is a detector, and that its names are its own."""
    hub.check(folder, source)
    try:
        config = checkpoint.load_config(folder)
        named.load(folder, checkpoint.load_model(folder), Fit(config.size, config.fit))
    except UserError as error:
        raise UserError(str(error).replace(str(folder), source)) from None
