"""What is known about a published data set beside its files: where it is to be had, its terms, how it is used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Download:
    """A file that its owner lets everyone fetch.

    Args:
        url: Where it is.
        file: Where it goes, below the data set's folder.
        checksum: `md5:...` or `sha256:...`, as published; empty where none is known.
        unpack: Whether it is an archive that is to be unpacked in its folder.
    """

    url: str
    file: str
    checksum: str = ""
    unpack: bool = False


@dataclass(frozen=True)
class Card:
    """A data set for its users.

    Args:
        title: Its name, as people write it.
        paper: Who made it: authors, venue, year, with a link.
        url: The owner's page.
        terms: What one may do with it, in short; the owner's own words count.
        layout: The files that the reader expects below the folder, one a line, with what each holds.
        downloads: What `unsuplmk datasets get` fetches.
        ask: How to get it where there is nothing to fetch: whom to ask, what to sign.
        splits: How many frames each split of the complete data set has; none where it is not known.
        crop: Crop and resize of the published protocol, in words.
        pairs: The pair source that suits it: `name`, and options.
        protocol: The evaluation protocol that suits it; see `unsuplmk.evaluation.protocols`.
    """

    title: str = ""
    paper: str = ""
    url: str = ""
    terms: str = ""
    layout: str = ""
    downloads: tuple[Download, ...] = ()
    ask: str = ""
    splits: Mapping[str, int] = field(default_factory=dict)
    crop: str = ""
    pairs: Mapping[str, Any] = field(default_factory=lambda: {"name": "warped"})
    protocol: str = "plain"
