"""`unsuplmk push`: a run for others, on the hub or in a folder."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from unsuplmk.cli.errors import warn
from unsuplmk.errors import UserError

if TYPE_CHECKING:
    from unsuplmk.sharing.parcel import Parcel


@click.command
@click.argument("run")
@click.argument("target")
@click.option("--public", is_flag=True, help="Let everybody see it; without, a new repository is private.")
@click.option("--licence", metavar="ID", default="", help="Licence for the model card, such as mit or cc-by-4.0.")
@click.option(
    "--with",
    "more",
    metavar="NAME",
    multiple=True,
    help="Also send this file or folder of RUN as it is: preview, log, report, ...; may be repeated.",
)
@click.option("--message", default="A detector of unsuplmk", show_default=True, help="Of the commit.")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@click.option("--json", "as_json", is_flag=True, help="Print what goes as JSON.")
def command(
    run: str, target: str, public: bool, licence: str, more: tuple[str, ...], message: str, dry_run: bool, as_json: bool
) -> None:
    """Share RUN as TARGET: OWNER/NAME on the hub, or folder:PATH.

    The detector, its names and figures and a model card go; pictures, logs and what resuming needs only by --with.
    Paths of this machine are taken out of what goes.
    """
    from unsuplmk.sharing import hub
    from unsuplmk.sharing import push as pushing
    from unsuplmk.sharing.parcel import parcel

    if not re.fullmatch(r"[a-z0-9][a-z0-9.+-]*|", licence):
        raise UserError(f"--licence takes an identifier in lower case, such as mit or cc-by-4.0, not {licence!r}")
    if not message.strip():
        raise UserError("--message must not be empty")
    to = pushing.target(target)
    folder = hub.writable(run)
    if isinstance(to, Path) and to.resolve() == folder.resolve():
        raise UserError(f"{target} is the run itself: choose another folder")
    what = parcel(folder, to.name if isinstance(to, Path) else str(to), licence=licence, more=more)
    done = ""
    if not as_json:
        _show(what, str(to), public, hub=not isinstance(to, Path), dry=dry_run)
    if not dry_run:
        if isinstance(to, Path):
            done = pushing.to_folder(what, to, report=warn)
        else:
            done = pushing.to_hub(what, to, public=public, message=message, report=warn)
        _keep(folder, what)
    if as_json:
        _print(what, str(to), done)
    elif done:
        click.echo(done)


def _show(what: Parcel, to: str, public: bool, *, hub: bool, dry: bool) -> None:
    sizes = {name: what.size(name) for name in what.files}
    for name, size in sizes.items():
        click.echo(f"{name:20} {size:>14,} bytes")
        for note in what.notes.get(name, ()):
            click.echo(f"  {note}")
    new = f" (a new repository is {'public' if public else 'private'})" if hub else ""
    verb = "would go" if dry else "go"
    click.echo(f"{len(sizes)} files, {sum(sizes.values()):,} bytes, {verb} to {to}{new}")


def _print(what: Parcel, to: str, done: str) -> None:
    import json

    files = [{"file": name, "bytes": what.size(name), "notes": list(what.notes.get(name, ()))} for name in what.files]
    click.echo(json.dumps({"to": to, "files": files, "done": done or None}, indent=2))


def _keep(folder: Path, what: Parcel) -> None:
    """Leave the model card in the run, where it can be edited."""
    from unsuplmk.checkpoint import write_atomically
    from unsuplmk.sharing.modelcard import CARD

    if what.edited:
        return
    try:
        write_atomically(folder / CARD, lambda path: path.write_text(what.card, "utf-8"))
    except UserError as error:  # it has been sent: a read-only run is no reason to fail
        warn(str(error))
