"""Tests of the perceptual loss by VGG-16."""

from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models import vgg16

from tests.golden import SHARED
from tests.steps import step
from unsuplmk.errors import UserError
from unsuplmk.frames.media import read_image
from unsuplmk.losses.vgg16 import TAPS, Vgg16

REAL = SHARED / "weights/vgg16_conv_imagenet.fp16.safetensors"
FACES = SHARED / "data/mtfl/images/lfw_5590"


def names(features: nn.Sequential) -> dict[str, int]:
    """conv1_1, conv1_2, ... -> index of the ReLU behind each."""
    found, block, number = {}, 1, 1
    for index, layer in enumerate(features):
        if isinstance(layer, nn.MaxPool2d):
            block, number = block + 1, 1
        elif isinstance(layer, nn.Conv2d):
            assert isinstance(features[index + 1], nn.ReLU)
            found[f"conv{block}_{number}"] = index + 1
            number += 1
    return found


def test_the_taps_are_the_relus_behind_the_convolutions_they_are_named_after() -> None:
    with torch.device("meta"):
        known = names(vgg16(weights=None).features)
    assert known["conv5_3"] == 29
    assert {name: known[name] for name in TAPS} == TAPS


def test_the_compared_features_are_torchvisions(network_weights: Mapping[str, Path]) -> None:
    from safetensors.torch import load_file

    with torch.device("meta"):
        whole = vgg16(weights=None).features
    state = {key.removeprefix("features."): value for key, value in load_file(network_weights["vgg16"]).items()}
    whole.load_state_dict(state, assign=True)
    image = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    mean, sd = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1), torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
    raw, *found = Vgg16(weights=str(network_weights["vgg16"])).perceptual.features(image)
    assert torch.equal(raw, image)
    with torch.no_grad():
        for name, features in zip(("conv1_2", "conv2_2", "conv3_2", "conv4_2", "conv5_2"), found, strict=True):
            torch.testing.assert_close(features, whole[: names(whole)[name] + 1]((image - mean) / sd))


def test_fewer_layers_make_a_smaller_network(network_weights: Mapping[str, Path]) -> None:
    loss = Vgg16(weights=str(network_weights["vgg16"]), layers=("conv2_2", "input"))
    assert len(loss.perceptual.network) == TAPS["conv2_2"] + 1
    assert loss.perceptual.scale.shape == (2,)


def test_another_networks_file_is_refused_by_name(network_weights: Mapping[str, Path]) -> None:
    for other in ("vgg19", "squeezenet", "alexnet"):
        with pytest.raises(UserError, match=rf"{other}\.safetensors.* not weights of vgg16|{other}.* has shape"):
            Vgg16(weights=str(network_weights[other]))


def test_its_first_value_is_one_with_and_without_a_mask(network_weights: Mapping[str, Path]) -> None:
    made, target = torch.rand(2, 1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    for weight in (None, torch.rand(1, 1, 32, 32)):
        loss = Vgg16(weights=str(network_weights["vgg16"]))
        assert float(loss(step(target, made, weight=weight))) == pytest.approx(1, abs=1e-5)


@pytest.mark.skipif(not REAL.is_file(), reason="the ImageNet weights are not at ../shared/weights")
@pytest.mark.skipif(not FACES.is_dir(), reason="the faces are not at ../shared/data/mtfl")
def test_with_imagenets_weights_a_blurred_face_is_nearer_than_another_face() -> None:
    first, second = (face(path) for path in sorted(FACES.iterdir())[:2])
    loss = Vgg16(weights=str(REAL))
    loss(step(first, second))
    loss.eval()
    blurred = F.avg_pool2d(F.pad(first, (1, 1, 1, 1), mode="replicate"), 3, 1)
    same, soft, other = (float(loss(step(first, made))) for made in (first, blurred, second))
    assert same == 0
    assert 0.01 < soft < 0.7
    assert other == pytest.approx(1, abs=1e-4)


def face(path: Path) -> Tensor:
    image = torch.from_numpy(read_image(path)).permute(2, 0, 1)[None] / 255
    return F.interpolate(image, (64, 64), mode="area")
