"""Options that choose parts of which there may be several: `--quality NAME`, `--metric NAME`, each with its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from unsuplmk.registry import Component


def option(kind: str, text: str) -> Callable[[Any], Any]:
    """`--KIND NAME`, which may be repeated and completes the names that are installed."""

    def complete(_: click.Context, __: click.Parameter, start: str) -> list[str]:
        from unsuplmk.registry import components

        return [name for name in components(kind) if name.startswith(start)]

    return click.option(f"--{kind}", metavar="NAME", multiple=True, shell_complete=complete, help=text)


def chosen(
    kind: str,
    given: Mapping[str, Sequence[str]],
    usual: Sequence[str] = (),
    *,
    always: Sequence[str] = (),
    strict: bool = True,
) -> list[Component]:
    """The parts of a kind that a command line chooses, each once.

    Args:
        kind: Of the parts.
        given: The options of the command line, with their values.
        usual: Names that are taken where none is chosen.
        always: Names that are taken beside whatever is chosen.
        strict: Whether to complain; otherwise what there is not is left out.

    Raises:
        UserError: There is no such part, or an option is of one that is not chosen.
    """
    from unsuplmk.cli.choice import check_paths
    from unsuplmk.registry import components, find

    names = list(dict.fromkeys((*always, *given.get(kind, usual))))
    if not strict:
        return [components(kind)[name] for name in names if name in components(kind)]
    check_paths(given, {kind: names})
    return [find(kind, name) for name in names]
