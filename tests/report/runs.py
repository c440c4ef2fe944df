"""Run folders for the tests of reports: one that was trained, judged and named, and records written by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from tests.small import settings
from unsuplmk import config

STEPS = 6


def train(folder: Path, **changes: object) -> Path:
    """A run of a few steps, with contact sheets and figures of health."""
    from unsuplmk import job

    stages = {"preview": {"every": 3, "rows": 2}, "health": {"every": 2}}
    return job.train(settings(**{"steps": STEPS, "batch": 2, "stage": stages, **changes}), folder)


def written(folder: Path, lines: Sequence[Mapping[str, Any]] = (), **changes: object) -> Path:
    """A run folder that holds a config and a log alone."""
    folder.mkdir(parents=True)
    text = config.to_toml(settings(**changes).resolved(), {"torch": "2.0"})
    (folder / "config.toml").write_text(text, "utf-8")
    (folder / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return folder


class Page(HTMLParser):
    """What a page holds, with every tag closed."""

    VOID = ("meta", "img", "br", "path", "circle", "link")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.titles: list[str] = []
        self.words: list[str] = []
        self.attributes: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, tag

    def handle_data(self, data: str) -> None:
        if "h2" in self.open:
            self.titles.append(data)
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def tags(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.attributes if tag == name]
