"""Tests of what may be asked of an evaluation beside its report."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from unsuplmk.errors import UserError
from unsuplmk.evaluation import analyses
from unsuplmk.evaluation.evaluate import Found, evaluate_found
from unsuplmk.evaluation.protocols import FACE, protocol
from unsuplmk.evaluation.samples import Sample
from unsuplmk.frames.prepare import Fit

RNG = np.random.default_rng(0)
MAP = RNG.normal(0, 0.3, (12, 10))


def sample(images: int, prefix: str) -> Sample:
    """Faces whose five points are a linear function of six landmarks, but for noise."""
    xy = RNG.uniform(-0.8, 0.8, (images, 6, 2))
    flat = (32 * (xy + 1)).reshape(images, -1)
    truth = (flat @ MAP - 0.5 + RNG.normal(0, 1, (images, 10))).reshape(images, 5, 2)
    return Sample(tuple(f"{prefix}{i:03}" for i in range(images)), np.full((images, 2), 64), xy, truth)


def found(name: str = "aflw") -> Found:
    return Found(Fit(64), sample(200, "train"), sample(80, "test"), FACE, protocol(name), (), {})


@pytest.fixture(scope="module")
def faces() -> Found:
    return found()


def test_the_last_of_the_label_curve_is_the_report_itself(faces: Found) -> None:
    report = evaluate_found(faces, report=lambda line: None)
    curve = analyses.by_labels(faces, (1, 20), repeats=3)
    assert report.train == 180  # the protocol holds 10 % out
    assert [row.labels for row in curve.rows] == [1, 20, 180]
    assert curve.rows[-1].mean == report.score
    assert curve.rows[0].mean > curve.rows[1].mean > curve.rows[2].mean
    assert (curve.unit, curve.intercept, curve.unknowns) == (report.unit, False, 12)


def test_a_protocol_that_counts_points_has_a_curve_of_its_own_unit() -> None:
    faces = found()
    joints = protocol("bbc")
    seven = [0, 1, 2, 3, 4, 0, 1]
    bodies = replace(
        faces,
        fitted=replace(faces.fitted, truth=faces.fitted.truth[:, seven]),
        judged=replace(faces.judged, truth=faces.judged.truth[:, seven]),
        points=joints.points,
        protocol=joints,
    )
    curve = analyses.by_labels(bodies, (1,), repeats=2)
    assert curve.unit == "% of the points within 6"
    assert curve.rows[0].mean < curve.rows[1].mean <= 100


def test_errors_of_the_images_average_to_the_reports(faces: Found) -> None:
    whole = replace(faces, protocol=protocol("aflw").changed("size", True))
    whole = replace(whole, protocol=replace(whole.protocol, held_out=0.0))
    report = evaluate_found(whole, report=lambda line: None)
    errors = analyses.image_errors(whole, intercept=True)
    assert list(errors) == ["ours, with intercept", "constant guess"]
    assert errors["ours, with intercept"].mean() == pytest.approx(report.error)
    assert errors["constant guess"].mean() == pytest.approx(report.figures["constant"]["error"])


def test_everything_together_is_plain_json_lines_and_plots(faces: Found, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    from unsuplmk.evaluation.plots import draw

    report = evaluate_found(faces, report=lambda line: None)
    more = analyses.Analyses(
        analyses.back(faces),
        analyses.by_labels(faces, (5,), repeats=2),
        analyses.beside_published(faces, report, "mine"),
    )
    values = json.loads(json.dumps(more.as_dict(), allow_nan=False))
    assert values["labels"]["rows"][0]["labels"] == 5
    assert any(row["trained_on"] == "mine" for row in values["comparison"]["rows"])
    assert len(more.shown()) == 3
    drawn = analyses.panels(faces, report, more)
    assert len(drawn) == 3
    draw(tmp_path / "plot.svg", drawn)
    assert "MAFL" in (tmp_path / "plot.svg").read_text()
    assert analyses.Analyses().as_dict() == {"backward": None, "labels": None, "comparison": None}
    assert len(analyses.panels(faces, report, analyses.Analyses())) == 1


def test_the_backward_error_is_left_out_where_no_image_has_every_point(faces: Found) -> None:
    truth = faces.fitted.truth.copy()
    truth[:, 0] = np.nan
    assert analyses.back(replace(faces, fitted=replace(faces.fitted, truth=truth))) is None


def test_a_changed_protocol_is_not_compared_with_published_figures() -> None:
    with pytest.raises(UserError, match="needs protocol aflw as it is, not intercept True for False"):
        analyses.check_comparable(protocol("aflw").changed(None, True))
    with pytest.raises(UserError, match="compare by one of"):
        analyses.check_comparable(protocol("plain"))
    analyses.check_comparable(protocol("aflw-intercept"))
