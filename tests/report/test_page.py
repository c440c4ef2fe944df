"""A page is one file that needs nothing and lets nothing in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.report.runs import Page
from unsuplmk.errors import UserError
from unsuplmk.report import page
from unsuplmk.report.blocks import Bullets, Chart, Charts, Code, Document, Picture, Pictures, Section, Table, Text

HOSTILE = "<script>alert(1)</script>\"'&<img src=http://x onerror=y>"


def everything(text: str) -> Document:
    picture = Picture(np.zeros((8, 8, 3), np.uint8), text, text)
    blocks = (
        Text(text),
        Text(text, strong=True),
        Bullets((text,)),
        Code(text),
        Table((text, text), ((text, text),), text, ((1, 2, 3),)),
        Pictures((picture,) * 4),
        Charts((Chart(text, {text: ([0.0, 1.0], [1.0, 2.0])}),)),
    )
    return Document(text, text, tuple(Section(f"{text} {number}", blocks) for number in range(3)))


def test_every_block_is_shown_and_no_text_becomes_markup() -> None:
    found = Page(page.render(everything(HOSTILE)))
    assert not found.tags("script")
    assert len(found.tags("img")) == 12
    assert all((tag["src"] or "").startswith("data:image/") for tag in found.tags("img"))
    assert all(tag["alt"] == HOSTILE for tag in found.tags("img"))
    assert found.text.count(HOSTILE) >= 3 * 9
    assert len(found.titles) == 3


def test_nothing_is_loaded_from_elsewhere() -> None:
    text = page.render(everything("text"))
    for word in ("http:", "https:", "@import", "url(", "<link", "<script", "<iframe"):
        assert word not in text
    assert "default-src 'none'" in text
    assert all((tag["href"] or "").startswith("#") for tag in Page(text).tags("a"))


def test_links_lead_to_their_sections() -> None:
    found = Page(page.render(everything("text é")))
    anchors = {tag["id"] for tag in found.tags("h2")}
    assert [tag["href"] for tag in found.tags("a")] == [f"#{tag['id']}" for tag in found.tags("h2")]
    assert len(anchors) == 3


def test_a_page_with_many_pictures_stays_small() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (900, 900, 3), dtype=np.uint8)
    pictures = tuple(Picture(np.roll(noise, n, 0), "noise") for n in range(12))
    text = page.render(Document("title", "lead", (Section("section", (Pictures(pictures),)),)))
    assert 100_000 < len(text) < page.LIMIT
    assert len(Page(text).tags("img")) == 12


def test_it_is_written_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    out = tmp_path / "new" / "report.html"
    page.write(everything("käfer 甲虫 \ud800"), out)
    assert "käfer 甲虫 ?" in out.read_text("utf-8")
    assert [path.name for path in out.parent.iterdir()] == ["report.html"]


@pytest.mark.parametrize(("name", "reason"), [("x.pdf", "it is an HTML file"), ("folder.html", "it is a folder")])
def test_a_place_that_cannot_hold_a_page_is_refused(name: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "folder.html").mkdir()
    with pytest.raises(UserError, match=reason) as caught:
        page.check(tmp_path / name)
    assert "\n" not in str(caught.value)
