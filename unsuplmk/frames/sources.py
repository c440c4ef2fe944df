"""What a DATA argument means: which dataset reads it, and the path that it reads."""

from __future__ import annotations

import glob
import os
import re
from dataclasses import dataclass
from pathlib import Path

from unsuplmk import registry
from unsuplmk.card import Card
from unsuplmk.errors import UserError, unknown

FILES = "files"
"""The dataset of whatever path no other dataset recognises."""
GIVEN = "data given in Python"
"""How the config of a run begins to say that no word on a command line meant its data."""


@dataclass(frozen=True)
class Source:
    """A dataset, by its class, and where it lies.

    Args:
        component: The class.
        path: What it reads, as given; empty for a dataset that reads no files.
    """

    component: registry.Component
    path: str = ""

    @property
    def wired(self) -> tuple[str, ...]:
        """The positional arguments of the class."""
        return (self.path,) if self.path else ()

    @property
    def card(self) -> Card:
        """What is known about the dataset beside its files."""
        return self.component.cls.card  # type: ignore[attr-defined]

    @property
    def has_splits(self) -> bool:
        """Whether the dataset has an option that says which of its splits to take."""
        return "split" in registry.options(self.component.cls).model_fields

    @property
    def annotates(self) -> bool:
        """Whether its frames may have annotated points, in splits."""
        from unsuplmk.interfaces import Dataset

        return self.has_splits and self.component.cls.points is not Dataset.points  # type: ignore[attr-defined]


def resolve(data: str | Path) -> Source:
    """The dataset that a word means: `PATH`, `NAME:PATH`, or the `NAME` of one that reads no files.

    What exists as a path is a path before any name. A path is read by the dataset that recognises it, and as images
    and videos where none does.

    Raises:
        UserError: Nothing is there, no dataset has the name, or it needs a path; or they are data of a program.
    """
    word = str(data)
    if word.startswith(GIVEN):
        raise UserError(f"{word} cannot be read again: name files instead, or go on in Python: Job(config, data)")
    path, components = Path(word).expanduser(), registry.components("dataset")
    there = os.path.exists(path)  # which, unlike pathlib's, never raises
    if there or (is_glob(word) and _name(word) not in components):
        return Source(recognised(path) if there else components[FILES], word)
    name, colon, rest = word.partition(":")
    if colon and _name(word):
        component = registry.find("dataset", name)
        if not registry.takes_path(component):
            raise UserError(f"dataset {name!r} reads no files: leave out {':' + rest!r}")
        if not rest:
            raise UserError(f"dataset {name!r} reads files: say which, {name}:PATH; {_help(name)}")
        return Source(component, rest)
    if word in components:
        if registry.takes_path(components[word]):
            raise UserError(f"dataset {word!r} reads files: say which, {word}:PATH; {_help(word)}")
        return Source(components[word])
    names = ", ".join(components)
    if path.suffix or len(path.parts) > 1:
        raise UserError(f"no file or folder {word!r}; datasets known by name: {names}")
    raise UserError(f"no file or folder {word!r}, and {unknown('dataset', word, components)}")


def known(data: str | Path) -> Source | None:
    """As `resolve`, and None where nothing is there: opening it will say so."""
    try:
        return resolve(data)
    except UserError:
        return None


def recognised(path: Path) -> registry.Component:
    """The dataset that knows the layout of a path; that of images and videos where none does.

    Raises:
        UserError: Several datasets claim it.
    """
    components = registry.components("dataset")
    claims = [component for component in components.values() if component.cls.recognises(path)]  # type: ignore[attr-defined]
    if len(claims) > 1:
        ways = " or ".join(f"{component.name}:{path}" for component in claims)
        raise UserError(f"{path} can be read in more ways than one: say {ways}")
    return claims[0] if claims else components[FILES]


def is_glob(path: str | Path) -> bool:
    """Whether a path holds wildcards."""
    return glob.has_magic(str(path))


def _name(word: str) -> str:
    """The name before the colon, if it looks like one: a drive letter does not."""
    match = re.match(r"([a-z][a-z0-9-]+):", word)
    return match[1] if match else ""


def _help(name: str) -> str:
    return f"`unsuplmk datasets about {name}` says what it reads and where to get it"
