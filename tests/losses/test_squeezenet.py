"""Tests of the perceptual loss by SqueezeNet."""

from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn
from torchvision.models import squeezenet1_1

from tests.steps import step
from unsuplmk.errors import UserError
from unsuplmk.losses.squeezenet import TAPS, Squeezenet


def features() -> nn.Sequential:
    with torch.device("meta"):
        return squeezenet1_1(weights=None).features


def test_the_taps_are_the_modules_they_are_named_after() -> None:
    known, fires = {}, 1
    for index, layer in enumerate(features()):
        if type(layer).__name__ == "Fire":
            fires += 1  # counted from 2: the first convolution is 1
            known[f"fire{fires}"] = index
        elif isinstance(layer, nn.ReLU):
            known["relu1"] = index
    assert fires == 9
    assert {name: known[name] for name in TAPS} == TAPS


def test_the_compared_features_are_torchvisions(network_weights: Mapping[str, Path]) -> None:
    whole, state = features(), load_file(network_weights["squeezenet"])
    whole.load_state_dict({key.removeprefix("features."): value for key, value in state.items()}, assign=True)
    image = torch.rand(1, 3, 48, 48, generator=torch.Generator().manual_seed(0))
    mean, sd = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1), torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
    raw, *found = Squeezenet(weights=str(network_weights["squeezenet"])).perceptual.features(image)
    assert torch.equal(raw, image)
    with torch.no_grad():
        for index, compared in zip(TAPS.values(), found, strict=True):
            torch.testing.assert_close(compared, whole[: index + 1]((image - mean) / sd))


def test_its_first_value_is_one_and_a_perfect_image_gives_zero(network_weights: Mapping[str, Path]) -> None:
    made, target = torch.rand(2, 2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    loss = Squeezenet(weights=str(network_weights["squeezenet"]))
    assert float(loss(step(target, made, weight=torch.rand(2, 1, 32, 32)))) == pytest.approx(1, abs=1e-5)
    assert float(loss(step(target))) == 0


def test_another_networks_file_is_refused_by_name(network_weights: Mapping[str, Path]) -> None:
    with pytest.raises(UserError, match=r"vgg16\.safetensors.* not weights of squeezenet"):
        Squeezenet(weights=str(network_weights["vgg16"]))
