"""Tests of what lies in folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from unsuplmk.errors import UserError
from unsuplmk.files import folders


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b10", "b9", ".hidden", "ä"):
        (tmp_path / name).mkdir()
    for name in ("10.jpg", "9.jpg", "2.JPG", ".7.jpg", "notes.txt"):
        (tmp_path / name).touch()
    return tmp_path


def test_folders_and_files_come_in_natural_order(folder: Path) -> None:
    assert folders.subfolders(folder) == ["b9", "b10", "ä"]
    assert folders.files(folder, [".jpg"]) == ["2.JPG", "9.jpg", "10.jpg"]


def test_files_by_number_are_ascending(folder: Path) -> None:
    assert folders.numbers(folder, ".jpg") == [9, 10]


@pytest.mark.parametrize("name", ["first.jpg", "007.jpg", "²2.jpg"])
def test_a_file_that_is_called_otherwise_is_named(folder: Path, name: str) -> None:
    (folder / name).touch()
    with pytest.raises(UserError, match=f"{name}: files are called by the number of their frame here, such as 1.jpg"):
        folders.numbers(folder, ".jpg")


def test_what_is_no_folder_is_named(folder: Path) -> None:
    with pytest.raises(UserError, match=r"no folder .*gone"):
        folders.subfolders(folder / "gone")
    with pytest.raises(UserError, match=r"cannot list .*10\.jpg: Not a directory"):
        folders.files(folder / "10.jpg", [".jpg"])


def test_the_root_is_what_was_given_or_the_archives_folder(folder: Path) -> None:
    assert folders.root(folder, "b9", "b10", marks=["b10"]) == folder
    assert folders.root(folder.parent, folder.name, "b10", marks=["none", "b10"]) == folder
    with pytest.raises(UserError, match=r"has another layout: expected a list; it holds \.7\.jpg"):
        folders.root(folder, "b9", "a list", marks=["list.txt"])
