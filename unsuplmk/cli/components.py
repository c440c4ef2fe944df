"""`unsuplmk components`: which parts are installed, and their options."""

from __future__ import annotations

import inspect
import json

import click

from unsuplmk.cli import listing


@click.command
@click.argument("kind", required=False)
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def command(kind: str | None, name: str | None, as_json: bool) -> None:
    """List the installed parts and their options.

    With KIND, those of a kind; with NAME, one part's description and options.
    """
    from unsuplmk import registry

    if kind and name:
        _one(registry.find(kind, name), as_json)
        return
    kinds = [kind] if kind else list(registry.KINDS)
    rows = [listing.described(component) for key in kinds for component in registry.components(key).values()]
    listing.show(rows, ("kind", "name", "summary", "distribution"), as_json)


def _one(component: listing.Component, as_json: bool) -> None:
    rows = listing.options(component)
    text = inspect.getdoc(component.cls) or ""
    if as_json:
        click.echo(json.dumps({**listing.described(component), "description": text, "options": rows}, indent=2))
        return
    plugin = component.plugin
    click.echo(f"{component.kind.name} {component.name}, from {plugin.distribution} {plugin.version}\n")
    click.echo(text.partition("Args:")[0].strip() + "\n")
    if rows:
        listing.show(rows, ("flag", "type", "default", "help"), as_json=False)
    else:
        click.echo("It has no options.")
