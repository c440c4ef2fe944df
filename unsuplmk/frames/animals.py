"""Tracks of several animals, taken apart."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from unsuplmk.errors import UserError
from unsuplmk.ops.runs import places
from unsuplmk.types import Tracks


def apart(tracks: Tracks) -> dict[str, Tracks]:
    """The tracks of each animal, by its name, which no source has any more.

    Raises:
        UserError: A row is of no animal with a name.
    """
    rows: dict[str, list[int]] = {}
    for row, place in enumerate(places(tracks)):
        name = place.animal
        if not name or place.film == tracks.source[row]:
            raise UserError(
                f"{tracks.source[row]} is of no animal with a name, so that --apart has nothing to call its file by; "
                "`unsuplmk predict` takes names from a column `track` in the file of --crop boxes"
            )
        rows.setdefault(name, []).append(row)
    return {
        name: replace(
            tracks,
            xy=tracks.xy[of],
            score=tracks.score[of],
            size=tracks.size[of],
            source=tuple(tracks.source[row].removesuffix(f"#{name}") for row in of),
        )
        for name, of in rows.items()
    }


def file_of(path: Path, name: str) -> Path:
    """The file for one of several animals: `mice.csv` of ann is `mice.ann.csv`."""
    plain = re.sub(r"[^\w.-]", "_", name)
    return path.with_name(f"{path.stem}.{plain}{path.suffix}")
