"""A comparison of runs as a document: tables for a terminal, with curves and pictures for a page."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from math import isnan
from typing import Any

from unsuplmk import launch
from unsuplmk.batches.data import open_data
from unsuplmk.datasets.cropped import Cropped
from unsuplmk.detector import Detector
from unsuplmk.errors import UserError
from unsuplmk.frames.gather import chosen
from unsuplmk.interfaces import Dataset
from unsuplmk.report.blocks import Block, Bullets, Charts, Document, Picture, Pictures, Section, Table, Text
from unsuplmk.report.differences import Comparison, Judged
from unsuplmk.report.judged import interval, number
from unsuplmk.report.make import attempt
from unsuplmk.report.pixels import small
from unsuplmk.report.records import Records
from unsuplmk.report.sight import Look, frames, look
from unsuplmk.report.summary import TITLES, brief, chart
from unsuplmk.report.svg import colour

LONGEST = 60
"""Characters of a setting that are shown."""


def tables(found: Comparison) -> Document:
    """What the records say, without curves and pictures."""
    colours = tuple(colour(number) for number in range(len(found.runs)))
    runs = Table((), tuple(found.runs.items()), colours=colours, numbers=False)
    sections = [Section("Runs", (runs,)), *_settings(found), *_training(found), _judged(found)]
    lead = "What they differ in, and which is better where they were judged alike."
    return Document(f"{len(found.runs)} runs compared", lead, tuple(sections))


def document(
    found: Comparison,
    runs: Sequence[Records],
    data: str = "",
    *,
    images: int,
    seed: int = 0,
    device: str = "auto",
    report: Callable[[str], None] = warnings.warn,
) -> Document:
    """All of a comparison.

    Args:
        found: What the records say.
        runs: The records.
        data: Frames to show; empty for those of the first run whose frames are still there.
        images: Frames that are shown.
        seed: Of the choice of frames.
        device: auto, cpu, cuda or mps.
        report: Called with one line for whatever is left out.

    Raises:
        UserError: `data` is given and cannot be read, or there is no such device.
    """
    launch.resolve(device)  # one that is not there is no reason for a page without pictures
    text = tables(found)
    given = open_data(data) if data else None
    shown = attempt("Landmarks", lambda: _landmarks(found, runs, given, data, images, seed, device, report), report)
    curves = attempt("Curves", lambda: _curves(found, runs), report)
    more = [section for section in (shown, curves) if section is not None]
    return Document(text.title, text.lead, (*text.sections, *more))


def _settings(found: Comparison) -> Iterator[Section]:
    for title, differing in (("Settings that differ", found.settings), ("Versions that differ", found.versions)):
        if differing:
            rows = tuple((key, *(_short(value) for value in row)) for key, row in differing.items())
            yield Section(title, (Table(("", *found.runs), rows, numbers=False),))
        elif title.startswith("Settings"):
            yield Section(title, (Text("None: the runs were trained alike."),))


def _training(found: Comparison) -> Iterator[Section]:
    steps = ("steps done", *(f"{number:,}" for number in found.steps))
    losses = [(TITLES.get(n, n), *(brief(value) for value in row)) for n, row in found.losses.items()]
    blocks: list[Block] = [Table(("", *found.runs), (steps, *losses))]
    if found.losses_differ:
        said = ", ".join(found.losses_differ)
        blocks.insert(0, Text(f"These are not losses of the same thing, for the runs differ in {said}.", strong=True))
    yield Section("Last losses", tuple(blocks))
    if found.health:
        rows = tuple((TITLES.get(n, n), *(brief(v) for v in row)) for n, row in found.health.items())
        note = Text("Of the last batch of each training that was examined, each of its own pairs.")
        yield Section("Health", (note, Table(("", *found.runs), rows)))


def _judged(found: Comparison) -> Section:
    blocks: list[Block] = []
    if found.apart:
        blocks.append(Text("Not all runs were judged alike; only those in one table can be compared.", strong=True))
        blocks.append(Bullets(found.apart))
    for group in found.judged:
        blocks += _group(group)
    if found.wanting:
        blocks.append(Bullets(found.wanting))
    return Section("Judged by annotated points", tuple(blocks))


def _group(group: Judged) -> Iterator[Block]:
    train, test = group.images
    yield Text(
        f"{group.protocol} Fitted on {train:,} images, judged on {test:,}; {group.better} is better; distances in "
        f"{group.unit}."
    )
    rows = []
    for name, values in group.values.items():
        cells = [" ".join(filter(None, (number(v), f"({interval(e)})" if interval(e) else ""))) for v, e in values]
        rows.append((name, *cells, number(group.constant[name])))
    yield Table(("", *group.runs, "constant guess"), tuple(rows))
    if group.verdict:
        yield Text(group.verdict)
    if group.without:
        yield Bullets(tuple(f"Left out, for it is not of the same thing: {line}" for line in group.without))


def _curves(found: Comparison, runs: Sequence[Records]) -> Section | None:
    names = [*found.losses, *found.health, "learning_rate"]
    drawn = []
    for name in names:
        series = {letter: run.series(name) for letter, run in zip(found.runs, runs, strict=True)}
        if any(len(steps) > 1 for steps, _ in series.values()):
            drawn.append(chart(name, series))
    return Section("Curves", (Charts(tuple(drawn)),)) if drawn else None


def _landmarks(
    found: Comparison,
    runs: Sequence[Records],
    given: Dataset | None,
    data: str,
    images: int,
    seed: int,
    device: str,
    report: Callable[[str], None],
) -> Section:
    """The same frames with each run's landmarks, and how these are in them."""
    dataset, words = (given, f"frames of {data}") if given is not None else _own(found, runs)
    detectors = [Detector.load(run.folder, device) for run in runs]
    views = [_view(detector, dataset, report) for detector in detectors]
    order = [i for i in chosen(dataset, images, seed) if all(i in places for _, places in views)]
    looks = [
        look(detector, view, [places[i] for i in order], images, report if detector is detectors[0] else _silent)
        for detector, (view, places) in zip(detectors, views, strict=True)
    ]
    kept = [place for place in looks[0].kept if all(place in seen.kept for seen in looks)]
    blocks: list[Block] = [
        Text(f"Shown are {words}. Colours of different runs have nothing to do with one another."),
        _health(found, looks),
    ]
    points = [seen.points(seen.landmarks) for seen in looks]
    for place in kept:
        rows = [(seen, seen.kept.index(place), own) for seen, own in zip(looks, points, strict=True)]
        blocks.append(
            Pictures(
                tuple(
                    Picture(small(seen.pictures[i], own[i]), f"{seen.names[i]} with the landmarks of {run}", run)
                    for run, (seen, i, own) in zip(found.runs, rows, strict=True)
                )
            )
        )
    return Section("Landmarks", tuple(blocks))


def _own(found: Comparison, runs: Sequence[Records]) -> tuple[Dataset, str]:
    reasons = []
    for letter, run in zip(found.runs, runs, strict=True):
        try:
            own = frames(run.config)
        except UserError as error:
            reasons.append(str(error))
            continue
        return own.dataset, f"{own.words} (of {letter}: {run.config.get('data')})"
    raise UserError(f"the frames of no run are there any more; give some with --data: {reasons[0]}")


def _view(detector: Detector, dataset: Dataset, report: Callable[[str], None]) -> tuple[Dataset, dict[int, int]]:
    """What a run is shown of the frames, and where each frame is in that."""
    view = detector.cropped(dataset, None, report)
    if not isinstance(view, Cropped) or view is dataset:
        return view, {index: index for index in range(len(view))}
    places: dict[int, int] = {}
    for index in range(len(view)):
        places.setdefault(view.frame(index), index)
    return view, places


def _health(found: Comparison, looks: Sequence[Look]) -> Table:
    healths = [seen.health() for seen in looks]
    rows = (
        ("mean spread, % of the side", *(f"{sum(h.spread) / len(h.spread):.1f}" for h in healths)),
        (TITLES["dead"], *(str(len(h.dead)) for h in healths)),
        (TITLES["merged"], *(str(len({i for pair in h.merged for i in pair})) for h in healths)),
        (TITLES["border"], *(f"{h.border:.0f}" for h in healths)),
    )
    return Table(("", *found.runs), rows, f"In the same {len(looks[0].landmarks)} frames.")


def _short(value: Any) -> str:
    text = "" if value is None or (isinstance(value, float) and isnan(value)) else str(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def _silent(_: str) -> None:
    """Says nothing: the first run has said it."""
