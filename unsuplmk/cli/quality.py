"""`--quality NAME` and `--quality.NAME.KEY`: by which figures rebuilt images are judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from unsuplmk.interfaces import Quality
    from unsuplmk.registry import Component

USUAL = ("psnr", "ssim")
"""What is taken where nothing is chosen."""


def _complete(_: click.Context, __: click.Parameter, start: str) -> list[str]:
    from unsuplmk.registry import components

    return [name for name in components("quality") if name.startswith(start)]


quality_option = click.option(
    "--quality",
    metavar="NAME",
    multiple=True,
    shell_complete=_complete,
    help=f"A figure to compare by; may be repeated.  [default: {', '.join(USUAL)}]",
)


def qualities(given: Mapping[str, Sequence[str]], *, strict: bool = True) -> list[Component]:
    """The qualities that are chosen.

    Args:
        given: The options of a command line, with their values.
        strict: Whether to complain; otherwise what there is not is left out.

    Raises:
        UserError: There is no such quality, or an option is of one that is not chosen.
    """
    from unsuplmk.cli.choice import check_paths
    from unsuplmk.registry import components, find

    names = list(dict.fromkeys(given.get("quality", USUAL)))
    if not strict:
        return [components("quality")[name] for name in names if name in components("quality")]
    check_paths(given, {"quality": names})
    return [find("quality", name) for name in names]


def build(names: Sequence[str], given: Mapping[str, Any]) -> dict[str, Quality]:
    """The chosen qualities, with their options.

    Args:
        names: What `--quality` says.
        given: What else the command was given.

    Raises:
        UserError: An option is wrong, or what a quality needs is not to be had.
    """
    from unsuplmk import registry
    from unsuplmk.cli.dataset import options_of

    return {
        name: registry.build("quality", name, **options_of(f"quality.{name}", given))
        for name in dict.fromkeys(names or USUAL)
    }
