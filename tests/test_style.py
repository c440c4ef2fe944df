"""Modules are short, say in one sentence what they are for, and are called by it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
LONGEST = 300
NAMELESS = {"utils", "util", "helpers", "helper", "base", "common", "misc"}
PACKAGES = [REPOSITORY / "unsuplmk", *sorted((REPOSITORY / "plugins").glob("*/unsuplmk_*"))]
MODULES = [path for package in PACKAGES for path in sorted(package.rglob("*.py"))]


def shown(path: Path) -> str:
    return str(path.relative_to(REPOSITORY))


def faults(text: str, name: str) -> list[str]:
    """What the style forbids in a module."""
    found = []
    if len(text.splitlines()) > LONGEST:
        found.append(f"{len(text.splitlines())} lines, of {LONGEST} at most")
    if not (ast.get_docstring(ast.parse(text)) or "").partition("\n")[0].endswith("."):
        found.append("the first line of its docstring is no sentence")
    if name in NAMELESS:
        found.append("its name does not say what it is for")
    return found


def test_there_are_modules_of_the_package_and_of_every_plugin() -> None:
    assert len(MODULES) > 200
    assert len(PACKAGES) == 1 + len(list((REPOSITORY / "plugins").glob("unsuplmk-*")))


@pytest.mark.parametrize("path", MODULES, ids=shown)
def test_a_module_keeps_the_style(path: Path) -> None:
    name = path.parent.name if path.stem == "__init__" else path.stem
    assert not faults(path.read_text("utf-8"), name)


@pytest.mark.parametrize(
    ("text", "name", "fault"),
    [
        ('"""Says it."""\n' + "x = 0\n" * 300, "fit", "301 lines"),
        ("x = 0\n", "fit", "docstring"),
        ('"""Says nothing\n\nHere."""\n', "fit", "docstring"),
        ('"""Says it."""\n', "utils", "name"),
    ],
)
def test_each_fault_is_seen(text: str, name: str, fault: str) -> None:
    assert [fault in found for found in faults(text, name)] == [True]
    assert not faults('"""Says it."""\n' + "x = 0\n" * 299, "fit")
