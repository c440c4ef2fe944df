"""`unsuplmk compare` on runs that have just been trained, and on records alone."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from tests.report.runs import Page, train, written
from unsuplmk.cli import cli
from unsuplmk.errors import UserError
from unsuplmk.frames import media


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("runs")
    stage = {"health": {"every": 1}}
    return train(folder / "four", steps=2, stage=stage), train(folder / "five", steps=2, stage=stage, landmarks=5)


def invoke(*args: object) -> Result:
    done = CliRunner().invoke(cli, [str(arg) for arg in args], env={"COLUMNS": "80"})
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def test_the_terminal_has_tables_of_eighty_columns(tmp_path: Path) -> None:
    lines = [{"step": 1.0, "loss": 2.5, "pixel": 0.125}]
    names = [written(tmp_path / f"run-with-a-rather-long-name-{n}" / "r", lines, landmarks=4 + n) for n in range(4)]
    done = invoke("compare", *names)
    assert max(map(len, done.stdout.splitlines())) <= 80
    for words in ("Settings that differ", "landmarks", "Last losses", "0.125", "A has not been judged"):
        assert words in done.stdout
    assert not done.stderr


def test_the_page_has_curves_of_all_and_the_same_frames_with_the_landmarks_of_each(
    runs: tuple[Path, Path], tmp_path: Path
) -> None:
    done = invoke("compare", *runs, "--out", tmp_path / "c.html", "--images", "3")
    assert done.stdout.endswith(f"comparison: {tmp_path / 'c.html'}\n")
    assert not done.stderr
    found = Page((tmp_path / "c.html").read_text("utf-8"))
    assert {"Runs", "Settings that differ", "Last losses", "Health", "Landmarks", "Curves"} <= set(found.titles)
    alts = [tag["alt"] or "" for tag in found.tags("img")]
    assert len(alts) == 6
    assert [alt.partition(" with")[0] for alt in alts[::2]] == [alt.partition(" with")[0] for alt in alts[1::2]]
    assert [alt[-1] for alt in alts] == ["A", "B"] * 3
    assert all("from" in (tag["aria-label"] or "") for tag in found.tags("svg"))
    assert "frames of the split test" in found.text


def test_frames_may_be_given(runs: tuple[Path, Path], tmp_path: Path) -> None:
    invoke("compare", *runs, "--out", tmp_path / "c.html", "--images", "1", "--data", "puppets")
    assert "frames of puppets" in Page((tmp_path / "c.html").read_text("utf-8")).text


def test_each_run_is_shown_what_it_was_trained_to_see_of_the_same_frames(tmp_path: Path) -> None:
    images, rows = tmp_path / "images", ["file,left,top,width,height"]
    images.mkdir()
    for number in range(6):
        noise = np.random.default_rng(number).integers(0, 255, (40, 60, 3), dtype=np.uint8)
        media.write_image(images / f"{number}.png", noise)
        rows += [f"images/{number}.png,5,5,20,30"] if number % 2 else []
    (tmp_path / "boxes.csv").write_text("\n".join(rows) + "\n", "utf-8")
    given = {"steps": 1, "stage": {}, "data": str(images), "dataset": {}}
    whole = train(tmp_path / "whole", **given)
    boxes = train(tmp_path / "boxes", **given, crop={"name": "boxes", "file": str(tmp_path / "boxes.csv")})
    invoke("compare", whole, boxes, "--out", tmp_path / "c.html")
    pictures = Page((tmp_path / "c.html").read_text("utf-8")).tags("img")
    assert [tag["height"] for tag in pictures] == ["147", "220"] * 3, "frames of 60 x 40 px, and squares around boxes"
    shown = [(tag["alt"] or "").split("/")[1].partition(".")[0] for tag in pictures]
    assert sorted(shown) == ["1", "1", "3", "3", "5", "5"]
    assert shown[::2] == shown[1::2]


def test_runs_without_weights_are_compared_by_their_records(tmp_path: Path) -> None:
    lines = [{"step": float(n), "loss": 2.5} for n in (1, 2)]
    names = [written(tmp_path / str(n), lines) for n in range(2)]
    done = invoke("compare", *names, "--out", tmp_path / "c.html")
    assert done.stderr.startswith("Warning: no section 'Landmarks': ")
    found = Page((tmp_path / "c.html").read_text("utf-8"))
    assert "Curves" in found.titles
    assert "None: the runs were trained alike." in found.text


def test_json_is_the_comparison(runs: tuple[Path, Path]) -> None:
    found = json.loads(invoke("compare", *runs, "--json").stdout)
    assert found["settings"] == {"landmarks": [4, 5]}
    assert found["runs"] == {"A": str(runs[0]), "B": str(runs[1])}
    assert found["steps"] == [2, 2]


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        (["{a}"], "a comparison needs at least two runs"),
        (["{a}", "{a}"], "is named twice"),
        (["{a}", "nowhere"], "nowhere does not exist"),
        (["{a}", "{b}", "--data", "puppets"], "--data is for the pictures of --out FILE.html"),
        (["{a}", "{b}", "--out", "c.png"], "it is an HTML file"),
        (["{a}", "{b}", "--out", "c.html", "--device", "gpu"], "no device named 'gpu'"),
        (["{a}", "{b}", "--out", "c.html", "--data", "nowhere"], "no file or folder 'nowhere'"),
    ],
)
def test_what_cannot_be_compared_is_said_in_one_line(
    args: list[str], reason: str, runs: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError) as caught:
        invoke("compare", *(arg.format(a=runs[0], b=runs[1]) for arg in args))
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())
