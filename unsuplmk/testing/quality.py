"""What a quality must do."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from unsuplmk.interfaces import Quality
from unsuplmk.testing.compiled import assert_compiles
from unsuplmk.testing.devices import Move, assert_follows_its_input
from unsuplmk.testing.part import Part, images
from unsuplmk.types import Image

SIDE = 64
"""Of the images: what the usual networks can take."""


def gives_one_finite_figure_an_image(part: Part) -> None:
    """For one image as for several, with and without a mask, and for the target itself."""
    quality = part.build().eval()
    for batch, masked in ((3, False), (3, True), (1, True)):
        target = _target(batch)
        for prediction in (_disturbed(target), target.clone()):
            figures = _judge(quality, prediction, target, _mask(batch) if masked else None)
            assert figures.shape == (batch,), f"the figures have shape {tuple(figures.shape)}, not {(batch,)}"
            assert figures.is_floating_point(), f"the figures are {figures.dtype}, not floating point"
            assert figures.isfinite().all(), f"the figures are {figures.tolist()}"


def says_which_way_is_better(part: Part) -> None:
    """`better` is "higher" or "lower"; no image is better than the target itself, and a very wrong one is worse."""
    quality = part.build().eval()
    better = getattr(part.cls, "better", None)
    assert better in ("higher", "lower"), f"better must be 'higher' or 'lower', not {better!r}"
    sign = 1 if better == "higher" else -1
    target = _target()
    perfect = sign * _judge(quality, target.clone(), target)
    for amount in (0.02, 0.1, 0.3):
        wrong = sign * _judge(quality, _disturbed(target, amount), target)
        assert (wrong <= perfect + 1e-5).all(), f"a disturbed image is better than the target itself: {better} is meant"
    assert (wrong < perfect).all(), "the target itself is no better than an image that is nothing like it"


def leaves_out_what_does_not_count(part: Part) -> None:
    """What the prediction holds where the weight is 0 changes nothing; where it is 1, it does."""
    quality = part.build().eval()
    target, mask = _target(), _mask(2)
    prediction = _disturbed(target)
    noise = _disturbed(target, seed=9) - prediction
    before = _judge(quality, prediction, target, mask)
    outside, inside = prediction + noise * (mask == 0), prediction + noise * (mask > 0)
    after = _judge(quality, outside, target, mask)
    assert torch.allclose(after, before, rtol=1e-5, atol=1e-6), "what is masked changes the figure"
    assert not torch.allclose(_judge(quality, inside, target, mask), before), "what is not masked changes nothing"


def counts_everything_under_a_mask_of_ones(part: Part) -> None:
    """The figure is then the one without a mask."""
    quality = part.build().eval()
    target = _target()
    prediction = _disturbed(target)
    plain, masked = (_judge(quality, prediction, target, mask) for mask in (None, torch.ones_like(target[:, :1])))
    assert torch.allclose(plain, masked, rtol=1e-4, atol=1e-5), f"{plain.tolist()} without, {masked.tolist()} with one"


def has_no_figure_where_nothing_counts(part: Part) -> None:
    """NaN, of that image alone."""
    quality = part.build().eval()
    target, mask = _target(), _mask(2)
    mask[0] = 0
    figures = _judge(quality, _disturbed(target), target, mask)
    assert figures[0].isnan(), f"an image of which nothing counts has the figure {figures[0].item()}, not NaN"
    assert figures[1].isfinite(), "an image of which nothing counts takes away its neighbour's figure"


def judges_each_image_by_itself(part: Part) -> None:
    """Whatever else is in the batch."""
    quality = part.build().eval()
    target, mask = _target(3), _mask(3)
    prediction = _disturbed(target)
    together = _judge(quality, prediction, target, mask)
    alone = [_judge(quality, prediction[i : i + 1], target[i : i + 1], mask[i : i + 1]) for i in range(3)]
    assert torch.allclose(together, torch.cat(alone), rtol=1e-4, atol=1e-5), "the rest of the batch changes a figure"


def leaves_the_images_alone(part: Part) -> None:
    """They are the other qualities' too."""
    quality = part.build().eval()
    target, mask = _target(), _mask(2)
    given = (_disturbed(target), target, mask)
    before = [tensor.clone() for tensor in given]
    _judge(quality, *given)
    assert all(map(torch.equal, before, given)), "the quality changes its input in place"


def repeats_itself(part: Part) -> None:
    """The same images have the same figure, whatever was drawn at random before, and need no gradient."""
    target = _target()
    prediction = _disturbed(target)
    quality = part.build()
    with torch.inference_mode():
        torch.manual_seed(1)
        first = quality.eval()(prediction, target, None)
        second = quality(prediction, target, None)
    assert torch.equal(first, second), "the same images have another figure the second time"
    assert torch.equal(first, _judge(part.build().eval(), prediction, target)), "another instance gives another figure"


def stays_near_in_bfloat16(part: Part) -> None:
    """Of images in bfloat16, and under autocast; the figure stays in float32."""
    quality = part.build().eval()
    target = _target().bfloat16()
    prediction = _disturbed(target.float()).bfloat16()
    exact = _judge(quality, prediction.float(), target.float())
    with torch.autocast("cpu", torch.bfloat16):
        rough = _judge(quality, prediction, target)
    assert rough.dtype == torch.float32, f"the figures are {rough.dtype}, not float32"
    assert torch.allclose(rough, exact, rtol=0.1, atol=1e-2), f"{exact.tolist()} becomes {rough.tolist()}"


def follows_its_input_to_any_device(part: Part) -> None:
    """No tensor is made where the images are not."""

    def run(quality: Quality, move: Move) -> Sequence[Tensor]:
        target, mask = _target(), _mask(2)
        return (quality(move(_disturbed(target)), move(target), move(mask)),)

    assert_follows_its_input(part.build, run)


def compiles_to_the_same_figures(part: Part) -> None:
    """`torch.compile` may cut it, but must not change it."""

    def run(quality: Quality, *given: Tensor) -> Sequence[Tensor]:
        return (quality(*given),)

    target = _target()
    assert_compiles(lambda: part.build().eval(), run, _disturbed(target), target, _mask(2), whole=False)


def _judge(quality: Quality, prediction: Image, target: Image, weight: Tensor | None = None) -> Tensor:
    with torch.inference_mode():
        return quality(prediction, target, weight)


def _target(batch: int = 2) -> Image:
    return images(batch, SIDE, SIDE)


def _disturbed(target: Image, amount: float = 0.1, seed: int = 5) -> Image:
    """The images with other ones mixed in, and noise."""
    noise = torch.rand(target.shape, generator=torch.Generator().manual_seed(seed))
    other = images(len(target), SIDE, SIDE, seed=seed + 40)
    return ((1 - 2 * amount) * target + amount * other + amount * noise).clamp(0, 1)


def _mask(batch: int) -> Tensor:
    """Weights that fall to 0 at the edges, as those of warped pairs do."""
    ramp = ((torch.arange(SIDE) - SIDE / 2 + 0.5).abs().neg() / 8 + 3).clamp(0, 1)
    return (ramp[:, None] * ramp).expand(batch, 1, SIDE, SIDE).clone()


CHECKS = (
    gives_one_finite_figure_an_image,
    says_which_way_is_better,
    leaves_out_what_does_not_count,
    counts_everything_under_a_mask_of_ones,
    has_no_figure_where_nothing_counts,
    judges_each_image_by_itself,
    leaves_the_images_alone,
    repeats_itself,
    stays_near_in_bfloat16,
    follows_its_input_to_any_device,
    compiles_to_the_same_figures,
)
