"""A dataset's card, as plain values, as the commands that suit it, and as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from unsuplmk.cli import listing

if TYPE_CHECKING:
    from unsuplmk.card import Card
    from unsuplmk.registry import Component


def card_of(component: Component) -> Card:
    """The card of a dataset."""
    from unsuplmk.frames.sources import Source

    return Source(component).card


def described(component: Component) -> dict[str, Any]:
    """A dataset with its card, the commands that suit it and its options."""
    from unsuplmk import registry

    return {
        **listing.described(component),
        "reads_files": registry.takes_path(component),
        **plain(asdict(card_of(component))),
        "commands": commands(component),
        "options": listing.options(component),
    }


def plain(value: Any) -> Any:
    """Mappings and sequences of any kind as dictionaries and lists."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


def commands(component: Component) -> list[str]:
    """Ready command lines: fetch, check, look, train with the pairs that suit it, judge by its protocol."""
    from unsuplmk import registry
    from unsuplmk.cli.options import shown
    from unsuplmk.frames.sources import Source

    card, name, reads = card_of(component), component.name, registry.takes_path(component)
    data = f"{name}:PATH" if reads else name
    chosen = dict(card.pairs)
    pairs = ["--pairs", str(chosen.pop("name", "warped"))]
    for key, value in chosen.items():
        flag = registry.flag("pairs", pairs[1], key)
        if isinstance(value, bool):
            pairs.append(flag if value else flag.replace("pairs.", "pairs.no-", 1))
        else:
            pairs += [flag, shown(value)]
    fetched = [f"unsuplmk datasets get {name} PATH"] if card.downloads else []
    protocol = "" if card.protocol == "plain" else f" --protocol {card.protocol}"
    return [
        *fetched,
        f"unsuplmk datasets check {name}{' PATH' if reads else ''}",
        f"unsuplmk inspect {data}",
        " ".join(["unsuplmk run", data, *pairs]),
        *([f"unsuplmk evaluate RUN {data}{protocol}"] if Source(component).annotates else []),
    ]


def sections(component: Component) -> dict[str, str]:
    """Heading -> text, of what the card knows; without the commands and the options."""
    card = card_of(component)
    where = [card.url, card.ask, *(f"{one.url} -> {one.file}{_checked(one.checksum)}" for one in card.downloads)]
    counts = (f"{name}: {count:,} frames" if count else name for name, count in card.splits.items())
    found = {
        "Paper": card.paper,
        "Where from": "\n".join(line.strip() for line in where if line.strip()),
        "Terms": card.terms,
        "Layout": card.layout.strip("\n"),
        "Splits": "\n".join(counts),
        "Crop": card.crop,
    }
    return {title: text for title, text in found.items() if text}


def _checked(checksum: str) -> str:
    return f" ({checksum})" if checksum else ""
