"""Runs are put beside one another, and figures that are not of the same thing are kept apart."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.report.runs import written
from unsuplmk.errors import UserError
from unsuplmk.report.differences import Comparison, differences
from unsuplmk.report.records import records

METRICS: dict[str, Any] = {
    "protocol": {
        "name": "plain", "title": "any points", "variant": "ours", "words": "Mean distance.", "figure": "error",
        "better": "lower", "normalise": "px",
    },
    "headline": "with_intercept",
    "unit": "px",
    "train": 40,
    "test": 20,
    "figures": {"with_intercept": {"error": 5.0, "median": 4.0}, "constant": {"error": 9.0, "median": 8.0}},
    "intervals": {"with_intercept": {"error": [4.5, 5.5]}},
    "per_point": {"constant": {"nose": 9.0}},
}  # fmt: skip
Change = Callable[[dict[str, Any]], object]


def compared(tmp_path: Path, *changes: Change | None, **settings: object) -> Comparison:
    """Runs alike but for the settings of the second; each was judged as its change says, or not at all."""
    runs = []
    for number, change in enumerate(changes):
        lines = [{"step": 1.0, "loss": 2.0 - number, "pixel": 0.5}]
        folder = written(tmp_path / str(number), lines, **(settings if number == 1 else {}))
        if change is not None:
            metrics = copy.deepcopy(METRICS)
            change(metrics)
            (folder / "metrics.json").write_text(json.dumps(metrics), "utf-8")
        runs.append(records(folder))
    return differences(runs)


def same(_: dict[str, Any]) -> None:
    return None


def put(*path: str, value: Any) -> Change:
    def change(metrics: dict[str, Any]) -> None:
        for key in path[:-1]:
            metrics = metrics[key]
        metrics[path[-1]] = value

    return change


def test_only_settings_that_differ_are_told(tmp_path: Path) -> None:
    encoder = {"name": "convnet", "width": 16, "stride": 4, "norm": "group"}
    found = compared(tmp_path, None, None, landmarks=7, encoder=encoder, workers=2)
    assert found.settings == {"landmarks": (4, 7), "encoder.width": (8, 16)}
    assert found.versions == {}
    assert found.losses == {"loss": (2.0, 1.0), "pixel": (0.5, 0.5)}
    assert found.losses_differ == ()
    assert list(found.runs) == ["A", "B"]


def test_losses_of_different_things_are_said_to_be_so(tmp_path: Path) -> None:
    loss = {"pixel": {"weight": 1.0}}
    found = compared(tmp_path, None, None, size=64, loss=loss)
    assert set(found.losses_differ) >= {"size", "loss.pixel.weight", "loss.equivariance.weight"}


def test_runs_that_were_judged_alike_stand_in_one_table_with_their_intervals(tmp_path: Path) -> None:
    found = compared(tmp_path, same, put("figures", "with_intercept", "error", value=5.2))
    (group,) = found.judged
    assert group.runs == ("A", "B")
    assert group.values["error"] == ((5.0, (4.5, 5.5)), (5.2, (4.5, 5.5)))
    assert group.constant["error"] == 9.0
    assert found.apart == ()
    assert group.verdict == "A is best with 5.00; the intervals do not tell it from B."


def test_the_best_is_told_where_the_intervals_lie_apart(tmp_path: Path) -> None:
    def better(metrics: dict[str, Any]) -> None:
        metrics["figures"]["with_intercept"]["error"] = 3.0
        metrics["intervals"]["with_intercept"]["error"] = [2.5, 3.5]

    (group,) = compared(tmp_path, same, better).judged
    assert group.verdict == "B is best with 3.00; the intervals of the others lie apart from its own."


def test_the_best_is_the_highest_where_higher_is_better(tmp_path: Path) -> None:
    high = put("protocol", "better", value="higher")

    def worse(metrics: dict[str, Any]) -> None:
        high(metrics)
        metrics["figures"]["with_intercept"]["error"] = 3.0
        metrics["intervals"]["with_intercept"]["error"] = None

    (group,) = compared(tmp_path, high, worse).judged
    assert group.verdict == "A is best with 5.00; the intervals do not tell it from B."


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (put("protocol", "name", value="mafl"), "the protocol's name (mafl, not plain)"),
        (put("protocol", "normalise", value="0,1"), "the protocol's normalise (0,1, not px)"),
        (put("headline", value="without_intercept"), "the map of the headline"),
        (put("unit", value="% of the box"), "the unit (% of the box, not px)"),
        (put("train", value=30), "the number of training images (30, not 40)"),
        (put("test", value=21), "the number of test images (21, not 20)"),
        (put("per_point", "constant", value={"ear": 9.0}), "the annotated points"),
        (put("figures", "constant", "error", value=9.001), "the constant guess (9.001, not 9)"),
    ],
)
def test_runs_that_were_judged_differently_stand_apart_and_it_is_said_why(
    change: Change, words: str, tmp_path: Path
) -> None:
    def judged(metrics: dict[str, Any]) -> None:
        change(metrics)
        metrics["figures"]["without_intercept"] = metrics["figures"]["with_intercept"]
        metrics["intervals"]["without_intercept"] = metrics["intervals"]["with_intercept"]

    found = compared(tmp_path, same, judged, same)
    assert [group.runs for group in found.judged] == [("A", "C"), ("B",)]
    assert len(found.apart) == 1
    assert found.apart[0].startswith("B and A differ in ")
    assert words in found.apart[0]


@pytest.mark.parametrize(
    ("key", "values", "words"),
    [
        ("ridge", (0.0, 1.5), "B and A differ in the ridge of the map (1.5, not 0)"),
        (
            "augment",
            ({}, {"copies": 3, "seed": 0, "pipeline": "ab12"}),
            "B and A differ in the changed copies of training images (3 by pipeline ab12, seed 0, not none)",
        ),
        (
            "augment",
            ({"copies": 3, "seed": 0, "pipeline": "ab12"}, {"copies": 3, "seed": 0, "pipeline": "cd34"}),
            "(3 by pipeline cd34, seed 0, not 3 by pipeline ab12, seed 0)",
        ),
    ],
)
def test_maps_that_were_fitted_differently_stand_apart(
    key: str, values: tuple[object, object], words: str, tmp_path: Path
) -> None:
    recorded = {"ridge": 0.0, "augment": {}}

    def fitted(value: object) -> Change:
        return lambda metrics: metrics.update({**recorded, key: value})

    found = compared(tmp_path, *map(fitted, values))
    assert len(found.judged) == 2
    assert words in found.apart[0]
    assert len(compared(tmp_path / "same", fitted(values[1]), fitted(values[1])).judged) == 1


def test_figures_of_before_the_ridge_was_recorded_stand_beside_one_another_alone(tmp_path: Path) -> None:
    found = compared(tmp_path, same, lambda metrics: metrics.update(ridge=0.0, augment={}), same)
    assert [group.runs for group in found.judged] == [("A", "C"), ("B",)]
    assert found.apart == (
        "B and A differ in what an earlier version did not record, ridge and changed copies: judge both again",
    )


def with_oks(falloff: float, thresholds: tuple[int, ...] = (5,)) -> Change:
    """Figures of a metric of a plugin, which has options."""

    def change(metrics: dict[str, Any]) -> None:
        for kind in metrics["figures"].values():
            kind.update({"oks": 50.0, "pck@5": 10.0})
        metrics["metric_of"] = {"error": "error", "median": "error", "oks": "oks", "pck@5": "pck"}
        metrics["metrics"] = {"error": {}, "oks": {"falloff": falloff}, "pck": {"thresholds": list(thresholds)}}

    return change


def test_a_figure_of_a_metric_with_other_options_is_left_out_and_the_others_stand(tmp_path: Path) -> None:
    (group,) = compared(tmp_path, with_oks(5.0), with_oks(7.0, (5, 9))).judged
    assert set(group.values) == {"error", "median", "pck@5"}  # a threshold stands in the figure's name
    assert group.without == ("oks: of another --metric.oks.falloff, 5.0 in A, 7.0 in B",)
    (group,) = compared(tmp_path / "same", with_oks(5.0), with_oks(5.0)).judged
    assert set(group.values) == {"error", "median", "oks", "pck@5"}
    assert group.without == ()


def test_a_figure_of_one_name_from_two_metrics_is_left_out(tmp_path: Path) -> None:
    def other(metrics: dict[str, Any]) -> None:
        with_oks(5.0)(metrics)
        metrics["metric_of"].update(error="mine")
        metrics["metrics"].update(mine={})

    (group,) = compared(tmp_path, with_oks(5.0), other).judged
    assert group.without == ("error: of other metrics, error in A, mine in B",)
    assert group.verdict == ""  # the headline is not of the same thing


def test_rounding_keeps_no_runs_apart(tmp_path: Path) -> None:
    found = compared(tmp_path, same, put("figures", "constant", "error", value=9.0 * (1 + 1e-9)))
    assert len(found.judged) == 1


def test_a_run_that_was_not_judged_or_whose_figures_are_damaged_is_named(tmp_path: Path) -> None:
    found = compared(tmp_path, None, same, lambda metrics: metrics.pop("figures"))
    assert [group.runs for group in found.judged] == [("B",)]
    assert found.wanting[0].startswith("A has not been judged: `unsuplmk evaluate")
    assert found.wanting[1].startswith("C: metrics.json is not as unsuplmk evaluate writes it")


def test_all_of_it_is_json(tmp_path: Path) -> None:
    found = compared(tmp_path, same, None, loss={"equivariance": {"weight": 1.0}})
    values = json.loads(json.dumps(found.as_dict(), allow_nan=False))
    assert values["judged"][0]["values"]["error"] == [[5.0, [4.5, 5.5]]]
    assert values["settings"]["loss.pixel.weight"] == [20.0, None]


def test_one_run_cannot_be_compared_and_no_run_with_itself(tmp_path: Path) -> None:
    run = records(written(tmp_path / "run"))
    with pytest.raises(UserError, match="at least two runs"):
        differences([run])
    with pytest.raises(UserError, match="is named twice"):
        differences([run, run])
