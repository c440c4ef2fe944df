"""Annotated images in splits: from a CSV, or from a dataset that has points."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from unsuplmk import registry
from unsuplmk.data import open_data
from unsuplmk.datasets.listing import point
from unsuplmk.errors import UserError
from unsuplmk.interfaces import Dataset


def splits(
    data: str | Path, options: Mapping[str, Any] | None = None, *, train: str = "train", test: str = "test"
) -> tuple[Dataset, Dataset]:
    """The annotated training and test images.

    Args:
        data: A CSV of annotations, a folder that holds exactly one, or the name of a registered dataset with points.
        options: Options of the registered dataset.
        train: Name of the split to fit on.
        test: Name of the split to test on.

    Raises:
        UserError: There are no annotations, or no such split.
    """
    path = _path(data)
    if path.exists() or path.suffix:
        if not path.is_file():
            raise UserError(f"no file {data}; give a CSV of annotations")
        if path.suffix.lower() != ".csv":
            raise UserError(
                f"{data} is no CSV of annotations, with columns file, split and x0, y0, ... or <name>_x, ..."
            )
        if "split" not in _header(path):
            raise UserError(f"{path} has no column split: add one that says {train} or {test}")
        data = path
    else:
        component = registry.find("dataset", str(data))
        if "split" not in registry.options(component.cls).model_fields:
            raise UserError(f"dataset {data!r} has no option split: give a CSV of annotations with a column split")
    both = [open_data(data, {**(options or {}), "split": name}) for name in (train, test)]
    if not both[0].points:
        columns = "; it needs columns x0, y0, ... or <name>_x, <name>_y" if data is path else ""
        raise UserError(f"{data} annotates no points{columns}")
    return both[0], both[1]


def cells(data: str | Path, column: str) -> dict[str, str]:
    """Another column of a CSV of annotations: the image's name, as the dataset calls it, and its cell.

    Args:
        data: As for `splits`.
        column: Such as activity or subject.

    Raises:
        UserError: It is no CSV, or has no such column.
    """
    path = _path(data)
    header = _header(path) if path.is_file() else []
    if column not in header:
        found = f"its columns: {', '.join(header)}" if header else "only a CSV of annotations can have one"
        raise UserError(f"{data} has no column {column!r}; {found}")
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {str(path.parent / row["file"]): row[column] for row in csv.DictReader(file) if row["file"]}


def _path(data: str | Path) -> Path:
    """The CSV that is meant, as far as it is one."""
    path = Path(data).expanduser()
    return _only_table(path) if path.is_dir() else path


def _only_table(folder: Path) -> Path:
    """The one CSV of a folder that annotates points."""
    found = []
    for path in sorted(folder.glob("*.csv")):
        header = _header(path)
        if "file" in header and any(map(point, header)):
            found.append(path)
    if len(found) != 1:
        names = ", ".join(path.name for path in found)
        raise UserError(f"{folder} holds {names or 'no CSV of annotations'}; name one CSV with file and point columns")
    return found[0]


def _header(path: Path) -> list[str]:
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            return next(csv.reader(file), [])
    except (OSError, csv.Error) as error:
        raise UserError(f"cannot read {path}: {error}") from None
