"""What every part must do, as tests: one line for the author of a plugin, and for every part that ships.

    test_tiny = unsuplmk.testing.contract("encoder", "tiny")

The checks are plain functions of a `Part` that raise AssertionError; pytest is only needed by `contract`.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from unsuplmk import registry
from unsuplmk.errors import unknown
from unsuplmk.testing.part import Part, has_defaults_that_fit, is_described

Check = Callable[[Part], None]

__all__ = ["Check", "Part", "checks", "contract"]


def checks(kind: str) -> tuple[Check, ...]:
    """Everything that a part of this kind is checked for.

    Raises:
        UserError: There is no such kind.
    """
    if kind not in registry.KINDS:
        raise unknown("kind of component", kind, registry.KINDS)
    return (is_described, has_defaults_that_fit, *import_module(f"unsuplmk.testing.{kind}").CHECKS)


def contract(kind: str, name: str, path: str | Path = "", **options: Any) -> Callable[..., None]:
    """A pytest function, parametrised over all checks of the kind; assign it to a name that begins with `test_`.

    Args:
        kind: Kind of the part: encoder, loss, pairs, ...
        name: Name that it is registered under.
        path: What a dataset reads, if it takes a path.
        options: The part's options, where its defaults will not do (a file of weights, a small width).

    Raises:
        UserError: There is no such kind.
    """
    import pytest

    @pytest.mark.parametrize("check", checks(kind), ids=lambda check: check.__name__)
    def test(check: Check) -> None:
        check(Part.find(kind, name, options, path))

    return test
