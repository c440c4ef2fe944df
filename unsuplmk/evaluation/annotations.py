"""Annotated images in splits: from a CSV, or from a dataset that has points."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from unsuplmk import registry
from unsuplmk.batches.data import open_data
from unsuplmk.errors import UserError
from unsuplmk.files.csvtable import header, point
from unsuplmk.frames.sources import FILES, Source, known, resolve
from unsuplmk.interfaces import Dataset


def splits(
    data: str | Path, options: Mapping[str, Any] | None = None, *, train: str = "train", test: str = "test"
) -> tuple[Dataset, Dataset]:
    """The annotated training and test images.

    Args:
        data: A CSV of annotations, a folder with one in it, or a dataset with points (`unsuplmk.frames.sources`).
        options: Options of the dataset.
        train: Name of the split to fit on.
        test: Name of the split to test on.

    Raises:
        UserError: There are no annotations, or no such split.
    """
    source, given = _known(data), dict(options or {})
    if not source.has_splits:
        raise UserError(f"dataset {source.component.name!r} has no option split: give a CSV with a column split")
    if source.component.name == "listing" and "split" not in header(Path(source.path).expanduser()):
        raise UserError(f"{source.path} has no column split: add one that says {train} or {test}")
    word = f"{source.component.name}:{source.path}" if source.path else data
    both = [open_data(word, {**given, "split": name}) for name in (train, test)]
    _check_points(both[0], data, source)
    return both[0], both[1]


def frames(
    data: str | Path,
    options: Mapping[str, Any] | None = None,
    *,
    split: str = "all",
    report: Callable[[str], None] = lambda message: None,
) -> list[Dataset]:
    """All annotated frames: of one split, or of every split that there is.

    Args:
        data: As for `splits`; a CSV needs no column split.
        options: Options of the dataset.
        split: Name of a split; all for every.
        report: Called with one line for every split that cannot be read; the others do without.

    Raises:
        UserError: There are no annotations, no such split, or none can be read.
    """
    source, given = _known(data), dict(options or {})
    word = f"{source.component.name}:{source.path}" if source.path else data
    choices: tuple[str, ...] = ()
    if source.has_splits and "split" not in given:
        kind = registry.options(source.component.cls).model_fields["split"].annotation
        choices = get_args(kind) if get_origin(kind) is Literal else ("all",)
        choices = (split,) if split != "all" or "all" in choices else choices
    elif split != "all":
        given |= {"split": split}  # one that has no splits says so
    if len(choices) < 2:
        found = [open_data(word, {**given, **({"split": choices[0]} if choices else {})})]
    else:
        found, wanting = [], []
        for name in choices:
            try:
                found.append(open_data(word, {**given, "split": name}))
            except UserError as error:
                wanting.append(f"split {name} is left out: {error}")
        if not found:
            raise UserError(wanting[0])
        for message in wanting:
            report(message)
    _check_points(found[0], data, source)
    return found


def _known(data: str | Path) -> Source:
    """The dataset that is meant, which must be one that may know points."""
    source = resolve(annotated(data))
    if source.component.name == FILES:
        raise UserError(
            f"{data} holds no annotations that are known: give a CSV with columns file, split and x0, y0, ... or "
            "<name>_x, ..., or NAME:PATH; `unsuplmk datasets` lists the names"
        )
    return source


def _check_points(dataset: Dataset, data: str | Path, source: Source) -> None:
    if not dataset.points:
        columns = "; it needs columns x0, y0, ... or <name>_x, <name>_y" if source.component.name == "listing" else ""
        raise UserError(f"{data} annotates no points{columns}")


def own_protocol(data: str | Path) -> str:
    """The name of the protocol that suits a dataset; `plain` for a CSV, and where nothing is there.

    Args:
        data: As for `splits`.
    """
    source = known(data)
    return source.card.protocol if source else "plain"


def annotated(data: str | Path) -> str | Path:
    """What is meant: the one CSV of a folder that no dataset recognises, otherwise `data` itself.

    Raises:
        UserError: The folder holds no CSV of annotations, or several.
    """
    path = Path(data).expanduser()
    return _only_table(path) if path.is_dir() and resolve(path).component.name == FILES else data


def cells(dataset: Dataset, column: str) -> dict[str, str]:
    """What a dataset knows of each image beside its points: the image's name, and the tag of that name.

    Args:
        dataset: A CSV's other columns are its tags.
        column: Such as activity or subject.

    Raises:
        UserError: No image has such a tag.
    """
    found = {dataset.name(i): dataset.tags(i) for i in range(len(dataset))}
    names = dict.fromkeys(name for tags in found.values() for name in tags)
    if column not in names:
        raise UserError(f"the images have no column {column!r}; what is known of them: {', '.join(names) or 'nothing'}")
    return {name: tags.get(column, "") for name, tags in found.items()}


def _only_table(folder: Path) -> Path:
    """The one CSV of a folder that annotates points."""
    found = []
    for path in sorted(folder.glob("*.csv")):
        columns = header(path)
        if "file" in columns and any(map(point, columns)):
            found.append(path)
    if len(found) != 1:
        names = ", ".join(path.name for path in found)
        raise UserError(f"{folder} holds {names or 'no CSV of annotations'}; name one CSV with file and point columns")
    return found[0]
