"""What is registered, as plain values for JSON and as tables for the terminal."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from unsuplmk.registry import Component


def described(component: Component) -> dict[str, Any]:
    """A component and where it came from."""
    return {
        "kind": component.kind.name,
        "name": component.name,
        "summary": component.summary,
        "class": f"{component.cls.__module__}.{component.cls.__qualname__}",
        "distribution": component.plugin.distribution,
        "version": component.plugin.version,
    }


def options(component: Component) -> list[dict[str, Any]]:
    """A component's own options, as its constructor declares them."""
    from unsuplmk import registry
    from unsuplmk.cli.options import type_text

    return [
        {
            "name": name,
            "flag": registry.flag(component.kind.name, component.name, name),
            "type": type_text(field.annotation, field.metadata),
            "default": None if field.is_required() else _plain(field.default),
            "required": field.is_required(),
            "help": field.description or "",
        }
        for name, field in registry.options(component.cls).model_fields.items()
    ]


def show(rows: Sequence[dict[str, Any]], columns: Sequence[str], as_json: bool, title: str = "") -> None:
    """Print rows: all they hold as JSON, or some columns as a table."""
    if as_json:
        click.echo(json.dumps(list(rows), indent=2))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title or None, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column == "name")
    for row in rows:
        table.add_row(*(_cell(row[column]) for column in columns))
    Console(highlight=False, markup=False).print(table)


def width() -> int:
    """Columns that text may take: those of the terminal, and no more than one reads with ease."""
    asked = click.get_current_context().terminal_width
    return min(asked or shutil.get_terminal_size().columns, 110)


def _cell(value: Any) -> str:
    from unsuplmk.cli.options import shown

    return ", ".join(value) if isinstance(value, list) and all(isinstance(v, str) for v in value) else shown(value)


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)
