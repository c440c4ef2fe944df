"""`unsuplmk inspect` says what would be trained on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from tests import toys
from tests.scenes import blob, ground
from unsuplmk.cli import cli
from unsuplmk.errors import UserError
from unsuplmk.frames import media


def invoke(*args: object) -> Result:
    done = CliRunner().invoke(cli, ["inspect", *map(str, args)], terminal_width=120)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Twelve images of two sizes, and one that cannot be read."""
    folder = tmp_path / "images"
    folder.mkdir()
    for i in range(12):
        media.write_image(folder / f"{i}.png", ground(i, *((90, 60) if i < 9 else (60, 60))))
    (folder / "broken.png").write_bytes(b"no image")
    return folder


def test_the_facts_and_what_may_spoil_them_are_printed(images: Path) -> None:
    done = invoke(images)
    lines = [line for line in done.output.splitlines() if line]
    assert lines[:7] == [
        f"data           {images}, read by the dataset files",
        "frames         13 in 13 clips of one frame each",
        "looked at      13, of which 1 cannot be read",
        "sizes          90x60 (9), 60x60 (3)",
        "colour         in 100% of them",
        "time           not known",
        "points         none are annotated",
    ]
    assert lines[7].startswith("Warning: 1 of 13 frames cannot be read; the first: cannot read image ")
    assert lines[8] == "  What to do: training leaves them out; fetch them again, or remove them."
    assert lines[9] == "Warning: only 13 frames: landmarks may remember these instead of finding the object."


def test_json_has_every_unreadable_frame_and_every_hazard(images: Path) -> None:
    answer = json.loads(invoke(images, "--json").stdout)
    assert list(answer["unreadable"]) == [str(images / "broken.png")]
    assert [hazard["about"] for hazard in answer["hazards"]] == ["unreadable", "few"]
    assert answer["lengths"] == [1, 1, 1]


def test_good_data_is_said_to_be_good() -> None:
    assert "Nothing speaks against training on it." in invoke("puppets", "--dataset.clips", 40, "--sample", 60).output


def test_a_video_is_told_with_its_pace_and_drawn_with_its_pairs(tmp_path: Path) -> None:
    pytest.importorskip("av")
    media.write_video(tmp_path / "a.mp4", [blob(0, i) for i in range(30)], 12.5)
    out = tmp_path / "sheets" / "sheet.png"
    done = invoke(tmp_path / "a.mp4", "--out", out, "--pairs", "video", "--pairs", "warped")
    assert "frames         30 in one clip" in done.output
    assert "time           12.5 frames a second" in done.output
    assert f"contact sheet  {out}" in done.output
    both = media.read_image(out)
    one = tmp_path / "one.png"
    invoke(tmp_path / "a.mp4", "--out", one)
    assert both.shape[0] > media.read_image(one).shape[0]


def test_the_pairs_of_a_published_set_are_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = toys.write(tmp_path / "toys")
    with toys.installed(monkeypatch):
        done = invoke(f"toys:{folder}", "--out", tmp_path / "sheet.png", "--dataset.only", 30)
    assert "frames         30 in one clip" in done.output
    assert "points         2: left, right" in done.output
    assert np.ptp(media.read_image(tmp_path / "sheet.png")) == 255


def test_a_sample_is_read_unless_all_are_asked_for(images: Path) -> None:
    assert "looked at      13" in invoke(images, "--sample", 4, "--all").output
    few = json.loads(invoke(images, "--sample", 4, "--json").stdout)
    assert 2 <= few["looked_at"] <= 4


def test_what_is_cut_out_is_what_is_looked_at(images: Path, tmp_path: Path) -> None:
    boxes = tmp_path / "boxes.csv"
    rows = [f"{images / f'{i}.png'},10,10,20,20" for i in range(9)]
    boxes.write_text("\n".join(["file,left,top,width,height", *rows]) + "\n", "utf-8")
    done = invoke(images, "--crop", "boxes", "--crop.file", boxes, "--crop.margin", 0)
    assert "frames         9 in 9 clips of one frame each" in done.output
    assert "sizes          20x20 (9)" in done.output
    assert "Warning: tiny pictures" in done.output


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--pairs", "vdeo"], "no pairs named 'vdeo'; did you mean 'video'"),
        (["--crop", "motoin"], "no crop named 'motoin'; did you mean 'motion'"),
        (["--out", "sheet.txt"], "cannot draw a contact sheet to sheet.txt"),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_is_read(images: Path, args: list[str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        invoke(images, *args)
    with pytest.raises(UserError, match="nowhere"):
        invoke("nowhere/")


def test_every_dataset_can_be_inspected(part_path: Callable[[str], Path]) -> None:
    for name in ("files", "listing"):
        assert f"read by the dataset {name}" in invoke(part_path(name)).output
