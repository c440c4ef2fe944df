"""The CSV of pose tools: rows scorer, (individuals,) bodyparts, coords, then points by image or by frame."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path

import numpy as np
from jaxtyping import Float

from unsuplmk.errors import UserError, unknown

COORDS = ("x", "y", "likelihood")
_HEADER = ["scorer", "bodyparts", "coords"]


@dataclass(frozen=True)
class PoseTable:
    """Points of one animal.

    Args:
        path: The file.
        points: Their names.
        index: What each row is about: the path of an image, or a frame's number.
        lines: The line that each row ends on.
        xy: In pixels, NaN where missing.
        score: The likelihood, or 1 for a labelled point and 0 for a missing one.
    """

    path: Path
    points: tuple[str, ...]
    index: list[str]
    lines: list[int]
    xy: Float[np.ndarray, "rows points 2"]
    score: Float[np.ndarray, "rows points"]


@dataclass(frozen=True)
class Labels:
    """Labelled images of one table or several.

    Args:
        points: Names of the points of any table, in the order of their first mention.
        files: The images.
        places: Where each is listed, `CSV:line`.
        xy: In pixels, NaN where missing; half a point is none.
    """

    points: tuple[str, ...]
    files: list[Path]
    places: list[str]
    xy: Float[np.ndarray, "images points 2"]

    def take(self, order: Sequence[int]) -> Labels:
        """Some of the images, in this order."""
        files, places = [self.files[i] for i in order], [self.places[i] for i in order]
        return Labels(self.points, files, places, self.xy[np.asarray(order, np.int64)])


@dataclass(frozen=True)
class _Header:
    """What the first rows say: cells before the points; of each column its scorer, and animal, point, coordinate."""

    lead: int
    scorers: tuple[str, ...]
    columns: list[tuple[str, str, str]]

    @property
    def individuals(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(animal for animal, _, _ in self.columns if animal))


def individuals(path: Path) -> tuple[str, ...]:
    """The animals of a table of several, by name; none for a table without them.

    Raises:
        UserError: The file cannot be read, or has not this header.
    """
    return _header(path, _rows(path)).individuals


def has_set(path: Path) -> bool:
    """Whether a table has the last column by which Lightning Pose tells trained images from others; never raises."""
    try:
        return _header(path, _rows(path)).scorers[-1:] == ("set",)
    except UserError:
        return False


def chosen(path: Path, animals: Sequence[str], individual: str, option: str) -> str:
    """The animal to read: the one that is asked for, or the only one; nothing in a table without individuals.

    Args:
        path: The file.
        animals: Those in it.
        individual: That is asked for; may be empty.
        option: What to call the choice of an animal in messages.

    Raises:
        UserError: There are several and none is asked for.
    """
    if individual or not animals:
        return individual
    only, *others = animals
    if others:
        raise UserError(f"{path} holds several animals: choose one with {option}: {', '.join(animals)}")
    return only


def read(path: Path, individual: str = "") -> PoseTable:
    """A table's points of one animal.

    Args:
        path: The CSV.
        individual: Which animal; nothing in a table without individuals.

    Raises:
        UserError: The file cannot be read, has not this header or not this animal, or a row does not fit it.
    """
    return several(path, [individual])[individual]


def several(path: Path, animals: Sequence[str]) -> dict[str, PoseTable]:
    """A table's points of several animals, by name.

    Args:
        path: The CSV.
        animals: Which; the one name of nothing in a table without individuals.

    Raises:
        UserError: As `read`.
    """
    rows = _rows(path)
    header = _header(path, rows)
    layout = {animal: columns_of(path, header.columns, animal) for animal in animals}
    index, lines, values = [], [], []
    cells = itemgetter(*(header.lead + place for places, _, _ in layout.values() for place in places))
    for line, row in rows:
        if len(row) != header.lead + len(header.columns):
            wanted = header.lead + len(header.columns)
            raise UserError(f"{path}:{line}: {len(row)} cells where the header has {wanted}")
        index.append("/".join(part for part in row[: header.lead] if part))
        lines.append(line)
        try:
            values.append([float(cell) if cell else math.nan for cell in cells(row)])
        except ValueError:
            values.append(_numbers(path, line, cells(row)))
    table = np.array(values, np.float64).reshape(len(index), sum(len(places) for places, _, _ in layout.values()))
    if np.isinf(table).any():
        row, column = np.argwhere(np.isinf(table))[0]
        raise UserError(f"{path}:{lines[row]}: {str(table[row, column])!r} is no coordinate")
    found, begin = {}, 0
    for animal, (places, names, each) in layout.items():
        mine = table[:, begin : begin + len(places)].reshape(len(index), len(names), each)
        found[animal] = PoseTable(path, names, index, lines, *points_of(mine))
        begin += len(places)
    return found


def columns_of(
    path: Path, columns: Sequence[tuple[str, str, str]], individual: str
) -> tuple[list[int], tuple[str, ...], int]:
    """The columns of one animal, its points, and how many columns each has: 2, or 3 with a likelihood.

    Args:
        path: The file.
        columns: Animal, point and coordinate of each.
        individual: Which animal; nothing in a table without individuals.

    Raises:
        UserError: There is no such animal, or the columns are not those of points.
    """
    animals = tuple(dict.fromkeys(animal for animal, _, _ in columns if animal))
    if individual not in (animals or ("",)):
        raise unknown(f"individual in {path}", individual, animals)
    places = [place for place, column in enumerate(columns) if column[0] == individual and any(column[1:])]
    coords, names = [columns[place][2] for place in places], [columns[place][1] for place in places]
    each = 3 if "likelihood" in coords else 2
    fits = coords == list(COORDS[:each]) * (len(coords) // each) and names[::each] == names[1::each]
    if not coords or not fits:
        raise UserError(f"{path} is not DeepLabCut's: row coords must repeat x, y or x, y, likelihood")
    return places, tuple(names[::each]), each


def points_of(
    table: Float[np.ndarray, "rows points coords"],
) -> tuple[Float[np.ndarray, "rows points 2"], Float[np.ndarray, "rows points"]]:
    """Where points are, and their likelihood: 1 for a labelled point that is there."""
    xy = table[..., :2].copy()
    return xy, table[..., 2].copy() if table.shape[-1] == 3 else np.where(np.isfinite(xy).all(-1), 1.0, 0.0)


def labels(paths: Sequence[Path], image: Callable[[Path, Path], Path], individual: str, option: str) -> Labels:
    """The labelled images that tables list.

    Args:
        paths: The CSVs.
        image: Where an image is, from the CSV and what it says.
        individual: The animal, where tables have several; nothing for the only one.
        option: What to call the choice of an animal in messages.

    Raises:
        UserError: As `read`, or the rows are no images, there are none, or an animal must be chosen.
    """
    tables = [read(path, chosen(path, individuals(path), individual, option)) for path in paths]
    for table in tables:
        if table.index and all(entry.isdecimal() for entry in table.index):
            raise UserError(
                f"{table.path} has a frame's number in its first column, as predictions for a video have, and not an "
                "image's path: give the video itself to train on it, and labelled images to judge by"
            )
    points = tuple(dict.fromkeys(point for table in tables for point in table.points))
    xy = np.full((sum(len(table.index) for table in tables), len(points), 2), np.nan)
    files: list[Path] = []
    for table in tables:
        columns = [points.index(point) for point in table.points]
        xy[len(files) : len(files) + len(table.index), columns] = table.xy
        files += [image(table.path, Path(re.sub(r"[\\/]+", "/", entry))) for entry in table.index]
    if not files:
        raise UserError(f"{', '.join(map(str, paths))}: no image is listed there")
    xy[np.isnan(xy).any(-1)] = np.nan
    return Labels(points, files, [f"{table.path}:{line}" for table in tables for line in table.lines], xy)


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The rows that hold anything, each with the line that it ends on."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            for row in reader:
                if any(row):
                    yield reader.line_num, row
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"cannot read {path} as DeepLabCut CSV: {reason}") from None


def _header(path: Path, rows: Iterator[tuple[int, list[str]]]) -> _Header:
    found: dict[str, list[str]] = {}
    for name in _HEADER:
        _, row = next(rows, (0, []))
        if name == "bodyparts" and row[:1] == ["individuals"]:
            found["individuals"] = row
            _, row = next(rows, (0, []))
        if row[:1] != [name]:
            raise UserError(
                f"{path} is not DeepLabCut CSV: its first rows must begin with scorer, bodyparts, coords, or with "
                "scorer, individuals, bodyparts, coords"
            )
        found[name] = row
    coords = found["coords"]
    lead = next((place for place, coord in enumerate(coords[1:], 1) if coord), len(coords))  # paths may fill 3 columns
    animals = found.get("individuals", [""] * len(coords))
    if not len(coords) == len(found["bodyparts"]) == len(animals):
        raise UserError(f"{path} is not DeepLabCut CSV: the rows of its header differ in length")
    columns = list(zip(animals[lead:], found["bodyparts"][lead:], coords[lead:], strict=True))
    return _Header(lead, tuple(found["scorer"][lead:]), columns)


def _numbers(path: Path, line: int, cells: Sequence[str]) -> list[float]:
    """Of a row's cells; one that is empty, or blank, is NaN."""
    try:
        return [float(cell) if cell.strip() else math.nan for cell in cells]
    except ValueError as error:
        raise UserError(f"{path}:{line}: {error}") from None
