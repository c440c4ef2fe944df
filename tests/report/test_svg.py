"""Curves are drawn where their values are."""

from __future__ import annotations

import re
from itertools import pairwise
from math import nan
from xml.etree import ElementTree

import pytest

from unsuplmk.report import svg
from unsuplmk.report.blocks import Chart


def curves(chart: Chart) -> list[list[tuple[float, float]]]:
    """The points of each curve, in units of the drawing."""
    paths = [path for path in ElementTree.fromstring(svg.draw(chart)).iter("path") if path.get("fill") == "none"]
    found = [re.findall(r"[ML]([\d.]+) ([\d.]+)", path.get("d", "")) for path in paths]
    return [[(float(x), float(y)) for x, y in points] for points in found]


def labels(chart: Chart) -> list[str]:
    return [text.text or "" for text in ElementTree.fromstring(svg.draw(chart)).iter("text")]


def test_a_line_through_equal_steps_is_straight_and_falls_as_its_values() -> None:
    (points,) = curves(Chart("loss", {"": ([0.0, 10.0, 20.0], [5.0, 4.0, 3.0])}))
    (x0, y0), (x1, y1), (x2, y2) = points
    assert (x0, x2) == (svg.LEFT, svg.WIDTH - svg.RIGHT)
    assert x1 == pytest.approx((x0 + x2) / 2, abs=0.1)
    assert y1 == pytest.approx((y0 + y2) / 2, abs=0.1)
    assert y0 < y2, "down is larger in SVG, and the first value is the highest"


def test_values_over_decades_are_drawn_by_their_logarithms_unless_told_otherwise() -> None:
    series = {"": ([0.0, 1.0, 2.0], [100.0, 1.0, 0.01])}
    (points,) = curves(Chart("loss", series))
    assert points[1][1] == pytest.approx((points[0][1] + points[2][1]) / 2, abs=0.1)
    assert "logarithmic" in svg.draw(Chart("loss", series))
    (points,) = curves(Chart("loss", series, linear=True))
    assert points[2][1] - points[1][1] < 0.05 * (points[2][1] - points[0][1])


@pytest.mark.parametrize("values", [[0.0, 100.0], [-1.0, 50.0]])
def test_values_that_have_no_logarithm_are_drawn_on_a_linear_scale(values: list[float]) -> None:
    assert "logarithmic" not in svg.draw(Chart("x", {"": ([0.0, 1.0], values)}))


def test_a_value_that_is_not_there_leaves_a_gap() -> None:
    text = svg.draw(Chart("x", {"": ([0.0, 1.0, 2.0, 3.0, 4.0], [1.0, 2.0, nan, 2.0, 1.0])}))
    (path,) = [path for path in ElementTree.fromstring(text).iter("path") if path.get("fill") == "none"]
    assert re.sub(r"[\d. ]", "", path.get("d", "")) == "MLML"


def test_nothing_is_drawn_of_nothing() -> None:
    assert svg.draw(Chart("x", {"": ([], [])})) == ""
    assert svg.draw(Chart("x", {"": ([1.0], [nan])})) == ""


@pytest.mark.parametrize("values", [[0.0, 0.0], [3.0, 3.0], [-2.0, -2.0], [1e-12, 1e-12], [1e9, 1e9]])
def test_a_constant_is_a_level_line_within_the_axes(values: list[float]) -> None:
    (points,) = curves(Chart("x", {"": ([0.0, 1.0], values)}))
    assert points[0][1] == points[1][1]
    assert svg.TOP <= points[0][1] <= svg.HEIGHT - svg.BOTTOM


def test_one_value_is_a_point() -> None:
    assert "<circle" in svg.draw(Chart("x", {"": ([250.0], [3.0])}))


def test_several_curves_have_their_letters_at_their_ends_and_colours_of_their_own() -> None:
    chart = Chart("x", {str(n): ([0.0, 1.0], [float(n), float(n)]) for n in range(3)})
    assert sorted(labels(chart)[-3:]) == ["A", "B", "C"]
    inks = re.findall(r'fill="none" stroke="([^"]+)"', svg.draw(chart))
    assert len(set(inks)) == 3


def test_letters_at_one_place_do_not_cover_each_other() -> None:
    text = svg.draw(Chart("x", {str(n): ([0.0, 1.0], [2.0, 2.0]) for n in range(4)}))
    heights = [float(height) for height in re.findall(r'y="([\d.]+)" font-size="11" font-weight', text)]
    assert len(heights) == 4
    assert min(b - a for a, b in pairwise(heights)) >= 11


def test_letters_go_on_after_z() -> None:
    assert [svg.letter(n) for n in (0, 25, 26, 53)] == ["A", "Z", "A2", "B3"]


def test_a_long_log_is_averaged() -> None:
    steps = [float(n) for n in range(3000)]
    (points,) = curves(Chart("x", {"": (steps, [float(n % 2) for n in range(3000)])}))
    assert len(points) == svg.POINTS
    heights = [y for _, y in points]
    assert max(heights) - min(heights) < 0.02 * svg.HEIGHT


def test_titles_are_text() -> None:
    text = svg.draw(Chart("<b>&\"'", {"": ([0.0, 1.0], [1.0, 2.0])}))
    assert "<b>" not in text
    assert labels(Chart("<b>&\"'", {"": ([0.0, 1.0], [1.0, 2.0])}))[0] == "<b>&\"'"


@pytest.mark.parametrize(("low", "high"), [(0.0, 7.3), (0.513, 0.534), (-40.0, 1200.0), (0.0, 20000.0)])
def test_the_axis_has_a_few_round_values_within(low: float, high: float) -> None:
    texts = [text.replace(",", "") for text in labels(Chart("title", {"": ([low, high], [1.0, 2.0])}))[1:]]
    ticks = [float(text) for text in texts[-5:] if low <= float(text) <= high and len(text) < 8]
    assert len(ticks) >= 3
