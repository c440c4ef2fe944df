"""What a pair source must do."""

from __future__ import annotations

from random import Random

import torch
import torch.nn.functional as F

from unsuplmk.interfaces import PairSource
from unsuplmk.ops.coordinates import grid
from unsuplmk.testing.part import Part, images
from unsuplmk.types import Pair

CLIP = range(100, 120)
SIDE = 64
"""Frames of a run are square."""


def chooses_frames_of_the_clip(part: Part) -> None:
    """The same number of them every time, among them the one that was asked for, even in the shortest clip."""
    source = part.build()
    shortest = range(40, 42) if source.clips else range(40, 41)
    counts = set()
    for clip in (CLIP, shortest):
        for index in clip:
            chosen = source.frames(index, clip, Random(index))
            counts.add(len(chosen))
            assert all(i in clip for i in chosen), f"{chosen} leaves the clip {clip}"
            assert index in chosen, f"{chosen} is without the frame {index} that was asked for"
            assert not source.clips or len(set(chosen)) > 1, f"{chosen}: a pair from a clip needs two frames"
    assert len(counts) == 1, f"now {counts} frames, now others: a batch needs the same number"


def chooses_alike_under_a_seed(part: Part) -> None:
    """Only the generator that it is handed may decide, so that a run can be resumed and split."""
    first, second = part.build(), part.build()
    for index in CLIP:
        chosen = [source.frames(index, CLIP, Random(index)) for source in (first, second)]
        assert chosen[0] == chosen[1], f"frame {index}: {chosen[0]}, then {chosen[1]}, with the same seed"


def makes_images_in_range(part: Part) -> None:
    """Source and target in [0, 1] and of the frames' size, the weight in [0, 1], for a batch of one too."""
    for batch in (1, 3):
        pair = _pair(part.build(), batch)
        for name, image in (("source", pair.source), ("target", pair.target)):
            assert image.shape == (batch, 3, SIDE, SIDE), f"the {name} has shape {tuple(image.shape)}"
            assert image.dtype == torch.float32, f"the {name} is {image.dtype}, not float32"
            assert image.min() >= -1e-4, f"the {name} goes below 0"
            assert image.max() <= 1 + 1e-4, f"the {name} goes above 1"
        if pair.weight is not None:
            assert pair.weight.shape == (batch, 1, SIDE, SIDE), f"the weight has shape {tuple(pair.weight.shape)}"
            assert pair.weight.min() >= -1e-4, "the weight goes below 0"
            assert pair.weight.max() <= 1 + 1e-4, "the weight goes above 1"
            assert pair.weight.mean() > 0.1, "hardly any pixel counts"


def keeps_its_promises(part: Part) -> None:
    """A pair carries what `provides` names, and nothing else."""
    source = part.build()
    pair = _pair(source, 2)
    carried = {name for name in ("warp", "weight") if getattr(pair, name) is not None}
    assert carried == source.provides, f"provides {set(source.provides)}, but its pairs carry {carried}"


def knows_its_warp(part: Part) -> None:
    """Points go where the image goes: each pixel of the source is found in the target, where the warp says."""
    pair = _pair(part.build(), 4)
    if pair.warp is None:
        return
    here = grid(SIDE, SIDE, pair.source).reshape(1, -1, 2).expand(4, -1, -1)
    there = pair.warp.points(here).view(4, SIDE, SIDE, 2)
    found = F.grid_sample(pair.target, there, align_corners=False)
    inside = (there.abs() < 0.9).all(-1)[:, None]
    if pair.weight is not None:  # what came from outside the frame is nobody's pixel
        inside = inside & (F.grid_sample(pair.weight, there, align_corners=False) > 0.9)
    miss = (found - pair.source).abs().mul(inside).sum() / (3 * inside.sum())
    still = (pair.target - pair.source).abs().mul(inside).sum() / (3 * inside.sum())
    assert miss < 0.2 * still, f"the source is {miss:.4f} from the warped target, {still:.4f} from the target unwarped"


def repeats_itself_under_a_seed(part: Part) -> None:
    """The same seed, the same pair; another seed may give another."""
    first, second = _pair(part.build(), 2), _pair(part.build(), 2)
    assert torch.equal(first.source, second.source), "the same seed gives another source"
    assert torch.equal(first.target, second.target), "the same seed gives another target"


def _pair(source: PairSource, batch: int) -> Pair:
    frames = source.frames(CLIP.start, CLIP, Random(0))
    torch.manual_seed(7)
    return source(tuple(images(batch, SIDE, SIDE, seed=i) for i in range(len(frames))))


CHECKS = (
    chooses_frames_of_the_clip,
    chooses_alike_under_a_seed,
    makes_images_in_range,
    keeps_its_promises,
    knows_its_warp,
    repeats_itself_under_a_seed,
)
