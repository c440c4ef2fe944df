"""Annotated points: read from a CSV beside the images, or brought by a dataset, in splits."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from math import isfinite
from pathlib import Path
from typing import Any, final

import numpy as np
from jaxtyping import Float

from unsuplmk import registry
from unsuplmk.errors import UserError
from unsuplmk.interfaces import Dataset
from unsuplmk.media import read_image


@final
class Annotations(Dataset):
    """Images with annotated points, as a CSV lists them.

    Args:
        table: The CSV; `files` are relative to its folder.
        files: One image a row.
        lines: The line of each row, for messages.
        split: To which part each row belongs; "" where the CSV does not say.
        points: Names of the points.
        xy: (x, y) in pixels of the stored image, the centre of the first pixel at (0, 0); NaN where missing.
    """

    def __init__(
        self,
        table: Path,
        files: tuple[str, ...],
        lines: tuple[int, ...],
        split: tuple[str, ...],
        points: tuple[str, ...],
        xy: Float[np.ndarray, "images points 2"],
    ) -> None:
        self.table, self.files, self.lines, self.split, self.xy = table, files, lines, split, xy
        self._points = points

    def __len__(self) -> int:
        return len(self.files)

    @property
    def folder(self) -> Path:
        """The folder that the files are relative to."""
        return self.table.parent

    @property
    def clips(self) -> Sequence[range]:
        """Every image by itself."""
        return [range(i, i + 1) for i in range(len(self))]

    @property
    def points(self) -> tuple[str, ...]:
        """Names of the annotated points."""
        return self._points

    def read(self, index: int) -> np.ndarray:
        """The image of one row; an error names the row's line."""
        try:
            return read_image(self.name(index))
        except UserError as error:
            raise UserError(f"{self.table}:{self.lines[index]}: {error}") from None

    def name(self, index: int) -> str:
        """The image's path."""
        return str(self.folder / self.files[index])

    def annotation(self, index: int) -> Float[np.ndarray, "points 2"]:
        """The points of one row."""
        return self.xy[index]

    def select(self, split: str) -> Annotations:
        """The rows of one split.

        Raises:
            UserError: No row belongs to it; the message says which splits there are.
        """
        rows = [i for i, name in enumerate(self.split) if name == split]
        if not rows:
            counts = {name: self.split.count(name) for name in sorted(set(self.split) - {""})}
            found = ", ".join(f"{name} ({count})" for name, count in counts.items())
            raise UserError(
                f"{self.table} has no rows of split {split!r}; "
                + (f"found: {found}" if found else "add a column split")
            )
        files, lines = tuple(self.files[i] for i in rows), tuple(self.lines[i] for i in rows)
        return Annotations(self.table, files, lines, (split,) * len(rows), self.points, self.xy[rows])


def read(path: str | Path) -> Annotations:
    """Read a CSV of annotations: `file`, perhaps `split`, and `x0, y0, ...` or `<name>_x, <name>_y`.

    Args:
        path: The CSV, or a folder that holds exactly one CSV of annotations.

    Raises:
        UserError: There is no such table, a column is missing, or a cell is no number.
    """
    path = _only_table(Path(path)) if Path(path).is_dir() else Path(path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file)
            header = next(rows, [])
            columns = _point_columns(path, header)
            if "file" not in header:
                raise UserError(f"{path} lacks a column file; its columns are: {', '.join(header[:12]) or 'none'}")
            if not columns:
                raise UserError(f"{path} annotates no points: it needs columns x0, y0, ... or <name>_x, <name>_y")
            return _parse(path, rows, header, columns)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"cannot read annotations {path}: {getattr(error, 'strerror', None) or error}") from None


def _only_table(folder: Path) -> Path:
    """The one CSV of a folder that annotates points."""
    found = []
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            header = next(csv.reader(file), [])
        if "file" in header and any(_point(column) for column in header):
            found.append(path)
    if len(found) != 1:
        names = ", ".join(path.name for path in found)
        raise UserError(f"{folder} holds {names or 'no CSV of annotations'}; name one CSV with file and point columns")
    return found[0]


def _point(column: str) -> str:
    """The name of the point whose x a column holds, or nothing."""
    match = re.fullmatch(r"x(\d+)|(.+)_x", column)
    return (match[1] or match[2]) if match else ""


def _point_columns(path: Path, header: list[str]) -> dict[str, tuple[int, int]]:
    columns = {}
    for i, column in enumerate(header):
        name = _point(column)
        if name:
            partner = f"y{name}" if column == f"x{name}" else f"{name}_y"
            if partner not in header:
                raise UserError(f"{path} has a column {column} but no {partner}")
            columns[name] = (i, header.index(partner))
    return columns


def _parse(path: Path, rows: Any, header: list[str], columns: dict[str, tuple[int, int]]) -> Annotations:
    files, lines, splits, values = [], [], [], []
    for row in rows:
        if not row:
            continue
        where = f"{path}:{rows.line_num}"
        if len(row) != len(header):
            raise UserError(f"{where}: {len(row)} cells where the header has {len(header)}")
        files.append(row[header.index("file")])
        lines.append(rows.line_num)
        splits.append(row[header.index("split")] if "split" in header else "")
        values.append([[_number(where, header[i], row[i]) for i in pair] for pair in columns.values()])
    if not files:
        raise UserError(f"{path} has a header but no rows")
    xy = np.array(values, dtype=np.float64)
    xy[np.isnan(xy).any(-1)] = np.nan  # half a point is none
    return Annotations(path, tuple(files), tuple(lines), tuple(splits), tuple(columns), xy)


def _number(where: str, column: str, cell: str) -> float:
    if not cell.strip() or cell.strip().lower() == "nan":
        return np.nan
    try:
        value = float(cell)
    except ValueError:
        value = np.inf
    if not isfinite(value):
        raise UserError(f"{where}: {cell!r} in column {column} is no number; leave it empty where a point is missing")
    return value


def splits(
    data: str | Path, options: Mapping[str, Any] | None = None, *, train: str = "train", test: str = "test"
) -> tuple[Dataset, Dataset]:
    """The annotated training and test images.

    Args:
        data: A CSV of annotations, a folder that holds one, or the name of a registered dataset with points.
        options: Options of the registered dataset.
        train: Name of the split to fit on.
        test: Name of the split to test on.

    Raises:
        UserError: There are no annotations, or no such split.
    """
    if Path(data).exists() or str(data).endswith(".csv"):
        annotations = read(data)
        return annotations.select(train), annotations.select(test)
    component = registry.find("dataset", str(data))
    if "split" not in registry.options(component.cls).model_fields:
        raise UserError(f"dataset {data!r} has no option split: give a CSV of annotations with a column split")
    both = [registry.build("dataset", component.name, **{**(options or {}), "split": name}) for name in (train, test)]
    if not both[0].points:
        raise UserError(f"dataset {data!r} has no annotated points: give a CSV of annotations")
    return both[0], both[1]
