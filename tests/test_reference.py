"""Tests of what the documentation takes from the published tables."""

from __future__ import annotations

import re
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from unsuplmk.errors import UserError
from unsuplmk.evaluation.published import published, tables

DOCS = Path(__file__).parent.parent / "docs"


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    spec = spec_from_file_location("reference", DOCS / "reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_marker_becomes_a_table_with_a_row_a_method(reference: ModuleType) -> None:
    text = reference.on_page_markdown("before\n\n<!-- published: faces -->\n\nafter")
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert len(lines) == 2 + len(published("faces").rows)
    assert len({line.count(" | ") for line in lines[:1] + lines[2:]}) == 1
    imm = next(line for line in lines if "| 2.58 | 6.31 |" in line)
    assert imm.startswith("| IMM | 30 | CelebA |")
    assert imm.endswith("| [Jakab et al., NeurIPS 2018](https://arxiv.org/abs/1806.07823) |")
    assert "lower is better. All of them as [Jakab et al." in text
    assert text.startswith("before")
    assert text.endswith("after")


def test_spreads_are_shown_beside_their_figures(reference: ModuleType) -> None:
    assert "| 12.89 ± 3.21 | 8.16 ± 0.96 |" in reference.figures("labels")


def test_the_page_shows_every_table_and_an_unknown_one_fails(reference: ModuleType) -> None:
    shown = re.findall(r"<!-- published: ([\w-]+) -->", (DOCS / "compare.md").read_text("utf-8"))
    assert sorted(shown) == sorted(tables())
    with pytest.raises(UserError, match="no published table named 'face'"):
        reference.on_page_markdown("<!-- published: face -->")
