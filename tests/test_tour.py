"""The tour of the code names what is there, and all that is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "unsuplmk"
PAGE = ROOT / "docs" / "tour.md"
PAGES = (PAGE, ROOT / "docs" / "contributing.md")


def on_the_map() -> list[str]:
    return [name for names in re.findall(r"<!-- modules: (.*?) -->", PAGE.read_text("utf-8")) for name in names.split()]


def test_the_map_has_every_module_and_folder_of_the_package_once() -> None:
    there = [path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" and not path.stem.startswith("__")]
    there += [path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"]
    assert sorted(on_the_map()) == sorted(there)


def test_every_path_that_is_named_exists() -> None:
    paths = [
        path
        for page in PAGES
        for path in re.findall(
            r"`((?:unsuplmk|tests|benchmarks|plugins|examples|docs)/[\w./-]*)`", page.read_text("utf-8")
        )
    ]
    assert len(paths) > 40
    assert not [path for path in paths if not (ROOT / path).exists()]


def test_what_is_said_to_be_in_a_file_is_defined_there() -> None:
    """Sentences of the shape "`Step` of `unsuplmk/types.py`"."""
    found = re.findall(r"`(\w+)` (?:of|in) `(unsuplmk/[\w/]+\.py)`", PAGE.read_text("utf-8"))
    assert {name for name, _ in found} >= {"KINDS", "OURS", "Step", "Tracks"}
    for name, path in found:
        tree = ast.parse((ROOT / path).read_text("utf-8"))
        targets = [node.targets[0] if isinstance(node, ast.Assign) else node for node in tree.body]
        targets += [node.target for node in tree.body if isinstance(node, ast.AnnAssign)]
        names = {getattr(target, "name", getattr(target, "id", "")) for target in targets}
        assert name in names, f"{path} does not define {name}"


def test_the_tests_lie_as_the_package_does() -> None:
    """A test of a module, by its name, is found in the folder of that module."""
    homes = {path.stem: path.parent.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py")}
    unique = {stem for stem in homes if len(list(PACKAGE.rglob(f"{stem}.py"))) == 1}
    tests = [path for path in ROOT.glob("tests/**/test_*.py") if path.stem.removeprefix("test_") in unique]
    assert len(tests) > 150
    astray = {
        str(path): str(homes[path.stem.removeprefix("test_")])
        for path in tests
        if path.parent.relative_to(ROOT / "tests") != homes[path.stem.removeprefix("test_")]
    }
    assert not astray
