"""From data to batches: datasets opened, frames decoded once into a pack, and pairs' frames drawn from it.

Which frames a step uses depends only on the seed, the step and the global batch: not on where a run was
resumed, nor on how many processes share the batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, final

import numpy as np
from torch import Tensor, from_numpy

from unsuplmk import registry
from unsuplmk.batches.order import Order
from unsuplmk.batches.pack import Pack, pack
from unsuplmk.batches.parallel import ordered
from unsuplmk.datasets.arrays import Arrays
from unsuplmk.errors import UserError
from unsuplmk.frames.sources import GIVEN, resolve
from unsuplmk.interfaces import Dataset, PairSource

if TYPE_CHECKING:
    from unsuplmk.batches.augment import Augmentation

__all__ = ["Pack", "batches", "described", "open_data", "pack"]

Data = str | Path | np.ndarray | Sequence[np.ndarray] | Sequence[Sequence[np.ndarray]] | Dataset


def open_data(data: Data, options: Mapping[str, Any] | None = None) -> Dataset:
    """The dataset that `data` means: a path or glob, `NAME:PATH`, the name of a dataset, or arrays.

    Args:
        data: What exists as a path is a path, before any name; see `unsuplmk.frames.sources`.
        options: The dataset's options; arrays have none.

    Raises:
        UserError: Nothing is there, or an option is unknown.
    """
    given = dict(options or {})
    if isinstance(data, Dataset):
        return _without_options(data, given, "a dataset that is already built")
    if not isinstance(data, str | Path):
        return _without_options(Arrays(data), given, "arrays")
    source = resolve(data)
    return registry.build("dataset", source.component.name, *source.wired, **given)


def described(data: Data) -> str:
    """What a config says of data: the word that means them, or that a program gave them, and as what."""
    if isinstance(data, str | Path):
        return str(data)
    return f"{GIVEN} ({type(data).__name__ if isinstance(data, Dataset) else 'arrays'})"


def _without_options(dataset: Dataset, given: Mapping[str, Any], what: str) -> Dataset:
    if given:
        raise UserError(f"{what} takes no options, but {', '.join(map(repr, given))} was given")
    return dataset


@final
class Plan:
    """Which frames every step uses.

    Args:
        frames: What knows their clips and times.
        pairs: Chooses the frames of a pair.
        batch: Pairs a step.
        seed: Of the order and of every choice.

    Raises:
        UserError: The pairs need clips and there are none.
    """

    def __init__(self, frames: Pack | Dataset, pairs: PairSource, batch: int, seed: int) -> None:
        self._pairs, self._batch, self._seed = pairs, batch, seed
        try:
            self._order = Order(frames.clips, pairs.clips, seed)
        except UserError as error:
            raise UserError(
                f"pairs of {type(pairs).__name__.lower()!r} need two frames of one clip, but {error}: put the frames "
                "of each video into a sub-folder of its own, pass video files, or use --pairs warped"
            ) from None
        pairs.clock(frames.seconds)

    def __len__(self) -> int:
        """How many frames can start a pair."""
        return len(self._order)

    def frames(self, step: int, start: int, stop: int) -> list[tuple[int, ...]]:
        """Frames of each pair at the positions [start, stop) of the global batch."""
        chosen = []
        indices = self._order(step * self._batch + start, step * self._batch + stop)
        for position, index in zip(range(start, stop), indices.tolist(), strict=True):
            rng = Random(_key(self._seed, step, position))
            chosen.append(self._pairs.frames(index, self._order.clip(index), rng))
        return chosen


def _key(seed: int, step: int, position: int) -> int:
    return seed << 96 | step << 32 | position


@final
class _Steps:
    """The batch of one process at a step."""

    def __init__(self, pack: Pack, plan: Plan, share: range, seed: int, augment: Augmentation | None) -> None:
        self._frames, self._plan, self._share, self._seed, self._augment = pack.frames, plan, share, seed, augment

    def __call__(self, step: int) -> tuple[Tensor, ...]:
        chosen = np.array(self._plan.frames(step, self._share.start, self._share.stop))
        images = [np.asarray(self._frames[column]) for column in chosen.T]
        if self._augment is not None:
            for row, position in enumerate(self._share):  # one change for all frames of a pair: colours must agree
                key = Random(_key(self._seed, step, position)).getrandbits(32)
                for image in images:
                    image[row] = self._augment(image[row], key)
        return tuple(from_numpy(image).permute(0, 3, 1, 2) for image in images)


def batches(
    pack: Pack,
    pairs: PairSource,
    *,
    batch: int,
    seed: int,
    start: int,
    stop: int,
    rank: int = 0,
    world: int = 1,
    workers: int = 0,
    augment: str = "",
) -> Iterator[tuple[Tensor, ...]]:
    """The frames of this process's pairs for the steps [start, stop): uint8 (batch, 3, size, size), one a frame.

    Every epoch shows all frames that can start a pair once, in a new order; see `unsuplmk.batches.order`.

    Args:
        pack: The frames.
        pairs: Chooses the frames of a pair.
        batch: Pairs a step, of this process.
        seed: Of the order and of every choice.
        start: The first step.
        stop: One past the last.
        rank: Which block of the global batch is this process's.
        world: How many processes share it.
        workers: Processes that decode frames and apply `augment`; where there is neither to do, none are started.
        augment: File of an albumentations pipeline, or nothing.

    Raises:
        UserError: The pairs need clips and there are none, or `augment` is no pipeline that can be used; later, a frame
            cannot be decoded.
    """
    from unsuplmk.batches.augment import Augmentation

    change = Augmentation(augment) if augment else None
    plan = Plan(pack, pairs, batch * world, seed)
    steps = _Steps(pack, plan, range(rank * batch, (rank + 1) * batch), seed, change)
    idle = change is None and isinstance(pack.frames, np.ndarray)
    return ordered(steps, range(start, stop), 0 if idle else workers)
