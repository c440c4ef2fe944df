"""What an encoder must do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor, nn

from unsuplmk import registry
from unsuplmk.interfaces import Encoder
from unsuplmk.testing.compiled import assert_compiles, assert_exports
from unsuplmk.testing.devices import Move, assert_follows_its_input
from unsuplmk.testing.part import (
    HEIGHT,
    LANDMARKS,
    SIDES,
    WIDTH,
    Part,
    assert_gradients,
    images,
    refusal_allowed,
    stirred,
)


def gives_a_heatmap_for_each_landmark(part: Part) -> None:
    """(batch, landmarks, h, w), for one landmark as for many, at a resolution that divides the image's."""
    for count in (1, LANDMARKS):
        _assert_heatmaps(part.build(count)(images()), 2, count, HEIGHT, WIDTH)


def takes_upright_and_wide_images(part: Part) -> None:
    """The image need not be square, nor always of one size."""
    encoder = part.build(LANDMARKS)
    for height, width in ((WIDTH, HEIGHT), (HEIGHT, HEIGHT)):
        _assert_heatmaps(encoder(images(2, height, width)), 2, LANDMARKS, height, width)


def takes_any_side_or_says_which(part: Part) -> None:
    """Multiples of 8 from 16 on are what a run may ask for; where one will not do, UserError says what would."""
    for side in SIDES:
        with refusal_allowed(f"images of {side} px"):
            _assert_heatmaps(part.build(LANDMARKS)(images(2, side, side)), 2, LANDMARKS, side, side)


def trains_on_a_batch_of_one(part: Part) -> None:
    """In training mode too."""
    _assert_heatmaps(part.build(LANDMARKS).train()(images(1)), 1, LANDMARKS, HEIGHT, WIDTH)


def runs_in_bfloat16(part: Part) -> None:
    """Under autocast, in training mode."""
    with torch.autocast("cpu", torch.bfloat16):
        _assert_heatmaps(part.build(LANDMARKS)(images()), 2, LANDMARKS, HEIGHT, WIDTH)


def follows_its_input_to_any_device(part: Part) -> None:
    """No tensor is made where the input is not."""

    def run(encoder: Encoder, move: Move) -> Sequence[Tensor]:
        return (encoder(move(images())),)

    assert_follows_its_input(lambda: part.build(LANDMARKS), run)


def compiles_in_one_graph(part: Part) -> None:
    """`torch.compile(fullgraph=True)` gives the same heatmaps: `--compile` pays."""

    def run(encoder: Encoder, image: Tensor) -> Sequence[Tensor]:
        return (encoder(image),)

    assert_compiles(lambda: part.build(LANDMARKS), run, images())


def exports_with_any_batch_size(part: Part) -> None:
    """As the detector is shared: the encoder with a bottleneck behind it, for images of one size."""
    locating = _Locating(part.build(LANDMARKS), registry.build("bottleneck", "gaussian", LANDMARKS)).eval()
    assert_exports(locating, images)


def learns_with_every_parameter(part: Part) -> None:
    """No parameter is idle."""
    encoder = stirred(part.build(LANDMARKS))
    assert_gradients(encoder, encoder(images()))


def repeats_itself_under_a_seed(part: Part) -> None:
    """The same seed, the same weights and heatmaps; other images, other heatmaps."""
    first, second = part.build(LANDMARKS, seed=3), part.build(LANDMARKS, seed=3)
    assert torch.equal(first(images()), second(images())), "the same seed gives other heatmaps"
    assert not torch.equal(first(images()), first(images(seed=1))), "the heatmaps do not depend on the image"


def sees_each_image_alone(part: Part) -> None:
    """In evaluation mode an image's heatmaps do not depend on the rest of the batch."""
    encoder = part.build(LANDMARKS).eval()
    together, alone = encoder(images(3))[:1], encoder(images(3)[:1])
    assert torch.allclose(together, alone, rtol=1e-3, atol=1e-4), "the rest of the batch changes an image's heatmaps"


def comes_back_from_its_state_dict(part: Part) -> None:
    """The state dict holds everything that decides the heatmaps."""
    trained, fresh = part.build(LANDMARKS, seed=3), part.build(LANDMARKS, seed=4)
    trained(images(seed=1))  # moves running statistics, if there are any
    fresh.load_state_dict(trained.state_dict())
    assert torch.equal(trained.eval()(images()), fresh.eval()(images())), "something is missing from the state dict"


def _assert_heatmaps(heatmaps: Tensor, batch: int, count: int, height: int, width: int) -> None:
    assert heatmaps.shape[:2] == (batch, count), f"{tuple(heatmaps.shape)} does not begin with {(batch, count)}"
    h, w = heatmaps.shape[2:]
    fits = height % h == 0 and width % w == 0 and height // h == width // w
    assert fits, f"heatmaps of {h}x{w} do not divide images of {height}x{width} evenly"
    kinds = (torch.float32, torch.bfloat16) if torch.is_autocast_enabled("cpu") else (torch.float32,)
    assert heatmaps.dtype in kinds, f"heatmaps are {heatmaps.dtype}, not {' or '.join(map(str, kinds))}"
    assert heatmaps.isfinite().all(), "heatmaps hold values that are not finite"


@final
class _Locating(nn.Module):
    """What a user keeps of a run: image to points."""

    def __init__(self, encoder: nn.Module, bottleneck: nn.Module) -> None:
        super().__init__()
        self.encoder, self.bottleneck = encoder, bottleneck

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        found = self.bottleneck.locate(self.encoder(image))  # type: ignore[operator]
        return found.xy, found.score


CHECKS = (
    gives_a_heatmap_for_each_landmark,
    takes_upright_and_wide_images,
    takes_any_side_or_says_which,
    trains_on_a_batch_of_one,
    runs_in_bfloat16,
    follows_its_input_to_any_device,
    compiles_in_one_graph,
    exports_with_any_batch_size,
    learns_with_every_parameter,
    repeats_itself_under_a_seed,
    sees_each_image_alone,
    comes_back_from_its_state_dict,
)
