"""Tests of plain text tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from unsuplmk.errors import UserError
from unsuplmk.files.rows import rows


def file(folder: Path, text: str) -> Path:
    (folder / "list.txt").write_text(text, "utf-8")
    return folder / "list.txt"


def test_lines_are_cells_with_their_numbers_and_empty_lines_are_passed_over(tmp_path: Path) -> None:
    found = list(rows(file(tmp_path, "2\nname x y\n\nä.jpg  1 2.5\r\nb.jpg 3 4"), skip=2, cells=3))
    assert [(row.line, row.cells[0], row.numbers(1)) for row in found] == [
        (4, "ä.jpg", [1.0, 2.5]),
        (5, "b.jpg", [3.0, 4.0]),
    ]
    assert found[0].integer(1) == 1
    assert str(found[0]) == f"{tmp_path / 'list.txt'}:4"


def test_lines_may_be_split_otherwise(tmp_path: Path) -> None:
    (row,) = rows(file(tmp_path, "a b,c d\n"), split=lambda text: text.split(","))
    assert row.cells == ("a b", "c d")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a 1\nb\n", r"list\.txt:2: 1 cells where 2 or 3 are expected"),
        ("a x\n", r"list\.txt:1: 'x' is not a number"),
        ("a inf\n", r"list\.txt:1: 'inf' is not a number"),
        ("a 1.5\n", r"list\.txt:1: '1\.5' is not a whole number"),
    ],
)
def test_a_line_that_does_not_fit_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        [row.integer(1) for row in rows(file(tmp_path, text), cells=(2, 3))]


def test_a_missing_file_a_folder_and_no_text_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no file .*gone\.txt"):
        list(rows(tmp_path / "gone.txt"))
    with pytest.raises(UserError, match="cannot read"):
        list(rows(tmp_path))
    (tmp_path / "binary.txt").write_bytes(b"a\xff\xfe")
    with pytest.raises(UserError, match=r"no text in UTF-8 \(byte 1\)"):
        list(rows(tmp_path / "binary.txt"))
