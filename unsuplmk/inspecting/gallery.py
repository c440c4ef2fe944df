"""Sections of a contact sheet: frames with their points, pairs as a pair source makes them, and rebuilt ones."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import torch

from unsuplmk import registry
from unsuplmk.errors import UserError
from unsuplmk.evaluation.rebuild import Rebuilt
from unsuplmk.frames.gather import as_images, chosen
from unsuplmk.frames.prepare import Fit
from unsuplmk.inspecting.sheet import SIDE, Cell, Section
from unsuplmk.interfaces import Dataset, PairSource
from unsuplmk.ops.coordinates import to_pixels
from unsuplmk.pictures.swap import as_pictures


def frames(dataset: Dataset, split: str, count: int, seed: int) -> Section:
    """Frames of different clips, as far as there are; unreadable ones are passed over."""
    clips = len(dataset.clips)
    counted = f"{len(dataset):,} frames in " + ("one clip" if clips == 1 else f"{clips:,} clips")
    title = f"{split}: {counted}" if split else counted
    cells: dict[int, Cell] = {}
    for index in chosen(dataset, count, seed):
        if len(cells) == count:
            break
        try:
            cells[index] = Cell((dataset.read(index),), short(dataset.name(index)), dataset.annotation(index))
        except UserError:
            continue
    return Section(title, tuple(cells[index] for index in sorted(cells)), dataset.points)


def pairs(dataset: Dataset, name: str, options: Mapping[str, Any], count: int, seed: int) -> Section:
    """Pairs as they would be trained on, but larger: what is rebuilt with, and what is rebuilt.

    Raises:
        UserError: There is no such pair source, or it has no such option.
    """
    source: PairSource = registry.build("pairs", name, **options)
    source.clock(dataset.seconds)
    fit, rng, clips = Fit(SIDE), Random(seed), dataset.clips
    starts = np.array([clip.start for clip in clips])
    loaded: list[tuple[np.ndarray, ...]] = []
    captions: list[str] = []
    for index in chosen(dataset, count, seed):
        clip = clips[int(np.searchsorted(starts, index, side="right")) - 1]
        if len(loaded) == count:
            break
        if len(clip) < 2 and source.clips:
            continue
        both = source.frames(index, clip, rng)
        try:
            loaded.append(tuple(fit(dataset.read(frame)) for frame in both))
        except UserError:
            continue
        apart = f" and {both[1] - both[0]:+d}" if len(both) > 1 else ""
        captions.append(short(dataset.name(index)) + apart)
    return Section(f"pairs of {name}: source and target", tuple(_made(source, loaded, captions, seed)))


def _made(source: PairSource, loaded: list[tuple[np.ndarray, ...]], captions: list[str], seed: int) -> list[Cell]:
    if not loaded:
        return []
    with torch.random.fork_rng(devices=[]), torch.inference_mode():
        torch.manual_seed(seed)
        pair = source(tuple(as_images(column) for column in zip(*loaded, strict=True)))
    both = (as_pictures(images, (SIDE, SIDE)) for images in (pair.source, pair.target))
    return [Cell((a, b), caption) for a, b, caption in zip(*both, captions, strict=True)]


def rebuilt(some: Rebuilt, count: int) -> Section:
    """Targets with their landmarks, their sources, and what was made of both.

    Args:
        some: The pairs.
        count: How many are shown at most.
    """
    columns = [
        as_pictures(images[:count], (images.shape[-1], images.shape[-2]))
        for images in (some.pair.target, some.pair.source, some.own, some.other)
    ]
    size = (some.pair.target.shape[-1], some.pair.target.shape[-2])
    points = to_pixels(some.landmarks[:count].cpu().double().numpy(), size)
    title = "target and its landmarks, source, rebuilt, rebuilt with another image's landmarks"
    return Section(title, tuple(Cell(tuple(row), points=xy) for *row, xy in zip(*columns, points, strict=True)))


def short(name: str) -> str:
    """A frame's file, and the folder it lies in."""
    return "/".join(Path(name).parts[-2:])
