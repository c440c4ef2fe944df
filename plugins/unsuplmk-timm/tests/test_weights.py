"""Weights of a backbone: from files as timm names them, whole or refused; none that timm does not publish."""

from __future__ import annotations

from pathlib import Path

import huggingface_hub
import pytest
import timm
import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from unsuplmk import registry
from unsuplmk.errors import UserError
from unsuplmk_timm import weights
from unsuplmk_timm.backbone import Backbone, plan


def built(name: str, stride: int = 8) -> Backbone:
    return Backbone(name, plan(name).coarser(stride), stride)


def published(name: str, file: Path, **options: object) -> dict[str, torch.Tensor]:
    torch.manual_seed(5)
    state = timm.create_model(name, **options).state_dict()
    save_file(state, file) if file.suffix == ".safetensors" else torch.save(state, file)
    return state


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
@pytest.mark.parametrize("name", ["mobilenetv3_small_050", "resnet18", "test_vit3"])
def test_a_file_is_loaded_into_the_backbone(tmp_path: Path, name: str, suffix: str) -> None:
    state = published(name, tmp_path / f"weights{suffix}")
    network = built(name)
    weights.load(network, pretrained=False, checkpoint=str(tmp_path / f"weights{suffix}"), part="--encoder")
    own = network.state_dict()
    assert own
    assert all(torch.equal(own[key], state[key.removeprefix("model.")]) for key in own)


def test_a_file_goes_before_the_published_weights(tmp_path: Path) -> None:
    state = published("test_resnet", tmp_path / "own.safetensors")
    network = built("test_resnet")
    weights.load(network, pretrained=True, checkpoint=str(tmp_path / "own.safetensors"), part="--encoder")
    assert torch.equal(network.state_dict()["conv1.0.weight"], state["conv1.0.weight"])


def test_position_embeddings_of_another_grid_are_resampled(tmp_path: Path) -> None:
    state = published("test_vit", tmp_path / "small.safetensors", img_size=96)  # a grid of 6, in place of 10
    network = built("test_vit")
    weights.load(network, pretrained=False, checkpoint=str(tmp_path / "small.safetensors"), part="--encoder")
    found, given = network.state_dict()["model.pos_embed"], state["pos_embed"]
    assert torch.equal(found[:, 0], given[:, 0])  # the class token has no place
    grid = given[:, 1:].reshape(1, 6, 6, -1).permute(0, 3, 1, 2)
    wanted = F.interpolate(grid, (10, 10), mode="bicubic", antialias=True).permute(0, 2, 3, 1).reshape(1, 100, -1)
    assert torch.allclose(found[:, 1:], wanted, atol=1e-6)


def test_without_pretrained_and_checkpoint_the_weights_stay_random() -> None:
    network = built("test_resnet")
    before = {key: value.clone() for key, value in network.state_dict().items()}
    weights.load(network, pretrained=False, checkpoint="", part="--encoder")
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())


def test_another_networks_file_is_refused_and_what_is_missing_is_named(tmp_path: Path) -> None:
    published("mobilenetv3_small_050", tmp_path / "mobile.safetensors")
    published("test_vit", tmp_path / "vit.safetensors")
    published("test_vit", tmp_path / "wide.safetensors", embed_dim=96, num_heads=3)
    for name, file, reason in (
        ("resnet18", "mobile", r"mobile\.safetensors is not resnet18's: it lacks conv1\.weight and \d+ more of \d+"),
        ("test_vit3", "vit", r"it lacks reg_token and"),
        ("test_vit", "wide", r"is not test_vit's: cls_token is \(1, 1, 96\), not \(1, 1, 64\)"),
    ):
        with pytest.raises(UserError, match=reason) as error:
            weights.load(
                built(name), pretrained=False, checkpoint=str(tmp_path / f"{file}.safetensors"), part="--encoder"
            )
        assert "\n" not in str(error.value)


def test_a_file_with_code_in_it_is_refused_and_not_run(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, ...]:
            return open, (str(tmp_path / "sprung"), "w")

    torch.save({"state_dict": Trap()}, tmp_path / "trap.pth")
    with pytest.raises(UserError, match="holds no weights"):
        weights.load(built("test_resnet"), pretrained=False, checkpoint=str(tmp_path / "trap.pth"), part="--encoder")
    assert not (tmp_path / "sprung").exists()


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    torch.save([1, 2], tmp_path / "list.pth")
    torch.save({"conv1.0.weight": 3}, tmp_path / "number.pth")
    (tmp_path / "text.pth").write_text("weights")
    (tmp_path / "text.safetensors").write_text("weights")
    for file in ("list.pth", "text.pth", "text.safetensors"):
        with pytest.raises(UserError, match="holds no weights"):
            weights.load(built("test_resnet"), pretrained=False, checkpoint=str(tmp_path / file), part="--encoder")
    with pytest.raises(UserError, match=r"is not test_resnet's: it lacks conv1\.0\.weight"):
        weights.load(built("test_resnet"), pretrained=False, checkpoint=str(tmp_path / "number.pth"), part="--encoder")


@pytest.mark.parametrize(
    ("kind", "wired", "part"),
    [("encoder", 3, "--encoder"), ("generator", 3, "--generator"), ("loss", None, "--loss.timm")],
)
def test_a_missing_file_is_named_with_the_option_that_asked_for_it(kind: str, wired: int | None, part: str) -> None:
    def begin() -> None:
        built = registry.build(kind, "timm", *([wired] if wired else []), checkpoint="none.pth")
        built.initialise()  # a loss has raised already

    with pytest.raises(UserError, match=rf"{part}\.checkpoint none\.pth: there is no such file"):
        begin()


def test_published_weights_that_cannot_be_had_are_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(
        UserError, match=r"no weights of test_resnet can be downloaded here.*--encoder\.checkpoint FILE"
    ):
        weights.load(built("test_resnet"), pretrained=True, checkpoint="", part="--encoder")
    with pytest.raises(UserError, match=r"timm publishes no weights of test_vit4: .*--encoder\.checkpoint FILE"):
        weights.load(built("test_vit4"), pretrained=True, checkpoint="", part="--encoder")
    with pytest.raises(UserError, match=r"no weights of resnet18 can be .*--loss\.timm\.checkpoint FILE"):
        registry.build("loss", "timm")  # which wants them unless told otherwise


@pytest.mark.parametrize("kind", ["encoder", "generator"])
def test_freezing_random_weights_is_refused(kind: str) -> None:
    with pytest.raises(
        UserError, match=rf"--{kind}\.frozen.*random.*--{kind}\.pretrained or --{kind}\.checkpoint FILE"
    ):
        registry.build(kind, "timm", 3, backbone="test_resnet", frozen=True)
