"""Unpacks tar and zip archives into a folder, and nowhere else."""

from __future__ import annotations

import os
import shutil
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from unsuplmk.errors import UserError

REFUSED: tuple[type[Exception], ...] = (tarfile.FilterError,) if hasattr(tarfile, "FilterError") else ()
"""What tarfile raises for members that lie outside, or are devices; it cannot before Python 3.11.4."""

Progress = Callable[[int, int], None]
"""Told how many members are done, of how many; 0 where that is not known before the end."""


def unpack(archive: Path, folder: Path, progress: Progress = lambda done, total: None) -> int:
    """Unpack an archive; files that are there with the size that they should have are left as they are.

    Returns:
        How many members it has.

    Raises:
        UserError: It is no tar or zip, it is damaged, a member would lie outside the folder, or the disk is full.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if zipfile.is_zipfile(archive):
            return _zip(archive, folder, progress)
        if tarfile.is_tarfile(archive):
            return _tar(archive, folder, progress)
    except UserError:
        raise
    except REFUSED as error:
        raise UserError(f"{archive} is not unpacked: {error}") from None
    except OSError as error:
        raise UserError(f"cannot unpack {archive} into {folder}: {error.strerror or error}") from None
    except Exception as error:  # each way to compress has errors of its own, and encryption has RuntimeError
        raise UserError(f"cannot unpack {archive}: {error}; if it is damaged, remove it and fetch it again") from None
    raise UserError(f"cannot unpack {archive}: it is neither a tar nor a zip archive")


def _zip(archive: Path, folder: Path, progress: Progress) -> int:
    with zipfile.ZipFile(archive) as source:
        members = source.infolist()
        for member in members:  # all before the first is written
            _inside(archive, folder, member.filename)
            if stat.S_ISLNK(member.external_attr >> 16):
                raise UserError(f"{archive} is not unpacked: {member.filename} is a link")
        missing = [m for m in members if not m.is_dir() and not _there(folder / m.filename, m.file_size)]
        _room(archive, folder, sum(member.file_size for member in missing))
        for done, member in enumerate(missing, 1):
            source.extract(member, folder)
            progress(done, len(missing))
    return len(members)


def _tar(archive: Path, folder: Path, progress: Progress) -> int:
    if not hasattr(tarfile, "data_filter"):
        raise UserError("unpacking tar archives safely needs Python 3.11.4 or newer")
    count = 0
    with tarfile.open(archive) as source:  # members one after the other: a compressed tar cannot be looked through
        for member in source:
            count += 1
            target = _inside(archive, folder, member.name)
            if not (member.isreg() and _there(target, member.size)):
                _room(archive, folder, member.size)
                source.extract(member, folder, filter="data")
            progress(count, 0)
    return count


def _inside(archive: Path, folder: Path, name: str) -> Path:
    """Where a member goes.

    Raises:
        UserError: That is outside the folder.
    """
    target = folder / name.replace("\\", "/")
    if not Path(os.path.realpath(target)).is_relative_to(os.path.realpath(folder)):
        raise UserError(f"{archive} is not unpacked: {name} would lie outside {folder}")
    return target


def _there(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size


def _room(archive: Path, folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise UserError(
            f"cannot unpack {archive}: {folder} has {free / 1e9:.1f} GB free, and {needed / 1e9:.1f} GB are needed"
        )
