"""Fills the reference from the code when the site is built: `<!-- components: KIND -->` and `<!-- commands -->`."""

import inspect
import re
from typing import Any

import click

from unsuplmk import registry
from unsuplmk.cli import cli, listing
from unsuplmk.cli.options import shown


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Replace the markers by sections."""
    markdown = re.sub(r"<!-- components: (\w+) -->", lambda match: kind(match[1]), markdown)
    return markdown.replace("<!-- commands -->", commands())


def commands() -> str:
    """The help of the command line, and of each command."""
    top = click.Context(cli, info_name="unsuplmk", max_content_width=100, terminal_width=100)
    sections = [f"```text\n{cli.get_help(top)}\n```\n"]
    for name in cli.list_commands(top):
        command = cli.get_command(top, name)
        assert command is not None
        context = click.Context(command, top, info_name=name, max_content_width=100, terminal_width=100)
        sections.append(f"## {name}\n\n```text\n{command.get_help(context)}\n```\n")
    return "\n".join(sections)


def kind(name: str) -> str:
    """A heading, the description and the options of every component of a kind."""
    found = registry.components(name).values()
    return "\n".join(section(component) for component in found) or "None ships; plugins may bring some.\n"


def section(component: registry.Component) -> str:
    """One component: what its docstring says, and a table of its options."""
    origin = component.plugin.distribution
    brought = "" if origin == "unsuplmk" else f" (plugin {origin})"
    text = inspect.cleandoc(component.cls.__doc__ or "").partition("\nArgs:")[0].partition("\nRaises:")[0].strip()
    rows = [
        f"| `{row['flag']}` | {cell(row['type'])} | {cell(shown(row['default']))} | {cell(row['help'])} |"
        for row in listing.options(component)
    ]
    table = ["| option | type | default | |", "|---|---|---|---|", *rows] if rows else ["It has no options."]
    return "\n".join((f"### {component.name}{brought}", "", text, "", *table, ""))


def cell(text: str) -> str:
    """Text that does not break a table."""
    return text.replace("|", "\\|").replace("\n", " ")
