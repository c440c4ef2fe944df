"""What the words after `unsuplmk run` ask for: for that command, and for commands that have a run done elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from unsuplmk.config import Config

CHOSEN = "unsuplmk.run.chosen"
"""Where a context keeps the config that its arguments start from."""


@dataclass(frozen=True)
class Request:
    """A run that was asked for.

    Args:
        config: Its settings, checked and written out in full.
        out: The run folder; None for the next in `runs/`.
        resume: Whether to go on with the run in `out`.
        origin: The recipe, file or run whose settings it starts from, as given; empty for the defaults.
    """

    config: Config
    out: Path | None
    resume: bool
    origin: str


def parse(words: Sequence[str]) -> Request:
    """What `unsuplmk run WORDS` would do; `--help` among the words shows its help and ends the command.

    Args:
        words: As they stand on a command line.

    Raises:
        UserError: There is no such recipe or component, or an option of a component is wrong.
        click.UsageError: An option is unknown or wrong, as the command line reports it.
    """
    from unsuplmk.cli import cli
    from unsuplmk.cli.run import command

    top = click.Context(cli, info_name="unsuplmk", **cli.context_settings)  # help and errors speak of `unsuplmk run`
    with command.make_context("run", list(words), parent=top) as ctx:
        return request(ctx)


def request(ctx: click.Context) -> Request:
    """What the parsed context of `unsuplmk run` asks for.

    Raises:
        UserError: A value is out of range, or an option of a component is wrong.
    """
    from unsuplmk import config
    from unsuplmk.cli.options import Option

    values: dict[str, Any] = ctx.meta[CHOSEN].model_dump()
    if ctx.params["data"] is not None:
        values["data"] = ctx.params["data"]
    for option in ctx.command.get_params(ctx):
        value = ctx.params.get(option.name or "")
        if isinstance(option, Option) and value is not None:
            table = values
            for key in option.path[:-1]:
                table = table[key]
            table[option.path[-1]] = value
    settings = config.make(values, "command line").resolved()
    return Request(settings, ctx.params["out"], ctx.params["resume"], ctx.params["config"] or "")


def next_folder(chosen: Config, taken: Callable[[Path], bool] = Path.exists) -> Path:
    """`runs/<data>-<encoder>-NN` with the first number that is free.

    Args:
        chosen: The run's settings.
        taken: Says whether a folder is not.
    """
    path = Path(chosen.data)
    kept = [part for part in path.parts if not set(part) & set("*?[")] or ["data"]  # a glob's folder names it
    stem = Path(kept[-1]).stem if not path.is_dir() else path.resolve().name
    name = re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-") or "data"
    number = 1
    while taken(folder := Path("runs") / f"{name}-{chosen.encoder['name']}-{number:02}"):
        number += 1
    return folder
