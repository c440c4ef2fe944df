"""A command that lists things and has actions of its own below it: `unsuplmk datasets`, `unsuplmk plugins`."""

from __future__ import annotations

from typing import final

import click

from unsuplmk.errors import unknown


@final
class Actions(click.Group):
    """A group that answers a misspelt action with the nearest."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click's, with the nearest spelling where nothing answers."""
        if not ctx.resilient_parsing and not args[0].startswith("-") and args[0] not in self.commands:
            raise unknown(f"action of {ctx.command_path!r}", args[0], self.commands)
        return super().resolve_command(ctx, args)


def listed_only(ctx: click.Context, as_json: bool) -> bool:
    """Whether the command itself is meant, and none of its actions.

    Raises:
        click.UsageError: An action is meant, and the list's `--json` stands before it.
    """
    if ctx.invoked_subcommand and as_json:
        raise click.UsageError(f"--json belongs after {ctx.invoked_subcommand}")
    return ctx.invoked_subcommand is None
