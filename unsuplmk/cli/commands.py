"""The top-level group: our own commands, imported on demand, then those of plugins."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, final

import click

from unsuplmk.errors import UserError, unknown

if TYPE_CHECKING:
    from unsuplmk.plugins import Plugin

OURS = (
    *(
        "run",
        "predict",
        "track",
        "convert",
        "render",
        "swap",
        "reconstruct",
        "evaluate",
        "name",
        "report",
        "compare",
        "consistency",
        "push",
        "pull",
        "export",
    ),
    *("inspect", "prepare", "colorise", "import-2018", "components", "datasets", "plugins", "info"),
)
"""Command -> module of this folder, with _ for -, that has the attribute `command`."""


@final
class Commands(click.Group):
    """Finds a command in our modules, and only for a name that none of them has asks the plugins.

    A plugin's module may import torch, so that `--help` lists our commands only; `unsuplmk plugins` lists theirs.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Our commands, in the order in which one meets them."""
        return list(OURS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A command by name.

        Raises:
            UserError: Two plugins claim the name.
        """
        if cmd_name in OURS:
            return import_module(f"unsuplmk.cli.{cmd_name.replace('-', '_')}").command
        if cmd_name.startswith("-"):
            return None
        claims = of_plugins().get(cmd_name, [])
        if len(claims) > 1:
            from unsuplmk.registry import claimed

            raise UserError(claimed("command", cmd_name, (plugin for plugin, _ in claims)))
        return claims[0][1] if claims else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click's, with the nearest spelling where nothing answers."""
        if not ctx.resilient_parsing and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            raise unknown("command", args[0], [*OURS, *of_plugins()])
        return super().resolve_command(ctx, args)


@cache
def of_plugins() -> dict[str, list[tuple[Plugin, click.Command]]]:
    """The commands that plugins bring: name -> who brings it, and the command; none may take the name of ours."""
    from unsuplmk.plugins import host
    from unsuplmk.registry import claimed

    found: dict[str, list[tuple[Plugin, click.Command]]] = {}
    groups: list[click.Group] = []

    def fresh() -> click.Group:  # what a plugin adds before it fails is not the next one's
        groups.append(click.Group())
        return groups[-1]

    for plugin, _ in host().call("register_commands", cli=fresh):
        for name, command in groups[-1].commands.items():
            if name in OURS:
                host().reject(plugin, f"command {name!r} is a built-in's name; choose another")
            else:
                found.setdefault(name, []).append((plugin, command))
    for name, claims in found.items():
        if len(claims) > 1:
            host().reject(claims[-1][0], claimed("command", name, (plugin for plugin, _ in claims)))
    return found
