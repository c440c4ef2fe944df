"""How well a figure ranks runs as the labels do: Spearman's rank correlation, and what its pick loses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float
from judging_figures import FIGURES

ERROR = "with_intercept"
RESAMPLES, SEED, LEVEL = 2000, 0, 95.0


def judged(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """For each figure: the correlation with the error, over all runs, those without a change, and within a setting.

    A correlation of 1 says that the better figure always has the smaller error. A figure that depends on which
    frames were labelled has several values a run: what is said of it is the mean over these choices.
    """
    several = [row for row in rows if row["landmarks"]]
    every = {row["run"]: "all" for row in rows}
    seeds = {row["run"]: str(row["landmarks"]) for row in several}
    return {
        "unit": "px",
        "interval": {"level": LEVEL, "resamples": RESAMPLES, "seed": SEED},
        "correlations": [
            {"figure": name, **FIGURES[name]._asdict(), "all": over(rows, name, every)}
            | {"unchanged": over(several, name, every), "seeds": over(several, name, seeds)}
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


def table(*results: dict[str, Any]) -> str:
    """The correlations in Markdown, of several benchmarks beside each other."""
    columns = [column for result in results for column in compared(result)]
    heads, randoms = [f"{head} | loses" for head, _, _ in columns], [f"0 | {loses:.2f}" for _, loses, _ in columns]
    lines = [f"| figure | {' | '.join(heads)} |", f"|---|{'---|---:|' * len(columns)}"]
    for number, figure in enumerate(FIGURES.values()):
        lines.append(f"| {figure.words} | {' | '.join(cell for _, _, cells in columns for cell in cells[number])} |")
    return "\n".join([*lines, f"| a random pick | {' | '.join(randoms)} |"])


def compared(result: dict[str, Any]) -> Iterator[tuple[str, float, list[tuple[str, str]]]]:
    """Some runs in a column: what it is called, what a random pick loses, and what each figure says."""
    name = result["data"].partition("_")[0]
    heads = {"all": f"{name}, {{}} runs", "unchanged": "{} without a change", "seeds": "these, seeds apart"}
    if len({row["landmarks"] for row in result["runs"]}) == 1:  # there is one setting, so that all three are the same
        heads = {"seeds": f"{name}, {{}} seeds"}
    for part, head in heads.items():
        found = [row[part] for row in result["correlations"]]
        most = max((one["runs"] for one in found if one), default=0)
        if most:
            random = next(one["random_regret"] for one in found if one and one["runs"] == most)
            yield head.format(most), random, [words(one, most) for one in found]


def words(part: dict[str, Any] | None, most: int) -> tuple[str, str]:
    """A correlation with its interval and, where some runs have no such figure, how many have; and the regret."""
    if part is None:
        return "", ""
    if part["correlation"] is None:
        return "the same in all", ""
    ends = "" if part["low"] is None else f" ({part['low']:.2f} to {part['high']:.2f})"
    some = "" if part["runs"] == most else f", {part['runs']} runs"
    return f"{part['correlation']:.2f}{ends}{some}", f"{part['regret']:.2f}"


def cases(result: dict[str, Any]) -> str:
    """The runs of seed 0 in Markdown, the least error first."""
    columns = {
        **{"error, px": (ERROR, 1), "spread, %": ("spread", 1), "dead, %": ("dead", 0), "merged, %": ("merged", 0)},
        **{"warp, %": ("known_warp", 1), "warp to spread": ("known_warp_to_spread", 2)},
        **{"gain, dB": ("psnr_over_other", 3), "20 labels, %": ("labels_20", 1)},
    }
    rows = sorted(
        (row for row in result["runs"] if not row["landmarks"] or row["run"].endswith("-0")), key=lambda row: row[ERROR]
    )
    lines = [f"| run | {' | '.join(columns)} |", "|---|" + "---:|" * len(columns)]
    for row in rows:
        cells = [f"{round(float(np.mean(row[key])), places) + 0.0:.{places}f}" for key, places in columns.values()]
        lines.append(f"| {row['run']} | {' | '.join(cells)} |")
    return "\n".join(lines)
