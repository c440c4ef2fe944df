"""A few images of a dataset for the network: different ones, chosen by a seed, unreadable ones replaced."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from unsuplmk.errors import UserError
from unsuplmk.frames.prepare import Fit
from unsuplmk.interfaces import Dataset
from unsuplmk.types import Image


def gather(
    fit: Fit,
    geometries: Dataset,
    styles: Dataset,
    *,
    columns: int,
    rows: int,
    seed: int,
    report: Callable[[str], None],
) -> tuple[Float[Tensor, "styles 3 size size"], Float[Tensor, "geometries 3 size size"]]:
    """The images of a grid, (styles, geometries): of different clips as far as there are, each at most once.

    All images in their order where there are no more than asked for. Where both come of the same dataset they
    have no image in common, unless there are too few; then the same images serve for both.

    Args:
        fit: Makes the frames square, as the detector was trained.
        geometries: Where the columns come from.
        styles: Where the rows come from; may be the same object.
        columns: How many geometries at most.
        rows: How many styles at most.
        seed: Of the choice.
        report: Called with one line for every image that cannot be read; another takes its place.

    Raises:
        UserError: No image can be read, or there is only one for both.
    """
    if styles is not geometries:
        return tuple(
            read(fit, dataset, chosen(dataset, count, seed), count, report)
            for dataset, count in ((styles, rows), (geometries, columns))
        )  # type: ignore[return-value]
    order = chosen(geometries, max(rows, columns), seed)
    images = read(fit, geometries, order, rows + columns, report)
    if len(images) == 1:
        raise UserError(
            "one image cannot be swapped with itself: give at least two images that can be read, or --style"
        )
    if len(images) < rows + columns:
        return images[:rows], images[:columns]
    return images[columns:], images[:columns]


def chosen(dataset: Dataset, count: int, seed: int) -> list[int]:
    """Frames in the order to take them: one of each clip, then a second of each; as they are if at most `count`."""
    if len(dataset) <= count:
        return list(range(len(dataset)))
    rng = np.random.Generator(np.random.PCG64(seed))
    drawn = rng.permutation(len(dataset))
    starts = np.array([clip.start for clip in dataset.clips])
    clip_of = np.searchsorted(starts, drawn, side="right") - 1
    by_clip = np.argsort(clip_of, kind="stable")
    first = np.searchsorted(clip_of[by_clip], clip_of[by_clip])
    place = np.empty_like(drawn)
    place[by_clip] = np.arange(len(drawn)) - first  # which of its clip's frames it is, in the order drawn
    return drawn[np.argsort(place, kind="stable")].tolist()


def read(fit: Fit, dataset: Dataset, order: Iterable[int], count: int, report: Callable[[str], None]) -> Image:
    """The first `count` frames of an order that can be read, square and in [0, 1].

    Raises:
        UserError: None can.
    """
    frames: list[np.ndarray] = []
    for index in order:
        if len(frames) == count:
            break
        try:
            frames.append(fit(dataset.read(index)))
        except UserError as error:
            report(str(error))
    if not frames:
        raise UserError(f"none of the {len(dataset)} images can be read" if len(dataset) else "there are no images")
    return as_images(frames)


def as_images(frames: Sequence[np.ndarray]) -> Image:
    """Square RGB frames as the network takes them."""
    return torch.from_numpy(np.stack(frames)).permute(0, 3, 1, 2) / 255
