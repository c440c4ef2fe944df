"""Targets rebuilt by a trained run, with their own landmarks and with another image's."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from unsuplmk.batches.data import Plan
from unsuplmk.detector import Detector
from unsuplmk.errors import UserError
from unsuplmk.frames.cropping import Choice
from unsuplmk.frames.gather import as_images
from unsuplmk.hosting.provenance import recorded
from unsuplmk.interfaces import Dataset, PairSource
from unsuplmk.model import pointless
from unsuplmk.pictures.swap import rows
from unsuplmk.types import Image, Landmarks, Pair

PASS = 16
"""Pairs that are made and rebuilt together: always as many, so that what is drawn at random follows from the seed."""


@dataclass(frozen=True)
class Rebuilt:
    """Some pairs, and what the generator made of them; not clipped to [0, 1].

    Args:
        pair: Source, target, and which pixels count.
        own: The targets, rebuilt with their own landmarks.
        other: The same with the landmarks of another target among them.
        landmarks: Of the targets.
        borrowed: Whose landmarks `other` has.
    """

    pair: Pair
    own: Image
    other: Image
    landmarks: Float[Tensor, "batch landmarks 2"]
    borrowed: tuple[int, ...]


def rebuild(
    detector: Detector,
    dataset: Dataset,
    *,
    images: int = 500,
    seed: int = 0,
    crop: Choice | None = None,
    report: Callable[[str], None] = warnings.warn,
) -> Iterator[Rebuilt]:
    """Pairs as the run was trained with, some at a time; every frame that can start one does so at most once.

    Args:
        detector: Of a run; its model's generator rebuilds.
        dataset: The frames.
        images: Pairs at most.
        seed: Of the frames that are chosen, and of whatever the pairs draw at random.
        crop: As for `Detector.cropped`.
        report: Called with one line for every frame that cannot be read; its pair is left out.

    Raises:
        UserError: The run rebuilds nothing, the frames make no such pairs, or there are fewer than two.
    """
    check(detector)
    dataset = detector.cropped(dataset, crop, report)
    if not len(dataset):
        raise UserError("the data holds no frames")
    with recorded(detector.run):
        source: PairSource = detector.config.build("pairs")
    if source.clips and all(len(clip) < 2 for clip in dataset.clips):
        raise UserError(
            f"this run was trained on pairs of {detector.config.pairs['name']!r}, two frames of one clip, but each of "
            f"the {len(dataset.clips)} clips has one frame: give videos, or a folder with a sub-folder for each"
        )
    plan = Plan(dataset, source, images, seed)
    chosen = plan.frames(0, 0, min(images, len(plan)))
    waiting: list[tuple[np.ndarray, ...]] = []
    done = 0
    for frames in _read(dataset, detector, chosen, report):
        waiting.append(frames)
        if len(waiting) == PASS + 2:  # what is left over must hold two: each borrows another's landmarks
            yield _pass(detector, source, waiting[:PASS], (seed, done))
            waiting, done = waiting[PASS:], done + PASS
    if len(waiting) < 2:
        raise UserError(
            f"the data gives {len(waiting)} of these pairs, and each is rebuilt with another's landmarks, too: give at "
            "least two frames that can be read"
        )
    yield _pass(detector, source, waiting, (seed, done))


def check(detector: Detector) -> None:
    """Refuse a run that has nothing to show.

    Raises:
        UserError: Its generator makes no reconstruction.
    """
    generator = detector.model.generator
    if not generator.rebuilds:
        raise UserError(
            f"--generator {type(generator).__name__.lower()} rebuilds nothing: this run has no reconstruction to judge"
        )


def _read(
    dataset: Dataset, detector: Detector, chosen: list[tuple[int, ...]], report: Callable[[str], None]
) -> Iterator[tuple[np.ndarray, ...]]:
    """The frames of each pair, made square; those of one that cannot be read are passed over."""
    told: set[str] = set()
    for indices in chosen:
        try:
            yield tuple(detector.fit(dataset.read(index)) for index in indices)
        except UserError as error:
            if str(error) not in told:
                told.add(str(error))
                report(str(error))


@torch.inference_mode()
def _pass(
    detector: Detector, source: PairSource, frames: list[tuple[np.ndarray, ...]], key: tuple[int, int]
) -> Rebuilt:
    model = detector.model
    weight = next(model.parameters(), torch.zeros(()))
    loaded = tuple(as_images(column) for column in zip(*frames, strict=True))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(Random(key[0] << 64 | key[1]).getrandbits(63))
        pair = source(tuple(f.to(weight.device, weight.dtype, memory_format=torch.channels_last) for f in loaded))
    target = model.locate(pair.target)
    own = pointless(target)
    if "source" in model.generator.needs:
        own = target if pair.source is pair.target else model.locate(pair.source)
    borrowed = _borrowed(pair.target)

    def made(landmarks: Landmarks) -> Image:
        return model.generator(pair, own, landmarks, model.bottleneck.render).image.float()

    return Rebuilt(pair, made(target), made(rows(target, borrowed)), target.xy.float(), tuple(borrowed))


def _borrowed(targets: Image) -> list[int]:
    """For each image the next one, in a circle, that is another."""
    count, chosen = len(targets), []
    for index in range(count):
        others = ((index + step) % count for step in range(1, count))
        chosen.append(next((i for i in others if not torch.equal(targets[i], targets[index])), (index + 1) % count))
    return chosen
