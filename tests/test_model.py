"""Tests of the parts wired together."""

from __future__ import annotations

import threading
from typing import ClassVar, final

import numpy as np
import pytest
import torch
from torch import Tensor

from unsuplmk.bottlenecks.gaussian import Gaussian
from unsuplmk.encoders.convnet import Convnet
from unsuplmk.generators.renderer import Renderer
from unsuplmk.generators.unet import UNet
from unsuplmk.interfaces import Encoder, Generator, Loss
from unsuplmk.losses.pixel import Pixel
from unsuplmk.model import Model
from unsuplmk.ops.coordinates import grid
from unsuplmk.ops.linear import fit_linear
from unsuplmk.types import Landmarks, Pair, Reconstruction, Render, Step


@final
class Counting(Encoder):
    """Remembers the images that an encoder is given."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Tensor] = []
        self.encoder = Convnet(3, width=2, stride=4)

    def forward(self, image: Tensor) -> Tensor:
        self.seen.append(image)
        return self.encoder(image)


@final
class Both(Generator):
    """Asks for the source's landmarks, and shows what it was given."""

    needs: ClassVar[frozenset[str]] = frozenset({"source"})

    def forward(self, pair: Pair, source: Landmarks, target: Landmarks, render: Render) -> Reconstruction:
        return Reconstruction(pair.source, {"source": source.xy, "target": target.xy, "maps": render(target, (8, 8))})


@final
class Plain(Generator):
    """Does not."""

    def forward(self, pair: Pair, source: Landmarks, target: Landmarks, render: Render) -> Reconstruction:
        return Reconstruction(pair.source, {"source": source.xy})


@final
class Judge(Loss):
    """A number, which may take landmarks of further images."""

    def __init__(self, value: float, asked: str = "") -> None:
        super().__init__()
        self.value, self.asked, self.progress = value, asked, -1.0

    def forward(self, step: Step) -> Tensor:
        self.progress = step.progress
        images = {"": [], "source": [step.pair.source], "target": [step.pair.target]}[self.asked]
        found = [step.locate(image) for image in images]
        if self.asked == "target":
            assert found[0] is step.target
        return torch.tensor(self.value)


def pair() -> Pair:
    generator = torch.Generator().manual_seed(0)
    return Pair(*(torch.rand(2, 3, 16, 16, generator=generator) for _ in range(2)))


def model(generator: Generator, losses: dict[str, Loss] | None = None, **weights: float) -> Model:
    torch.manual_seed(0)
    return Model(Counting(), Gaussian(3), generator, losses, weights)


def test_the_total_is_the_weighted_sum_and_terms_are_told_before_their_weights() -> None:
    losses: dict[str, Loss] = {"a": Judge(2.0), "b": Judge(3.0), "c": Judge(5.0)}
    outcome = model(Plain(), losses, a=0.5, c=0.0)(pair(), 0.25)
    assert float(outcome.total) == 0.5 * 2 + 3
    assert {name: float(term) for name, term in outcome.terms.items()} == {"a": 2, "b": 3, "c": 5}
    assert {loss.progress for loss in losses.values() if isinstance(loss, Judge)} == {0.25}


def test_without_losses_the_total_is_zero() -> None:
    outcome = model(Plain())(pair())
    assert float(outcome.total) == 0
    assert not outcome.terms


def test_the_source_is_encoded_only_where_the_generator_needs_it() -> None:
    given = pair()
    needy, plain = model(Both()), model(Plain())
    shown = needy(given).reconstruction.extra
    assert [image is given.target for image in needy.encoder.seen] == [True, False]
    torch.testing.assert_close(shown["source"], needy.locate(given.source).xy)
    torch.testing.assert_close(shown["target"], needy.locate(given.target).xy)
    assert shown["maps"].shape == (2, 3, 8, 8)
    assert plain(given).reconstruction.extra["source"].shape == (2, 0, 2)
    assert len(plain.encoder.seen) == 1


def test_losses_share_what_was_encoded_already() -> None:
    losses: dict[str, Loss] = {"a": Judge(1.0, "source"), "b": Judge(1.0, "source"), "c": Judge(1.0, "target")}
    counted = model(Plain(), losses)
    counted(pair())
    assert len(counted.encoder.seen) == 2


def test_the_landmarks_of_the_target_are_handed_on() -> None:
    wired, given = model(Plain()).eval(), pair()
    torch.testing.assert_close(wired(given).target.xy, wired.locate(given.target).xy)


def test_an_image_that_is_its_own_source_is_encoded_once() -> None:
    image = pair().target
    needy = model(Both(), {"a": Judge(1.0, "source")})
    shown = needy(Pair(image, image)).reconstruction.extra
    assert shown["source"] is shown["target"]
    assert len(needy.encoder.seen) == 1


def discs(count: int = 64) -> tuple[Tensor, Tensor]:
    """Images of a yellow disc at random places, and the places."""
    places = 1.2 * torch.rand(count, 1, 2, generator=torch.Generator().manual_seed(0)) - 0.6
    far = (grid(16, 16, places) - places[:, :, None]).norm(dim=-1)
    inside = torch.sigmoid((0.35 - far) * 15)[:, None]
    return 0.2 + inside * torch.tensor([0.8, 0.7, -0.1]).view(3, 1, 1), places


def linear_error(wired: Model, images: Tensor, places: Tensor) -> float:
    """Distance to the places of a linear map of the landmarks, fitted on half of the images; guessing the mean is 1."""
    with torch.no_grad():
        found = wired.eval().locate(images).xy.double().numpy()
    truth, half = places.double().numpy(), len(images) // 2
    guess = fit_linear(found[:half], truth[:half], intercept=True)(found[half:])
    constant = np.linalg.norm(truth[half:] - truth[:half].mean(0), axis=-1).mean()
    return float(np.linalg.norm(guess - truth[half:], axis=-1).mean() / constant)


@pytest.mark.parametrize("kind", [Renderer, UNet])
def test_a_small_model_learns_in_a_moment_where_a_disc_is(kind: type[Renderer] | type[UNet]) -> None:
    torch.manual_seed(0)
    generator = kind(2, width=8, stride=2)
    wired = Model(Convnet(2, width=8, stride=2), Gaussian(2, sigma=0.2), generator, {"pixel": Pixel()})
    adam = torch.optim.Adam(wired.parameters(), 1e-2)
    images, places = discs()
    losses = []
    for _ in range(100):
        source, target = torch.randint(len(images), (2, 16))
        total = wired(Pair(images[source], images[target])).total
        adam.zero_grad()
        total.backward()
        adam.step()
        losses.append(float(total.detach()))
    variance = float((images - images.mean(0)).square().mean())
    assert np.mean(losses[-10:]) < 0.1 * np.mean(losses[:5])
    assert np.mean(losses[-10:]) < 0.35 * variance  # which is what a generator is left with that knows no place
    assert linear_error(wired, images, places) < 0.15


def test_twins_locate_the_same_with_the_very_same_weights_and_keep_what_they_keep_to_themselves() -> None:
    torch.manual_seed(0)
    model = Model(Counting(), Gaussian(3), Plain()).eval()
    one, two = model.twins(2)
    image = torch.rand(2, 3, 32, 32)
    assert torch.equal(one.locate(image).xy, model.locate(image).xy)
    assert [len(m.encoder.seen) for m in (model, one, two) if isinstance(m.encoder, Counting)] == [1, 1, 0]
    assert [*map(id, two.encoder.parameters())] == [*map(id, model.encoder.parameters())]
    assert not any(part.training for part in two.encoder.modules())


def test_what_cannot_be_copied_or_is_listened_to_has_no_twins() -> None:
    model = Model(Counting(), Gaussian(3), Plain())
    handle = model.encoder.register_forward_hook(lambda *_: None)
    assert model.twins(2) == []
    handle.remove()
    assert len(model.twins(2)) == 2
    object.__setattr__(model.encoder, "lock", threading.Lock())
    assert model.twins(2) == []
