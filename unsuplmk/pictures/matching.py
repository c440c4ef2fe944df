"""Which rows of tracks are of which frames."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from unsuplmk.errors import UserError
from unsuplmk.interfaces import Dataset
from unsuplmk.types import Tracks


def matched(dataset: Dataset, tracks: Tracks) -> dict[int, list[int]]:
    """The rows of each frame that has any, by the frame's number in the dataset.

    A frame that several pictures were cut from has a row for each, which is called as the frame, # and more. Files
    without names, such as tables, have numbers: they count the frames.

    Args:
        dataset: The frames.
        tracks: Of these frames, or some of them; the file that they come from may have been written elsewhere.

    Raises:
        UserError: They are of other frames.
    """
    names = [dataset.name(index) for index in range(len(dataset))]
    rows: dict[str, list[int]] = {}
    for row, picture in enumerate(_pictures(tracks.source, frozenset(names))):
        rows.setdefault(picture, []).append(row)
    if not rows:
        raise UserError(f"the tracks are of no frame; the first of the source is {names[0]}")
    for key, ours in _ways(names, rows):
        theirs = {key(picture): of for picture, of in rows.items()}
        if len(theirs) == len(rows) and not theirs.keys().isdisjoint(ours):
            return {index: theirs[name] for index, name in enumerate(ours) if name in theirs}
    raise UserError(f"the tracks are of other frames: they name {tracks.source[0]}, the source {names[0]}")


def _ways(names: Sequence[str], pictures: Iterable[str]) -> Iterator[tuple[Callable[[str], str], list[str]]]:
    """What a picture may be told by, the surest first: a key of each that tracks name, and those of the frames."""
    yield str, list(names)
    yield os.path.abspath, list(map(os.path.abspath, names))
    alone = list(map(_file, names))
    if len(set(alone)) == len(set(names)):  # else nobody knows which of two a name alone means
        yield _file, alone
    if all(picture.isdecimal() for picture in pictures):
        yield str, list(map(str, range(len(names))))


def _file(name: str) -> str:
    """The name of a file without its folder, on either system."""
    return re.split(r"[\\/]", name)[-1]


def _pictures(sources: tuple[str, ...], names: frozenset[str]) -> list[str]:
    """What each row is of: as its source says, without # and what follows where no frame is called so."""
    return [source if source in names or "#" not in source else source.rpartition("#")[0] for source in sources]
