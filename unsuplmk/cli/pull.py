"""`unsuplmk pull`: a shared run into a folder."""

from __future__ import annotations

import os
from pathlib import Path

import click


@click.command
@click.argument("source")
@click.option("--out", required=True, metavar="RUN", type=click.Path(path_type=Path), help="New folder for it.")
@click.option("--json", "as_json", is_flag=True, help="Print what was taken over as JSON.")
def command(source: str, out: Path, as_json: bool) -> None:
    """Put a run that somebody shared into a folder.

    SOURCE is hf:OWNER/NAME, hf:OWNER/NAME@REVISION or folder:PATH. Only what a detector needs is fetched, and the
    model card; it is checked before RUN appears. Nothing in it is executed.
    """
    import json

    from unsuplmk.sharing.pull import pull

    out = Path(os.path.abspath(out.expanduser()))  # . has no name
    sizes = pull(source, out)
    if as_json:
        click.echo(json.dumps({"from": source, "run": str(out), "files": sizes}, indent=2))
        return
    for name, size in sizes.items():
        click.echo(f"{name:20} {size:>14,} bytes")
    click.echo(f"{out}: {source}, {sum(sizes.values()):,} bytes")
