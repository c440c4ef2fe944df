"""Whether a data set on disk is what its card says: splits and their counts, readable frames, points, checksums."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import numpy as np

from unsuplmk import registry
from unsuplmk.card import Card
from unsuplmk.errors import UserError
from unsuplmk.files.fetch import digest
from unsuplmk.frames.gather import chosen
from unsuplmk.frames.reading import Progress, each, silent
from unsuplmk.inspecting.survey import outside_of
from unsuplmk.interfaces import Dataset

NAMED = 3
"""Frames that are named for a fault."""
OUTSIDE = 0.05
"""Share of the points: hand-made ones lie outside their picture now and then, and those of a wrong crop or with x and
y exchanged do so by the dozen."""


@dataclass(frozen=True)
class Split:
    """What one split holds.

    Args:
        name: As the option `split` has it; empty for a dataset without.
        frames: How many.
        published: How many the complete data set has; 0 where that is not known.
        clips: How many.
        longest: Frames of the longest.
        points: Names of the annotated points.
        read: Frames that were read, or tried.
        unreadable: Why frames could not be read, by name.
        annotated: Points that are known, in the frames that were read.
        outside: Names of the frames with points outside, once for each point.
    """

    name: str
    frames: int
    published: int
    clips: int
    longest: int
    points: tuple[str, ...]
    read: int
    unreadable: dict[str, str]
    annotated: int
    outside: tuple[str, ...]


@dataclass(frozen=True)
class Verification:
    """What was found.

    Args:
        dataset: Its name.
        path: Where it lies; empty for one that reads no files.
        splits: What was opened.
        checksums: File of the card's downloads that is there -> whether its checksum is the published one.
        faults: What is wrong.
        notes: What is worth knowing.
    """

    dataset: str
    path: str
    splits: tuple[Split, ...]
    checksums: dict[str, bool]
    faults: tuple[str, ...]
    notes: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


Opened = Callable[[str, Dataset], None]
"""Given each split that could be opened."""


def verify(
    component: registry.Component,
    path: str,
    options: Mapping[str, Any],
    *,
    sample: int = 256,
    every: bool = False,
    seed: int = 0,
    progress: Progress = silent,
    opened: Opened = lambda name, dataset: None,
) -> Verification:
    """Open every split of a dataset and look at it.

    Args:
        component: The dataset.
        path: What it reads; empty for one that reads no files.
        options: Its options; with `split`, that one only.
        sample: How many frames of each split are read.
        every: Whether all are read.
        seed: Of the choice.
        progress: Told how many frames of the split are read.
        opened: Called with each split that could be opened.
    """
    card: Card = component.cls.card  # type: ignore[attr-defined]
    wired = (path,) if path else ()
    splits: list[Split] = []
    faults: list[str] = []
    notes: list[str] = []
    for name in splits_of(component, options):
        given = {**options, **({"split": name} if name else {})}
        try:
            dataset = registry.build("dataset", component.name, *wired, **given)
        except UserError as error:
            faults.append(_of(name, str(error)))
            continue
        published = card.splits.get(name, 0)
        count = len(dataset)
        indices = np.arange(count) if every or count <= sample else np.sort(chosen(dataset, sample, seed)[:sample])
        found = _looked(name, dataset, indices, published, progress)
        splits.append(found)
        faults += _faults(found)
        # other options may choose a part of the set
        changed = set(options) - {"split"}
        (notes if changed else faults).extend(_counts(found, card))
        notes += _notes(found)
        opened(name, dataset)
    checksums = dict(_checksums(card, path))
    wrong = [file for file, right in checksums.items() if not right]
    faults += [f"{file} is not the published file: its checksum is another" for file in wrong]
    return Verification(component.name, path, tuple(splits), checksums, tuple(dict.fromkeys(faults)), tuple(notes))


def splits_of(component: registry.Component, options: Mapping[str, Any]) -> tuple[str, ...]:
    """The splits that are meant: the one asked for, else all that the option lists, else its default."""
    field = registry.options(component.cls).model_fields.get("split")
    if field is None:
        return ("",)
    if "split" in options:
        return (str(options["split"]),)
    if get_origin(field.annotation) is Literal:
        return get_args(field.annotation)
    return () if field.is_required() else (str(field.default),)


def _looked(name: str, dataset: Dataset, indices: np.ndarray, published: int, progress: Progress) -> Split:
    sizes = np.zeros((len(indices), 2), np.int64)

    def look(place: int, frame: np.ndarray) -> None:
        sizes[place] = frame.shape[1::-1]

    unreadable = each(dataset, indices, look, progress)
    outside, annotated = outside_of(dataset, indices[sizes[:, 0] > 0], sizes[sizes[:, 0] > 0])
    return Split(
        name,
        len(dataset),
        published,
        len(dataset.clips),
        max(map(len, dataset.clips), default=0),
        dataset.points,
        len(indices),
        {dataset.name(index): text for index, text in unreadable.items()},
        annotated,
        tuple(dataset.name(index) for index in outside),
    )


def _of(split: str, text: str) -> str:
    return f"split {split}: {text}" if split else text


def _faults(split: Split) -> list[str]:
    found = []
    if not split.frames:
        found.append("it holds no frames")
    if split.unreadable:
        first = "; ".join(list(split.unreadable.values())[:NAMED])
        more = len(split.unreadable) - NAMED
        tail = f"; and {more} more" if more > 0 else ""
        found.append(f"{len(split.unreadable)} of {split.read} frames cannot be read: {first}{tail}")
    if len(split.outside) > OUTSIDE * split.annotated:
        found.append(_outside(split))
    if split.points and split.read > len(split.unreadable) and not split.annotated:
        found.append(f"none of its {len(split.points)} points is known in any frame that was read")
    return [_of(split.name, text) for text in found]


def _notes(split: Split) -> list[str]:
    few = 0 < len(split.outside) <= OUTSIDE * split.annotated
    return [_of(split.name, _outside(split))] if few else []


def _outside(split: Split) -> str:
    names = list(dict.fromkeys(split.outside))
    tail = f" and {len(names) - NAMED} more frames" if len(names) > NAMED else ""
    named = ", ".join(names[:NAMED])
    return f"{len(split.outside)} of {split.annotated} points lie outside their picture: {named}{tail}"


def _counts(split: Split, card: Card) -> list[str]:
    if not split.published or split.frames == split.published:
        return []
    title = card.title or "the data set"
    return [_of(split.name, f"{split.frames:,} frames, and {title} has {split.published:,}")]


def _checksums(card: Card, path: str) -> list[tuple[str, bool]]:
    """Those of the card's files that are there."""
    folder = Path(path).expanduser()
    folder = folder if folder.is_dir() else folder.parent
    there = [one for one in card.downloads if path and one.checksum and (folder / one.file).is_file()]
    return [(one.file, digest(folder / one.file, one.checksum) == one.checksum) for one in there]
