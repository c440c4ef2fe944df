"""`unsuplmk plugins`: which plugins are installed, what they bring, and what is wrong with them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from unsuplmk.cli import listing
from unsuplmk.cli.actions import Actions, listed_only
from unsuplmk.cli.commands import of_plugins
from unsuplmk.cli.plugins_new import new

if TYPE_CHECKING:
    from unsuplmk.plugins import Plugin


@click.group(cls=Actions, invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """List the plugins and why some are broken, or begin one."""
    if not listed_only(ctx, as_json):
        return
    found = described()
    if as_json:
        keys = ("name", "distribution", "version")
        broken = [{**{k: row[k] for k in keys}, "reason": text} for row in found for text in row["problems"]]
        click.echo(json.dumps({"plugins": found, "broken": broken}, indent=2))
        return
    for row in found:
        _show(row)


def described() -> list[dict[str, Any]]:
    """Every plugin that was found, as plain values: those in use first, then those that are not."""
    from unsuplmk import registry
    from unsuplmk.plugins import host

    brings: dict[Plugin, list[str]] = {plugin: [] for plugin in host().plugins.values()}
    problems: dict[Plugin, list[str]] = {plugin: [] for plugin in host().plugins.values()}
    for kind in registry.KINDS:
        for part in registry.components(kind).values():
            brings[part.plugin].append(f"{kind} {part.name}")
        for name, parts in registry.disputed(kind).items():
            for part in parts:
                problems[part.plugin].append(registry.claimed(kind, name, (p.plugin for p in parts)))
    for name, claims in of_plugins().items():
        for plugin, _ in claims:
            if len(claims) == 1:
                brings[plugin].append(f"command {name}")
            else:
                problems[plugin].append(registry.claimed("command", name, (p for p, _ in claims)))
    rows = []
    for plugin, parts in brings.items():
        reasons = [broken.reason for broken in host().broken if broken.plugin == plugin and not broken.whole]
        wrong = list(dict.fromkeys((*problems[plugin], *reasons)))
        rows.append(_row(plugin, "skipped in part" if wrong else "ok", wrong, host().hooks(plugin), parts))
    rows += [_row(broken.plugin, "skipped", [broken.reason]) for broken in host().broken if broken.whole]
    rows += [_row(left.plugin, "left out", [left.reason]) for left in host().left_out]
    return rows


def _row(
    plugin: Plugin, health: str, problems: list[str], hooks: list[str] | None = None, brings: list[str] | None = None
) -> dict[str, Any]:
    return {
        "name": plugin.name,
        "distribution": plugin.distribution,
        "version": plugin.version,
        "core": plugin.core,
        "hooks": hooks or [],
        "brings": brings or [],
        "health": health,
        "problems": problems,
    }


def _show(row: dict[str, Any]) -> None:
    """One plugin as a block of lines."""
    from unsuplmk.plugins import BUILTIN

    parts: dict[str, list[str]] = {}
    for kind, _, name in (text.partition(" ") for text in row["brings"]):
        parts.setdefault(kind, []).append(name)
    click.echo(f"{row['name']}, of {row['distribution']} {row['version']}: {row['health']}")
    for text in row["problems"]:
        _line("", text)
    for kind, names in parts.items():
        _line(kind, ", ".join(names))
    if row["name"] != BUILTIN:  # it has all of the hooks, and is the core
        _line("hooks", ", ".join(row["hooks"]) or "unknown: it was not loaded")
        _line("asks for", f"unsuplmk {row['core']}" if row["core"] else "any unsuplmk")
    click.echo()


def _line(label: str, text: str) -> None:
    from click.formatting import wrap_text

    start = f"  {label:<10}  " if label else "  "
    click.echo(wrap_text(text, listing.width(), initial_indent=start, subsequent_indent=" " * len(start)))


command.add_command(new)
