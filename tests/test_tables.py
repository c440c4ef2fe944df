"""Tests of reading and writing tracks."""

import os
from pathlib import Path

import numpy as np
import pytest

from unsuplmk import tables
from unsuplmk.errors import UserError
from unsuplmk.interfaces import Dataset
from unsuplmk.testing.tracks import moving
from unsuplmk.types import Tracks


@pytest.mark.parametrize("name", ["a.csv", "a.npz", "new/folder/A.CSV"])
def test_the_suffix_chooses_the_format(tmp_path: Path, name: str) -> None:
    before = moving()
    tables.write(before, tmp_path / name)
    after = tables.read(str(tmp_path / name))
    np.testing.assert_array_equal(before.xy, after.xy)
    assert [file.name for file in (tmp_path / name).parent.iterdir()] == [Path(name).name]


def test_a_named_format_overrides_the_suffix(tmp_path: Path) -> None:
    tables.write(moving(), tmp_path / "a.txt", "deeplabcut")
    assert (tmp_path / "a.txt").read_text("utf-8").startswith("scorer,")
    assert tables.read(tmp_path / "a.txt", "deeplabcut").names == moving().names


@pytest.mark.parametrize(("name", "found"), [("a.mat", "ends in .mat"), ("tracks", "has no suffix")])
def test_an_unknown_suffix_is_refused_with_the_known_ones(tmp_path: Path, name: str, found: str) -> None:
    for ask in (lambda: tables.read(tmp_path / name), lambda: tables.write(moving(), tmp_path / name)):
        with pytest.raises(UserError, match=rf"{found}; known: \.csv \(deeplabcut\).*\.npz \(npz\)"):
            ask()
    with pytest.raises(UserError, match="did you mean 'deeplabcut'"):
        tables.write(moving(), tmp_path / "a.csv", "deeplabcutt")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"gone\.csv: no such file"):
        tables.read(tmp_path / "gone.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(UserError, match="it is a folder"):
        tables.read(tmp_path / "folder.csv")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full to stand for a full disk")
def test_a_full_disk_is_said_in_one_line_and_the_file_before_survives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables.write(moving(), tmp_path / "a.csv")
    before = (tmp_path / "a.csv").read_bytes()
    real = Path.open

    def full(self: Path, mode: str = "r", *args: object, **kwargs: object) -> object:
        return real(Path("/dev/full") if "w" in mode else self, mode, *args, **kwargs)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(UserError, match=r"a\.csv.*No space left"):
        tables.write(moving(), tmp_path / "a.csv")
    monkeypatch.undo()
    assert (tmp_path / "a.csv").read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


def test_an_impossible_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot write"):
        tables.write(moving(), tmp_path / "file/a.csv")


def test_tracks_without_frames_keep_their_names(tmp_path: Path) -> None:
    empty = Tracks(np.zeros((0, 2, 2)), np.zeros((0, 2)), ("a", "b"), np.zeros((0, 2), np.int64), 0.0, ())
    for name in ("a.csv", "a.npz"):
        tables.write(empty, tmp_path / name)
        assert tables.read(tmp_path / name).names == ("a", "b")


def test_options_are_the_formats_own(tmp_path: Path) -> None:
    for ask in (lambda: tables.read(tmp_path / "a.csv", scale=2), lambda: tables.write(moving(), "a.csv", scale=2)):
        with pytest.raises(UserError, match=r"no option of format 'deeplabcut' named 'scale'"):
            ask()


class Names(Dataset):
    """Frames that have names alone."""

    def __init__(self, *names: str, clips: tuple[range, ...] = (), fps: float = 0.0) -> None:
        self._names, self._clips, self._fps = names, clips or (range(len(names)),), fps

    def __len__(self) -> int:
        return len(self._names)

    @property
    def clips(self) -> tuple[range, ...]:
        return self._clips

    @property
    def fps(self) -> float:
        return self._fps

    def name(self, index: int) -> str:
        return self._names[index]

    def read(self, index: int) -> np.ndarray:
        raise AssertionError("no frame is read")


def test_what_cannot_be_written_is_refused_before_anything_is_found(tmp_path: Path) -> None:
    form, out, names = tables.format_for(tmp_path / "a.csv"), tmp_path / "a.csv", ("a", "b")
    long = [f"{name}.mp4:{i}" for name in "ab" for i in range(500)]
    tables.rehearse(form, out, Names(*long[:500], fps=25.0), names)
    with pytest.raises(
        UserError, match=r"numbers the frames of one video, and these are of 2 videos, a\.mp4 and b\.mp4"
    ):
        tables.rehearse(form, out, Names(*long, clips=(range(500), range(500, 1000))), names)
    stills = [f"{i}.png" for i in range(5000)]
    tables.rehearse(form, out, Names(*stills, clips=tuple(range(i, i + 1) for i in range(5000))), names)
    with pytest.raises(UserError, match="needs a name for each point"):
        tables.rehearse(form, out, Names("a.png"), ("a", "a"))
    assert not list(tmp_path.iterdir())
