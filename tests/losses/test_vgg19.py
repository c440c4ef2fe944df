"""Tests of the perceptual loss by VGG-19."""

from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn
from torchvision.models import vgg19

from tests.steps import step
from unsuplmk.errors import UserError
from unsuplmk.losses.vgg19 import TAPS, Vgg19


def test_the_taps_are_the_relus_behind_the_convolutions_they_are_named_after() -> None:
    with torch.device("meta"):
        features = vgg19(weights=None).features
    known, block, number = {}, 1, 1
    for index, layer in enumerate(features):
        if isinstance(layer, nn.MaxPool2d):
            block, number = block + 1, 1
        elif isinstance(layer, nn.Conv2d):
            assert isinstance(features[index + 1], nn.ReLU)
            known[f"conv{block}_{number}"] = index + 1
            number += 1
    assert known["conv5_4"] == 35
    assert {name: known[name] for name in TAPS} == TAPS


def test_safetensors_and_torch_files_in_torchvisions_layout_give_the_same_loss(
    network_weights: Mapping[str, Path], tmp_path: Path
) -> None:
    torch.save(load_file(network_weights["vgg19"]), tmp_path / "vgg19.pth")
    made, target = torch.rand(2, 1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    scales = []
    for path in (network_weights["vgg19"], tmp_path / "vgg19.pth"):
        loss = Vgg19(weights=str(path))
        assert float(loss(step(target, made))) == pytest.approx(1, abs=1e-5)
        assert float(loss(step(target))) == 0
        scales.append(loss.perceptual.scale)
    assert torch.equal(*scales)
    assert scales[0].shape == (6,)


def test_another_networks_file_is_refused_by_name(network_weights: Mapping[str, Path]) -> None:
    for other in ("vgg16", "squeezenet", "alexnet"):
        with pytest.raises(UserError, match=rf"{other}\.safetensors.* not weights of vgg19"):
            Vgg19(weights=str(network_weights[other]))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no weights file .*/vgg19-dcbb9e9d\.pth"):
        Vgg19(weights=str(tmp_path / "vgg19-dcbb9e9d.pth"))


def test_a_truncated_file_is_named(network_weights: Mapping[str, Path], tmp_path: Path) -> None:
    path = tmp_path / "cut.safetensors"
    with network_weights["vgg19"].open("rb") as whole:
        path.write_bytes(whole.read(1_000_000))
    with pytest.raises(UserError, match=r"cut\.safetensors is not a readable weights file"):
        Vgg19(weights=str(path))
