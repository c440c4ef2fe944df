"""Tests of what a DATA argument means."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from unsuplmk.errors import UserError
from unsuplmk.frames.sources import Source, known, resolve


def meant(data: str | Path) -> tuple[str, str]:
    source: Source = resolve(data)
    return source.component.name, source.path


def test_a_name_with_a_path_a_path_and_a_name_alone_are_told_apart(part_path: Callable[[str], Path]) -> None:
    table = part_path("listing")
    assert meant("puppets") == ("puppets", "")
    assert meant(table) == ("listing", str(table))
    assert meant(table.parent) == ("files", str(table.parent))
    assert meant(f"files:{table.parent}") == ("files", str(table.parent))
    assert meant(f"listing:{table}") == ("listing", str(table))
    assert meant(f"{table.parent}/*.png") == ("files", f"{table.parent}/*.png")
    assert meant("files:images/*.png") == ("files", "images/*.png")


def test_what_exists_is_a_path_before_any_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("puppets", "files:x"):
        (tmp_path / name).mkdir()
        assert meant(name) == ("files", name)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("pupets", "no file or folder 'pupets', and no dataset named 'pupets'; did you mean 'puppets'"),
        ("listin:a.csv", "no dataset named 'listin'; did you mean 'listing'"),
        ("listing", "dataset 'listing' reads files: say which, listing:PATH; `unsuplmk datasets about listing`"),
        ("listing:", "dataset 'listing' reads files"),
        ("puppets:somewhere", "dataset 'puppets' reads no files: leave out ':somewhere'"),
        ("data given in Python (arrays)", "data given in Python .arrays. cannot be read again: name files"),
        ("C:\\images", r"no file or folder 'C:"),
        ("/gone/mouse.mp4", "no file or folder '/gone/mouse.mp4'; datasets known by name"),
    ],
)
def test_what_is_not_there_is_answered_with_what_would_work(data: str, message: str) -> None:
    with pytest.raises(UserError, match=message.replace("(", r"\(")):
        resolve(data)
    assert known(data) is None


def test_a_dataset_says_whether_it_has_splits(part_path: Callable[[str], Path]) -> None:
    assert resolve("puppets").has_splits
    assert resolve(part_path("listing")).has_splits
    assert not resolve(part_path("files")).has_splits
