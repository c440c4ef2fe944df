"""`unsuplmk name`, and named points in what `unsuplmk predict` writes, on a run that was trained for one step."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from tests.small import settings
from unsuplmk import tables
from unsuplmk.cli import cli
from unsuplmk.errors import UserError
from unsuplmk.frames.media import write_image


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from unsuplmk.job import train

    return train(settings(steps=1), tmp_path_factory.mktemp("runs") / "run")


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained, tmp_path / "run"))


@pytest.fixture(scope="module")
def labels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures of noise, with two points each, in two splits."""
    folder = tmp_path_factory.mktemp("labels")
    rng = np.random.default_rng(0)
    rows = ["file,split,nose_x,nose_y,tail_x,tail_y"]
    for number in range(12):
        write_image(folder / f"{number}.png", rng.integers(0, 255, (32, 32, 3), dtype=np.uint8))
        points = ",".join(f"{value:.2f}" for value in rng.uniform(1, 30, 4))
        rows.append(f"{number}.png,{'train' if number < 8 else 'test'},{points}")
    (folder / "points.csv").write_text("\n".join(rows) + "\n")
    return folder / "points.csv"


def call(*args: object) -> Result:
    return CliRunner().invoke(cli, [*map(str, args)], catch_exceptions=False)


def test_the_points_names_are_in_the_predictions_afterwards(run: Path, labels: Path, tmp_path: Path) -> None:
    first, second = call("name", run, labels), call("name", run, labels.parent)
    assert f"{run / 'names.json'}: 2 named points" in first.stdout
    assert "in place of those before" not in first.stdout
    assert "in place of those before" in second.stdout
    for words in ("2 named points from 4 landmarks, by 12 labelled frames", "constant guess", "with half of the 12"):
        assert words in " ".join(first.stdout.split())
    out = tmp_path / "out.csv"
    assert "2 named points in 12 frames" in call("predict", run, labels.parent, "--out", out).stdout
    assert "nose" in out.read_text().splitlines()[1]
    tracks = tables.read(out)
    assert tracks.names == ("nose", "tail")
    assert np.isfinite(tracks.xy).all()
    assert "4 landmarks in" in call("predict", run, labels.parent, "--out", out, "--points", "raw").stdout
    assert tables.read(out).names == tuple(f"landmark_{i}" for i in range(4))
    call("predict", run, labels.parent, "--out", out, "--points", "both")
    assert tables.read(out).names == (*(f"landmark_{i}" for i in range(4)), "nose", "tail")
    assert "has no names any more" in call("name", run, "--remove").stdout
    assert "has no names anyway" in call("name", run, "--remove").stdout
    assert "4 landmarks in" in call("predict", run, labels.parent, "--out", out).stdout
    with pytest.raises(UserError, match="have no names: give them some"):
        call("predict", run, labels.parent, "--out", out, "--points", "named")


def test_json_has_every_figure_and_the_file_in_the_run_keeps_them(run: Path, labels: Path) -> None:
    found = json.loads(call("name", run, labels, "--split", "train", "--normalise", "size", "--json").stdout)
    assert (found["frames"], found["split"], found["data"]) == (8, "train", "points.csv")
    assert found["unit"] == "% of the image's longer side"
    assert {"error", "constant", "percent", "better", "frames"} < set(found["points"][0])
    assert found["gain"]["rows"][0]["labels"] == 2
    kept = json.loads((run / "names.json").read_text())
    assert kept["fitted"] == {key: value for key, value in found.items() if key != "suggested"}
    assert kept["names"] == ["nose", "tail"]
    assert str(labels.parent) not in (run / "names.json").read_text()


def test_frames_to_label_next_are_printed(run: Path, labels: Path) -> None:
    asked = ["--split", "train", "--suggest", 2, "--from", labels.parent]
    result = call("name", run, labels, *asked)
    lines = [line for line in result.stdout.splitlines() if line.startswith("label next: ")]
    assert len(lines) == 2
    suggested = json.loads(call("name", run, labels, *asked, "--json").stdout)["suggested"]
    assert [Path(one["frame"]).name for one in suggested] == [Path(line.split()[2]).name for line in lines]
    assert {Path(one["frame"]).name for one in suggested} <= {f"{number}.png" for number in range(8, 12)}


def test_evaluation_still_reads_the_landmarks_that_were_discovered(run: Path, labels: Path) -> None:
    before = json.loads(call("evaluate", run, labels, "--ridge", 1, "--json").stdout)
    call("name", run, labels)
    after = json.loads(call("evaluate", run, labels, "--ridge", 1, "--json").stdout)
    assert after["score"] == before["score"]


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        ([], "say which labelled frames: unsuplmk name RUN DATA"),
        (["LABELS", "--suggest", "3"], "belong together"),
        (["LABELS", "--from", "pictures"], "belong together"),
        (["LABELS", "--split", "val"], r"has no rows of split 'val'; known: test \(4 rows\), train \(8 rows\)"),
        (["no/labels.csv"], "no file or folder 'no/labels.csv'"),
        (["LABELS", "--normalise", "nose,ear"], "no annotated point named 'ear'"),
    ],
)
def test_what_cannot_be_done_is_one_line(run: Path, labels: Path, args: list[str], reason: str) -> None:
    with pytest.raises(UserError, match=reason):
        call("name", run, *(labels if arg == "LABELS" else arg for arg in args))
    assert not (run / "names.json").exists()


def test_a_run_that_nobody_may_write_to_is_one_line(run: Path, labels: Path) -> None:
    (run / "names.json").mkdir()  # stands in for any reason: root may write everywhere
    with pytest.raises(UserError, match=r"cannot write .*names\.json"):
        call("name", run, labels)


def test_render_draws_the_points_that_predict_gives(run: Path, labels: Path, tmp_path: Path) -> None:
    call("name", run, labels)
    pictures = {}
    for points in ("raw", "named", "both", ""):
        chosen = ("--points", points) if points else ()
        call("render", run, labels.parent, "--out", tmp_path / f"drawn{points}", "--names", *chosen)
        pictures[points] = (tmp_path / f"drawn{points}/3.png").read_bytes()
        call("predict", run, labels.parent, "--out", tmp_path / "found.npz", *chosen)
        call("render", tmp_path / "found.npz", labels.parent, "--out", tmp_path / f"file{points}", "--names")
        assert (tmp_path / f"file{points}/3.png").read_bytes() == pictures[points]
    assert pictures[""] == pictures["named"]
    assert len(set(pictures.values())) == 3
    call("name", run, "--remove")
    call("render", run, labels.parent, "--out", tmp_path / "after", "--names")
    assert (tmp_path / "after/3.png").read_bytes() == pictures["raw"]


@pytest.mark.parametrize("verb", ["predict", "render"])
def test_points_that_there_are_not_are_refused_before_anything_is_found(
    run: Path, labels: Path, tmp_path: Path, verb: str
) -> None:
    out = tmp_path / ("out.npz" if verb == "predict" else "out")
    with pytest.raises(UserError, match="have no names: give them some"):
        call(verb, run, labels.parent, "--out", out, "--points", "named")
    (run / "names.json").write_text("{}")
    with pytest.raises(UserError, match=r"names\.json is damaged or not ours .*or do without: --points raw"):
        call(verb, run, labels.parent, "--out", out)
    assert not out.exists()
    call(verb, run, labels.parent, "--out", out, "--points", "raw")
    assert out.exists()


def test_a_file_of_points_is_drawn_whole(run: Path, labels: Path, tmp_path: Path) -> None:
    call("predict", run, labels.parent, "--out", tmp_path / "found.npz")
    with pytest.raises(UserError, match=r"--points raw is for a run, and .*found\.npz is a file: all points in it"):
        call("render", tmp_path / "found.npz", labels.parent, "--out", tmp_path / "o", "--points", "raw")
