"""The loss `lpips`: the contract, the package's own values, and its errors."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import lpips
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torchvision.models import alexnet

from unsuplmk import registry
from unsuplmk.errors import UserError
from unsuplmk.testing import checks
from unsuplmk.testing.part import Part
from unsuplmk.types import Landmarks, Pair, Reconstruction, Step


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    network = alexnet(weights=None).features
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight)
    file = tmp_path_factory.mktemp("weights") / "alexnet.safetensors"
    save_file({f"features.{key}": value for key, value in network.state_dict().items()}, file)
    return file


@pytest.mark.parametrize("check", checks("loss"), ids=lambda check: check.__name__)
def test_lpips(check: Callable[[Part], None], weights: Path) -> None:
    check(Part.find("loss", "lpips", {"weights": str(weights)}))


def test_it_is_the_packages_own_distance_averaged_over_what_counts(weights: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # lpips asks torchvision in the old way
        reference = lpips.LPIPS(net="alex", spatial=True, pnet_rand=True, verbose=False)
    features = alexnet(weights=None).features
    stored = load_file(weights)
    features.load_state_dict({key.removeprefix("features."): value for key, value in stored.items()})
    for cut in reference.net.children():
        for number, layer in cut.named_children():
            layer.load_state_dict(features[int(number)].state_dict())
    made, target, weight = torch.rand(2, 3, 64, 64), torch.rand(2, 3, 64, 64), torch.rand(2, 1, 64, 64)
    expected = (reference(2 * made - 1, 2 * target - 1) * weight).mean()
    loss = registry.build("loss", "lpips", weights=str(weights)).train()
    assert torch.allclose(loss(_step(made, target, weight)), expected, rtol=1e-5)
    assert loss(_step(target, target, weight)) == 0


def test_another_networks_weights_are_refused(weights: Path) -> None:
    with pytest.raises(UserError, match="not weights of vgg16"):
        registry.build("loss", "lpips", network="vgg", weights=str(weights))


def test_without_weights_and_network_the_error_says_both_ways(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # the discard port: nobody answers
    with pytest.raises(UserError, match=r"--loss\.lpips\.weights FILE, or connect"):
        registry.build("loss", "lpips")


def _step(made: Tensor, target: Tensor, weight: Tensor) -> Step:
    points = Landmarks(torch.zeros(2, 1, 2), torch.ones(2, 1), torch.zeros(2, 1, 8, 8))
    return Step(Pair(target, target, weight), points, Reconstruction(made), 0.0, lambda images: points)
