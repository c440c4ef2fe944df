"""Tests of the benchmark behind the page about judging without labels, and of what the page takes from it."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from scipy.stats import spearmanr

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks" / "results"
TINY = (
    *("puppets", "puppets", "--landmarks", "2:2", "--changes", "", "--frames", "40"),
    *("--set", "steps=2", "--set", "batch=2", "--set", "size=32", "--set", "dataset.clips=2"),
    *("--set", 'encoder={"name":"hourglass","width":8,"depth":1}', "--set", "generator.width=8"),
)


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    return import_module("judging")


@pytest.fixture
def ranks(benchmark: ModuleType) -> ModuleType:
    return import_module("judging_ranks")


def test_two_runs_are_trained_and_judged_and_a_second_call_does_neither_again(
    benchmark: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "judging.json"
    words = ["judging.py", *TINY, "--runs", str(tmp_path / "runs"), "--out", str(out)]
    monkeypatch.setattr("sys.argv", words)
    benchmark.main()
    first, said = json.loads(out.read_text("utf-8")), capsys.readouterr().out
    assert said.count(": 2 steps") == 2
    assert [row["run"] for row in first["runs"]] == ["landmarks-2-0", "landmarks-2-1"]
    assert first["frames"] == 40
    for row in first["runs"]:
        assert 0 < row["with_intercept"] < 64
        assert len(row["labels_10"]) == import_module("judging_figures").DRAWS
    assert first["runs"][0]["explains"] == first["runs"][1]["explained"]  # of two runs, each is the other's other
    assert first["runs"][0]["seeds"] == first["runs"][1]["seeds"]
    assert str(tmp_path) not in out.read_text("utf-8")

    benchmark.main()
    again, said = json.loads(out.read_text("utf-8")), capsys.readouterr().out
    assert "steps" not in said
    assert again["runs"] == first["runs"]
    assert again["correlations"] == first["correlations"]


def test_the_correlation_is_that_of_scipy_where_all_runs_are_compared(ranks: ModuleType) -> None:
    rng = np.random.default_rng(0)
    figure, error = rng.integers(5, size=12).astype(float), rng.normal(size=12)  # with ties
    expected = spearmanr(figure, -error)[0]
    assert ranks.spearman(figure[None], error[None], [12])[0] == pytest.approx(expected)


def test_runs_are_ranked_within_their_group_only(ranks: ModuleType) -> None:
    error = np.array([[1.0, 2.0, 3.0, 11.0, 12.0, 13.0]])
    figure = np.array([[3.0, 2.0, 1.0, 13.0, 12.0, 11.0]])  # between the groups it is misleading
    assert ranks.spearman(figure, error, [3, 3])[0] == pytest.approx(1)
    assert ranks.spearman(figure, error, [6])[0] < 0


def test_a_figure_that_is_the_same_in_all_runs_ranks_none(ranks: ModuleType) -> None:
    assert np.isnan(ranks.spearman(np.ones((1, 3)), np.array([[1.0, 2.0, 3.0]]), [3])[0])


def test_a_pick_loses_what_its_error_is_above_the_least_and_ties_are_shared(ranks: ModuleType) -> None:
    error = np.array([5.0, 3.0, 7.0])
    assert ranks.regret(np.array([1.0, 9.0, 2.0]), error) == 0
    assert ranks.regret(np.array([9.0, 1.0, 9.0]), error) == 3  # 5 and 7, less 3


def test_lower_is_better_where_the_figure_says_so(ranks: ModuleType) -> None:
    rows = [{"run": str(i), "landmarks": 4, "with_intercept": float(i), "border": float(i)} for i in range(4)]
    found = next(one for one in ranks.judged(rows)["correlations"] if one["figure"] == "border")
    assert found["all"]["correlation"] == 1
    assert found["all"]["regret"] == 0
    assert found["all"]["random_regret"] == 1.5


def test_the_page_has_the_figures_that_were_measured(ranks: ModuleType) -> None:
    page = (ROOT / "docs" / "judging.md").read_text("utf-8")
    puppets, mouse = (
        json.loads((RESULTS / f"{name}.json").read_text("utf-8")) for name in ("judging", "judging-mouse")
    )
    assert ranks.table(puppets, mouse) in page
    assert ranks.cases(puppets) in page
    for result in (puppets, mouse):
        assert result["command"].partition(" --runs ")[0] in page
        assert ranks.judged(result["runs"])["correlations"] == result["correlations"]  # nobody touched them by hand
