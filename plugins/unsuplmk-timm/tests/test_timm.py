"""The encoder `timm`: the contract, and backbones, weights and errors of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import save_file

from unsuplmk import registry
from unsuplmk.errors import UserError
from unsuplmk.testing import contract

test_timm = contract("encoder", "timm", backbone="mobilenetv3_small_050", stride=8)


@pytest.mark.parametrize("backbone", ["resnet18", "convnext_atto"])
@pytest.mark.parametrize("stride", [4, 8, 16])
def test_the_stride_is_what_was_asked_for_whatever_the_backbone(backbone: str, stride: int) -> None:
    encoder = registry.build("encoder", "timm", 3, backbone=backbone, stride=stride).eval()
    assert encoder(torch.rand(1, 3, 64, 96)).shape == (1, 3, 64 // stride, 96 // stride)


def test_the_backbone_sees_images_as_its_weights_expect_them() -> None:
    encoder = registry.build("encoder", "timm", 3, backbone="resnet18").eval()
    seen = []
    encoder.backbone.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    image = torch.rand(1, 3, 64, 64)
    encoder(image)
    mean, sd = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])  # of ImageNet
    assert torch.allclose(seen[0], (image - mean[:, None, None]) / sd[:, None, None], atol=1e-5)


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_a_checkpoint_is_loaded_into_the_backbone_when_a_run_begins(tmp_path: Path, suffix: str) -> None:
    torch.manual_seed(0)
    published = timm.create_model("mobilenetv3_small_050").state_dict()
    file = tmp_path / f"weights{suffix}"
    save_file(published, file) if suffix == ".safetensors" else torch.save(published, file)
    encoder = registry.build("encoder", "timm", 3, backbone="mobilenetv3_small_050", checkpoint=str(file))
    encoder.initialise()
    own = encoder.backbone.state_dict()
    assert all(torch.equal(own[key], published[key]) for key in own)


def test_without_pretrained_and_checkpoint_the_weights_stay_random() -> None:
    encoder = registry.build("encoder", "timm", 3, backbone="mobilenetv3_small_050")
    before = {key: value.clone() for key, value in encoder.state_dict().items()}
    encoder.initialise()
    assert all(torch.equal(value, before[key]) for key, value in encoder.state_dict().items())


def test_another_networks_checkpoint_is_refused(tmp_path: Path) -> None:
    save_file(timm.create_model("mobilenetv3_small_050").state_dict(), tmp_path / "mobile.safetensors")
    encoder = registry.build("encoder", "timm", 3, checkpoint=str(tmp_path / "mobile.safetensors"))
    with pytest.raises(UserError, match=r"mobile\.safetensors is not resnet18's"):
        encoder.initialise()


def test_a_checkpoint_with_code_in_it_is_refused_and_not_run(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return open, (str(tmp_path / "sprung"), "w")

    torch.save({"state_dict": Trap()}, tmp_path / "trap.pth")
    encoder = registry.build("encoder", "timm", 3, checkpoint=str(tmp_path / "trap.pth"))
    with pytest.raises(UserError, match="holds no weights"):
        encoder.initialise()
    assert not (tmp_path / "sprung").exists()


def test_a_missing_checkpoint_is_named(tmp_path: Path) -> None:
    encoder = registry.build("encoder", "timm", 3, checkpoint=str(tmp_path / "none.pth"))
    with pytest.raises(UserError, match=r"none\.pth: there is no such file"):
        encoder.initialise()


def test_a_misspelt_backbone_is_answered_with_near_names() -> None:
    with pytest.raises(UserError, match="did you mean resnet18"):
        registry.build("encoder", "timm", 3, backbone="resnet81")


def test_a_backbone_of_fixed_size_is_refused() -> None:
    with pytest.raises(UserError, match="no feature maps for images of any size"):
        registry.build("encoder", "timm", 3, backbone="vit_tiny_patch16_224")
