"""What `unsuplmk evaluate` adds to its report, on runs that have just been trained for one step."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from tests.small import settings
from unsuplmk.cli import cli
from unsuplmk.errors import UserError
from unsuplmk.frames.media import write_image


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    from unsuplmk.job import train

    folder = tmp_path_factory.mktemp("runs")
    return [str(train(settings(steps=1, seed=seed), folder / str(seed))) for seed in (0, 1)]


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures of noise, with five points each."""
    folder = tmp_path_factory.mktemp("faces")
    rng = np.random.default_rng(0)
    rows = ["file,split," + ",".join(f"x{i},y{i}" for i in range(5))]
    for number in range(40):
        write_image(folder / f"{number}.png", rng.integers(0, 255, (32, 32, 3), dtype=np.uint8))
        points = ",".join(f"{value:.2f}" for value in rng.uniform(1, 30, 10))
        rows.append(f"{number}.png,{'train' if number < 15 else 'test'},{points}")
    (folder / "points.csv").write_text("\n".join(rows) + "\n")
    return folder / "points.csv"


def evaluated(*args: object) -> str:
    return CliRunner().invoke(cli, ["evaluate", *map(str, args)], catch_exceptions=False).stdout


def test_any_metric_is_named_and_a_misspelt_one_is_answered(runs: list[str], faces: Path) -> None:
    found = json.loads(evaluated(runs[0], faces, "--metric", "ced", "--json"))
    assert {"auc@8", "failure@10", "error", "pck@10"} <= set(found["figures"]["constant"])
    with pytest.raises(UserError, match="no metric named 'cde'; did you mean 'ced'"):
        evaluated(runs[0], faces, "--metric", "cde")


def test_metrics_take_options_and_the_figures_say_which(runs: list[str], faces: Path) -> None:
    asked = ("--metric", "ced", "--metric.ced.thresholds", "9,30", "--metric.pck.thresholds", "4")
    found = json.loads(evaluated(runs[0], faces, *asked, "--json"))
    assert set(found["figures"]["constant"]) == {
        *("error", "median", "pck@4", "auc@9", "failure@9", "auc@30", "failure@30")
    }
    assert found["metrics"] == {"error": {}, "pck": {"thresholds": [4]}, "ced": {"thresholds": [9, 30]}}
    assert json.loads((Path(runs[0]) / "metrics.json").read_text()) == found
    short = json.loads(evaluated(runs[0], faces, "--ced", 9, "--ced", 30, "--pck", 4, "--json"))
    assert short["figures"] == found["figures"]
    assert short["metrics"] == found["metrics"]
    plain = json.loads(evaluated(runs[0], faces, "--json"))
    assert plain["metrics"] == {"error": {}, "pck": {"thresholds": [5, 10, 20]}}


def test_an_option_whose_value_may_be_left_out_hides_none_that_follows(runs: list[str], faces: Path) -> None:
    asked = ("--labels", "--metric", "ced", "--metric.ced.thresholds", "7", "--repeats", 1, "--json")
    found = json.loads(evaluated(runs[0], faces, *asked))
    assert found["metrics"]["ced"] == {"thresholds": [7]}
    assert found["labels"]["rows"][0]["labels"] == 1


def test_help_has_the_options_of_the_metrics_that_are_chosen() -> None:
    assert "--metric.pck.thresholds NUMBER" in evaluated("--help")
    assert "--metric.ced.thresholds NUMBER" not in evaluated("--help")
    assert "--metric.ced.thresholds NUMBER" in evaluated("--metric", "ced", "--help")


def test_two_evaluations_that_differ_in_the_ridge_alone_are_told_apart(
    runs: list[str], faces: Path, tmp_path: Path
) -> None:
    for run, ridge in zip(runs, (0, 2.5), strict=True):
        found = json.loads(evaluated(run, faces, "--ridge", ridge, "--metric", "ced", "--json"))
        assert (found["ridge"], found["augment"]) == (ridge, {})
        assert found["metric_of"]["failure@8"] == "ced"
    said = CliRunner().invoke(cli, ["compare", *runs], env={"COLUMNS": "160"}, catch_exceptions=False).stdout
    assert "B and A differ in the ridge of the map (2.5, not 0)" in " ".join(said.split())
    assert "regularised by a ridge of 2.5" in evaluated(runs[1], faces, "--ridge", 2.5)


def test_figures_that_cannot_be_kept_are_printed_all_the_same(runs: list[str], faces: Path, tmp_path: Path) -> None:
    run = shutil.copytree(runs[0], tmp_path / "run")
    (run / "metrics.json").unlink(missing_ok=True)
    (run / "metrics.json").mkdir()  # stands in for any reason: root may write everywhere
    done = CliRunner().invoke(cli, ["evaluate", str(run), str(faces)], catch_exceptions=False)
    assert (done.exit_code, "constant guess" in done.stdout) == (0, True)
    assert f"Warning: cannot write {run / 'metrics.json'}" in done.stderr


def test_labels_comparison_and_backward_error_join_the_report(runs: list[str], faces: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    plot = tmp_path / "plot.svg"
    asked = ["--protocol", "aflw", "--labels", "1,5", "--repeats", 2, "--compare", "--trained-on", "noise", "--ced", 9]
    found = json.loads(evaluated(runs[0], faces, *asked, "--plot", plot, "--json"))
    assert found == json.loads((Path(runs[0]) / "metrics.json").read_text())
    assert [row["labels"] for row in found["labels"]["rows"]] == [1, 5, 13]  # two of 15 held out
    assert found["labels"]["rows"][0]["solver"] == "least norm"
    ours = [row for row in found["comparison"]["rows"] if row["method"] == "ours"]
    assert [(row["trained_on"], row["landmarks"], row["value"]) for row in ours] == [("noise", 4, found["score"])]
    assert found["backward"]["train"] == 15
    assert "auc@9" in found["figures"]["constant"]
    assert "noise" in plot.read_text()
    text = evaluated(runs[0], faces, *asked)
    for words in ("error by labelled images", "RCPR", "backward: points predict landmarks"):
        assert words in text


def test_labels_without_numbers_are_those_of_the_published_curve(runs: list[str], faces: Path) -> None:
    found = json.loads(evaluated(runs[0], faces, "--labels", "--repeats", 1, "--json"))
    assert [row["labels"] for row in found["labels"]["rows"]] == [1, 5, 10, 15]
    assert found["comparison"] is None


def test_two_runs_are_compared_without_labels(runs: list[str], faces: Path) -> None:
    found = json.loads(evaluated(runs[0], faces, "--against", runs[1], "--json"))
    assert (found["images"], found["landmarks"]) == (25, [4, 4])  # the test split
    same = json.loads(evaluated(runs[0], faces.parent, "--against", runs[0], "--json"))
    assert same["images"] == 40  # a folder of images
    assert same["raw"]["mean"] == 0
    assert "A predicted from B" in evaluated(runs[0], faces, "--against", runs[1], "--tolerance", 3)


def test_the_map_is_fitted_on_changed_copies_where_asked(runs: list[str], faces: Path, tmp_path: Path) -> None:
    import albumentations as A

    A.save(A.Compose([A.Affine(rotate=(-20, 20), p=1), A.HorizontalFlip()]), tmp_path / "a.json")
    asked = [runs[0], faces, "--augment", tmp_path / "a.json", "--copies", 3, "--labels", "4", "--repeats", 2]
    found = json.loads(evaluated(*asked, "--json"))
    assert (found["train"], found["test"], found["backward"]["train"]) == (15, 25, 15)
    assert {**found["augment"], "pipeline": ""} == {"copies": 3, "seed": 0, "pipeline": ""}
    assert len(found["augment"]["pipeline"]) == 12
    assert found["remarks"] == ["the map is fitted on 15 training images and 45 changed copies of them"]
    assert [(row["labels"], row["solver"]) for row in found["labels"]["rows"]] == [
        *((4, "least squares"), (15, "least squares"))  # 16 equations for 9 unknowns
    ]
    assert found == json.loads(evaluated(*asked, "--json"))
    assert found["score"] != json.loads(evaluated(runs[0], faces, "--json"))["score"]
    result = CliRunner().invoke(cli, ["evaluate", *map(str, asked)], catch_exceptions=False)
    eyes = CliRunner().invoke(cli, ["evaluate", *map(str, asked), "--protocol", "aflw"], catch_exceptions=False)
    assert "is named left or right" not in " ".join(eyes.stderr.split())  # the protocol names them
    assert "none of the points 0, 1, 2, 3, 4 is named left or right" in " ".join(result.stderr.split())


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        (["--augment", "gone.json"], r"gone\.json.*FileNotFoundError"),
        (["--compare", "--protocol", "aflw", "--augment", "gone.json"], "as it is, not 10 changed copies"),
        (["--compare"], "no published figures for protocol 'plain'"),
        (["--compare", "--protocol", "aflw", "--intercept"], "as it is"),
        (["--labels", "few"], "such as 1,5,10"),
        (["--plot", "plot.gif"], r"ends in \.pdf"),
        (["--metric.ced.thresholds", "9"], "metric 'ced' is not chosen; add --metric ced"),
        (["--pck", "9", "--metric.pck.thresholds", "9"], r"--pck is short for --metric\.pck\.thresholds: give one"),
        (["--metric.pck.thresholds", "9,9"], r"--metric\.pck\.thresholds .* each threshold once"),
    ],
)
def test_what_cannot_be_done_is_said_before_the_run_is_looked_for(args: list[str], reason: str) -> None:
    with pytest.raises(UserError, match=reason):
        evaluated("no/run", "no/data", *args)
