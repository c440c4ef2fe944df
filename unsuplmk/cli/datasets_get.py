"""`unsuplmk datasets get`: fetches a dataset whose owner allows it, and says how to ask for one where not."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from unsuplmk.errors import UserError

if TYPE_CHECKING:
    from unsuplmk.card import Card, Download


@click.command
@click.argument("name")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Accept the terms without being asked.")
def get(name: str, folder: Path, yes: bool) -> None:
    """Fetch dataset NAME into FOLDER.

    The terms are shown first. What was broken off goes on where it was; checksums are verified, archives unpacked.
    Where the owner lets nobody fetch it, it is said how to ask.
    """
    from unsuplmk import registry
    from unsuplmk.cli.cards import card_of

    card = card_of(registry.find("dataset", name))
    if not card.downloads:
        raise _not_to_be_had(name, card)
    folder = folder.expanduser()
    missing = [one for one in card.downloads if not _there(one, _inside(folder, one))]
    _show(card, missing, folder)
    if missing and not yes:
        _accept()
    for one in card.downloads:
        _get(one, _inside(folder, one))
    if card.ask:
        click.echo(f"\nWhat is not fetched: {card.ask}\n")
    click.echo(f"`unsuplmk datasets check {name} {folder}` says what is there, and what is missing")


def _not_to_be_had(name: str, card: Card) -> UserError:
    if not card.url and not card.ask:
        return UserError(f"dataset {name!r} is no published data set: there is nothing to fetch")
    ways = ". ".join(text.strip().rstrip(".") for text in (card.ask, card.url and f"Its page: {card.url}") if text)
    hint = f"`unsuplmk datasets about {name}` says which files are needed, and where they go"
    return UserError(f"{card.title or name} is not for everyone to fetch. {ways}. {hint}")


def _show(card: Card, missing: list[Download], folder: Path) -> None:
    from unsuplmk.cli.bars import size_text
    from unsuplmk.files import fetch

    click.echo(f"{card.title}\n{card.paper}".strip() + f"\n\nTerms: {card.terms or 'none are known'}  {card.url}\n")
    for one in card.downloads:
        size = fetch.size(one.url) if one in missing else 0
        state = (size_text(size) if size else "size unknown") if one in missing else "is there"
        click.echo(f"{folder / one.file}  {state}  from {one.url}")


def _accept() -> None:
    if not sys.stdin.isatty():
        raise UserError("the terms above must be accepted: add --yes if you do")
    if not click.confirm("\nDo you accept the terms, and fetch these files?"):
        raise UserError("nothing was fetched")


def _inside(folder: Path, one: Download) -> Path:
    """Where a file goes; the card may be a plugin's."""
    path = folder / one.file
    if not path.resolve().is_relative_to(folder.resolve()) or path.resolve() == folder.resolve():
        raise UserError(f"{one.file} would lie outside {folder}: the card of the dataset is wrong")
    return path


def _there(one: Download, path: Path) -> bool:
    """Whether a file is there already, and is the right one as far as is known.

    Raises:
        UserError: It is another.
    """
    from unsuplmk.files import fetch

    if not path.exists():
        return False
    found = fetch.digest(path, one.checksum) if path.is_file() else "none, being a folder"
    if found != one.checksum:
        raise UserError(f"{path} has checksum {found}, not {one.checksum}: remove or rename it, and it is fetched anew")
    return True


def _get(one: Download, path: Path) -> None:
    from unsuplmk.cli import bars
    from unsuplmk.files import fetch
    from unsuplmk.files.unpack import unpack

    if not path.exists():
        with bars.fetching(path.name) as told:
            fetch.fetch(one.url, path, checksum=one.checksum, progress=told)
        verified = "checksum right" if one.checksum else "no checksum is known"
        click.echo(f"{path}: {bars.size_text(path.stat().st_size)}, {verified}")
    if one.unpack:
        with bars.reading(f"unpacking {path.name}") as told:
            members = unpack(path, path.parent, told)
        click.echo(f"{path}: {members} members unpacked")
