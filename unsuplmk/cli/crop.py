"""`--crop NAME` and its options, of commands that show a run new data: by default they crop as the run was trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from unsuplmk.registry import Component


def _complete(_: click.Context, __: click.Parameter, start: str) -> list[str]:
    from unsuplmk.registry import components

    return [name for name in components("crop") if name.startswith(start)]


crop_option = click.option(
    "--crop",
    metavar="NAME",
    default="",
    shell_complete=_complete,
    help="What is cut out of each frame; whole for nothing.  [default: as RUN was trained]",
)


def component(given: Mapping[str, Sequence[str]], run: str) -> Component | None:
    """The crop that is meant: the one of the option, else the run's; None if there is none, which is said later."""
    from unsuplmk.registry import components
    from unsuplmk.sharing.hub import address

    name = given["crop"][-1] if given.get("crop") else ""
    if not name and (address(run) is None or any(key.startswith("crop.") for key in given)):
        name = _of_run(run).get("name", "")  # what is on the hub is not fetched just to know the options
    return components("crop").get(name)


def crop_choice(name: str, given: Mapping[str, Any], own: Mapping[str, Any], run: str = "") -> dict[str, Any]:
    """The crop to take, with its options: the run's own where nothing else is said.

    Args:
        name: What `--crop` says; the run's own if empty. The same crop named again keeps the run's options.
        given: What else the command was given.
        own: The run's own.
        run: The run; empty if there is none.

    Raises:
        UserError: There is no such crop, or an option is wrong.
    """
    from unsuplmk.cli.dataset import options_of
    from unsuplmk.hosting.provenance import recorded
    from unsuplmk.registry import check

    table = dict(own) if name in ("", own["name"]) else {"name": name}
    table |= options_of("crop", given)
    with recorded(run):
        return {"name": table["name"], **check("crop", table.pop("name"), table)}


def _of_run(run: str) -> Mapping[str, Any]:
    """The table of the crop in a run folder's config; none where there is no such run."""
    from unsuplmk.config import load
    from unsuplmk.errors import UserError
    from unsuplmk.sharing.hub import resolve

    if not run:
        return {}
    try:
        folder = resolve(run)
        table = load(str(folder)).get("crop", {}) if (folder / "config.toml").is_file() else {}
    except UserError:  # the command itself will say so
        return {}
    return table if isinstance(table, Mapping) else {}
