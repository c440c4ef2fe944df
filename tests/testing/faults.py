"""All that the contract finds wrong with a class: check -> its sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from unsuplmk import testing

SLOW = {
    "compiles_in_one_graph",
    "compiles_to_the_same_value",
    "compiles_to_the_same_figures",
    "exports_with_any_batch_size",
    "leaves_the_training_as_it_is",
    "goes_on_when_a_run_is_resumed",
}


def faults(
    kind: str, cls: type, *also: str, options: Mapping[str, Any] | None = None, name: str = "mine"
) -> dict[str, str]:
    """What the checks of the kind say, but for the slow ones; and `also` those."""
    found = {}
    for check in testing.checks(kind):
        if check.__name__ in also or check.__name__ not in SLOW:
            try:
                check(testing.Part(kind, name, cls, options or {}))
            except AssertionError as error:
                found[check.__name__] = str(error)
    return found
