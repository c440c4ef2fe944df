"""Which landmarks a line joins: as a file says, or as the tracks themselves show."""

from __future__ import annotations

import csv
import tomllib
from pathlib import Path

import numpy as np
from jaxtyping import Float

from unsuplmk.errors import UserError, unknown
from unsuplmk.types import Tracks

Edge = tuple[int, int]
"""The numbers of the two landmarks that a line joins."""
NONE, AUTO = "none", "auto"
LEAST = 2
"""Frames in which two landmarks are seen together, before anything is known of their distance."""


def edges(choice: str, tracks: Tracks) -> list[Edge]:
    """The lines of a skeleton.

    Args:
        choice: `none`, `auto` for `learned`, or the file of `read`.
        tracks: Whose landmarks; missing points do not count.

    Raises:
        UserError: As `learned` and `read`, or the file names other landmarks.
    """
    if choice == NONE:
        return []
    if choice == AUTO:
        return learned(tracks.xy)
    number = {name: index for index, name in enumerate(tracks.names)}
    found = []
    for pair in read(choice):
        for name in pair:
            if name not in number:
                raise unknown(f"landmark in {choice}", name, number)
        found.append((number[pair[0]], number[pair[1]]))
    return found


def check(choice: str) -> None:
    """Refuse a file that `edges` would refuse for any landmarks, before there are some.

    Raises:
        UserError: As `read`.
    """
    if choice not in (NONE, AUTO):
        read(choice)


def learned(xy: Float[np.ndarray, "frames landmarks 2"]) -> list[Edge]:
    """The tree of the pairs whose distance varies least over the frames.

    Of all trees that join the landmarks, it has the least sum of standard deviations of the distance between the two
    ends of a line, px, over the frames in which both are known. Two that keep their distance are likely to be on one
    part of a body. The deviation is not divided by the distance: that would favour the farthest, since on a stiff body
    all distances deviate alike. Landmarks that are never seen together are not joined.

    Raises:
        UserError: No two landmarks are known together in two frames.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import minimum_spanning_tree

    count = xy.shape[1]
    rows, columns, weights = [], [], []
    for one in range(count):
        for other in range(one + 1, count):
            distance = np.linalg.norm(xy[:, one] - xy[:, other], axis=-1)
            distance = distance[np.isfinite(distance)]
            if len(distance) >= LEAST:
                rows.append(one)
                columns.append(other)
                weights.append(1 + distance.std())  # SciPy takes a weight of 0 for no edge
    if not weights:
        raise UserError(
            f"--skeleton auto: no two of {count} landmarks are known together in {LEAST} of these {len(xy)} frames; "
            "draw more frames, or name a file of pairs"
        )
    tree = minimum_spanning_tree(coo_array((weights, (rows, columns)), shape=(count, count)).tocsr()).tocoo()
    return sorted(zip(tree.row.tolist(), tree.col.tolist(), strict=True))


def read(file: str) -> list[tuple[str, str]]:
    """Pairs of names: `edges = [["nose", "neck"], ...]` in a TOML file, else one pair a line, with a comma between.

    Raises:
        UserError: There is no such file, or it holds no pairs.
    """
    path = Path(file).expanduser()
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"cannot read the skeleton {file}: {reason}; give {NONE}, {AUTO} or a file of pairs") from None
    return _toml(file, text) if path.suffix.lower() == ".toml" else _csv(file, text)


def _toml(file: str, text: str) -> list[tuple[str, str]]:
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{file} is no TOML: {error}") from None
    found = table.get("edges")
    if not isinstance(found, list) or not found:
        raise UserError(f'{file} has no edges; it needs edges = [["NAME", "NAME"], ...]')
    return [_pair(file, "edges", pair) for pair in found]


def _csv(file: str, text: str) -> list[tuple[str, str]]:
    rows = csv.reader(text.splitlines())
    found = [_pair(f"{file}:{rows.line_num}", "the line", [cell.strip() for cell in row]) for row in rows if row]
    if not found:
        raise UserError(f"{file} has no lines; each is the names of two landmarks, with a comma between")
    return found


def _pair(where: str, what: str, pair: object) -> tuple[str, str]:
    match pair:
        case [str(first), str(second)] if first and second and first != second:
            return first, second
    raise UserError(f"{where}: {what} must give the names of two landmarks, not {pair!r}")
