"""Tracks written to the file of a command line, or to one for each animal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from unsuplmk.types import Tracks


def write(
    tracks: Tracks, out: Path, format: str, options: Mapping[str, Any], *, apart: bool
) -> Iterator[tuple[Path, Tracks]]:
    """Each file as it is written, with what it holds.

    Args:
        tracks: Of one animal or several.
        out: The file.
        format: Its format's name; the suffix decides if empty.
        options: Of the format.
        apart: Whether each animal has a file of its own.

    Raises:
        UserError: A file cannot be written, and then what it should hold is in a `.kept.npz` beside it, if that can be;
            or it is to be apart and no animal has a name, or two the same file.
    """
    from unsuplmk import tables
    from unsuplmk.errors import UserError
    from unsuplmk.frames import animals

    parts = animals.apart(tracks) if apart else {"": tracks}
    files = {name: animals.file_of(out, name) if apart else out for name in parts}
    if len(set(files.values())) < len(files):
        raise UserError(f"{len(files)} animals would share {len(set(files.values()))} files: {', '.join(files)}")
    for name, part in parts.items():
        try:
            tables.write(part, files[name], format, **options)
        except UserError as error:
            spare = files[name].with_name(f"{files[name].stem}.kept.npz")
            try:
                tables.write(part, spare)  # what took hours to compute
            except UserError:  # a full disk has no room for this one either
                raise error from None
            raise UserError(f"{error}. What was found is kept in {spare}") from None
        yield files[name], part
