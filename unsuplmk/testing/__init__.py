"""What every part must do, as tests: one line for the author of a plugin, and for every part that ships.

    test_tiny = unsuplmk.testing.contract("encoder", "tiny")

The checks are plain functions of a `Part` that raise AssertionError; pytest is only needed by `contract`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from traceback import walk_tb
from typing import Any

from unsuplmk import registry
from unsuplmk.errors import UserError, unknown
from unsuplmk.testing.options import CHECKS
from unsuplmk.testing.part import Part, UndecidedError

Check = Callable[[Part], None]

__all__ = ["Check", "Part", "UndecidedError", "checks", "contract"]


def checks(kind: str) -> tuple[Check, ...]:
    """Everything that a part of this kind is checked for.

    Raises:
        UserError: There is no such kind.
    """
    if kind not in registry.KINDS:
        raise unknown("kind of component", kind, registry.KINDS)
    return (*CHECKS, *import_module(f"unsuplmk.testing.{kind}").CHECKS)


def contract(
    kind: str, name: str, /, path: str | Path = "", *, without: Mapping[str, str] | None = None, **options: Any
) -> Callable[..., None]:
    """A pytest function, parametrised over all checks of the kind; assign it to a name that begins with `test_`.

    Args:
        kind: Kind of the part: encoder, loss, pairs, ...
        name: Name that it is registered under.
        path: What a dataset reads, if it takes a path.
        without: Checks to leave out, each with the reason, which pytest shows: {"compiles_in_one_graph": "..."}.
        options: The part's options, where its defaults will not do (a file of weights, a small width).

    Raises:
        UserError: There is no such kind or check, or no reason is given.
    """
    import pytest

    known = checks(kind)
    left_out = dict(without or {})
    for check, reason in left_out.items():
        if check not in (names := [known_check.__name__ for known_check in known]):
            raise unknown(f"check of the kind {kind}", check, names)
        if not (isinstance(reason, str) and reason.strip()):
            raise UserError(f"the check {check!r} is left out without a reason: say why, for whoever reads the tests")

    def case(check: Check) -> Any:
        reason = left_out.get(check.__name__)
        return pytest.param(check, id=check.__name__, marks=[pytest.mark.skip(reason=reason)] if reason else [])

    @pytest.mark.parametrize("check", [case(check) for check in known])
    def test(check: Check) -> None:
        try:
            check(Part.find(kind, name, options, path))
        except UndecidedError as error:
            pytest.skip(str(error))
        except AssertionError as error:
            if not _is_a_checks_own(error):
                raise
            sentence = f"{kind} {name!r}: {error}"
        else:
            return
        pytest.fail(sentence, pytrace=False)  # which says more than our frames

    return test


def _is_a_checks_own(error: AssertionError) -> bool:
    """Whether a check said it, and not the part under test, whose traceback its author wants to see."""
    *_, (frame, _) = walk_tb(error.__traceback__)
    return str(frame.f_globals.get("__name__")).startswith("unsuplmk.testing.") and error.__cause__ is None
