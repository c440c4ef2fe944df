"""`unsuplmk plugins new`: begin a plugin."""

from __future__ import annotations

import click

from unsuplmk.errors import UserError


@click.command
def new() -> None:
    """Begin a plugin."""
    raise UserError("this action is not there yet: begin from docs/write_a_plugin.md")
