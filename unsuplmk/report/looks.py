"""Sections of a report that show landmarks: on frames, what each does, whether they are well."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from unsuplmk.detector import Detector
from unsuplmk.ops.health import BORDER, DEAD, MERGED, Health, groups
from unsuplmk.pictures.draw import palette
from unsuplmk.report.blocks import Block, Bullets, Colour, Picture, Pictures, Section, Table, Text
from unsuplmk.report.pixels import numbered, small
from unsuplmk.report.records import Records
from unsuplmk.report.sight import Look


def landmarks(seen: Look, words: str) -> Section:
    """The landmarks on frames: one with numbers, the others small.

    Args:
        seen: What was found.
        words: Which frames these are.
    """
    count = seen.landmarks.shape[1]
    places = seen.points(seen.landmarks)
    first = Picture(
        numbered(seen.pictures[0], places[0]),
        f"The frame {seen.names[0]} with its {count} landmarks, each with its number",
        f"{seen.names[0]}; numbers and colours as in the table below",
    )
    rest = tuple(
        Picture(small(picture, points), f"The frame {name} with its {count} landmarks", name)
        for picture, points, name in zip(seen.pictures[1:], places[1:], seen.names[1:], strict=True)
    )
    blocks: list[Block] = [Text(f"Shown are {words}."), Pictures((first,))]
    return Section("Landmarks", (*blocks, *((Pictures(rest),) if rest else ()), spread(seen)))


def spread(seen: Look) -> Table:
    """What each landmark does, which is the legend of its colour, too."""
    found = seen.health()
    partners = {i: [b if a == i else a for a, b in found.merged if i in (a, b)] for i in range(len(found.spread))}
    rows = []
    for number, away in enumerate(found.spread):
        remarks = ["does not move"] if number in found.dead else []
        remarks += [f"lies on {listed(partners[number])}"] if partners[number] else []
        edge = 100 * float((np.abs(seen.landmarks[:, number]).max(-1) / 2 > 0.5 - BORDER).mean())
        score = float(seen.score[:, number].mean())
        rows.append((str(number), f"{away:.1f} %", f"{edge:.0f} %", f"{score:.2f}", ", ".join(remarks)))
    caption = (
        f"In {len(seen.landmarks)} frames: standard deviation of its place, in % of the image's side; how often it is "
        "at the border; mean score."
    )
    head = ("landmark", "spread", "at the border", "score", "remarks")
    if not any(row[-1] for row in rows):
        head, rows = head[:-1], [row[:-1] for row in rows]
    return Table(head, tuple(rows), caption, colours(len(rows)))


def health(run: Records, seen: Look | None) -> Section | None:
    """Whether the landmarks are well: while training, and in the frames that were looked at."""
    lines = []
    if seen is not None:
        lines = [f"In {len(seen.landmarks)} frames that are looked at here: {'; '.join(in_words(seen.health()))}."]
    if "spread" in run.names():
        lines.append(
            f"In the last batch of training that was examined: a mean spread of {run.last('spread'):.1f} % of the "
            f"side, {run.last('dead'):.0f} landmarks that did not move, {run.last('merged'):.0f} that lay on another, "
            f"{run.last('border'):.0f} % at the border."
        )
    if "agreement" in run.names():
        lines.append(
            f"Under a known warp of the image they followed to {run.last('agreement'):.1f} % of its side; 0 is perfect."
        )
    meaning = Text(
        f"A landmark does not move if its standard deviation is below {100 * DEAD:g} % of the side; two are one if "
        f"they lie less than {100 * MERGED:g} % apart on average; the border is the outer {100 * BORDER:g} %."
    )
    return Section("Health", (Bullets(tuple(lines)), meaning)) if lines else None


def trouble(seen: Look) -> Iterator[str]:
    """What is wrong with the landmarks at first sight."""
    found = seen.health()
    if found.collapsed:
        yield f"In {len(seen.landmarks)} frames {in_words(found)[0]}."
        return
    if found.dead:
        yield f"In {len(seen.landmarks)} frames {_landmarks(found.dead)} not move."
    for group in groups(found.merged):
        yield f"In {len(seen.landmarks)} frames landmarks {listed(group)} lie on each other: they are one."


def in_words(found: Health) -> list[str]:
    """What a person should know of it."""
    if found.collapsed:
        where = "at the centre of the image" if found.central else "in one place"
        return [f"all landmarks lie {where}: they have collapsed and say nothing"]
    least, most = min(found.spread), max(found.spread)
    lines = [f"landmarks move by {least:.1f} to {most:.1f} % of the side about their mean places"]
    lines.append(f"{_landmarks(found.dead)} not move at all" if found.dead else "each of them moves")
    merged = "; ".join(listed(group) for group in groups(found.merged))
    lines.append(f"these lie on each other: {merged}" if merged else "no two lie on each other")
    lines.append(f"{found.border:.0f} % of all places are at the border")
    return lines


def named(detector: Detector, seen: Look) -> tuple[Block, ...]:
    """The frames with the points that `unsuplmk name` made of the landmarks; nothing if it did not.

    Raises:
        UserError: The run's map is damaged or of another model.
    """
    if detector.named is None:
        return ()
    count = len(seen.pictures)
    found, _ = detector.named.double()(torch.from_numpy(seen.landmarks[:count]), torch.from_numpy(seen.score[:count]))
    moved = seen.points(found.cpu().numpy())
    names = ", ".join(detector.named.names)
    pictures = tuple(
        Picture(small(picture, points), f"The frame {name} with the points {names}", name)
        for picture, points, name in zip(seen.pictures, moved, seen.names, strict=True)
    )
    return (Pictures(pictures),)


def colours(count: int) -> tuple[Colour, ...]:
    """Of the landmarks, as they are drawn."""
    return tuple((int(r), int(g), int(b)) for r, g, b in palette(count))


def listed(numbers: list[int]) -> str:
    """As `1, 2 and 5`."""
    *most, last = map(str, numbers)
    return f"{', '.join(most)} and {last}" if most else last


def _landmarks(numbers: tuple[int, ...]) -> str:
    return f"landmark {numbers[0]} does" if len(numbers) == 1 else f"landmarks {listed(list(numbers))} do"
