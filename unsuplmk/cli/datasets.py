"""`unsuplmk datasets`: the datasets that are known by name."""

from __future__ import annotations

import click

from unsuplmk.cli import listing


@click.command
@click.option("--json", "as_json", is_flag=True, help="Print as JSON, with each dataset's options.")
def command(as_json: bool) -> None:
    """List the datasets known by name."""
    from unsuplmk import registry

    found = registry.components("dataset").values()
    rows = [{**listing.described(component), "options": listing.options(component)} for component in found]
    listing.show(rows, ("name", "summary", "distribution"), as_json)
