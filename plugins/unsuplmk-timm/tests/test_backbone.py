"""Feature maps of timm networks: their strides, where they lie, what the network is shown, and which will not do."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from functools import cache

import numpy as np
import pytest
import timm
import torch
from torch import Tensor

from unsuplmk import registry
from unsuplmk.errors import UserError
from unsuplmk_timm.backbone import Backbone, plan

PYRAMIDS = ("resnet18", "convnext_atto", "mobilenetv3_small_050")
LARGE = ("vit_tiny_patch16_224", "vit_small_patch14_dinov2", "eva02_tiny_patch14_224", "swin_tiny_patch4_window7_224")


@cache
def backbone(name: str, stride: int) -> Backbone:
    torch.manual_seed(0)
    return Backbone(name, plan(name).coarser(stride), stride).eval()


def shown_to(network: Backbone, image: Tensor) -> Tensor:
    """The image as it comes to the network's first layer."""
    first = next(module for module in network.modules() if isinstance(module, torch.nn.Conv2d))
    seen: list[Tensor] = []
    with first.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0].clone())), torch.no_grad():
        network(image)
    return seen[0]


@pytest.mark.parametrize(
    ("name", "stride"),
    [(name, stride) for name in (*PYRAMIDS, "test_vit3") for stride in (4, 8, 16)] + [(name, 8) for name in LARGE],
)
def test_the_finest_map_covers_images_of_any_size_at_the_stride(name: str, stride: int) -> None:
    network = backbone(name, stride)
    assert network.strides[0] == stride
    for height, width in ((64, 96), (72, 104), (16, 24)):
        with torch.no_grad():
            maps = network(torch.rand(1, 3, height, width))
        assert len(maps) == len(network.strides) == len(network.channels)
        for found, channels, pixels in zip(maps, network.channels, network.strides, strict=True):
            assert found.shape[1] == channels
            assert found.shape[2] >= height / pixels
            assert found.shape[3] >= width / pixels


@pytest.mark.parametrize("stride", [4, 8, 16])
@pytest.mark.parametrize("name", ["convnext_atto", "test_vit3"])
def test_a_bright_spot_changes_the_features_most_in_the_cell_that_it_covers(name: str, stride: int) -> None:
    for height, width in ((96, 160), (72 if stride < 16 else 80, 144)):
        for row, column in ((1, 2), (height // stride // 2, width // stride // 2), (height // stride - 1, 0)):
            assert strongest(backbone(name, stride), height, width, row, column) == (row, column)


@pytest.mark.parametrize("stride", [4, 8, 16])
def test_a_padded_strided_convolution_centres_its_cells_on_their_first_pixel(stride: int) -> None:
    network = backbone("resnet18", stride)
    for row, column in ((1, 2), (48 // stride, 80 // stride)):
        found = strongest(network, 96, 160, row, column)
        assert found[0] - row in (0, 1)
        assert found[1] - column in (0, 1)


def strongest(network: Backbone, height: int, width: int, row: int, column: int) -> tuple[int, int]:
    """Where the finest map changes most when one cell of a grey image turns white."""
    grey, stride = torch.full((1, 3, height, width), 0.5), network.strides[0]
    spotted = grey.clone()
    spotted[..., row * stride : (row + 1) * stride, column * stride : (column + 1) * stride] = 1
    with torch.no_grad():
        change = (network(spotted)[0] - network(grey)[0]).square().sum(1)[0, : height // stride, : width // stride]
    index = int(change.argmax())
    return index // change.shape[1], index % change.shape[1]


@pytest.mark.parametrize(("stride", "patch"), [(4, 16), (8, 16), (16, 16)])
def test_a_transformer_sees_the_image_resampled_edge_to_edge_until_a_patch_is_a_cell(stride: int, patch: int) -> None:
    network = backbone("test_vit3", stride)
    ramp = ((torch.arange(96) + 0.5) / 96).expand(1, 3, 64, 96)  # 0 at the left edge, 1 at the right
    seen = shown_to(network, ramp) * network.std + network.mean
    assert seen.shape == (1, 3, 64 * patch // stride, 96 * patch // stride)
    count = seen.shape[-1]
    expected = (torch.arange(count) + 0.5) / count
    inner = slice(patch // stride, count - patch // stride)  # outside the first and the last pixel's centre it is flat
    assert torch.allclose(seen[0, 0, 3, inner], expected[inner], atol=1e-4)


def test_a_pyramid_sees_the_image_with_its_far_borders_repeated() -> None:
    image = torch.rand(1, 3, 40, 72, generator=torch.Generator().manual_seed(0))
    network = backbone("resnet18", 4)
    seen = shown_to(network, image) * network.std + network.mean
    expected = np.pad(image.numpy(), ((0, 0), (0, 0), (0, 24), (0, 24)), mode="edge")
    np.testing.assert_allclose(seen.numpy(), expected, atol=1e-5)


def test_the_network_sees_images_as_its_weights_expect_them() -> None:
    image = torch.rand(1, 3, 64, 64)
    mean, sd = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])  # of ImageNet
    expected = (image - mean[:, None, None]) / sd[:, None, None]
    assert torch.allclose(shown_to(backbone("resnet18", 4), image), expected, atol=1e-5)
    expected = 2 * image - 1  # of the published weights of this one
    network = Backbone("vit_tiny_patch16_224", (0,), 16)
    assert torch.allclose(shown_to(network, image), expected, atol=1e-5)


def test_a_pyramids_maps_are_timms_own() -> None:
    network, image = backbone("resnet18", 8), torch.rand(1, 3, 64, 96)
    theirs = timm.create_model("resnet18", features_only=True, out_indices=(2, 3, 4)).eval()
    theirs.load_state_dict(network.state_dict())
    for ours, expected in zip(network(image), theirs((image - network.mean) / network.std), strict=True):
        assert torch.equal(ours, expected)


def test_a_transformers_maps_are_taken_at_each_quarter_of_its_depth_and_levelled() -> None:
    assert plan("vit_tiny_patch16_224").levels == (2, 5, 8, 11)
    network, image = backbone("vit_tiny_patch16_224", 16), torch.rand(2, 3, 64, 96)
    theirs = timm.create_model("vit_tiny_patch16_224", dynamic_img_size=True).eval()
    state = {key.removeprefix("model."): value for key, value in network.state_dict().items()}
    assert set(theirs.state_dict()) - set(state) == {"norm.weight", "norm.bias", "head.weight", "head.bias"}
    theirs.load_state_dict(state, strict=False)
    with torch.no_grad():
        deep = theirs.forward_intermediates((image - network.mean) / network.std, intermediates_only=True)
        for ours, block in zip(network(image), (2, 5, 8, 11), strict=True):
            raw = deep[block].double()
            expected = (raw - raw.mean(1, keepdim=True)) / (raw.var(1, correction=0, keepdim=True) + 1e-5).sqrt()
            assert torch.allclose(ours.double(), expected, atol=1e-4)


def test_weights_have_the_names_that_timm_gives_them() -> None:
    for name in PYRAMIDS:
        theirs = timm.create_model(name, features_only=True).state_dict()
        assert set(backbone(name, 4).state_dict()) <= set(theirs)


def test_a_copy_runs_on_weights_of_its_own() -> None:
    for name in ("test_resnet", "test_vit3", "xception41"):
        network = Backbone(name, plan(name).coarser(8), 8).eval()
        image = torch.rand(1, 3, 64, 64)
        before = network(image)[-1]
        twin = deepcopy(network)
        with torch.no_grad():
            for weight in twin.parameters():
                weight.mul_(0.5)
        assert torch.equal(network(image)[-1], before)
        assert not torch.equal(twin(image)[-1], before)


def test_a_frozen_backbone_stays_as_it_is_in_training_and_lets_gradients_through_to_the_image() -> None:
    network = Backbone("test_resnet", (1, 2), 4, frozen=True).train()
    assert not any(module.training for module in network.modules())
    before = {key: value.clone() for key, value in network.state_dict().items()}
    image = torch.rand(2, 3, 32, 32)
    assert not any(found.requires_grad for found in network(image))
    image.requires_grad_()
    torch.stack([found.square().mean() for found in network(image)]).sum().backward()
    assert image.grad is not None
    assert image.grad.abs().sum() > 0
    assert all(weight.grad is None for weight in network.parameters())
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
    assert Backbone("test_resnet", (1, 2), 4).train().training


def test_nothing_is_left_to_chance_in_training() -> None:
    network = deepcopy(backbone("swin_tiny_patch4_window7_224", 8)).train()  # timm's default drops a tenth of its paths
    image = torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(network(image)[-1], network(image)[-1])


def test_the_first_network_of_a_kind_draws_the_same_weights_as_the_second() -> None:
    plan.cache_clear()
    torch.manual_seed(0)
    first = Backbone("test_resnet", (1,), 4).state_dict()
    torch.manual_seed(0)
    second = Backbone("test_resnet", (1,), 4).state_dict()
    assert all(torch.equal(first[key], second[key]) for key in second)


def test_a_backbone_of_one_size_is_refused_in_one_line_that_names_some_that_work() -> None:
    with pytest.raises(
        UserError, match=r"beit_base_patch16_224.*any size.*resnet18.*swin.*vit_small_patch14_dinov2"
    ) as e:
        plan("beit_base_patch16_224")
    assert "\n" not in str(e.value)
    with pytest.raises(UserError, match="no feature maps for images of any size"):
        plan("mixer_s16_224")


def test_a_misspelt_backbone_is_answered_with_near_names() -> None:
    for build in (plan, lambda name: registry.build("encoder", "timm", 3, backbone=name)):
        check: Callable[[str], object] = build
        with pytest.raises(UserError, match="did you mean resnet18"):
            check("resnet81")
