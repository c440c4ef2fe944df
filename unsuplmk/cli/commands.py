"""The top-level group: our own commands, imported on demand, then those of plugins."""

from __future__ import annotations

from importlib import import_module
from typing import final

import click

from unsuplmk.errors import UserError, unknown

OURS = (
    *("run", "predict", "render", "swap", "evaluate", "consistency"),
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
        claims = of_plugins().get(cmd_name, {})
        if len(claims) > 1:
            raise UserError(f"command {cmd_name!r} is claimed by {' and '.join(claims)}: uninstall one of them")
        return next(iter(claims.values()), None)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click's, with the nearest spelling where nothing answers."""
        if not ctx.resilient_parsing and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            raise unknown("command", args[0], [*OURS, *of_plugins()])
        return super().resolve_command(ctx, args)


def of_plugins() -> dict[str, dict[str, click.Command]]:
    """The commands that plugins bring: name -> distribution -> command; none may take the name of ours."""
    from unsuplmk.plugins import host

    group = click.Group()
    found: dict[str, dict[str, click.Command]] = {}
    for plugin, _ in host().call("register_commands", cli=group):
        for name, command in group.commands.items():
            if name in OURS:
                host().reject(plugin, f"command {name!r} is a built-in's name; choose another")
            else:
                found.setdefault(name, {})[f"{plugin.distribution} {plugin.version}"] = command
        group.commands.clear()
    return found
