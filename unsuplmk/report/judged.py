"""Sections of a report with the figures that `unsuplmk evaluate` and `unsuplmk name` left in the run folder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from unsuplmk.errors import UserError
from unsuplmk.evaluation.regress import KINDS
from unsuplmk.naming.named import NAMES
from unsuplmk.report.blocks import Block, Bullets, Section, Table, Text
from unsuplmk.report.looks import colours
from unsuplmk.report.records import METRICS, Records, figures


def metrics(run: Records) -> Section | None:
    """What `evaluate` found, with its protocol in words.

    Raises:
        UserError: The file is damaged or of another version.
    """
    found = figures(run.folder / METRICS)
    if found is None:
        return None
    try:
        return Section("Judged by annotated points", (*_protocol(found), _table(found), *_points(found)))
    except (KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{METRICS} is not as unsuplmk evaluate writes it: {error!r} is wanting or odd") from None


def interval(ends: Any) -> str:
    """A confidence interval as one reads it; nothing where there is none."""
    low, high = ends or (None, None)
    return "" if low is None or high is None else f"{low:.2f} to {high:.2f}"


def number(value: Any) -> str:
    """A figure with two digits after the point; nothing where there is none."""
    return "" if value is None else f"{value:.2f}"


def _protocol(found: Mapping[str, Any]) -> list[Block]:
    protocol = found["protocol"]
    lines = [
        f"Protocol {protocol['name']}: {protocol['title']}, {protocol['variant']}.",
        f"{protocol['figure']}: {protocol['words']}",
        f"A linear map from {found['landmarks']} landmarks to the points was fitted on {found['train']:,} annotated "
        f"images and judged on {found['test']:,} others; {protocol['better']} is better.",
        "The constant guess is the mean shape of the training images: what one has without looking at the image.",
        *(f"Not as the protocol says: {change}." for change in protocol["changes"]),
        *([f"The map is regularised by a ridge of {found['ridge']:g}."] if found.get("ridge") else []),
        *(f"{len(found['skipped']):,} images were left out." for _ in found["skipped"][:1]),
        *found["remarks"],
    ]
    return [_verdict(found), Bullets(tuple(lines))]


def _verdict(found: Mapping[str, Any]) -> Text:
    headline, name = found["headline"], found["protocol"]["figure"]
    ours, constant = found["figures"][headline][name], found["figures"]["constant"][name]
    between = interval(found["intervals"][headline].get(name))
    level = f" ({found['interval_level']:g} % interval {between})" if between else ""
    return Text(
        f"{name} {number(ours)}{level}, beside {number(constant)} of the constant guess; distances in {found['unit']}."
    )


def _table(found: Mapping[str, Any]) -> Table:
    headline = found["headline"]
    rows = [
        (
            name,
            *(number(found["figures"][kind][name]) for kind in KINDS),
            interval(found["intervals"][headline].get(name)),
        )
        for name in found["figures"][headline]
    ]
    caption = f"The headline is {KINDS[headline]}; the interval is its."
    return Table(("figure", *KINDS.values(), f"{found['interval_level']:g} % interval"), tuple(rows), caption)


def _points(found: Mapping[str, Any]) -> list[Block]:
    headline = found["headline"]
    values, ends = found["per_point"], found["point_intervals"][headline]
    if len(values[headline]) < 2:
        return []
    rows = [
        (name, number(values[headline][name]), number(values["constant"].get(name)), interval(ends.get(name)))
        for name in values[headline]
    ]
    head = ("point", KINDS[headline], KINDS["constant"], f"{found['interval_level']:g} % interval")
    return [Table(head, tuple(rows), "Each point by itself, by the measure of the protocol.")]


def names(run: Records, pictures: tuple[Block, ...] = ()) -> Section | None:
    """What `name` found about each point, and pictures of the points.

    Raises:
        UserError: The file is damaged or of another version.
    """
    content = figures(run.folder / NAMES)
    if content is None:
        return None
    try:
        return Section("Named points", (*_fitted(content["fitted"]), *pictures))
    except (KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{NAMES} is not as unsuplmk name writes it: {error!r} is wanting or odd") from None


def _fitted(fitted: Mapping[str, Any]) -> list[Block]:
    points = fitted["points"]
    lead = (
        f"{len(points)} points were named by {fitted['frames']} labelled frames of {fitted['data']}. The mean error is "
        f"{number(fitted['error'])} px, beside {number(fitted['constant'])} px of the constant guess; each frame was "
        "judged by a map that never saw it."
    )
    useless = fitted["useless"]
    poor = [Text(f"Not clearly better than the constant guess: {', '.join(useless)}.", strong=True)] if useless else []
    rows = [
        (point["name"], str(point["frames"]), number(point["error"]), number(point["constant"])) for point in points
    ]
    head = ("point", "frames", "error, px", "constant guess, px")
    table = Table(head, tuple(rows), colours=colours(len(rows)))
    remarks = [*fitted["remarks"], *fitted.get("sentences", [])]
    return [Text(lead), *poor, table, *([Bullets(tuple(remarks))] if remarks else [])]
