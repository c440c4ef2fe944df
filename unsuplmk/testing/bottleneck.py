"""What a bottleneck must do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from unsuplmk.interfaces import Bottleneck
from unsuplmk.ops.coordinates import grid
from unsuplmk.testing.compiled import assert_compiles, assert_exports
from unsuplmk.testing.devices import Move, assert_follows_its_input
from unsuplmk.testing.part import (
    LANDMARKS,
    Part,
    assert_gradients,
    assert_image_like,
    landmarks,
    refusal_allowed,
    stirred,
)

H, W = 16, 24


def keeps_points_inside_the_image(part: Part) -> None:
    """Coordinates in [-1, 1], scores in [0, 1], and the heatmaps handed on, however the scores are spread."""
    for spread in (0.0, 1.0, 1000.0):
        found = part.build(LANDMARKS).locate(spread * _scores(2))
        assert_image_like(found.xy, (2, LANDMARKS, 2), "xy")
        assert_image_like(found.score, (2, LANDMARKS), "score")
        assert found.xy.abs().max() <= 1 + 1e-5, f"coordinates leave [-1, 1]: up to {found.xy.abs().max():.3f}"
        assert found.score.min() >= 0, "a score is below 0"
        assert found.score.max() <= 1 + 1e-5, "a score is above 1"
        assert found.heatmaps.shape == (2, LANDMARKS, H, W), "the heatmaps are not handed on"


def finds_a_sharp_peak_where_it_is(part: Part) -> None:
    """Half a cell is the most that it may miss; what has no places must tell peaks apart, and claim no confidence."""
    peaks, wanted = _peaks()
    bottleneck: Bottleneck = part.build(LANDMARKS).eval()
    found = bottleneck.locate(peaks)
    if not bottleneck.places:
        assert not torch.equal(found.xy, bottleneck.locate(peaks.flip(-1)).xy), "the code is the same for other peaks"
        assert (found.score == 0).all(), "places is False, yet it is confident of its points: the score must be 0"
        return
    miss = (found.xy - wanted).abs()
    cell = torch.tensor([2 / W, 2 / H])
    assert (miss <= cell / 2).all(), f"the peaks are missed by up to {(miss / cell).max():.2f} cells"


def draws_a_point_where_it_was_found(part: Part) -> None:
    """With one map a landmark and places, each peaks at its landmark; in any case, other points make other maps."""
    bottleneck = part.build(LANDMARKS)
    height, width = 32, 48
    peaks, wanted = _peaks()
    maps = bottleneck.render(bottleneck.locate(peaks), (height, width))
    assert_image_like(maps, (1, bottleneck.maps, height, width), "maps")
    turned = bottleneck.render(bottleneck.locate(peaks.flip(-1)), (height, width))
    assert (maps - turned).abs().max() > 1e-3, "the maps do not depend on where the landmarks are"
    if bottleneck.places and bottleneck.maps == LANDMARKS:
        drawn = grid(height, width, maps).reshape(-1, 2)[maps.flatten(2).argmax(-1)]
        miss = (drawn - wanted).abs() / torch.tensor([2 / W, 2 / H])
        assert (miss <= 1).all(), f"maps peak up to {miss.max():.2f} cells from the landmark"


def keeps_its_maps_at_any_size(part: Part) -> None:
    """As many maps as it says, for a batch of one too."""
    bottleneck = part.build(LANDMARKS)
    for height, width in ((8, 8), (16, 40), (64, 64)):
        maps = bottleneck.render(landmarks(1), (height, width))
        assert_image_like(maps, (1, bottleneck.maps, height, width), "maps")


def takes_heatmaps_of_any_size(part: Part) -> None:
    """Few cells, odd numbers of them, and a batch of one while training."""
    for batch, height, width in ((1, 2, 2), (2, 9, 11), (1, 16, 24), (2, 4, 4)):
        scores = torch.randn(batch, LANDMARKS, height, width, generator=torch.Generator().manual_seed(0))
        with refusal_allowed(f"heatmaps of {height}x{width} cells"):
            bottleneck: Bottleneck = part.build(LANDMARKS).train()
            found = bottleneck.locate(scores)
            assert_image_like(found.xy, (batch, LANDMARKS, 2), "xy")
            maps = bottleneck.render(found, (height, width))
            assert_image_like(maps, (batch, bottleneck.maps, height, width), "maps")


def lets_gradients_through(part: Part) -> None:
    """From the maps to the scores, and to its own parameters, if it has any."""
    bottleneck: Bottleneck = stirred(part.build(LANDMARKS))
    scores = _scores(2).requires_grad_()
    assert_gradients(bottleneck, bottleneck.render(bottleneck.locate(scores), (H, W)))
    gradient = scores.grad
    assert gradient is not None, "no gradient reaches the scores"
    assert gradient.isfinite().all(), "the gradient of the scores is not finite"
    assert (gradient.abs().sum((2, 3)) > 0).all(), "some landmark's scores have no gradient"


def runs_in_bfloat16(part: Part) -> None:
    """Scores may come in half precision; the points stay as exact as float32 lets them."""
    peaks, wanted = _peaks()
    bottleneck = part.build(LANDMARKS)
    if not bottleneck.places:
        wanted = bottleneck.locate(peaks.bfloat16().float()).xy
    with torch.autocast("cpu", torch.bfloat16):
        found = bottleneck.locate(peaks.bfloat16())
        maps = bottleneck.render(found, (H, W))
    for name, value in (("xy", found.xy), ("score", found.score)):
        assert value.dtype == torch.float32, (
            f"{name} is {value.dtype}, not float32: 8 bits would round points to pixels"
        )
    assert (found.xy - wanted).abs().max() <= 1 / H, "half-precision scores are located elsewhere"
    assert_image_like(maps, (1, bottleneck.maps, H, W), "maps")


def follows_its_input_to_any_device(part: Part) -> None:
    """No tensor is made where the input is not."""

    def run(bottleneck: Bottleneck, move: Move) -> Sequence[Tensor]:
        found = bottleneck.locate(move(_scores(2)))
        return found.xy, found.score, bottleneck.render(found, (H, W))

    assert_follows_its_input(lambda: part.build(LANDMARKS), run)


def compiles_in_one_graph(part: Part) -> None:
    """`torch.compile(fullgraph=True)` locates and draws the same: `--compile` pays."""

    def run(bottleneck: Bottleneck, scores: Tensor) -> Sequence[Tensor]:
        found = bottleneck.locate(scores)
        return found.xy, found.score, bottleneck.render(found, (H, W))

    assert_compiles(lambda: part.build(LANDMARKS), run, _scores(2))


def exports_with_any_batch_size(part: Part) -> None:
    """`locate` is part of what users share; what `render` draws is not."""
    assert_exports(_Locate(part.build(LANDMARKS)).eval(), _scores)


def comes_back_from_its_state_dict(part: Part) -> None:
    """The state dict holds everything that decides the points and the maps."""
    trained: Bottleneck = stirred(part.build(LANDMARKS, seed=3))
    fresh: Bottleneck = part.build(LANDMARKS, seed=4)
    fresh.load_state_dict(trained.state_dict())
    maps = [b.eval().render(b.locate(_scores(2)), (H, W)) for b in (trained, fresh)]
    assert torch.equal(*maps), "something is missing from the state dict"


def _scores(batch: int) -> Float[Tensor, "batch landmarks h w"]:
    return torch.randn(batch, LANDMARKS, H, W, generator=torch.Generator().manual_seed(0))


def _peaks() -> tuple[Tensor, Tensor]:
    """Scores with one high cell a landmark, and the (x, y) of those cells' centres."""
    torch.manual_seed(5)
    cells = torch.randperm(H * W)[:LANDMARKS]
    scores = torch.zeros(1, LANDMARKS, H * W)
    scores[0, torch.arange(LANDMARKS), cells] = 1000.0
    return scores.view(1, LANDMARKS, H, W), grid(H, W, scores).reshape(-1, 2)[cells][None]


@final
class _Locate(nn.Module):
    """The bottleneck as far as a detector uses it."""

    def __init__(self, bottleneck: Bottleneck) -> None:
        super().__init__()
        self.bottleneck = bottleneck

    def forward(self, scores: Tensor) -> tuple[Tensor, Tensor]:
        found = self.bottleneck.locate(scores)
        return found.xy, found.score


CHECKS = (
    keeps_points_inside_the_image,
    finds_a_sharp_peak_where_it_is,
    draws_a_point_where_it_was_found,
    keeps_its_maps_at_any_size,
    takes_heatmaps_of_any_size,
    lets_gradients_through,
    runs_in_bfloat16,
    follows_its_input_to_any_device,
    compiles_in_one_graph,
    exports_with_any_batch_size,
    comes_back_from_its_state_dict,
)
