"""What several runs have in common and what not, by what their folders record: settings, losses, health, figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import isclose
from typing import Any

from unsuplmk.errors import UserError
from unsuplmk.evaluation.verdict import plain
from unsuplmk.registry import flag
from unsuplmk.report.records import HEALTH, METRICS, Records, figures
from unsuplmk.report.svg import letter

SAME = 1e-6
"""Relative difference up to which two constant guesses are one: they are of the same images and labels."""
SEEN = ("data", "dataset", "crop", "pairs", "size", "fit", "augment", "loss")
"""Settings, and tables of them, by which losses are no more of the same thing."""
FREE = ("device", "devices", "workers", "compile", "save_every", "log_every", "stage")
"""Settings, and tables of them, that change what a run is only in how it was made."""
NAMING = "thresholds"
"""An option of a metric that only chooses among its figures, each of which has its own in its name."""

Value = tuple[float | None, tuple[float | None, float | None]]
"""A figure and its interval; None for what does not exist."""


@dataclass(frozen=True)
class Judged:
    """Figures of `unsuplmk evaluate`, of runs that were judged alike.

    Args:
        runs: Their letters.
        protocol: What was measured, in words.
        figure: The headline.
        better: Whether a good headline is low or high.
        unit: Of distances.
        images: (training, test) images.
        values: Figure -> for each run its value and its interval.
        constant: Figure -> of the constant guess.
        verdict: What can be said of the headline.
        without: Figures that all have and that are not of the same thing, and why.
    """

    runs: tuple[str, ...]
    protocol: str
    figure: str
    better: str
    unit: str
    images: tuple[int, int]
    values: Mapping[str, tuple[Value, ...]]
    constant: Mapping[str, float | None]
    verdict: str
    without: tuple[str, ...]


@dataclass(frozen=True)
class Comparison:
    """Several runs beside one another; values stand in the order of the runs.

    Args:
        runs: Letter -> folder.
        settings: Those that differ.
        versions: Those that differ.
        steps: Done by each.
        losses: The last of each loss; NaN where a run has none.
        health: The last of each figure.
        losses_differ: Settings that differ and make losses of different things.
        judged: Figures of annotated points, one entry for runs that were judged alike.
        apart: Why there is more than one entry.
        wanting: Runs whose figures are not there, and why.
    """

    runs: Mapping[str, str]
    settings: Mapping[str, tuple[Any, ...]]
    versions: Mapping[str, tuple[Any, ...]]
    steps: tuple[int, ...]
    losses: Mapping[str, tuple[float, ...]]
    health: Mapping[str, tuple[float, ...]]
    losses_differ: tuple[str, ...]
    judged: tuple[Judged, ...]
    apart: tuple[str, ...]
    wanting: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """As plain values for JSON; a figure that does not exist is None."""
        return plain(asdict(self))


def differences(runs: Sequence[Records]) -> Comparison:
    """Compare the records of runs.

    Raises:
        UserError: There are fewer than two, or one is named twice.
    """
    if len(runs) < 2:
        raise UserError("a comparison needs at least two runs: unsuplmk compare RUN RUN")
    folders = [run.folder.resolve() for run in runs]
    twice = [str(run.folder) for run, folder in zip(runs, folders, strict=True) if folders.count(folder) > 1]
    if twice:
        raise UserError(f"{twice[0]} is named twice: give runs that differ")
    letters = [letter(number) for number in range(len(runs))]
    settings = {key: row for key, row in _differing([run.settings() for run in runs]) if not _within(key, FREE)}
    versions = [{**(run.config.get("versions") or {}), **(run.config.get("plugins") or {})} for run in runs]
    names = {kind: dict.fromkeys(n for run in runs for n in run.names()) for kind in ("loss", "health")}
    found, wanting = {}, []
    for name, run in zip(letters, runs, strict=True):
        try:
            metrics = figures(run.folder / METRICS)
        except UserError as error:
            wanting.append(f"{name}: {error}")
            continue
        if metrics is None:
            wanting.append(f"{name} has not been judged: `unsuplmk evaluate {run.folder} DATA` does it")
        else:
            found[name] = metrics
    judged, apart, odd = _groups(found)
    return Comparison(
        runs=dict(zip(letters, (str(run.folder) for run in runs), strict=True)),
        settings=settings,
        versions=dict(_differing(versions)),
        steps=tuple(run.steps for run in runs),
        losses={n: tuple(r.last(n) for r in runs) for n in names["loss"] if any(n in r.losses for r in runs)},
        health={n: tuple(r.last(n) for r in runs) for n in HEALTH if n in names["health"]},
        losses_differ=tuple(key for key in settings if _within(key, SEEN)),
        judged=judged,
        apart=apart,
        wanting=(*wanting, *odd),
    )


def _differing(tables: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Keys whose values are not all equal; None where a table has no such key."""
    for key in dict.fromkeys(key for table in tables for key in table):
        row = tuple(table.get(key) for table in tables)
        if any(value != row[0] for value in row):
            yield key, row


def _within(key: str, tables: Sequence[str]) -> bool:
    return key.partition(".")[0] in tables


def _groups(found: Mapping[str, Mapping[str, Any]]) -> tuple[tuple[Judged, ...], tuple[str, ...], tuple[str, ...]]:
    """Runs that were judged alike, why they are not all one group, and whose figures cannot be read."""
    groups: list[dict[str, Mapping[str, Any]]] = []
    apart, odd = [], []
    for name, metrics in found.items():
        try:
            against = [(group, [*_unlike(next(iter(group.values())), metrics)]) for group in groups]
            home = next((group for group, unlike in against if not unlike), None)
            _judged({name: metrics})
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            odd.append(f"{name}: {METRICS} is not as unsuplmk evaluate writes it: {error!r} is wanting or odd")
            continue
        if home is not None:
            home[name] = metrics
            continue
        apart += [f"{name} and {next(iter(group))} differ in {'; '.join(unlike)}" for group, unlike in against]
        groups.append({name: metrics})
    return tuple(_judged(group) for group in groups), tuple(apart), tuple(odd)


def _unlike(one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[str]:
    """What keeps two evaluations from being beside one another."""
    for key, values in _differing([one["protocol"], other["protocol"]]):
        if key == "name" or (one["protocol"]["name"] == other["protocol"]["name"] and key != "words"):
            yield f"the protocol's {key} ({_told(values[1])}, not {_told(values[0])})"
    for key, words in {
        "headline": "the map of the headline",
        "unit": "the unit",
        "train": "the number of training images",
        "test": "the number of test images",
    }.items():
        if one[key] != other[key]:
            yield f"{words} ({other[key]}, not {one[key]})"
    if ("ridge" in one) != ("ridge" in other):
        yield "what an earlier version did not record, ridge and changed copies: judge both again"
    elif one.get("ridge") != other.get("ridge"):
        yield f"the ridge of the map ({_told(other['ridge'])}, not {_told(one['ridge'])})"
    if one.get("augment", {}) != other.get("augment", {}):
        yield f"the changed copies of training images ({_copies(other)}, not {_copies(one)})"
    if list(one["per_point"]["constant"]) != list(other["per_point"]["constant"]):
        yield "the annotated points"
    figure = one["protocol"]["figure"]
    first, second = one["figures"]["constant"].get(figure), other["figures"]["constant"].get(figure)
    if first is None or second is None or not isclose(first, second, rel_tol=SAME):
        yield (
            f"the constant guess ({_told(second)}, not {_told(first)}), which sees no landmarks: other images, labels "
            "or crops"
        )


def _judged(group: Mapping[str, Mapping[str, Any]]) -> Judged:
    """Runs that were judged alike, beside one another."""
    first = next(iter(group.values()))
    protocol, headline, head = first["protocol"], first["headline"], first["protocol"]["figure"]
    headlines = [metrics["figures"][headline] for metrics in group.values()]
    common = [name for name in headlines[0] if all(name in figures for figures in headlines)]
    odd = {name: why for name in common if (why := _odd(name, group))}
    names = [name for name in common if name not in odd]
    values = {name: tuple(_value(metrics, name) for metrics in group.values()) for name in names}
    return Judged(
        runs=tuple(group),
        protocol=f"{protocol['name']}: {protocol['title']}, {protocol['variant']}. {protocol['words']}",
        figure=head,
        better=protocol["better"],
        unit=first["unit"],
        images=(first["train"], first["test"]),
        values=values,
        constant={name: first["figures"]["constant"].get(name) for name in names},
        verdict="" if head in odd else _verdict(tuple(group), values[head], protocol["better"]),
        without=tuple(f"{name}: {why}" for name, why in odd.items()),
    )


def _odd(name: str, group: Mapping[str, Mapping[str, Any]]) -> str:
    """Why a figure is not of the same thing in all runs, though it is called the same; empty if it is."""
    metrics = {run: found.get("metric_of", {}).get(name, "") for run, found in group.items()}
    if len(set(metrics.values())) > 1:
        said = ", ".join(f"{metric or 'the protocol'} in {run}" for run, metric in metrics.items())
        return f"of other metrics, {said}"
    options = [found.get("metrics", {}).get(metrics[run], {}) for run, found in group.items()]
    for key, row in _differing(options):
        if key != NAMING:
            said = ", ".join(f"{value} in {run}" for run, value in zip(group, row, strict=True))
            return f"of another {flag('metric', metrics[next(iter(group))], key)}, {said}"
    return ""


def _copies(metrics: Mapping[str, Any]) -> str:
    """How the training images were changed, in words."""
    made = metrics["augment"]
    return f"{made['copies']} by pipeline {made['pipeline']}, seed {made['seed']}" if made else "none"


def _value(metrics: Mapping[str, Any], name: str) -> Value:
    """A figure of the headline, and its interval."""
    low, high = metrics["intervals"][metrics["headline"]].get(name) or (None, None)
    return metrics["figures"][metrics["headline"]][name], (low, high)


def _verdict(runs: tuple[str, ...], values: Sequence[Value], better: str) -> str:
    """Which is best, and whether its interval leaves the others behind."""
    known = [(value, ends, run) for run, (value, ends) in zip(runs, values, strict=True) if value is not None]
    if len(known) < 2:
        return ""
    best, (low, high), name = sorted(known, key=lambda one: one[0], reverse=better == "higher")[0]
    overlapping = [run for _, other, run in known if run != name and _touch((low, high), other)]
    said = f"{name} is best with {best:.2f}"
    if not overlapping:
        return f"{said}; the intervals of the others lie apart from its own."
    return f"{said}; the intervals do not tell it from {', '.join(overlapping)}."


def _touch(one: tuple[float | None, float | None], other: tuple[float | None, float | None]) -> bool:
    """Whether two intervals overlap; one that does not exist overlaps all."""
    if one[0] is None or one[1] is None or other[0] is None or other[1] is None:
        return True
    return one[0] <= other[1] and other[0] <= one[1]


def _told(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
