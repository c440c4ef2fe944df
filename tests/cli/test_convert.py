"""`unsuplmk convert`: a file of points into another format, through the command line."""

from __future__ import annotations

import os
from dataclasses import replace
from itertools import pairwise, permutations
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from tests.paths import swinging, tracks_of
from unsuplmk import tables
from unsuplmk.cli import cli
from unsuplmk.errors import UserError
from unsuplmk.testing.tracks import moving
from unsuplmk.types import Tracks

KINDS = {
    "npz": "a.npz",
    "coco": "a.json",
    "deeplabcut": "a.csv",
    "lightningpose": "lp.csv",
    "listing": "list.csv",
    "labelstudio": "tasks.json",
}
WITHOUT_SIZES = ("deeplabcut", "lightningpose", "listing")


def invoke(*args: object) -> Result:
    done = CliRunner().invoke(cli, [str(arg) for arg in args], terminal_width=200)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def flies() -> Tracks:
    """Two animals in three frames of a video."""
    xy = np.arange(24.0).reshape(6, 2, 2) / 7
    xy[4, 1] = np.nan
    source = tuple(f"pair.mp4:{i}#{animal}" for animal in ("ann", "bob") for i in range(3))
    return replace(tracks_of(xy), source=source)


def test_a_table_through_coco_and_arrays_ends_as_it_began(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    begun = moving(40)
    begun.xy[7] = np.nan
    begun.score[9, 1] = np.nan
    tables.write(begun, "mouse.csv")
    files = ("mouse.csv", "a.npz", "a.json", "b.npz", "again.csv")
    for one, other in pairwise(files):
        assert invoke("convert", one, other).stdout == f"{other}: 3 named points in 40 frames\n"
    assert Path("again.csv").read_bytes() == Path("mouse.csv").read_bytes()
    made = tables.read("again.csv")
    np.testing.assert_array_equal(made.xy, begun.xy)
    np.testing.assert_array_equal(made.score, begun.score)
    assert np.isnan(made.xy).sum() == np.isnan(begun.xy).sum() > 6


@pytest.mark.parametrize(("one", "other"), [*permutations(KINDS, 2)])
def test_numbers_survive_any_two_formats_one_after_the_other(
    one: str, other: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    begun = moving(fps=0.0)  # still images
    tables.write(begun, "begun.npz")
    invoke("convert", "begun.npz", KINDS[one], "--format", one)
    step = ("convert", KINDS[one], f"{other}/{KINDS[other]}", "--format", other)
    if other == "labelstudio" and one in WITHOUT_SIZES:
        with pytest.raises(UserError, match="in percent of the image's size, which is not known"):
            invoke(*step)
        assert not list(Path(other).iterdir())
        return
    invoke(*step)
    invoke("convert", f"{other}/{KINDS[other]}", "end.npz")
    end = tables.read("end.npz")
    assert end.names == begun.names
    np.testing.assert_allclose(end.xy, begun.xy, rtol=0, atol=1e-9 if "labelstudio" in (one, other) else 0)
    there = np.isfinite(begun.xy).all(-1)
    np.testing.assert_array_equal(end.score[there], begun.score[there])


def test_several_animals_go_where_there_is_room_for_them_or_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    begun = flies()
    tables.write(begun, "flies.npz")
    done = invoke("convert", "flies.npz", "flies.json")
    assert done.stdout == "flies.json: 2 named points in 3 frames, 6 rows\n"
    invoke("convert", "flies.json", "again.npz")
    again = tables.read("again.npz")
    np.testing.assert_array_equal(again.xy, begun.xy)
    assert (again.source, again.fps) == (begun.source, begun.fps)
    with pytest.raises(
        UserError, match=r"holds one animal, but pair\.mp4:0 has .*, and --apart writes a file for each$"
    ):
        invoke("convert", "flies.npz", "flies.csv")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["again.npz", "flies.json", "flies.npz"]
    done = invoke("convert", "flies.npz", "flies.csv", "--apart")
    assert done.stdout.splitlines() == [f"flies.{who}.csv: 2 named points in 3 frames" for who in ("ann", "bob")]
    np.testing.assert_array_equal(tables.read("flies.bob.csv").xy, begun.xy[3:])


def test_options_of_either_format_are_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    head = "scorer,s,s,s,s\nindividuals,ann,ann,bob,bob\nbodyparts,n,n,n,n\ncoords,x,y,x,y\n"
    Path("two.csv").write_text(head + "0,1,2,3,4\n1,5,6,7,8\n")
    invoke("convert", "two.csv", "bob.csv", "--from.individual", "bob", "--format.scorer", "me", "--fps", "25")
    assert Path("bob.csv").read_text().splitlines()[0] == "scorer,me,me,me"
    np.testing.assert_array_equal(tables.read("bob.csv").xy[:, 0], [[3, 4], [7, 8]])
    invoke("convert", "two.csv", "both.npz", "--fps", "25")
    both = tables.read("both.npz")
    assert (both.source, both.fps) == (("0#ann", "1#ann", "0#bob", "1#bob"), 25)
    with pytest.raises(UserError, match=r"no individual in two\.csv named 'bobo'; did you mean 'bob'"):
        invoke("convert", "two.csv", "x.npz", "--from.individual", "bobo")


def test_the_content_of_a_file_says_which_options_it_is_read_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    tables.write(moving(fps=0.0), "tasks.json", "labelstudio")
    tables.write(moving(fps=0.0), "photos.json")
    for file, own, other in (
        ("tasks.json", "--from.prefix", "--from.category"),
        ("photos.json", "--from.category", "--from.prefix"),
    ):
        text = invoke("convert", file, "a.npz", "--help").output
        assert own in text
        assert other not in text
    assert "--from.prefix" in invoke("convert", "photos.json", "a.npz", "--from", "labelstudio", "--help").output


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("gone.npz", "a.csv"), "cannot read gone.npz: no such file"),
        (("folder.npz", "a.csv"), "cannot read folder.npz: it is a folder"),
        (("mouse.npz", "a.mat"), "no format for a.mat, which ends in .mat; known: .csv (deeplabcut)"),
        (("mouse.npz", "mouse"), "no format for mouse, which has no suffix; known: .csv (deeplabcut)"),
        (("mouse.txt", "a.csv"), "no format for mouse.txt, which ends in .txt; known: .csv (deeplabcut)"),
        (("mouse.npz", "a.csv", "--format", "deeplabcat"), "did you mean 'deeplabcut'"),
        (("mouse.npz", "a.csv", "--from", "npzz"), "did you mean 'npz'"),
        (("mouse.npz", "folder.csv"), "cannot write folder.csv"),
        (("mouse.npz", "mouse.npz"), "mouse.npz is the file that is read, and would be lost: name another to write"),
        (("mouse.npz", "same.npz"), "same.npz is the file that is read"),
        (("mouse.npz", "./folder.npz/../mouse.npz"), "is the file that is read"),
        (("mouse.npz", "a.csv", "--apart"), "v.mp4:0 is of no animal with a name"),
        (("broken.npz", "a.csv"), "cannot read broken.npz as tracks"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line_and_nothing_is_written(
    words: tuple[str, ...], reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    tables.write(tracks_of(swinging(5)), "mouse.npz")
    os.symlink("mouse.npz", "same.npz")
    Path("mouse.txt").write_text("")
    Path("broken.npz").write_bytes(b"no archive")
    Path("folder.npz").mkdir()
    Path("folder.csv").mkdir()
    before = {file: file.read_bytes() for file in tmp_path.iterdir() if file.is_file()}
    with pytest.raises(UserError) as caught:
        invoke("convert", *words)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)
    assert {file: file.read_bytes() for file in tmp_path.iterdir() if file.is_file()} == before


def test_one_of_several_files_may_not_take_the_place_of_the_one_that_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    tables.write(flies(), "mice.ann.npz")
    with pytest.raises(UserError, match=r"mice\.ann\.npz is the file that is read"):
        invoke("convert", "mice.ann.npz", "mice.npz", "--apart")
    assert [file.name for file in tmp_path.iterdir()] == ["mice.ann.npz"]


def test_a_file_that_is_there_is_replaced_as_by_predict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    tables.write(moving(9), "mouse.npz")
    Path("mouse.csv").write_text("before")
    invoke("convert", "mouse.npz", "mouse.csv")
    assert len(tables.read("mouse.csv").source) == 9
