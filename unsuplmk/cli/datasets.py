"""`unsuplmk datasets`: the datasets that are known by name, and what can be done with one."""

from __future__ import annotations

import json
from typing import Any, final

import click

from unsuplmk.cli import listing
from unsuplmk.cli.datasets_about import about
from unsuplmk.cli.datasets_check import check
from unsuplmk.cli.datasets_get import get
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


@click.group(cls=Actions, invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON, with each dataset's card and options.")
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """List the datasets known by name, or do something with one."""
    if ctx.invoked_subcommand:
        if as_json:
            raise click.UsageError(f"--json belongs after {ctx.invoked_subcommand}")
        return
    from unsuplmk import registry
    from unsuplmk.cli.cards import described

    found = [described(component) for component in registry.components("dataset").values()]
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    listing.show([_row(one) for one in found], ("name", "what", "splits", "pairs", "protocol"), as_json=False)
    click.echo("\n`unsuplmk datasets about NAME` says what a dataset reads, its terms, and where to get it.")


def _row(one: dict[str, Any]) -> dict[str, str]:
    """What the table shows of a dataset."""
    what = one["title"] or one["summary"]
    extra = [one["terms"].partition(";")[0].partition(". ")[0].strip().rstrip(".")] if one["terms"] else []
    kind = [] if one["reads_files"] else ["reads no files"]
    option = next((option["type"] for option in one["options"] if option["name"] == "split"), "")
    return {
        "name": one["name"],
        "what": "; ".join([what.rstrip("."), *extra, *kind]),
        "splits": ", ".join(one["splits"] or filter(None, option.split(" | "))).replace("str", "(any)"),
        "pairs": one["pairs"].get("name", ""),
        "protocol": one["protocol"],
    }


command.add_command(about)
command.add_command(check)
command.add_command(get)
