"""What an encoder must do."""

from __future__ import annotations

import torch
from torch import Tensor

from unsuplmk.testing.part import HEIGHT, LANDMARKS, WIDTH, Part, assert_gradients, images, stirred


def gives_a_heatmap_for_each_landmark(part: Part) -> None:
    """(batch, landmarks, h, w), for one landmark as for many, at a resolution that divides the image's."""
    for count in (1, LANDMARKS):
        _assert_heatmaps(part.build(count)(images()), 2, count, HEIGHT, WIDTH)


def takes_upright_and_wide_images(part: Part) -> None:
    """The image need not be square, nor always of one size."""
    encoder = part.build(LANDMARKS)
    for height, width in ((WIDTH, HEIGHT), (HEIGHT, HEIGHT)):
        _assert_heatmaps(encoder(images(2, height, width)), 2, LANDMARKS, height, width)


def trains_on_a_batch_of_one(part: Part) -> None:
    """In training mode too."""
    _assert_heatmaps(part.build(LANDMARKS).train()(images(1)), 1, LANDMARKS, HEIGHT, WIDTH)


def runs_in_bfloat16(part: Part) -> None:
    """Under autocast, in training mode."""
    with torch.autocast("cpu", torch.bfloat16):
        heatmaps = part.build(LANDMARKS)(images())
    _assert_heatmaps(heatmaps, 2, LANDMARKS, HEIGHT, WIDTH)


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
    assert heatmaps.is_floating_point(), f"heatmaps are {heatmaps.dtype}, not floating point"
    assert heatmaps.isfinite().all(), "heatmaps hold values that are not finite"


CHECKS = (
    gives_a_heatmap_for_each_landmark,
    takes_upright_and_wide_images,
    trains_on_a_batch_of_one,
    runs_in_bfloat16,
    learns_with_every_parameter,
    repeats_itself_under_a_seed,
    sees_each_image_alone,
    comes_back_from_its_state_dict,
)
