"""The loss and the quality `lpips`: their contracts, the package's own values, and their errors."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import lpips
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torchvision.models import alexnet, squeezenet1_1
from torchvision.models.vgg import cfgs, make_layers

from unsuplmk import registry
from unsuplmk.errors import UserError
from unsuplmk.testing import checks
from unsuplmk.testing.part import Part
from unsuplmk.types import Landmarks, Pair, Reconstruction, Step

FEATURES: dict[str, Callable[[], nn.Module]] = {
    "alex": lambda: alexnet(weights=None).features,
    "vgg": lambda: make_layers(cfgs["D"]),
    "squeeze": lambda: squeezenet1_1(weights=None).features,
}


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Files of random weights: network -> file."""
    folder, files = tmp_path_factory.mktemp("weights"), {}
    for name, features in FEATURES.items():
        torch.manual_seed(0)
        network = features()
        for layer in network.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight)
        files[name] = folder / f"{name}.safetensors"
        save_file({f"features.{key}": value for key, value in network.state_dict().items()}, files[name])
    return files


def reference(network: str, file: Path, *, spatial: bool) -> nn.Module:
    """The package's own distance, with its slices filled layer by layer."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # lpips asks torchvision in the old way
        distance = lpips.LPIPS(net=network, spatial=spatial, pnet_rand=True, verbose=False).eval()
    features = FEATURES[network]()
    features.load_state_dict({key.removeprefix("features."): value for key, value in load_file(file).items()})
    layers = dict(features.named_children())
    for cut in distance.net.children():
        for number, layer in cut.named_children():
            layer.load_state_dict(layers[number].state_dict())
    return distance


@pytest.mark.parametrize(
    ("kind", "check"),
    [
        pytest.param(kind, check, id=f"{kind}-{check.__name__}")
        for kind in ("loss", "quality")
        for check in checks(kind)
    ],
)
def test_lpips(kind: str, check: Callable[[Part], None], weights: dict[str, Path]) -> None:
    check(Part.find(kind, "lpips", {"weights": str(weights["alex"])}))


def test_the_loss_is_the_packages_own_distance_averaged_over_what_counts(weights: dict[str, Path]) -> None:
    distance = reference("alex", weights["alex"], spatial=True)
    made, target, weight = torch.rand(2, 3, 64, 64), torch.rand(2, 3, 64, 64), torch.rand(2, 1, 64, 64)
    expected = (distance(2 * made - 1, 2 * target - 1) * weight).mean()
    loss = registry.build("loss", "lpips", weights=str(weights["alex"])).train()
    assert torch.allclose(loss(_step(made, target, weight)), expected, rtol=1e-5)
    assert loss(_step(target, target, weight)) == 0


@pytest.mark.parametrize("network", FEATURES)
def test_the_quality_is_the_packages_own_figure_of_each_image(network: str, weights: dict[str, Path]) -> None:
    distance = reference(network, weights[network], spatial=False)
    made, target = torch.rand(2, 3, 64, 48), torch.rand(2, 3, 64, 48)
    quality = registry.build("quality", "lpips", network=network, weights=str(weights[network])).eval()
    with torch.inference_mode():
        torch.testing.assert_close(quality(made, target, None), distance(2 * made - 1, 2 * target - 1).flatten())
        assert quality(target, target, None).tolist() == [0, 0]


def test_under_a_mask_the_quality_averages_each_layer_over_the_places_that_count(weights: dict[str, Path]) -> None:
    distance = reference("alex", weights["alex"], spatial=False)
    made, target, weight = torch.rand(1, 3, 64, 64), torch.rand(1, 3, 64, 64), torch.rand(1, 1, 64, 64)
    weight[..., :20] = 0
    mixed = torch.where(weight > 0, made, target)
    expected = torch.zeros(())
    with torch.inference_mode():
        a, b = (distance.net(distance.scaling_layer(2 * image - 1)) for image in (mixed, target))
        for one, two, linear in zip(a, b, distance.lins, strict=True):
            one, two = (features / (features.square().sum(1, keepdim=True).sqrt() + 1e-10) for features in (one, two))
            places = linear((one - two).square())[0, 0]
            counted = nn.functional.adaptive_avg_pool2d(weight, places.shape)[0, 0]
            expected += (places * counted).sum() / counted.sum()
        quality = registry.build("quality", "lpips", weights=str(weights["alex"])).eval()
        torch.testing.assert_close(quality(made, target, weight), expected[None], rtol=1e-4, atol=1e-6)


def test_the_loss_shrinks_the_target_to_a_reconstruction_that_is_smaller(weights: dict[str, Path]) -> None:
    loss = registry.build("loss", "lpips", weights=str(weights["alex"]))
    made, target, weight = torch.rand(2, 3, 32, 32), torch.rand(2, 3, 64, 64), torch.rand(2, 1, 64, 64)
    small = nn.functional.avg_pool2d(target, 2)
    assert loss(_step(made, target, weight)) == loss(_step(made, small, nn.functional.avg_pool2d(weight, 2)))
    assert loss(_step(small, target, weight)) == 0


@pytest.mark.parametrize(("network", "least"), [("alex", 31), ("vgg", 16), ("squeeze", 17)])
def test_images_that_are_too_small_for_the_network_are_refused(
    network: str, least: int, weights: dict[str, Path]
) -> None:
    options = {"network": network, "weights": str(weights[network])}
    loss, quality = (registry.build(kind, "lpips", **options) for kind in ("loss", "quality"))
    enough, small = torch.rand(2, 3, 40, least), torch.rand(2, 3, 40, least - 1)
    assert loss(_step(enough, enough.flip(0), torch.ones(2, 1, 40, least))).isfinite()
    assert quality(enough, enough.flip(0), None).isfinite().all()
    reason = f"network {network} sees images of {least} px and more, not of {least - 1}"
    with pytest.raises(UserError, match=rf"--loss\.lpips\.{reason}"):
        loss(_step(small, small, torch.ones(2, 1, 40, least - 1)))
    with pytest.raises(UserError, match=rf"--quality\.lpips\.{reason}") as caught:
        quality(small, small, None)
    assert ("take --quality.lpips.network vgg, or" in str(caught.value)) == (network != "vgg")


@pytest.mark.parametrize("kind", ["loss", "quality"])
def test_another_networks_weights_are_refused(kind: str, weights: dict[str, Path]) -> None:
    with pytest.raises(UserError, match="not weights of vgg16"):
        registry.build(kind, "lpips", network="vgg", weights=str(weights["alex"]))


@pytest.mark.parametrize("kind", ["loss", "quality"])
def test_without_weights_and_network_the_error_says_both_ways(
    kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # the discard port: nobody answers
    with pytest.raises(UserError, match=rf"--{kind}\.lpips\.weights FILE, or connect"):
        registry.build(kind, "lpips")


def _step(made: Tensor, target: Tensor, weight: Tensor) -> Step:
    points = Landmarks(torch.zeros(2, 1, 2), torch.ones(2, 1), torch.zeros(2, 1, 8, 8))
    return Step(Pair(target, target, weight), points, Reconstruction(made), 0.0, lambda images: points)
