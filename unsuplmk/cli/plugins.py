"""`unsuplmk plugins`: which plugins are in use, what they bring, and which are broken and why."""

from __future__ import annotations

import json
from typing import Any

import click

from unsuplmk.cli import listing
from unsuplmk.cli.actions import Actions, listed_only
from unsuplmk.cli.commands import of_plugins
from unsuplmk.cli.plugins_new import new


@click.group(cls=Actions, invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """List the plugins and why some are broken, or begin one."""
    if not listed_only(ctx, as_json):
        return
    from unsuplmk import registry
    from unsuplmk.plugins import host

    brought: dict[str, list[str]] = {name: [] for name in host().plugins}
    for kind in registry.KINDS:
        for component in registry.components(kind).values():
            brought[component.plugin.name].append(f"{kind} {component.name}")
    commands = of_plugins()
    rows: list[dict[str, Any]] = []
    for plugin in host().plugins.values():
        label = f"{plugin.distribution} {plugin.version}"
        more = [f"command {name}" for name, claims in commands.items() if label in claims]
        rows.append(
            {
                "name": plugin.name,
                "distribution": plugin.distribution,
                "version": plugin.version,
                "brings": brought[plugin.name] + more,
            }
        )
    broken = [
        {"name": b.name, "distribution": b.distribution, "version": b.version, "reason": b.reason}
        for b in host().broken
    ]
    if as_json:
        click.echo(json.dumps({"plugins": rows, "broken": broken}, indent=2))
        return
    listing.show(rows, ("name", "distribution", "version", "brings"), as_json=False)
    if broken:
        click.echo("\nBroken, and skipped:")
        listing.show(broken, ("name", "distribution", "version", "reason"), as_json=False)


command.add_command(new)
