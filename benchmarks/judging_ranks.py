"""How well a figure ranks runs as the labels do: Spearman's rank correlation, and what its pick loses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float
from judging_figures import FIGURES

ERROR = "with_intercept"
RESAMPLES, SEED, LEVEL = 2000, 0, 95.0


def judged(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """For each figure: the correlation with the error, over all runs and over those that differ by seed only.

    A correlation of 1 says that the better figure always has the smaller error. A figure that depends on which
    frames were labelled has several values a run: what is said of it is the mean over these choices.
    """
    sizes = {group: sum(row["group"] == group for row in rows) for group in {row["group"] for row in rows}}
    several = [row for row in rows if sizes[row["group"]] > 1]
    every = {row["run"]: "all" for row in rows}
    seeds = {row["run"]: row["group"] for row in several}
    return {
        "unit": "px",
        "interval": {"level": LEVEL, "resamples": RESAMPLES, "seed": SEED},
        "correlations": [
            {"figure": name, **FIGURES[name]._asdict(), "all": over(rows, name, every)}
            | {"seeds": over(several, name, seeds)}
            for name in FIGURES
        ],
    }


def over(rows: Sequence[dict[str, Any]], name: str, groups: dict[str, str]) -> dict[str, Any] | None:
    """One figure over runs that are only compared within their group; None where it says nothing of two runs."""
    known = [row for row in rows if row.get(name) is not None]
    named = [groups[row["run"]] for row in known]
    known, named = (
        [row for row in known if named.count(groups[row["run"]]) > 1],
        [n for n in named if named.count(n) > 1],
    )
    if not known:
        return None
    error = np.array([row[ERROR] for row in known])
    sign = 1 if FIGURES[name].better == "higher" else -1
    draws = sign * np.array([np.atleast_1d(row[name]) for row in known], float).T
    members = [np.flatnonzero(np.array(named) == one) for one in dict.fromkeys(named)]
    rng = np.random.default_rng(SEED)
    drawn = np.concatenate([group[rng.integers(len(group), size=(RESAMPLES, len(group)))] for group in members], 1)
    sizes = [len(group) for group in members]
    order = np.concatenate(members)
    correlation = np.mean([spearman(draw[order][None], error[order][None], sizes) for draw in draws])
    resampled = np.mean([spearman(draw[drawn], error[drawn], sizes) for draw in draws], 0)
    resampled = resampled[np.isfinite(resampled)]
    tail = (100 - LEVEL) / 2
    ends = np.percentile(resampled, (tail, 100 - tail)) if len(resampled) else (np.nan, np.nan)
    lost = np.mean([[regret(draw[group], error[group]) for group in members] for draw in draws])
    random = np.mean([error[group].mean() - error[group].min() for group in members])
    figures = {"correlation": correlation, "low": ends[0], "high": ends[1], "regret": lost, "random_regret": random}
    return {"runs": len(known), **{key: plain(value) for key, value in figures.items()}}


def spearman(
    a: Float[np.ndarray, "batch runs"], error: Float[np.ndarray, "batch runs"], sizes: Sequence[int]
) -> Float[np.ndarray, "batch"]:
    """Of a figure and of minus the error, ranked within each group; NaN where one of the two is constant."""
    ranks: list[list[np.ndarray]] = [[], []]
    start = 0
    for size in sizes:
        for kind, values in zip(ranks, (a, -error), strict=True):
            some = ranked(values[:, start : start + size])
            kind.append(some - some.mean(1, keepdims=True))
        start += size
    x, y = (np.concatenate(kind, 1) for kind in ranks)
    scale = np.sqrt(np.square(x).sum(1) * np.square(y).sum(1))
    return np.divide((x * y).sum(1), scale, out=np.full(len(x), np.nan), where=scale > 0)


def ranked(values: Float[np.ndarray, "batch runs"]) -> Float[np.ndarray, "batch runs"]:
    """Ranks from 0; equal values share the mean of theirs."""
    below = values[:, :, None] > values[:, None, :]
    equal = values[:, :, None] == values[:, None, :]
    return below.sum(2) + (equal.sum(2) - 1) / 2


def regret(figure: Float[np.ndarray, "runs"], error: Float[np.ndarray, "runs"]) -> float:
    """Error of the run that the figure picks, less the least; the mean of those that it cannot tell apart."""
    return float(error[figure == figure.max()].mean() - error.min())


def plain(value: Any) -> float | None:
    """For JSON."""
    return None if np.isnan(value) else round(float(value), 3)


def table(result: dict[str, Any]) -> str:
    """The correlations in Markdown."""
    first = result["correlations"][0]
    runs = [len(result["runs"]), (first["seeds"] or {"runs": 0})["runs"]]
    lines = [
        f"| figure | all {runs[0]} runs | its pick loses | same settings, {runs[1]} runs | its pick loses |",
        "|---|---|---:|---|---:|",
    ]
    for row in result["correlations"]:
        cells = [cell for part in (row["all"], row["seeds"]) for cell in words(part)]
        lines.append(f"| {row['words']} | {' | '.join(cells)} |")
    random = [part["random_regret"] if part else None for part in (first["all"], first["seeds"])]
    shown = ["" if value is None else f"{value:.2f}" for value in random]
    lines.append(f"| a random pick | 0 | {shown[0]} | 0 | {shown[1]} |")
    return "\n".join(lines)


def words(part: dict[str, Any] | None) -> tuple[str, str]:
    """A correlation with its interval, and the regret."""
    if part is None:
        return "", ""
    if part["correlation"] is None:
        return "the same in all", ""
    count = "" if part["low"] is None else f" ({part['low']:.2f} to {part['high']:.2f})"
    return f"{part['correlation']:.2f}{count}", f"{part['regret']:.2f}"
