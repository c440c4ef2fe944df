"""Points written to the file of a command line, or to one for each animal: `--format NAME` and `--apart`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from unsuplmk.types import Tracks


def format_option(file: str) -> Any:
    """`--format NAME`.

    Args:
        file: What the help calls the file.
    """
    text = f"Format of {file}; without it, the suffix decides. --format.KEY are its options."
    return click.option("--format", metavar="NAME", default="", help=text)


apart_option = click.option(
    "--apart", is_flag=True, help="Write a file for each animal: OUT.csv becomes OUT.ann.csv, ..."
)


def write(
    tracks: Tracks, out: Path, format: str, options: Mapping[str, Any], *, apart: bool, source: str = ""
) -> Iterator[tuple[Path, Tracks]]:
    """Each file as it is written, with what it holds.

    Args:
        tracks: Of one animal or several.
        out: The file.
        format: Its format's name; the suffix decides if empty.
        options: Of the format.
        apart: Whether each animal has a file of its own.
        source: The file that the tracks were read from; empty if they were found just now.

    Raises:
        UserError: A file cannot be written, and then what was found just now is in a `.kept.npz` beside it, if that can
            be; or it would take the place of what was read; or it is to be apart and no animal has a name, or two the
            same file.
    """
    from unsuplmk import tables
    from unsuplmk.errors import UserError
    from unsuplmk.frames import animals

    parts = animals.apart(tracks) if apart else {"": tracks}
    files = {name: animals.file_of(out, name) if apart else out for name in parts}
    if len(set(files.values())) < len(files):
        raise UserError(f"{len(files)} animals would share {len(set(files.values()))} files: {', '.join(files)}")
    for file in files.values():
        differ(source, file)
    for name, part in parts.items():
        try:
            tables.write(part, files[name], format, **options)
        except UserError as error:
            if source:
                raise
            spare = files[name].with_name(f"{files[name].stem}.kept.npz")
            try:
                tables.write(part, spare)  # what took hours to compute
            except UserError:  # a full disk has no room for this one either
                raise error from None
            raise UserError(f"{error}. What was found is kept in {spare}, for `unsuplmk convert`") from None
        yield files[name], part


def differ(source: str, out: Path) -> None:
    """Refuse to put what a file is made into in its own place.

    Args:
        source: The file that is read; may be empty.
        out: The file that is written.

    Raises:
        UserError: They are one file, whatever it is called.
    """
    from unsuplmk.errors import UserError

    if source and os.path.exists(source) and os.path.exists(out) and os.path.samefile(source, out):
        raise UserError(f"{out} is the file that is read, and would be lost: name another to write")


def said(path: Path, tracks: Tracks) -> str:
    """One line about a file that was written."""
    from unsuplmk.frames.origin import origins

    frames, rows = len({origin.picture for origin in origins(tracks.source)}), len(tracks.source)
    more = f", {rows} rows" if rows > frames else ""
    return f"{path}: {len(tracks.names)} {_kind(tracks.names)} in {frames} frames{more}"


def _kind(names: Sequence[str]) -> str:
    """What points are, by their names: discovered landmarks have those that no other point may have."""
    from unsuplmk.naming.named import DISCOVERED

    found = [name.startswith(DISCOVERED) for name in names]
    if all(found):
        return "landmarks"
    return "landmarks and named points" if any(found) else "named points"
