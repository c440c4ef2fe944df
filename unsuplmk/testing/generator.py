"""What a generator must do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import TypeVar

import torch
from torch import Tensor, nn

from unsuplmk import registry
from unsuplmk.interfaces import Bottleneck, Generator
from unsuplmk.testing.compiled import assert_compiles
from unsuplmk.testing.devices import Move, assert_follows_its_input
from unsuplmk.testing.part import (
    HEIGHT,
    LANDMARKS,
    SIDES,
    WIDTH,
    Part,
    assert_gradients,
    assert_image_like,
    images,
    landmarks,
    refusal_allowed,
    stirred,
)
from unsuplmk.types import Landmarks, Pair

Value = TypeVar("Value", Pair, Landmarks)


def rebuilds_an_image_of_the_targets_size(part: Part) -> None:
    """Square or not, for a batch of one too."""
    generator = part.build(_bottleneck().maps)
    for batch, height, width in ((2, HEIGHT, WIDTH), (2, WIDTH, HEIGHT), (1, HEIGHT, HEIGHT)):
        pair = Pair(images(batch, height, width), images(batch, height, width, seed=1))
        assert_image_like(_rebuild(generator, pair, landmarks(batch)), (batch, 3, height, width), "the reconstruction")


def takes_any_side_or_says_which(part: Part) -> None:
    """Multiples of 8 from 16 on are what a run may ask for; where one will not do, UserError says what would."""
    for side in SIDES:
        pair = Pair(images(2, side, side), images(2, side, side, seed=1))
        with refusal_allowed(f"images of {side} px"):
            image = _rebuild(part.build(_bottleneck().maps), pair, landmarks())
            size = tuple(image.shape[-2:])
            assert_image_like(image, (2, 3, *size), "the reconstruction")
            assert size[0] == size[1] <= side, f"images of {side} px are rebuilt as {size[0]} x {size[1]} px"


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


def follows_its_input_to_any_device(part: Part) -> None:
    """No tensor is made where the input is not."""
    bottleneck = _bottleneck()

    def run(generator: Generator, move: Move) -> Sequence[Tensor]:
        pair, source, target = _inputs(generator)
        moved = (_moved(pair, move), _moved(source, move), _moved(target, move))
        return (generator(*moved, bottleneck.render).image,)

    assert_follows_its_input(lambda: part.build(bottleneck.maps), run)


def compiles_in_one_graph(part: Part) -> None:
    """`torch.compile(fullgraph=True)` rebuilds the same: `--compile` pays."""
    bottleneck = _bottleneck()

    def run(generator: Generator, pair: Pair, source: Landmarks, target: Landmarks) -> Sequence[Tensor]:
        return (generator(pair, source, target, bottleneck.render).image,)

    inputs = _inputs(part.build(bottleneck.maps))
    assert_compiles(lambda: stirred(part.build(bottleneck.maps)), run, *inputs)


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
    return generator(pair, _source(generator, len(pair.source)), target, _bottleneck().render).image


def _source(generator: nn.Module, batch: int) -> Landmarks:
    asked = "source" in getattr(generator, "needs", ())
    return landmarks(batch, LANDMARKS if asked else 0, seed=5)


def _inputs(generator: nn.Module) -> tuple[Pair, Landmarks, Landmarks]:
    return _pair(), _source(generator, 2), landmarks()


def _moved(value: Value, move: Move) -> Value:
    tensors = {f.name: getattr(value, f.name) for f in fields(value)}
    return replace(value, **{name: move(t) for name, t in tensors.items() if isinstance(t, Tensor)})


CHECKS = (
    rebuilds_an_image_of_the_targets_size,
    takes_any_side_or_says_which,
    never_looks_at_the_target,
    uses_the_source_and_the_landmarks,
    lets_gradients_through,
    runs_in_bfloat16,
    follows_its_input_to_any_device,
    compiles_in_one_graph,
    repeats_itself_under_a_seed,
    comes_back_from_its_state_dict,
)
