"""What a generator must do."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn

from unsuplmk import registry
from unsuplmk.interfaces import Bottleneck
from unsuplmk.testing.part import (
    HEIGHT,
    LANDMARKS,
    WIDTH,
    Part,
    assert_gradients,
    assert_image_like,
    images,
    landmarks,
    stirred,
)
from unsuplmk.types import Landmarks, Pair


def rebuilds_an_image_of_the_targets_size(part: Part) -> None:
    """Square or not, for a batch of one too."""
    generator = part.build(_bottleneck().maps)
    for batch, height, width in ((2, HEIGHT, WIDTH), (2, WIDTH, HEIGHT), (1, HEIGHT, HEIGHT)):
        pair = Pair(images(batch, height, width), images(batch, height, width, seed=1))
        assert_image_like(_rebuild(generator, pair, landmarks(batch)), (batch, 3, height, width), "the reconstruction")


def never_looks_at_the_target(part: Part) -> None:
    """Only the landmarks may tell it about the target, or nothing has to be learnt."""
    generator, pair = part.build(_bottleneck().maps).eval(), _pair()
    other = replace(pair, target=images(seed=9))
    same = torch.equal(_rebuild(generator, pair, landmarks()), _rebuild(generator, other, landmarks()))
    assert same, "changing pair.target changes the reconstruction"


def uses_the_source_and_the_landmarks(part: Part) -> None:
    """Changing either changes the reconstruction; one that rebuilds nothing hands the source on, and learns nothing."""
    generator, pair = stirred(part.build(_bottleneck().maps)).eval(), _pair()
    if not generator.rebuilds:
        assert not list(generator.parameters()), "rebuilds is False, yet it has parameters"
        assert torch.equal(_rebuild(generator, pair, landmarks()), pair.source), "rebuilds is False: return the source"
        return
    before = _rebuild(generator, pair, landmarks())
    moved = _rebuild(generator, pair, landmarks(seed=9))
    assert not torch.equal(before, moved), "the target's landmarks do not change the reconstruction"
    repainted = _rebuild(generator, replace(pair, source=images(seed=9)), landmarks())
    assert not torch.equal(before, repainted), "the source does not change the reconstruction"


def lets_gradients_through(part: Part) -> None:
    """To every parameter, and to the landmarks' coordinates, if it rebuilds anything."""
    generator = stirred(part.build(_bottleneck().maps))
    if not generator.rebuilds:
        return
    target = landmarks()
    target.xy.requires_grad_()
    assert_gradients(generator, _rebuild(generator, _pair(), target))
    assert target.xy.grad is not None, "no gradient reaches the target's landmarks"
    assert (target.xy.grad.abs().sum(-1) > 0).all(), "some landmark has no gradient"


def runs_in_bfloat16(part: Part) -> None:
    """Under autocast, in training mode; the image comes back in float32, for the losses."""
    with torch.autocast("cpu", torch.bfloat16):
        image = _rebuild(part.build(_bottleneck().maps), _pair(), landmarks())
    assert_image_like(image, (2, 3, HEIGHT, WIDTH), "the reconstruction")
    assert image.dtype == torch.float32, f"the reconstruction is {image.dtype}, not float32"


def repeats_itself_under_a_seed(part: Part) -> None:
    """The same seed, the same weights and reconstruction."""
    rebuilt = []
    for _ in range(2):
        generator = part.build(_bottleneck().maps, seed=3)
        torch.manual_seed(7)
        rebuilt.append(_rebuild(generator, _pair(), landmarks()))
    assert torch.equal(*rebuilt), "the same seed gives another reconstruction"


def comes_back_from_its_state_dict(part: Part) -> None:
    """The state dict holds everything that decides the reconstruction."""
    maps = _bottleneck().maps
    trained, fresh = part.build(maps, seed=3), part.build(maps, seed=4)
    _rebuild(trained, _pair(), landmarks(seed=1))  # moves running statistics, if there are any
    fresh.load_state_dict(trained.state_dict())
    rebuilt = [_rebuild(generator.eval(), _pair(), landmarks()) for generator in (trained, fresh)]
    assert torch.equal(*rebuilt), "something is missing from the state dict"


def _bottleneck() -> Bottleneck:
    return registry.build("bottleneck", "gaussian", LANDMARKS)


def _pair() -> Pair:
    return Pair(images(), images(seed=1))


def _rebuild(generator: nn.Module, pair: Pair, target: Landmarks) -> Tensor:
    batch = len(pair.source)
    asked = "source" in getattr(generator, "needs", ())
    source = landmarks(batch, LANDMARKS if asked else 0, seed=5)
    return generator(pair, source, target, _bottleneck().render).image


CHECKS = (
    rebuilds_an_image_of_the_targets_size,
    never_looks_at_the_target,
    uses_the_source_and_the_landmarks,
    lets_gradients_through,
    runs_in_bfloat16,
    repeats_itself_under_a_seed,
    comes_back_from_its_state_dict,
)
