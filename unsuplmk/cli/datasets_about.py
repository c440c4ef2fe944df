"""`unsuplmk datasets about`: all that is known of one dataset."""

from __future__ import annotations

import inspect
import json
import shutil
import textwrap

import click

from unsuplmk.cli import listing


@click.command
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def about(name: str, as_json: bool) -> None:
    """Show what a dataset reads, where to get it, its terms, and how it is used."""
    from unsuplmk import registry
    from unsuplmk.cli.cards import card_of, commands, described, sections

    component = registry.find("dataset", name)
    if as_json:
        click.echo(json.dumps(described(component), indent=2))
        return
    title, plugin = card_of(component).title, component.plugin
    click.echo(f"{name}{': ' if title else ''}{title} (from {plugin.distribution} {plugin.version})\n")
    text = inspect.cleandoc(component.cls.__doc__ or "").partition("\nArgs:")[0].partition("\nRaises:")[0].strip()
    for heading, body in {"": text, **sections(component), "Commands": "\n".join(commands(component))}.items():
        click.echo(f"{heading}\n" if heading else "", nl=False)
        shown = body if heading in ("", "Layout", "Commands") else wrapped(body)
        click.echo(textwrap.indent(shown, "  " if heading else "") + "\n")
    rows = listing.options(component)
    if rows:
        listing.show(rows, ("flag", "type", "default", "help"), as_json=False)


def wrapped(text: str) -> str:
    """Lines no longer than the terminal is wide, as far as words allow."""
    width = min(shutil.get_terminal_size().columns, 110) - 2
    fill = textwrap.TextWrapper(width, break_long_words=False, break_on_hyphens=False).fill
    return "\n".join(map(fill, text.splitlines()))
