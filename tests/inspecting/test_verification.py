"""A data set on disk is compared with its card, and everything that is wrong is told."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.toys import Toys, installed, write
from unsuplmk import registry
from unsuplmk.card import Download
from unsuplmk.inspecting.verification import splits_of, verify


@pytest.fixture
def toys(monkeypatch: pytest.MonkeyPatch) -> Iterator[registry.Component]:
    archive = Download("https://toys.example/toys.zip", "toys.zip", f"md5:{hashlib.md5(b'the archive').hexdigest()}")
    with installed(monkeypatch) as component:
        monkeypatch.setattr(Toys, "card", replace(Toys.card, downloads=(archive,)))
        yield component


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path)


def test_a_complete_set_has_no_faults(toys: registry.Component, folder: Path) -> None:
    found = verify(toys, str(folder), {})
    assert found.faults == found.notes == ()
    assert [(split.name, split.frames, split.published, split.read) for split in found.splits] == [
        ("train", 40, 40, 40),
        ("test", 3, 3, 3),
    ]
    assert found.splits[0].points == ("left", "right")
    assert found.splits[0].annotated == 40
    assert found.as_dict()["splits"][1]["longest"] == 3


def test_every_fault_is_told_at_once(toys: registry.Component, folder: Path) -> None:
    for i in range(5):
        (folder / "train" / f"train{i:02}.png").write_bytes(b"")
    for path in (folder / "test").iterdir():
        path.unlink()
    (folder / "test").rmdir()
    (folder / "toys.zip").write_bytes(b"another archive")
    found = verify(toys, str(folder), {})
    unreadable, lost, checksum = found.faults
    assert unreadable.startswith("split train: 5 of 40 frames cannot be read: cannot read image")
    assert unreadable.count("train0") == 3
    assert unreadable.endswith("; and 2 more")
    assert lost == f"split test: no folder {folder / 'test'}"
    assert checksum == "toys.zip is not the published file: its checksum is another"
    assert len(found.splits[0].unreadable) == 5
    assert [split.name for split in found.splits] == ["train"]


def test_the_right_archive_is_told_to_be_right_and_an_absent_one_is_no_fault(
    toys: registry.Component, folder: Path
) -> None:
    assert verify(toys, str(folder), {}).checksums == {}
    (folder / "toys.zip").write_bytes(b"the archive")
    assert verify(toys, str(folder), {}).checksums == {"toys.zip": True}


def test_counts_other_than_the_published_are_a_fault_unless_a_part_was_asked_for(
    toys: registry.Component, folder: Path
) -> None:
    (folder / "train" / "train07.png").unlink()
    (text,) = verify(toys, str(folder), {}).faults
    assert text == "split train: 39 frames, and Toys of 2018 has 40"
    part = verify(toys, str(folder), {"only": 2})
    assert part.faults == ()
    assert part.notes == (
        "split train: 2 frames, and Toys of 2018 has 40",
        "split test: 2 frames, and Toys of 2018 has 3",
    )


def test_a_split_without_frames_is_a_fault(toys: registry.Component, folder: Path) -> None:
    for path in (folder / "test").iterdir():
        path.unlink()
    assert verify(toys, str(folder), {"split": "test"}).faults == (
        "split test: it holds no frames",
        "split test: 0 frames, and Toys of 2018 has 3",
    )


def test_points_outside_are_a_fault_where_they_are_many(toys: registry.Component, folder: Path) -> None:
    assert verify(toys, str(folder), {"shift": 21.4}).faults == ()
    first, second = verify(toys, str(folder), {"shift": 21.6}).faults
    assert first.startswith("split train: 40 of 40 points lie outside their picture: ")
    assert first.endswith(" and 37 more frames")
    assert second.startswith("split test: 3 of 3 points")


def test_a_few_points_outside_are_worth_a_note(toys: registry.Component, folder: Path) -> None:
    stray = (folder / "train" / "train39.png").rename(folder / "train" / "train39stray.png")
    found = verify(toys, str(folder), {"split": "train"})
    assert found.faults == ()
    assert found.notes == (f"split train: 1 of 40 points lie outside their picture: {stray}",)


def test_a_sample_is_read_by_its_seed_and_all_on_demand(toys: registry.Component, folder: Path) -> None:
    for path in (folder / "train").iterdir():
        path.write_bytes(b"")
    few = verify(toys, str(folder), {"split": "train"}, sample=10)
    assert few.splits[0].read == len(few.splits[0].unreadable) == 10
    assert verify(toys, str(folder), {"split": "train"}, sample=10) == few
    other = verify(toys, str(folder), {"split": "train"}, sample=10, seed=1)
    assert list(other.splits[0].unreadable) != list(few.splits[0].unreadable)
    every = verify(toys, str(folder), {"split": "train"}, sample=10, every=True)
    assert every.splits[0].read == 40


def test_the_splits_are_those_that_the_option_lists(toys: registry.Component) -> None:
    assert splits_of(toys, {}) == ("train", "test")
    assert splits_of(toys, {"split": "test"}) == ("test",)
    assert splits_of(registry.find("dataset", "listing"), {}) == ("train",)
    assert splits_of(registry.find("dataset", "files"), {}) == ("",)


def test_any_registered_dataset_can_be_verified(part_path: Callable[[str], Path]) -> None:
    for name in ("files", "listing"):
        found = verify(registry.find("dataset", name), str(part_path(name)), {})
        assert found.faults == ()
        assert found.splits[0].frames in (3, 5)
