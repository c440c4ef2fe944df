"""What a loss must do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from unsuplmk import registry
from unsuplmk.interfaces import Loss
from unsuplmk.testing.compiled import assert_compiles
from unsuplmk.testing.devices import Move, assert_follows_its_input
from unsuplmk.testing.part import LANDMARKS, Part, images, refusal_allowed
from unsuplmk.types import Landmarks, Pair, Reconstruction, Step

SIDE = 32
"""Of the images: small, because loss networks are large."""


def is_a_finite_number_of_at_least_zero(part: Part) -> None:
    """For pairs with and without a mask, and for a batch of one, at any progress."""
    for batch, masked, progress in ((2, True, 0.0), (2, False, 0.5), (1, True, 1.0)):
        loss = part.build()
        value = _measure(loss, _step(loss, batch, masked=masked, progress=progress))
        assert value.shape == (), f"the loss has shape {tuple(value.shape)}, not ()"
        assert value.isfinite(), f"the loss is {value.item()}"
        assert value >= 0, f"the loss is negative: {value.item():.4g}"


def teaches_something(part: Part) -> None:
    """A finite gradient reaches the reconstruction or the landmarks."""
    loss = part.build()
    step = _step(loss, network=(network := _network()))
    image = step.reconstruction.image.requires_grad_()
    _measure(loss, step).backward()
    gradients = [g for g in (image.grad, *(p.grad for p in network.parameters())) if g is not None]
    assert gradients, "the loss depends neither on the reconstruction nor on the landmarks"
    assert all(g.isfinite().all() for g in gradients), "a gradient is not finite"
    assert any(g.abs().sum() > 0 for g in gradients), "all gradients are zero"


def prefers_a_perfect_reconstruction(part: Part) -> None:
    """Never less for a wrong image than for the target itself."""
    loss = part.build()
    with _unmoved(loss):
        perfect = _measure(loss, _step(loss, perfect=True))
        wrong = _measure(loss, _step(loss))
    assert perfect <= wrong + 1e-6, f"{perfect.item():.4g} for the target itself, {wrong.item():.4g} for a wrong image"


def says_that_it_judges_the_reconstruction(part: Part) -> None:
    """`needs` holds "reconstruction" if and only if the loss depends on one: a run without one is then refused."""
    loss = part.build()
    step = _step(loss, network=_network())
    image = step.reconstruction.image.requires_grad_()
    _measure(loss, step).backward()
    read = image.grad is not None and bool(image.grad.abs().sum() > 0)
    said = "reconstruction" in loss.needs
    assert read == said, f"needs is {set(loss.needs)}, but the loss {'reads' if read else 'does not read'} the image"


def leaves_the_pair_alone(part: Part) -> None:
    """The images are the other losses' too."""
    loss = part.build()
    step = _step(loss)
    tensors = (step.pair.source, step.pair.target, step.reconstruction.image)
    before = [tensor.clone() for tensor in tensors]
    _measure(loss, step)
    assert all(map(torch.equal, before, tensors)), "the loss changes an image in place"


def runs_in_bfloat16(part: Part) -> None:
    """Under autocast; the value stays near the one in float32, and in float32."""
    values = []
    for enabled in (False, True):
        loss = part.build()
        with torch.autocast("cpu", torch.bfloat16, enabled=enabled), _unmoved(loss):
            values.append(_measure(loss, _step(loss)))
    assert values[1].dtype == torch.float32, f"the loss is {values[1].dtype}, not float32"
    assert torch.allclose(*values, rtol=0.1, atol=1e-3), f"{values[0].item():.4g} becomes {values[1].item():.4g}"


def takes_any_side_or_says_which(part: Part) -> None:
    """Multiples of 8 from 16 on are what a run may ask for; where one will not do, UserError says what would."""
    for side in (16, 40):
        loss = part.build()
        with refusal_allowed(f"images of {side} px"):
            value = _measure(loss, _step(loss, side=side))
            assert value.isfinite(), f"the loss is {value.item()} for images of {side} px"


def follows_its_input_to_any_device(part: Part) -> None:
    """No tensor is made where the input is not."""

    def run(loss: Loss, move: Move) -> Sequence[Tensor]:
        return (_measure(loss, _step(loss, move=move)),)

    assert_follows_its_input(part.build, run)


def compiles_to_the_same_value(part: Part) -> None:
    """`torch.compile` may cut it, but must not change it."""

    def run(loss: Loss, step: Step) -> Sequence[Tensor]:
        return (loss(step),)

    assert_compiles(part.build, run, _step(part.build()), whole=False)


def repeats_itself_under_a_seed(part: Part) -> None:
    """What it draws at random, it draws from torch's own generator."""
    first, second = part.build(), part.build()
    assert torch.equal(_measure(first, _step(first)), _measure(second, _step(second))), "the same seed, another value"


def comes_back_from_its_state_dict(part: Part) -> None:
    """What it remembers between steps is saved with a run, so that a resumed one goes on alike."""
    trained, fresh = part.build().train(), part.build().train()
    for seed in range(2):
        _measure(trained, _step(trained, seed=seed))
    fresh.load_state_dict(trained.state_dict())
    values = [_measure(loss, _step(loss, seed=5)) for loss in (trained, fresh)]
    assert torch.equal(*values), "something is missing from the state dict"


@contextmanager
def _unmoved(loss: Loss) -> Iterator[None]:
    """Evaluation mode, in which running averages stand still, after one step of training has started them."""
    _measure(loss, _step(loss, seed=5))
    loss.eval()
    yield
    loss.train()


def _measure(loss: Loss, step: Step) -> Tensor:
    torch.manual_seed(7)
    return loss(step)


def _network() -> nn.Conv2d:
    torch.manual_seed(3)
    return nn.Conv2d(3, LANDMARKS, 5, 4, 2)


def _stay(tensor: Tensor) -> Tensor:
    return tensor


def _step(
    loss: Loss,
    batch: int = 2,
    *,
    masked: bool = True,
    perfect: bool = False,
    progress: float = 0.5,
    seed: int = 0,
    side: int = SIDE,
    network: nn.Conv2d | None = None,
    move: Move = _stay,
) -> Step:
    """A step on real warped pairs, with landmarks by a small network of random weights."""
    torch.manual_seed(11 + seed)
    pair = registry.build("pairs", "warped")((move(images(batch, side, side, seed=seed)),))
    kept = pair.warp if "warp" in loss.needs or masked else None
    pair = Pair(pair.source, pair.target, pair.weight if masked else None, kept)
    bottleneck = registry.build("bottleneck", "density", LANDMARKS, sharpness=10.0)  # carries all that landmarks can
    scores = network or _network()
    weights = [move(parameter) for parameter in scores.parameters()]

    def encode(image: Tensor) -> Landmarks:
        return bottleneck.locate(F.conv2d(image - 0.5, *weights, stride=4, padding=2))

    image = pair.target.clone() if perfect else move(images(batch, side, side, seed=seed + 20))
    return Step(pair, encode(pair.target), Reconstruction(image), progress, encode)


CHECKS = (
    is_a_finite_number_of_at_least_zero,
    teaches_something,
    prefers_a_perfect_reconstruction,
    says_that_it_judges_the_reconstruction,
    leaves_the_pair_alone,
    takes_any_side_or_says_which,
    runs_in_bfloat16,
    follows_its_input_to_any_device,
    compiles_to_the_same_value,
    repeats_itself_under_a_seed,
    comes_back_from_its_state_dict,
)
