"""The report of a run: every section that applies, and a line for one that cannot be made."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unsuplmk import launch
from unsuplmk.detector import Detector
from unsuplmk.errors import UserError
from unsuplmk.frames.gather import chosen
from unsuplmk.interfaces import Dataset
from unsuplmk.report import judged, looks, remade, summary
from unsuplmk.report.blocks import Block, Document, Section, Text
from unsuplmk.report.records import Records, records
from unsuplmk.report.sight import Look, count, frames, look
from unsuplmk.sharing.hub import resolve

PAGE = "report.html"
"""The file in the run folder."""
IMAGES = 12
"""Frames that are shown unless said otherwise."""


@dataclass(frozen=True)
class Sight:
    """What could be had of the frames and the detector.

    Args:
        detector: The run's; None where it cannot be loaded.
        dataset: What it is shown; None where there are no frames.
        seen: The landmarks in some of them.
        words: Which frames these are.
        wanting: Why something is not there, in sentences.
    """

    detector: Detector | None
    dataset: Dataset | None
    seen: Look | None
    words: str
    wanting: tuple[str, ...]


def document(
    run: str | Path,
    data: str = "",
    options: Mapping[str, Any] | None = None,
    *,
    images: int = IMAGES,
    seed: int = 0,
    crop: Mapping[str, Any] | None = None,
    device: str = "auto",
    report: Callable[[str], None] = warnings.warn,
) -> Document:
    """The report of a run.

    Args:
        run: Its folder.
        data: Frames to show; empty for the run's own, where they are still there.
        options: Of the dataset that `data` names.
        images: Frames that are shown.
        seed: Of the choice of frames.
        crop: As for `Detector.cropped`.
        device: auto, cpu, cuda or mps.
        report: Called with one line for whatever is left out.

    Raises:
        UserError: The folder is no run's, `data` is given and cannot be read, or there is no such device.
    """
    found = records(resolve(run))
    launch.resolve(device)  # one that is not there is no reason for a report without pictures
    sight = _sight(found, data, options, images, seed, crop, device, report)
    made = [*_sections(found, sight, seed, report)]
    trouble = [*sight.wanting, *summary.trouble(found), *(looks.trouble(sight.seen) if sight.seen else ())]
    if trouble:
        first = made[0]
        made[0] = Section(first.title, (*(Text(line, strong=True) for line in trouble), *first.blocks))
    config = found.config
    lead = f"{config.get('landmarks')} landmarks discovered in {config.get('data')}, without labels."
    return Document(f"Report of {found.name}", lead, tuple(made))


def _sections(run: Records, sight: Sight, seed: int, report: Callable[[str], None]) -> Iterator[Section]:
    detector, dataset, seen = sight.detector, sight.dataset, sight.seen
    wanted: list[tuple[str, Callable[[], Section | None]]] = [
        ("What was trained", lambda: summary.summary(run, count(run.config), sight.words if seen else "")),
        ("Warnings while it was trained", lambda: summary.warnings(run)),
        ("Health", lambda: looks.health(run, seen)),
    ]
    if seen is not None:
        wanted.append(("Landmarks", lambda: looks.landmarks(seen, sight.words)))
    wanted.append(("Named points", lambda: judged.names(run, _named(detector, seen, report))))
    wanted.append(("Judged by annotated points", lambda: judged.metrics(run)))
    wanted.append(("Curves", lambda: summary.curves(run)))
    wanted.append(("Pictures of training", lambda: summary.previews(run)))
    if detector is not None and dataset is not None and detector.model.generator.rebuilds:
        wanted.append(("Geometry and style swapped", lambda: remade.swap(detector, dataset, seed, report)))
        wanted.append(("Frames rebuilt", lambda: remade.reconstruction(detector, dataset, seed, report)))
    wanted.append(("All settings", lambda: summary.settings(run)))
    for title, make in wanted:
        section = attempt(title, make, report)
        if section is not None:
            yield section


def attempt(title: str, make: Callable[[], Section | None], report: Callable[[str], None]) -> Section | None:
    """A section, or one line that says why it could not be made: the rest of a report is not lost with it."""
    try:
        return make()
    except UserError as error:
        reason = str(error)
    except Exception as error:  # whatever it is, an hour's report is worth more than its last section
        reason = f"{type(error).__name__}: {error}"
    reason = " ".join(reason.split())[:300]
    report(f"no section {title!r}: {reason}")
    return Section(title, (Text(f"This section could not be made: {reason}"),))


def _sight(
    run: Records,
    data: str,
    options: Mapping[str, Any] | None,
    images: int,
    seed: int,
    crop: Mapping[str, Any] | None,
    device: str,
    report: Callable[[str], None],
) -> Sight:
    wanting: list[str] = []
    detector = dataset = seen = None
    words = ""
    try:
        detector = Detector.load(run.folder, device)
    except UserError as error:
        wanting.append(f"No landmarks can be shown: {error}.")
    try:
        found = frames(run.config, data, options)
        words = found.words
        dataset = detector.cropped(found.dataset, crop, report) if detector else found.dataset
        if detector and detector.model.bottleneck.places:
            seen = look(detector, dataset, chosen(dataset, images, seed), images, report)
    except UserError as error:
        if data:
            raise
        dataset = None
        wanting.append(f"What it was trained on cannot be shown: {error}.")
    except Exception as error:  # such as a device without the memory: the records are still worth their page
        dataset = None
        wanting.append(f"No landmarks can be shown: {type(error).__name__}: {' '.join(str(error).split())[:300]}.")
    for line in wanting:
        report(line)
    return Sight(detector, dataset, seen, words, tuple(wanting))


def _named(detector: Detector | None, seen: Look | None, report: Callable[[str], None]) -> tuple[Block, ...]:
    if detector is None or seen is None:
        return ()
    try:
        return looks.named(detector, seen)
    except UserError as error:
        report(str(error))
        return (Text(str(error), strong=True),)
