"""`unsuplmk datasets`: the datasets that are known by name, and what can be done with one."""

from __future__ import annotations

import json
from typing import Any

import click

from unsuplmk.cli import listing
from unsuplmk.cli.actions import Actions, listed_only
from unsuplmk.cli.datasets_about import about
from unsuplmk.cli.datasets_check import check
from unsuplmk.cli.datasets_get import get


@click.group(cls=Actions, invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON, with each dataset's card and options.")
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """List the datasets known by name, or do something with one."""
    if not listed_only(ctx, as_json):
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
