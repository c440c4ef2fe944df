"""`--tracker NAME` and `--tracker.NAME.KEY`: what filters landmarks over time, in the order of the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from unsuplmk.registry import Component
    from unsuplmk.tracking import Choice


def _complete(_: click.Context, __: click.Parameter, start: str) -> list[str]:
    from unsuplmk.registry import components

    return [name for name in components("tracker") if name.startswith(start)]


tracker_option = click.option(
    "--tracker",
    metavar="NAME",
    multiple=True,
    shell_complete=_complete,
    help="A filter over time; several act in their order.",
)


def trackers(given: Mapping[str, Sequence[str]], *, strict: bool = True) -> list[Component]:
    """The trackers that are chosen, each once.

    Args:
        given: The options of a command line, with their values.
        strict: Whether to complain; otherwise what there is not is left out.

    Raises:
        UserError: There is no such tracker, or an option is of one that is not chosen.
    """
    from unsuplmk.cli.choice import check_paths
    from unsuplmk.registry import components, find

    names = list(dict.fromkeys(given.get("tracker", ())))
    if not strict:
        return [components("tracker")[name] for name in names if name in components("tracker")]
    check_paths(given, {"tracker": names})
    return [find("tracker", name) for name in names]


def choices(names: Sequence[str], given: Mapping[str, Any]) -> list[Choice]:
    """The chosen trackers with their options, in their order.

    Args:
        names: What `--tracker` says.
        given: What else the command was given.
    """
    from unsuplmk.cli.dataset import options_of

    return [(name, options_of(f"tracker.{name}", given)) for name in names]
