"""Tests of the published figures and of ours beside them."""

from __future__ import annotations

import json
from collections import Counter
from io import StringIO

import pytest
from rich.console import Console

from unsuplmk.errors import UserError
from unsuplmk.evaluation.protocols import protocol
from unsuplmk.evaluation.published import OURS, compare, published, tables


def test_the_papers_table_has_every_row() -> None:
    rows = published("faces").rows
    assert Counter(row.method for row in rows) == {
        **dict.fromkeys(
            ("RCPR", "CFAN", "Cascaded CNN", "TCDCN", "RAR", "MTCNN", "Thewlis, frames", "Shu", "Wiles"), 1
        ),
        "Thewlis, landmarks": 2,
        "Zhang": 3,
        "IMM": 9,  # eight detectors, one of them also with an intercept
    }
    best = next(r for r in rows if r.method == "IMM" and r.landmarks == 30 and r.values == {"mafl": 2.58, "aflw": 6.31})
    assert (best.trained_on, best.supervised, best.intercept) == ("CelebA", False, False)
    assert best.paper is not None
    assert best.paper.year == 2018
    assert sum(row.supervised for row in rows) == 6
    assert [row.values["mafl"] for row in rows if row.intercept] == [3.44, 3.63]


def test_every_row_has_a_paper_and_figures_of_its_columns() -> None:
    assert len(tables()) > 8
    for table in tables().values():
        assert table.rows
        assert {column for row in table.rows for column in row.values} == set(table.columns), table.name
        for row in table.rows:
            assert row.paper is not None
            assert row.read_in is not None
            assert set(row.sd) <= set(row.values)
            assert row.paper.url.startswith(("https://arxiv.org/abs/", "https://doi.org/")) or not row.paper.url


def test_protocols_of_published_figures_exist_and_agree_on_what_is_good() -> None:
    for table in tables().values():
        for name, column in table.protocols.items():
            assert protocol(name).better == table.better
            assert column in ("", *table.columns)


def test_ours_stands_where_its_figure_belongs() -> None:
    found = compare("aflw", 7.05, trained_on="mtfl", landmarks=30, intercept=False)
    values = [value for _, value in found.rows]
    assert values == sorted(values)
    place = [row.method for row, _ in found.rows].index(OURS)
    assert values[place - 1] <= 7.05 < values[place + 1]
    assert found.rows[place][0].trained_on == "mtfl"
    assert all("aflw" in row.values for row, _ in found.rows)
    assert "AFLW" in found.title
    best = compare("bbc", 99.0, trained_on="", landmarks=50, intercept=False).rows
    assert best[0][0].method == OURS  # higher is better
    assert best[1][1] == 88.01


def test_a_comparison_is_plain_json_and_a_table_that_names_our_training_set() -> None:
    found = compare("mafl-intercept", 4.0, trained_on="my faces", landmarks=12, intercept=True)
    values = json.loads(json.dumps(found.as_dict(), allow_nan=False))
    assert values["protocol"] == "mafl-intercept"
    ours = next(row for row in values["rows"] if row["method"] == OURS)
    assert (ours["value"], ours["trained_on"], ours["intercept"]) == (4.0, "my faces", True)
    assert values["rows"][0]["paper"]["authors"].startswith("Jakab")
    console = Console(width=140, record=True, file=StringIO())
    console.print(found.table())
    text = console.export_text()
    assert "my faces" in text
    assert "3.63" in text
    assert "self-supervised loss network; same detector, with intercept" in text


def test_a_protocol_without_published_figures_says_which_have_some() -> None:
    with pytest.raises(UserError, match="for protocol 'plain'; compare by one of: aflw, aflw-intercept, bbc"):
        compare("plain", 1.0, trained_on="", landmarks=1, intercept=True)
    with pytest.raises(UserError, match="did you mean 'faces'"):
        published("face")
