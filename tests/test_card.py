"""Every card says what can be relied on: urls, checksums, pairs, protocol, splits, commands."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Literal, get_args, get_origin
from urllib.parse import urlsplit

import pytest

from unsuplmk import registry
from unsuplmk.card import Card
from unsuplmk.cli.cards import card_of, commands
from unsuplmk.evaluation.protocols import protocol

UNPUBLISHED = frozenset({"files", "listing", "prepared"})
"""Read what is the user's own, in our own words for it."""
ALL = list(registry.components("dataset").values())
by_name = pytest.mark.parametrize("component", ALL, ids=lambda component: component.name)


def is_web(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"\s", url)


@by_name
def test_the_pairs_and_the_protocol_of_a_card_exist(component: registry.Component) -> None:
    card = card_of(component)
    assert registry.check("pairs", card.pairs["name"], {k: v for k, v in card.pairs.items() if k != "name"}) is not None
    assert protocol(card.protocol).name == card.protocol


@by_name
def test_urls_are_http_and_checksums_are_well_formed(component: registry.Component) -> None:
    card = card_of(component)
    assert not card.url or is_web(card.url), card.url
    for text in (card.paper, card.ask, card.terms):
        for url in re.findall(r"\b[a-z]+://\S+", text):
            assert is_web(url), url
    for one in card.downloads:
        assert is_web(one.url), one.url
        assert re.fullmatch(r"(md5:[0-9a-f]{32}|sha256:[0-9a-f]{64})?", one.checksum), one.checksum
        path = PurePosixPath(one.file)
        assert path.name
        assert not path.is_absolute()
        assert ".." not in path.parts
    files = [one.file for one in card.downloads]
    assert len(set(files)) == len(files)


@by_name
def test_whoever_reads_files_says_which_and_where_from(component: registry.Component) -> None:
    card = card_of(component)
    if not registry.takes_path(component) or component.name in UNPUBLISHED:
        assert not card.downloads
        return
    assert card.title
    assert card.layout.strip()
    if (
        card.url or card.ask or card.downloads
    ):  # a layout of the user's own tools has no terms, and is nowhere to be had
        assert card.terms, "what may one do with it?"
        assert card.paper, "who made it?"
        assert card.downloads or card.ask, "how does one get it?"


@by_name
def test_the_splits_of_a_card_are_those_of_the_option(component: registry.Component) -> None:
    card, field = card_of(component), registry.options(component.cls).model_fields.get("split")
    assert all(count >= 0 for count in card.splits.values())
    if card.splits:
        assert field is not None
        if get_origin(field.annotation) is Literal:
            assert set(card.splits) <= set(get_args(field.annotation))


@by_name
def test_the_commands_of_a_card_parse(component: registry.Component, parse_command: Callable[[str], None]) -> None:
    lines = commands(component)
    assert len(lines) >= 3
    for line in lines:
        parse_command(line.removeprefix("unsuplmk "))


def test_a_card_is_empty_by_default_and_trains_on_warped_pairs() -> None:
    assert Card().pairs == {"name": "warped"}
    assert protocol(Card().protocol)
