"""The Python reference has what a program may rely on."""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from pathlib import Path

import unsuplmk
from unsuplmk import interfaces, registry, types

PAGES = sorted(Path(__file__).parents[1].glob("docs/python/*.md"))
SHOWN = [name for page in PAGES for name in re.findall(r"^::: (\S+)$", page.read_text("utf-8"), re.MULTILINE)]


def _object(path: str) -> object:
    try:
        return import_module(path)
    except ModuleNotFoundError:
        home, _, name = path.rpartition(".")
        return getattr(import_module(home), name)


def test_everything_at_the_top_of_the_package_is_shown() -> None:
    names = {name for name in unsuplmk.__all__ if name != "__version__"}
    shown = [_object(path) for path in SHOWN]
    assert [name for name in names if not any(getattr(unsuplmk, name) is one for one in shown)] == []


def test_every_interface_and_every_value_between_parts_is_shown() -> None:
    for module in (interfaces, types):
        own = {
            name
            for name, one in vars(module).items()
            if inspect.isclass(one) and one.__module__ == module.__name__ and not name.startswith("_")
        }
        assert {f"{module.__name__}.{name}" for name in own} - set(SHOWN) == set()
    assert {f"unsuplmk.interfaces.{kind.base}" for kind in registry.KINDS.values()} <= set(SHOWN)


def test_nothing_is_shown_twice_and_all_of_it_says_what_it_is() -> None:
    assert len(SHOWN) == len(set(SHOWN))
    assert not [path for path in SHOWN if not inspect.getdoc(_object(path))]
