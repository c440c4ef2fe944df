"""`--tracker NAME` and `--tracker.NAME.KEY`: what filters landmarks over time, in the order of the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from unsuplmk.cli.several import option

if TYPE_CHECKING:
    from unsuplmk.tracking import Choice


tracker_option = option("tracker", "A filter over time; several act in their order.")


def choices(names: Sequence[str], given: Mapping[str, Any]) -> list[Choice]:
    """The chosen trackers with their options, in their order.

    Args:
        names: What `--tracker` says.
        given: What else the command was given.
    """
    from unsuplmk.cli.dataset import options_of

    return [(name, options_of(f"tracker.{name}", given)) for name in names]
