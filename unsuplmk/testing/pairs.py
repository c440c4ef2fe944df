"""What a pair source must do."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from random import Random

import torch
import torch.nn.functional as F
from torch import Tensor

from unsuplmk.interfaces import PairSource
from unsuplmk.ops.coordinates import grid
from unsuplmk.testing.devices import Move, assert_follows_its_input
from unsuplmk.testing.part import SIDES, Part, images, refusal_allowed
from unsuplmk.types import Pair

CLIP = range(100, 120)
SIDE = 64
"""Frames of a run are square."""


def _stay(tensor: Tensor) -> Tensor:
    return tensor


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


def chooses_alike_in_another_process(part: Part) -> None:
    """Workers that decode frames get a copy, which travels as a pickle."""
    source = part.build()
    try:
        copy = pickle.loads(pickle.dumps(source))
    except Exception as error:  # what cannot be pickled says so in many ways
        raise AssertionError(f"it cannot be sent to another process: {type(error).__name__}: {error}") from None
    for index in CLIP:
        chosen = [each.frames(index, CLIP, Random(index)) for each in (source, copy)]
        assert chosen[0] == chosen[1], f"frame {index}: {chosen[0]} here, {chosen[1]} in a copy, with the same seed"


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


def takes_any_side_or_says_which(part: Part) -> None:
    """Multiples of 8 from 16 on are what a run may ask for; where one will not do, UserError says what would."""
    for side in SIDES:
        with refusal_allowed(f"images of {side} px"):
            pair = _pair(part.build(), 2, side=side)
            for name, image in (("source", pair.source), ("target", pair.target)):
                assert image.shape == (2, 3, side, side), f"of images of {side} px the {name} is {tuple(image.shape)}"


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
    """The same seed, the same pair, whatever was made before: a resumed run goes on as the first would have."""
    used = part.build()
    _pair(used, 2, seed=8)
    first, second, third = _pair(part.build(), 2), _pair(part.build(), 2), _pair(used, 2)
    assert torch.equal(first.source, second.source), "the same seed gives another source"
    assert torch.equal(first.target, second.target), "the same seed gives another target"
    same = torch.equal(first.source, third.source) and torch.equal(first.target, third.target)
    assert same, "a pair depends on the pairs that were made before it: a resumed run makes others"


def follows_its_input_to_any_device(part: Part) -> None:
    """No tensor is made where the frames are not."""

    def run(source: PairSource, move: Move) -> Sequence[Tensor]:
        pair = _pair(source, 2, move=move)
        return (pair.source, pair.target, *(() if pair.weight is None else (pair.weight,)))

    assert_follows_its_input(part.build, run)


def _pair(source: PairSource, batch: int, *, side: int = SIDE, seed: int = 7, move: Move = _stay) -> Pair:
    frames = source.frames(CLIP.start, CLIP, Random(0))
    torch.manual_seed(seed)
    return source(tuple(move(images(batch, side, side, seed=i)) for i in range(len(frames))))


CHECKS = (
    chooses_frames_of_the_clip,
    chooses_alike_under_a_seed,
    chooses_alike_in_another_process,
    makes_images_in_range,
    takes_any_side_or_says_which,
    keeps_its_promises,
    knows_its_warp,
    repeats_itself_under_a_seed,
    follows_its_input_to_any_device,
)
