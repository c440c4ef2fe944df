"""`unsuplmk components`: which parts are installed, their options, shapes and papers."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterable
from typing import Any

import click

from unsuplmk.cli import listing, shapes

PAPER = re.compile(r"https?://(?:dx\.)?(?:arxiv\.org|doi\.org)/[^\s,;)\]]+|(?<=Paper: )https?://[^\s,;)\]]+")


@click.command
@click.argument("kind", required=False)
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def command(kind: str | None, name: str | None, as_json: bool) -> None:
    """List the installed parts and their options.

    With KIND, those of a kind; with NAME, one part: what it does, its options, where it comes from, and the shapes that
    go in and out.
    """
    from unsuplmk import registry

    if kind and name:
        _one(registry.find(kind, name), as_json)
        return
    kinds = [kind] if kind else list(registry.KINDS)
    rows = [listing.described(component) for key in kinds for component in registry.components(key).values()]
    listing.show(rows, ("kind", "name", "summary", "distribution"), as_json)


def papers(component: listing.Component) -> list[str]:
    """Links to the papers that a part's description names, in their order."""
    text = inspect.getdoc(component.cls) or ""
    card = getattr(component.cls, "card", None)
    found = PAPER.findall(f"{text} {card.paper if card else ''}")
    return list(dict.fromkeys(link.rstrip(".") for link in found))


def _one(component: listing.Component, as_json: bool) -> None:
    text = inspect.getdoc(component.cls) or ""
    methods = shapes.methods(component)
    facts: dict[str, Any] = {
        **listing.described(component),
        "plugin": component.plugin.name,
        "description": text,
        "options": listing.options(component),
        "attributes": shapes.attributes(component),
        "shapes": methods,
        "types": shapes.types(methods),
        "papers": papers(component),
    }
    if as_json:
        click.echo(json.dumps(facts, indent=2))
        return
    click.echo(f"{facts['kind']} {facts['name']}, from {facts['distribution']} {facts['version']}\n")
    click.echo(text.partition("Args:")[0].strip() + "\n")
    if facts["options"]:
        listing.show(facts["options"], ("flag", "type", "default", "help"), as_json=False)
    else:
        click.echo("It has no options.")
    _section("Shapes", methods.values())
    _section("Where", (f"{name}: {'; '.join(held)}" for name, held in facts["types"].items()))
    _section("Facts", (f"{name}: {_words(value)}" for name, value in facts["attributes"].items()))
    _section("Papers", facts["papers"])
    _section("Class", [facts["class"]])


def _section(title: str, lines: Iterable[str]) -> None:
    """A heading and its lines; nothing where there are none."""
    from click.formatting import wrap_text

    for number, line in enumerate(lines):
        if not number:
            click.echo(f"\n{title}")
        whole = re.sub(r"(?:\w+ )?\([a-z0-9, ]+\)", lambda shape: shape[0].replace(" ", "\N{NO-BREAK SPACE}"), line)
        text = wrap_text(whole, listing.width(), initial_indent="  ", subsequent_indent="    ")
        click.echo(text.replace("\N{NO-BREAK SPACE}", " "))


def _words(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value) or "none"
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
