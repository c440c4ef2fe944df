"""Binary files that data sets come in, as they are or gzipped: read in order, every fault named with the file."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BufferedIOBase
from pathlib import Path

from unsuplmk.errors import UserError

SHOWN = 8
"""Names of a folder's content that an error shows."""
CHUNK = 1 << 24
"""Bytes that are read at a time."""


def present(folder: Path, names: Sequence[str]) -> tuple[Path, ...]:
    """Each file of a folder, as it is or with `.gz`; the unpacked one where both are there.

    Raises:
        UserError: There is no such folder, or a file is missing; the message says what is there instead.
    """
    if not folder.is_dir():
        raise UserError(f"no folder {folder}; it should hold {', '.join(f'{name}[.gz]' for name in names)}")
    found = [next((p for p in (folder / name, folder / f"{name}.gz") if p.is_file()), None) for name in names]
    missing = [f"{name}[.gz]" for name, path in zip(names, found, strict=True) if path is None]
    if missing:
        raise UserError(f"{folder} lacks {', '.join(missing)}; {there(folder)}")
    return tuple(path for path in found if path is not None)


def there(folder: Path) -> str:
    """What a folder holds, in words, for an error."""
    names = sorted(path.name for path in folder.iterdir())
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"it holds {', '.join(names[:SHOWN])}{more}" if names else "it is empty"


def zipped(path: Path) -> bool:
    """Whether a file is gzipped, by its first bytes: browsers unpack some and leave the name.

    Raises:
        UserError: It cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(2) == b"\x1f\x8b"
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror or error}") from None


@contextmanager
def opened(path: Path) -> Iterator[BufferedIOBase]:
    """A file to be read in order, unpacked on the way.

    Raises:
        UserError: It cannot be read, or is cut off or damaged; also while the block reads from it.
    """
    try:
        with gzip.open(path) if zipped(path) else path.open("rb") as file:
            yield file
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UserError(f"cannot read {path}: it is cut off or damaged ({error})") from None
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror or error}") from None


def exactly(file: BufferedIOBase, path: Path, count: int) -> bytes:
    """The next bytes of a file.

    Raises:
        UserError: It ends before.
    """
    pieces, missing = [], count
    while missing:  # not all at once: a damaged header asks for more than the memory has
        pieces.append(file.read(min(missing, CHUNK)))
        missing -= len(pieces[-1])
        if not pieces[-1]:
            raise UserError(f"cannot read {path}: it is cut off: more is announced than it holds")
    return b"".join(pieces)


def ended(file: BufferedIOBase, path: Path) -> None:
    """Check that nothing follows; of a gzipped file, this also compares its checksum.

    Raises:
        UserError: Something does.
    """
    if file.read(1):
        raise UserError(f"cannot read {path}: it is longer than its header says")
