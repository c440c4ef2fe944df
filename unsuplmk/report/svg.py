"""Curves as SVG within HTML: no script, no font, no file beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, isfinite, log10

import numpy as np

from unsuplmk.report.blocks import Chart, Colour

WIDTH, HEIGHT = 360, 200
"""Of a chart, in its own units."""
SHOWN = 306
"""Pixels that it is wide where there is room: three stand side by side."""
LEFT, RIGHT, TOP, BOTTOM = 52, 22, 28, 26
"""Around the curves, for the axes and the title."""
LETTER = 11
"""Size of letters."""
POINTS = 300
"""More values than this are averaged, several to a point."""
DECADE = 30.0
"""Positive values that span more than this factor are drawn on a logarithmic scale."""
COLOURS = (
    (31, 111, 214),
    (217, 84, 30),
    (42, 157, 74),
    (155, 79, 208),
    (194, 145, 46),
    (208, 64, 127),
    (26, 159, 174),
    (122, 127, 135),
)
"""Of the curves; they can be told apart on white and on nearly black, and each has its letter."""
DASHES = ("", "6 3", "2 3", "8 3 2 3")


@dataclass(frozen=True)
class _Scale:
    """From values to a place on an axis."""

    low: float
    high: float
    start: float
    stop: float
    logarithmic: bool = False

    def __call__(self, value: float) -> float:
        low, high, value = (log10(v) if self.logarithmic else v for v in (self.low, self.high, value))
        return self.start + (self.stop - self.start) * (value - low) / (high - low)

    def ticks(self, count: int) -> list[float]:
        """Round values within, about so many."""
        return _decades(self.low, self.high) if self.logarithmic else _round_values(self.low, self.high, count)


def draw(chart: Chart) -> str:
    """The chart as an `svg` element; several curves carry a letter, A first."""
    curves = [_thinned(*series) for series in chart.series.values()]
    steps = [step for xs, _ in curves for step in xs]
    values = [value for _, ys in curves for value in ys if isfinite(value)]
    if not values:
        return ""
    start, stop = min(steps), max(steps)
    x = _Scale(start, stop if stop > start else start + 1.0, float(LEFT), float(WIDTH - RIGHT))
    y = _vertical(values, chart.linear)
    parts = [*_axes(x, y), *_lines(curves, x, y)]
    title = (
        f'<text x="{LEFT}" y="16" font-size="13" font-weight="bold" fill="currentColor">{escape(chart.title)}</text>'
    )
    label = escape(_told(chart, y.logarithmic), quote=True)
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{SHOWN}" height="{SHOWN * HEIGHT // WIDTH}"'
    return f'<svg {size} role="img" aria-label="{label}" font-family="sans-serif">{title}{"".join(parts)}</svg>'


def colour(number: int) -> Colour:
    """Of curve or run `number`."""
    return COLOURS[number % len(COLOURS)]


def letter(number: int) -> str:
    """Of curve or run `number`: A to Z, then A2 and on."""
    return chr(ord("A") + number % 26) + (str(number // 26 + 1) if number >= 26 else "")


def _told(chart: Chart, logarithmic: bool) -> str:
    ends = []
    for number, (xs, ys) in enumerate(chart.series.values()):
        known = [(step, value) for step, value in zip(xs, ys, strict=True) if isfinite(value)]
        if known:
            name = f"{letter(number)} " if len(chart.series) > 1 else ""
            ends.append(
                f"{name}from {known[0][1]:.3g} at step {known[0][0]:g} to {known[-1][1]:.3g} at {known[-1][0]:g}"
            )
    return f"{chart.title}{', logarithmic' if logarithmic else ''}: {'; '.join(ends)}"


def _vertical(values: Sequence[float], linear: bool) -> _Scale:
    low, high, ground, top = min(values), max(values), float(HEIGHT - BOTTOM), float(TOP)
    if not linear and low > 0 and high > DECADE * low:
        return _Scale(low / 1.1, high * 1.1, ground, top, logarithmic=True)
    margin = 0.06 * (high - low) or 0.5 * abs(high) or 1.0
    bottom = 0.0 if 0 <= low <= 0.3 * high else low - margin
    return _Scale(bottom, high + margin, ground, top)


def _axes(x: _Scale, y: _Scale) -> Iterable[str]:
    faint = 'stroke="currentColor" stroke-opacity="0.18"'
    words = f'font-size="{LETTER}" fill="currentColor" fill-opacity="0.75"'
    for value in y.ticks(5):
        place = y(value)
        yield f'<path d="M{LEFT} {place:.1f}H{WIDTH - RIGHT}" {faint}/>'
        yield f'<text x="{LEFT - 5}" y="{place + 4:.1f}" text-anchor="end" {words}>{value:.4g}</text>'
    for value in x.ticks(5):
        place = x(value)
        yield f'<path d="M{place:.1f} {HEIGHT - BOTTOM}v4" stroke="currentColor" stroke-opacity="0.5"/>'
        yield f'<text x="{place:.1f}" y="{HEIGHT - 8}" text-anchor="middle" {words}>{value:,.6g}</text>'


def _lines(curves: Sequence[tuple[list[float], list[float]]], x: _Scale, y: _Scale) -> Iterable[str]:
    ends: list[tuple[float, float, int]] = []
    for number, (xs, ys) in enumerate(curves):
        path, pen, last = [], "M", (0.0, 0.0)
        for step, value in zip(xs, ys, strict=True):
            if not isfinite(value):
                pen = "M"
                continue
            last = (x(step), y(value))
            path.append(f"{pen}{last[0]:.1f} {last[1]:.1f}")
            pen = "L"
        if not path:
            continue
        ink, dash = f"rgb{colour(number)}", DASHES[number // 2 % len(DASHES)]
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        yield f'<path d="{"".join(path)}" fill="none" stroke="{ink}" stroke-width="1.7"{dashed}/>'
        if len(path) == 1:
            yield f'<circle cx="{last[0]:.1f}" cy="{last[1]:.1f}" r="3" fill="{ink}"/>'
        ends.append((last[1], last[0], number))
    if len(curves) > 1:
        yield from _letters(ends)


def _letters(ends: list[tuple[float, float, int]]) -> Iterable[str]:
    """A letter at the end of each curve, none on another."""
    above = float("-inf")
    for high, left, number in sorted(ends):
        above = max(high + 4, above + LETTER)
        style = f'font-size="{LETTER}" font-weight="bold" fill="rgb{colour(number)}"'
        yield f'<text x="{left + 5:.1f}" y="{above:.1f}" {style}>{letter(number)}</text>'


def _thinned(xs: Sequence[float], ys: Sequence[float]) -> tuple[list[float], list[float]]:
    """Means of several values each, where there are more than the eye can tell apart."""
    if len(xs) <= POINTS:
        return list(xs), list(ys)
    parts = np.array_split(np.arange(len(xs)), POINTS)
    x, y = np.asarray(xs, np.float64), np.asarray(ys, np.float64)
    return [float(x[part].mean()) for part in parts], [float(y[part].mean()) for part in parts]


def _round_values(low: float, high: float, count: int) -> list[float]:
    rough = (high - low) / count
    power = 10.0 ** floor(log10(rough))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough * 0.999)
    return [n * step for n in range(ceil(low / step - 1e-9), floor(high / step + 1e-9) + 1)]


def _decades(low: float, high: float) -> list[float]:
    powers = range(floor(log10(low)), ceil(log10(high)) + 1)
    factors = (1, 3) if len(powers) < 5 else (1,)
    found = [factor * 10.0**power for power in powers for factor in factors]
    skip = max(1, len(found) // 6)
    return [value for value in found if low <= value <= high][::skip]
