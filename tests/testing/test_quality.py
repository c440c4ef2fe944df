"""The contract of qualities finds the fault that each of these has."""

# ruff: noqa: ANN001, ANN201

from __future__ import annotations

from typing import ClassVar, Literal

import pytest
import torch

from unsuplmk import testing
from unsuplmk.interfaces import Quality


class Plain(Quality):
    """Mean square, as it should be."""

    better: ClassVar[Literal["higher", "lower"]] = "lower"

    def forward(self, prediction, target, weight):
        weight = torch.ones_like(target[:, :1]) if weight is None else weight
        square = (prediction.float() - target.float()).square().mean(1, keepdim=True)
        return (square * weight).sum((1, 2, 3)) / weight.sum((1, 2, 3))


class Silent(Quality):
    """Does not say which way is better."""

    def forward(self, prediction, target, weight):
        return Plain()(prediction, target, weight)


class Upside(Quality):
    """Says that a large distance is good."""

    better: ClassVar[Literal["higher", "lower"]] = "higher"

    def forward(self, prediction, target, weight):
        return Plain()(prediction, target, weight)


class Constant(Quality):
    """Finds all images alike."""

    better: ClassVar[Literal["higher", "lower"]] = "lower"

    def forward(self, prediction, target, weight):
        return 0 * Plain()(prediction, target, weight)


class Unmasked(Quality):
    """Looks at all pixels."""

    better: ClassVar[Literal["higher", "lower"]] = "lower"

    def forward(self, prediction, target, weight):
        return Plain()(prediction, target, None)


class Undivided(Quality):
    """Takes an image of which nothing counts for a perfect one."""

    better: ClassVar[Literal["higher", "lower"]] = "lower"

    def forward(self, prediction, target, weight):
        return Plain()(prediction, target, weight).nan_to_num(0.0)


class Fading(Quality):
    """A mask, whatever it holds, makes the figure smaller."""

    better: ClassVar[Literal["higher", "lower"]] = "lower"

    def forward(self, prediction, target, weight):
        return Plain()(prediction, target, weight) * (1.0 if weight is None else 0.5)


class Pooled(Quality):
    """One figure for the whole batch."""

    better: ClassVar[Literal["higher", "lower"]] = "lower"

    def forward(self, prediction, target, weight):
        return Plain()(prediction, target, weight).mean()


class Levelled(Quality):
    """The figure of the batch for each image."""

    better: ClassVar[Literal["higher", "lower"]] = "lower"

    def forward(self, prediction, target, weight):
        figures = Plain()(prediction, target, weight)
        return figures.nanmean().expand_as(figures)


class Clipping(Quality):
    """Clips its input in place."""

    better: ClassVar[Literal["higher", "lower"]] = "lower"

    def forward(self, prediction, target, weight):
        prediction.clamp_(0.2, 0.8)
        return Plain()(prediction, target, weight)


class Dithering(Quality):
    """Adds noise."""

    better: ClassVar[Literal["higher", "lower"]] = "lower"

    def forward(self, prediction, target, weight):
        return Plain()(prediction + 0.01 * torch.randn_like(prediction), target, weight)


class Rounding(Quality):
    """Gives the precision of its input."""

    better: ClassVar[Literal["higher", "lower"]] = "lower"

    def forward(self, prediction, target, weight):
        return (prediction - target).square().mean((1, 2, 3))


class Infinite(Quality):
    """Of the target itself, infinitely many decibels."""

    better: ClassVar[Literal["higher", "lower"]] = "higher"

    def forward(self, prediction, target, weight):
        return -10 * Plain()(prediction, target, weight).log10()


@pytest.mark.parametrize(
    ("cls", "check", "message"),
    [
        (Silent, "says_which_way_is_better", "must be 'higher' or 'lower', not None"),
        (Upside, "says_which_way_is_better", "better than the target itself"),
        (Constant, "says_which_way_is_better", "no better than an image that is nothing like it"),
        (Unmasked, "leaves_out_what_does_not_count", "what is masked changes the figure"),
        (Constant, "leaves_out_what_does_not_count", "what is not masked changes nothing"),
        (Undivided, "has_no_figure_where_nothing_counts", "not NaN"),
        (Levelled, "has_no_figure_where_nothing_counts", "not NaN"),
        (Fading, "counts_everything_under_a_mask_of_ones", "without"),
        (Pooled, "gives_one_finite_figure_an_image", r"shape \(\), not \(3,\)"),
        (Infinite, "gives_one_finite_figure_an_image", "inf"),
        (Levelled, "judges_each_image_by_itself", "rest of the batch"),
        (Clipping, "leaves_the_images_alone", "in place"),
        (Dithering, "repeats_itself", "another figure the second time"),
        (Rounding, "stays_near_in_bfloat16", "not float32"),
    ],
)
def test_a_broken_quality_fails_the_check_about_its_fault(cls: type[Quality], check: str, message: str) -> None:
    found = {known.__name__: known for known in testing.checks("quality")}[check]
    found(testing.Part("quality", "plain", Plain))
    with pytest.raises(AssertionError, match=message):
        found(testing.Part("quality", cls.__name__.lower(), cls))
