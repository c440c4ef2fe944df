"""The one line in an author's test: what it runs, what it leaves out, and how it puts a failure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from unsuplmk import testing
from unsuplmk.errors import UserError
from unsuplmk.testing import UndecidedError

COARSE = testing.contract("encoder", "convnet", width=2, stride=16)
"""Its heatmaps do not divide every image that a run may ask for."""


def cases(test: Callable[..., None]) -> dict[str, Any]:
    """The parameters of a contract by the name of their check."""
    (mark,) = test.pytestmark  # type: ignore[attr-defined]
    return {case.id: case for case in mark.args[1]}


def checks() -> dict[str, testing.Check]:
    return {check.__name__: check for check in testing.checks("encoder")}


def test_every_check_is_a_case_of_its_own() -> None:
    assert list(cases(COARSE)) == list(checks())
    assert not any(case.marks for case in cases(COARSE).values())


def test_a_failure_is_one_sentence_without_a_traceback() -> None:
    with pytest.raises(pytest.fail.Exception) as failed:
        COARSE(checks()["takes_any_side_or_says_which"])
    assert str(failed.value) == "encoder 'convnet': heatmaps of 5x5 do not divide images of 72x72 evenly"
    assert not failed.value.pytrace


def test_an_error_of_the_part_keeps_its_traceback() -> None:
    def asserts(part: testing.Part) -> None:
        raise AssertionError("in the part's own code")

    with pytest.raises(AssertionError, match="own code"):
        COARSE(asserts)
    with pytest.raises(ZeroDivisionError):
        COARSE(lambda part: 1 / 0)


def test_what_cannot_be_told_here_is_skipped_with_the_reason() -> None:
    def wonders(part: testing.Part) -> None:
        raise UndecidedError("nobody can tell")

    with pytest.raises(pytest.skip.Exception, match="nobody can tell"):
        COARSE(wonders)


def test_a_check_is_left_out_with_a_reason() -> None:
    why = {"takes_any_side_or_says_which": "patches of 16 px"}
    found = cases(testing.contract("encoder", "convnet", without=why, width=2, stride=16))
    (mark,) = found.pop("takes_any_side_or_says_which").marks
    assert (mark.name, mark.kwargs) == ("skip", {"reason": "patches of 16 px"})
    assert not any(case.marks for case in found.values())


def test_a_check_that_there_is_not_names_the_nearest() -> None:
    with pytest.raises(UserError, match="no check of the kind encoder named 'compiles'; did you mean 'compiles_in_one"):
        testing.contract("encoder", "convnet", without={"compiles": "a custom op"})


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_check_is_not_left_out_without_a_reason(reason: str) -> None:
    with pytest.raises(UserError, match="'compiles_in_one_graph' is left out without a reason"):
        testing.contract("encoder", "convnet", without={"compiles_in_one_graph": reason})


def test_an_option_may_be_called_as_the_contract_calls_its_own() -> None:
    assert testing.contract("encoder", "convnet", kind="x", name="y")
