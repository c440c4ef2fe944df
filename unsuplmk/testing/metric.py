"""What a metric must do."""

from __future__ import annotations

import numpy as np

from unsuplmk.testing.part import Part


def gives_finite_figures_by_name(part: Part) -> None:
    """Plain numbers, for one image as for many, the same each time."""
    for images in (1, 20):
        figures = part.build()(*_points(images))
        assert figures, "there are no figures"
        for name, value in figures.items():
            assert isinstance(value, float), f"{name} is {type(value).__name__}, not float"
            assert np.isfinite(value), f"{name} is {value}"
        assert figures == part.build()(*_points(images)), "the same points give other figures"


def ignores_what_is_not_annotated(part: Part) -> None:
    """Where the truth is missing, a prediction does not count."""
    predicted, truth, scale = _points(20)
    truth[::3, 1] = np.nan
    before = part.build()(predicted, truth, scale)
    predicted[::3, 1] += 1000
    assert part.build()(predicted, truth, scale) == before, "predictions of unannotated points change the figures"


def does_not_depend_on_the_unit(part: Part) -> None:
    """Points and scale doubled together leave the figures as they are."""
    predicted, truth, scale = _points(20)
    once, twice = part.build()(predicted, truth, scale), part.build()(2 * predicted, 2 * truth, 2 * scale)
    for name, value in once.items():
        assert np.isclose(twice[name], value), f"{name} is {value} at one scale, {twice[name]} at twice that"


def takes_points_in_single_precision(part: Part) -> None:
    """Networks give float32: the figures are the same but for rounding, and plain numbers."""
    points = _points(20)
    exact, single = part.build()(*points), part.build()(*(array.astype(np.float32) for array in points))
    for name, value in exact.items():
        assert isinstance(single[name], float), f"{name} of float32 is {type(single[name]).__name__}, not float"
        assert np.isclose(single[name], value, rtol=1e-3), f"{name} is {value} of float64, {single[name]} of float32"


def leaves_the_points_alone(part: Part) -> None:
    """They are the other metrics' too."""
    given = _points(20)
    part.build()(*given)
    assert all(map(np.array_equal, given, _points(20))), "the metric changes its input in place"


def tells_good_from_bad(part: Part) -> None:
    """Perfect points and poor ones do not get the same figures."""
    predicted, truth, scale = _points(20)
    perfect, poor = part.build()(truth, truth, scale), part.build()(predicted + 100, truth, scale)
    assert perfect != poor, "perfect and poor predictions get the same figures"


def _points(images: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    truth = 100 * rng.random((images, 5, 2))
    return truth + rng.normal(0, 4, truth.shape), truth, 20 + 40 * rng.random(images)


CHECKS = (
    gives_finite_figures_by_name,
    ignores_what_is_not_annotated,
    does_not_depend_on_the_unit,
    takes_points_in_single_precision,
    leaves_the_points_alone,
    tells_good_from_bad,
)
