"""Tests of what is refused before training, and of what the user is told to choose instead."""

from __future__ import annotations

from typing import ClassVar, final

import pytest
import torch
from torch import Tensor

from unsuplmk import registry
from unsuplmk.bottlenecks.code import Code
from unsuplmk.bottlenecks.density import Density
from unsuplmk.bottlenecks.gaussian import Gaussian
from unsuplmk.encoders.convnet import Convnet
from unsuplmk.encoders.hourglass import Hourglass
from unsuplmk.errors import UserError
from unsuplmk.generators.descriptors import Descriptors
from unsuplmk.generators.identity import Identity
from unsuplmk.generators.unet import UNet
from unsuplmk.interfaces import Bottleneck, Generator, Loss, PairSource
from unsuplmk.losses.pixel import Pixel
from unsuplmk.losses.separation import Separation
from unsuplmk.model import Model
from unsuplmk.pairs.video import Video
from unsuplmk.pairs.warped import Warped
from unsuplmk.training.combination import check, check_alone
from unsuplmk.types import Image, Pair, Step


class Needy(Loss):
    """Needs what it is told to need."""

    def __init__(self, *needs: str) -> None:
        super().__init__()
        self.needs = frozenset(needs)  # type: ignore[misc]

    def forward(self, step: Step) -> Tensor:
        return torch.zeros(())


@final
class NeedsWarp(Loss):
    """Works with known warps only."""

    needs: ClassVar[frozenset[str]] = frozenset({"warp"})

    def forward(self, step: Step) -> Tensor:
        return torch.zeros(())


@final
class Unregistered(PairSource):
    """Knows no warp, and no plugin brings it."""

    def __init__(self, *, warp: bool = False) -> None:
        super().__init__()

    def frames(self, index: int, clip: range, rng: object) -> tuple[int, ...]:
        return (index,)

    def forward(self, frames: tuple[Image, ...]) -> Pair:
        return Pair(frames[0], frames[0])


def model(losses: dict[str, Loss], generator: Generator | None = None, bottleneck: Bottleneck | None = None) -> Model:
    bottleneck = bottleneck or Gaussian(3)
    return Model(Convnet(3, width=4, stride=4), bottleneck, generator or UNet(bottleneck.maps, width=4), losses)


def refusal(pairs: PairSource, wired: Model) -> str:
    with pytest.raises(UserError) as refused:
        check(pairs, wired)
    return str(refused.value)


def test_a_loss_that_needs_a_warp_is_refused_for_pairs_without_one() -> None:
    wired = model({"pixel": Pixel(), "twist": NeedsWarp()})
    assert refusal(Video(), wired) == (
        "loss 'twist' needs pairs with a known warp, which --pairs video has not; "
        "choose --pairs warped, or leave that loss out"
    )
    check(Warped(), wired)
    check(Video(), model({"pixel": Pixel()}))


def test_pairs_of_the_paper_are_told_how_to_know_the_warp() -> None:
    said = refusal(Warped(source="independent"), model({"twist": NeedsWarp()}))
    assert "which --pairs warped has not; choose --pairs.source composed, or leave that loss out" in said


def test_a_loss_that_judges_the_reconstruction_is_refused_where_none_is_made() -> None:
    said = refusal(Warped(), model({"needy": Needy(), "pixel": Pixel()}, Identity(3)))
    assert said.startswith("loss 'pixel' judges the reconstruction, and --generator identity makes none; ")
    others = [name for name in registry.components("generator") if name != "identity"]
    assert said.endswith(f"choose --generator {', '.join(others[:-1])} or {others[-1]}, or leave that loss out")
    check(Warped(), model({"needy": Needy(), "twist": NeedsWarp()}, Identity(3)))


def test_a_loss_that_needs_densities_is_refused_for_bottlenecks_without() -> None:
    said = refusal(Video(), model({"overlap": Needy("density", "cov")}))
    assert said == (
        "loss 'overlap' needs landmarks with cov and density, which --bottleneck gaussian does not give; "
        "choose --bottleneck density, or leave that loss out"
    )
    check(Video(), model({"overlap": Needy("density", "cov")}, bottleneck=Density(3)))


def test_a_loss_that_asks_for_places_is_refused_where_landmarks_have_none() -> None:
    said = refusal(Video(), model({"separation": Separation()}, bottleneck=Code(3)))
    assert said == (
        "loss 'separation' asks where landmarks lie, and those of --bottleneck code are numbers without a place; "
        "choose --bottleneck density or gaussian, or leave that loss out"
    )


def test_a_generator_that_asks_for_places_is_refused_where_landmarks_have_none() -> None:
    said = refusal(Video(), model({"pixel": Pixel()}, Descriptors(6), Code(3)))
    assert said == (
        "--generator descriptors asks where landmarks lie, and those of --bottleneck code are numbers without a place; "
        "choose --bottleneck density or gaussian, or choose another --generator"
    )
    check(Video(), model({"pixel": Pixel()}, Descriptors(3)))


def test_no_generator_is_proposed_that_would_be_refused_next() -> None:
    said = refusal(Video(), model({"pixel": Pixel()}, Identity(6), Code(3)))
    assert "choose --generator flow, renderer, template" in said
    assert "descriptors" not in said


def test_what_no_installed_part_gives_is_said_to_be_so() -> None:
    said = refusal(Warped(), model({"needy": Needy("wrap")}))
    assert said == "loss 'needy' needs wrap, which no installed part gives; leave that loss out"


def test_of_several_faults_one_is_told_with_what_mends_it() -> None:
    wired = model({"needy": Needy("warp", "density", "reconstruction")}, Identity(3))
    assert "needs pairs with a known warp, which --pairs video has not; choose --pairs warped," in refusal(
        Video(), wired
    )
    assert "needs landmarks with density" in refusal(Warped(), wired)


def test_a_part_that_no_plugin_brings_is_called_by_its_class() -> None:
    assert "which --pairs unregistered has not" in refusal(Unregistered(), model({"twist": NeedsWarp()}))


def test_losses_need_not_be_built_to_be_refused() -> None:
    check(Video(), model({}))
    with pytest.raises(UserError, match="loss 'twist' needs pairs with a known warp"):
        check(Video(), model({}), {"twist": NeedsWarp})
    check(Video(), model({"twist": NeedsWarp()}), {"pixel": Pixel})


def test_one_image_at_a_time_is_refused_where_batch_norm_is_left_with_one_number() -> None:
    torch.manual_seed(0)
    deep = Model(Hourglass(3, width=8), Gaussian(3), UNet(3, width=4))
    grouped = Model(Hourglass(3, width=32, norm="group"), Gaussian(3), UNet(3, width=4))
    before = {name: value.clone() for name, value in deep.state_dict().items()}
    drawn = torch.get_rng_state()
    with pytest.raises(UserError, match=r"one image a process, at --size 32, .*; take a larger --batch or --size"):
        check_alone(deep, 32)
    check_alone(deep, 128)
    check_alone(grouped, 32)
    assert all(torch.equal(value, before[name]) for name, value in deep.state_dict().items())
    assert torch.equal(drawn, torch.get_rng_state())


def test_other_faults_of_a_part_are_no_matter_of_the_batch() -> None:
    wired = Model(Convnet(3, width=4), Gaussian(3), UNet(4, width=4))
    with pytest.raises(RuntimeError, match="channels"):
        check_alone(wired, 32)
