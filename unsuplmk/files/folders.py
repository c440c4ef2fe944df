"""What lies in the folders of a data set: names in natural order, every fault named with its path."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from pathlib import Path

from unsuplmk.errors import UserError
from unsuplmk.files.binary import there
from unsuplmk.frames.media import natural


def root(path: str | Path, inner: str, expected: str, *, marks: Collection[str]) -> Path:
    """The folder of a data set: what was given, or the folder in it that the archive unpacks to.

    Args:
        path: What was given.
        inner: The name that the archive gives its folder.
        expected: What should lie there, for the error.
        marks: Files or folders, of which one must be there.

    Raises:
        UserError: It is no such folder; the message says what is expected and what is there.
    """
    folder = Path(path).expanduser()
    for one in (folder, folder / inner):
        if any((one / mark).exists() for mark in marks):
            return one
    if not folder.is_dir():
        raise UserError(f"no folder {folder}; it should hold {expected}")
    raise UserError(f"{folder} has another layout: expected {expected}; {there(folder)}")


def subfolders(folder: Path) -> list[str]:
    """Names of the visible folders in a folder, in natural order; links are followed.

    Raises:
        UserError: There is no such folder, or it cannot be read.
    """
    return _sorted(folder, lambda entry: entry.is_dir())


def files(folder: Path, suffixes: Collection[str]) -> list[str]:
    """Names of the visible files in a folder that have one of the suffixes, in natural order.

    Raises:
        UserError: There is no such folder, or it cannot be read.
    """
    return _sorted(folder, lambda entry: os.path.splitext(entry.name)[1].lower() in suffixes and entry.is_file())


def numbers(folder: Path, suffix: str) -> list[int]:
    """The numbers of a folder's files that are called NUMBER.suffix, without leading zeros; ascending.

    Raises:
        UserError: There is no such folder, it cannot be read, or a file of the suffix is called otherwise.
    """
    found = [name for name in files(folder, [suffix]) if name.endswith(suffix)]
    stems = [name[: -len(suffix)] for name in found]
    wrong = next((name for name, stem in zip(found, stems, strict=True) if not _plain(stem)), None)
    if wrong:
        raise UserError(f"{folder / wrong}: files are called by the number of their frame here, such as 1{suffix}")
    return sorted(map(int, stems))


def _plain(stem: str) -> bool:
    """Whether the number alone gives the name back."""
    return stem.isascii() and stem.isdecimal() and str(int(stem)) == stem


def _sorted(folder: Path, wanted: Callable[[os.DirEntry[str]], bool]) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            found = [entry.name for entry in entries if not entry.name.startswith(".") and wanted(entry)]
    except FileNotFoundError:
        raise UserError(f"no folder {folder}") from None
    except OSError as error:
        raise UserError(f"cannot list {folder}: {error.strerror or error}") from None
    return sorted(found, key=natural)
