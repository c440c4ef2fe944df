"""What gives away the user's machine is taken out of texts: of a path, its last part is left."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PureWindowsPath
from typing import Any

_FROM = r"~[\w.-]*[/\\]|[A-Za-z]:[/\\]|\.\.[/\\]"
"""How a path begins that is a home's, a drive's or one above; the root's are written out below."""
_WHOLE = re.compile(rf"(?:file:(?://)?|([a-z][a-z0-9-]+:)?)((?:{_FROM}|[/\\]{{1,2}}(?![/\\\s]))[^\n]*)")
_WITHIN = re.compile(
    rf"""(?:(?<=^)|(?<=[\s"'(\[=:,]))(?:{_FROM}|\\\\|[/\\](?![/\\\s]))(?:[^\s"'/\\:,;()\[\]]+[/\\])*"""
)
_URL = re.compile(r"(?!file:)[a-z][a-z0-9+.-]*://")


def text(value: str) -> str:
    """A text without the folders of absolute paths in it, nor of those above or of a home; URLs stay.

    `NAME:PATH`, as datasets are given, keeps its name.
    """
    if _URL.match(value):
        return value
    whole = _WHOLE.fullmatch(value)
    if whole:
        return (whole[1] or "") + PureWindowsPath(whole[2]).name
    return _WITHIN.sub("", value)


def values(value: Any) -> Any:
    """Plain values with every text in them cleaned."""
    if isinstance(value, Mapping):
        return {key: values(item) for key, item in value.items()}
    if isinstance(value, list):
        return [values(item) for item in value]
    return text(value) if isinstance(value, str) else value


def changes(before: Any, after: Any, path: str = "") -> Iterator[str]:
    """What differs, a line each: `data: /home/me/mice -> mice`."""
    if isinstance(before, Mapping):
        for key, item in before.items():
            yield from changes(item, after[key], f"{path}.{key}" if path else str(key))
    elif isinstance(before, list):
        for index, item in enumerate(before):
            yield from changes(item, after[index], f"{path}.{index}")
    elif before != after:
        yield f"{path}: {before} -> {after}"


def outside(value: Any, path: str = "") -> Iterator[str]:
    """The texts in plain values that are paths to elsewhere, a line each: `crop.file: /etc/passwd`."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from outside(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for item in value:
            yield from outside(item, path)
    elif isinstance(value, str) and (_WHOLE.fullmatch(value) or ".." in re.split(r"[/\\]", value)):
        yield f"{path}: {value}"
