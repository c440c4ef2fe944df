"""The contract catches the faults that it is there for: each broken part fails the check that is about it."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Annotated

import numpy as np
import pytest
import torch
from pydantic import Field
from torch import nn

from unsuplmk import registry, testing
from unsuplmk.interfaces import Crop, Dataset, Encoder, Format, Generator, Loss, Metric, PairSource, Tracker
from unsuplmk.types import Boxes


class Undescribed(Encoder):
    """An option without a line of help.

    Args:
        width: Channels.
    """

    def __init__(self, landmarks: int, *, width: int = 8, depth: int = 2) -> None:
        super().__init__()
        self.head = nn.Conv2d(3, landmarks, 8, 8)

    def forward(self, image):
        return self.head(image)


class Misfit(Undescribed):
    """A default outside the option's own range.

    Args:
        width: Channels.
    """

    def __init__(self, landmarks: int, *, width: Annotated[int, Field(ge=16)] = 8) -> None:
        super().__init__(landmarks)


class Idle(Undescribed):
    """A parameter that nothing uses."""

    def __init__(self, landmarks: int) -> None:
        super().__init__(landmarks)
        self.spare = nn.Parameter(torch.ones(3))


class Forgetful(Undescribed):
    """A number that decides the heatmaps and is not in the state dict."""

    def __init__(self, landmarks: int) -> None:
        super().__init__(landmarks)
        self.offset = torch.randn(())

    def forward(self, image):
        return super().forward(image) + self.offset


class Mingling(Undescribed):
    """One image's heatmaps depend on the others."""

    def __init__(self, landmarks: int) -> None:
        super().__init__(landmarks)

    def forward(self, image):
        heatmaps = super().forward(image)
        return heatmaps - heatmaps.mean(0)


class Squaring(Undescribed):
    """Heatmaps of one size, whatever the image's."""

    def __init__(self, landmarks: int) -> None:
        super().__init__(landmarks)

    def forward(self, image):
        return nn.functional.adaptive_avg_pool2d(super().forward(image), 16)


class Transposed(registry.find("bottleneck", "gaussian").cls):
    """Says (y, x)."""

    def __init__(self, landmarks: int) -> None:
        super().__init__(landmarks)

    def locate(self, heatmaps):
        found = super().locate(heatmaps)
        return replace(found, xy=found.xy.flip(-1))


class Misdrawn(Transposed):
    """Draws elsewhere than it locates."""

    def locate(self, heatmaps):
        return replace(super().locate(heatmaps), xy=super().locate(heatmaps).xy.flip(-1))

    def render(self, landmarks, size):
        return super().render(replace(landmarks, xy=landmarks.xy.flip(-1)), size)


class Peeking(Generator):
    """Copies the target."""

    def __init__(self, maps: int) -> None:
        super().__init__()
        self.inner = registry.build("generator", "renderer", maps, width=4)

    def forward(self, pair, source, target, render):
        return self.inner(replace(pair, source=pair.target), source, target, render)


class Blind(Peeking):
    """Does not use the landmarks."""

    def forward(self, pair, source, target, render):
        return self.inner(pair, source, replace(target, xy=target.xy * 0), render)


class Negative(Loss):
    """Below zero."""

    def forward(self, step):
        return -(step.reconstruction.image - step.pair.target).square().mean()


class Detached(Loss):
    """Teaches nothing."""

    def forward(self, step):
        return (step.reconstruction.image - step.pair.target).detach().square().mean().requires_grad_()


class Halving(Loss):
    """Half precision under autocast."""

    def forward(self, step):
        return nn.functional.linear(step.reconstruction.image.flatten(1), torch.ones(1, 3 * 32 * 32)).mean().abs()


class Straying(PairSource):
    """Leaves the clip."""

    def frames(self, index: int, clip: range, rng: Random):
        return index, index + 1

    def forward(self, frames):
        from unsuplmk.types import Pair

        return Pair(*frames)


class Lying(registry.find("pairs", "warped").cls):
    """Gives another warp than the one that it used."""

    def __init__(self) -> None:
        super().__init__()

    def forward(self, frames):
        return replace(super().forward(frames), warp=super().forward(frames).warp)


class Overlapping(Dataset):
    """A frame in two clips."""

    clips = (range(0, 3), range(2, 4))

    def __len__(self):
        return 4

    def name(self, index: int):
        return "frame"

    def read(self, index: int):
        return np.full((4, 4, 3), index, np.uint8)

    def mask(self, index: int):
        return np.ones((4, 2), bool)


class Counting(Metric):
    """Counts missing points."""

    def __call__(self, predicted, truth, scale):
        return {"error": float(np.nan_to_num(predicted - truth).mean() + predicted.mean())}


class Zeroing(Format):
    """Missing points become zero."""

    suffixes = (".csv",)

    def write(self, tracks, path):
        registry.build("format", "deeplabcut").write(replace(tracks, xy=np.nan_to_num(tracks.xy)), path)

    def read(self, path):
        return registry.build("format", "deeplabcut").read(path)


class Mutating(Tracker):
    """Works in place."""

    def __call__(self, tracks):
        tracks.xy[1:] = 0.5 * (tracks.xy[1:] + tracks.xy[:-1])
        return tracks


class Wandering(Crop):
    """Another place each time, frames left out in silence, and boxes in [0, 1]."""

    calls = 0

    def boxes(self, dataset, report):
        type(self).calls += 1
        return Boxes(np.arange(3), np.array([[0, 0, 1, 1]] * 3) + 0.01 * self.calls)


class Misplaced(Crop):
    """Counts edges from the right."""

    def boxes(self, dataset, report):
        return Boxes(np.arange(len(dataset)), np.array([[-40.0, 0, -10, 30]] * len(dataset)))


class Surplus(Crop):
    """One box more than there are frames."""

    def boxes(self, dataset, report):
        return Boxes(np.arange(len(dataset) + 1), np.array([[0.0, 0, 10, 10]] * (len(dataset) + 1)))


@pytest.mark.parametrize(
    ("kind", "cls", "check", "message"),
    [
        ("encoder", Undescribed, "is_described", "'depth' has no line"),
        ("encoder", Misfit, "has_defaults_that_fit", "greater than or equal to 16"),
        ("encoder", Idle, "learns_with_every_parameter", "spare"),
        ("encoder", Forgetful, "comes_back_from_its_state_dict", "missing from the state dict"),
        ("encoder", Mingling, "sees_each_image_alone", "rest of the batch"),
        ("encoder", Squaring, "gives_a_heatmap_for_each_landmark", "16x16 do not divide"),
        ("bottleneck", Transposed, "finds_a_sharp_peak_where_it_is", "missed by up to"),
        ("bottleneck", Misdrawn, "draws_a_point_where_it_was_found", "cells from the landmark"),
        ("generator", Peeking, "never_looks_at_the_target", r"changing pair\.target"),
        ("generator", Blind, "uses_the_source_and_the_landmarks", "landmarks do not change"),
        ("loss", Negative, "is_a_finite_number_of_at_least_zero", "negative"),
        ("loss", Detached, "teaches_something", "depends neither"),
        ("loss", Halving, "runs_in_bfloat16", "not float32"),
        ("pairs", Straying, "chooses_frames_of_the_clip", "leaves the clip"),
        ("pairs", Lying, "knows_its_warp", "from the warped target"),
        ("dataset", Overlapping, "covers_each_frame_once", "exactly once"),
        ("dataset", Overlapping, "names_its_frames", "one name"),
        ("dataset", Overlapping, "masks_are_of_its_frames", "its frame"),
        ("crop", Wandering, "finds_the_same_again", "other boxes the second time"),
        ("crop", Wandering, "says_what_is_left_out", "nothing is said"),
        ("crop", Misplaced, "boxes_lie_on_frames_that_there_are", "outside its frame"),
        ("crop", Surplus, "boxes_lie_on_frames_that_there_are", "no frame 12"),
        ("metric", Counting, "ignores_what_is_not_annotated", "unannotated"),
        ("format", Zeroing, "gives_back_what_it_wrote", "missing"),
        ("tracker", Mutating, "leaves_its_input_alone", "in place"),
    ],
)
def test_a_broken_part_fails_the_check_about_its_fault(kind: str, cls: type, check: str, message: str) -> None:
    found = {known.__name__: known for known in testing.checks(kind)}[check]
    with pytest.raises(AssertionError, match=message):
        found(testing.Part(kind, cls.__name__.lower(), cls))
