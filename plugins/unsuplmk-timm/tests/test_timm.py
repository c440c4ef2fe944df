"""Encoder, generator and loss `timm`: the contract, runs with them, and what each adds to the backbone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import timm
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file

from tests.small import settings
from unsuplmk import registry
from unsuplmk.checkpoint import load_model
from unsuplmk.detector import Detector
from unsuplmk.errors import UserError
from unsuplmk.job import Job
from unsuplmk.testing import contract
from unsuplmk.types import Landmarks, Pair, Reconstruction, Step

# the tests of the registry put each on a pyramid
test_the_encoder_on_a_transformer = contract("encoder", "timm", backbone="test_vit3", stride=8, width=8)
test_the_generator_on_a_transformer = contract("generator", "timm", backbone="test_vit3", stride=16, width=2)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Random weights of small networks: name -> file."""
    folder, found = tmp_path_factory.mktemp("timm"), {}
    for name in ("test_resnet", "test_vit3"):
        torch.manual_seed(3)
        found[name] = folder / f"{name}.safetensors"
        save_file(timm.create_model(name).state_dict(), found[name])
    return found


@pytest.mark.parametrize("name", ["test_resnet", "test_vit3"])
def test_a_stride_that_does_not_divide_the_image_is_refused_with_what_would_work(name: str) -> None:
    encoder = registry.build("encoder", "timm", 3, backbone=name, stride=16)
    with pytest.raises(UserError, match=r"--encoder\.stride 16 .* 104x72 px; .* 16, or --encoder\.stride 8 or 4$"):
        encoder(torch.rand(1, 3, 72, 104))
    generator = registry.build("generator", "timm", 3, backbone=name, stride=16)
    with pytest.raises(UserError, match=r"--generator\.stride 16 does not divide images of 40x40 px"):
        generator(Pair(*torch.rand(2, 1, 3, 40, 40)), *[points()] * 2, lambda found, size: torch.zeros(1, 3, *size))


@pytest.mark.parametrize("stride", [4, 8, 16])
def test_the_encoder_adds_up_levels_from_the_coarsest(stride: int) -> None:
    encoder = registry.build("encoder", "timm", 3, backbone="test_resnet", stride=stride, width=6).eval()
    image = torch.rand(1, 3, 64, 96)
    maps = encoder.backbone(image)
    total = torch.zeros(1, 6, 2, 3)  # cells of 32 px
    for found, lateral in zip(maps[::-1], list(encoder.lateral)[::-1], strict=True):
        near = np.repeat(
            np.repeat(total.detach().numpy(), found.shape[2] // total.shape[2], 2), found.shape[3] // total.shape[3], 3
        )
        total = lateral(found) + torch.from_numpy(near)
    assert torch.allclose(encoder(image), encoder.head(total), atol=1e-5)
    assert total.shape[2:] == (64 // stride, 96 // stride)


def test_a_run_with_all_three_needs_neither_network_nor_files_afterwards(
    tmp_path: Path, files: dict[str, Path]
) -> None:
    own = {name: tmp_path / file.name for name, file in files.items()}
    for name, file in own.items():
        file.write_bytes(files[name].read_bytes())
    vit = {"name": "timm", "backbone": "test_vit3", "checkpoint": str(own["test_vit3"]), "frozen": True, "width": 8}
    resnet = {"backbone": "test_resnet", "checkpoint": str(own["test_resnet"])}
    config = settings(
        encoder={**vit, "stride": 8},
        generator={"name": "timm", **resnet, "width": 4, "frozen": True, "norm": "group"},
        loss={"timm": resnet},
        steps=3,
    )
    folder = Job(config).run(tmp_path / "run")
    given = {name: load_file(file) for name, file in own.items()}
    for file in own.values():
        file.unlink()

    saved = load_file(folder / "model.safetensors")
    for part, name in (("encoder.backbone.", "test_vit3"), ("generator.backbone.", "test_resnet")):
        kept = {key.removeprefix(part).removeprefix("model."): key for key in saved if key.startswith(part)}
        assert kept
        assert all(torch.equal(saved[key], given[name][own_key]) for own_key, key in kept.items())  # frozen
    assert Detector.load(str(folder)).config.landmarks == 4
    model = load_model(folder)
    image = torch.rand(2, 3, 32, 32)
    assert model(Pair(image, image)).reconstruction.image.shape == image.shape

    state = torch.load(folder / "state.pt", weights_only=True)["model"]
    assert not [key for key in state if key.startswith("losses.timm.perceptual.network") and key.endswith("weight")]
    with pytest.raises(UserError, match=r"--loss\.timm\.checkpoint .*test_resnet\.safetensors: there is no such file"):
        Job(settings(**{**config.dump(), "steps": 4})).run(folder, resume=True)


def test_a_backbone_that_is_not_frozen_starts_from_the_file_and_learns(tmp_path: Path, files: dict[str, Path]) -> None:
    resnet = {"name": "timm", "backbone": "test_resnet", "checkpoint": str(files["test_resnet"]), "width": 4}
    config = settings(encoder={**resnet, "stride": 8}, generator=resnet, steps=2, learning_rate=1e-4, ema=0.0)
    saved = load_file(Job(config).run(tmp_path / "run") / "model.safetensors")
    given = load_file(files["test_resnet"])["layer1.0.conv1.weight"]
    for part in ("encoder", "generator"):
        trained = saved[f"{part}.backbone.layer1.0.conv1.weight"]
        assert not torch.equal(trained, given)
        assert torch.allclose(trained, given, atol=2e-3)


@pytest.mark.parametrize("name", ["test_resnet", "test_vit3"])
def test_the_loss_is_the_masked_distance_of_each_level_over_its_running_size(name: str, files: dict[str, Path]) -> None:
    loss = registry.build("loss", "timm", backbone=name, levels=(0, 2), checkpoint=str(files[name])).train()
    running: np.ndarray | None = None
    for seed in range(3):
        generator = torch.Generator().manual_seed(seed)
        target, made = torch.rand(2, 2, 3, 64, 64, generator=generator)
        weight = torch.rand(2, 1, 64, 64, generator=generator)
        measured = np.array(sizes(name, files[name], made, target, weight))
        running = measured if running is None else running + 0.01 * (measured - running)
        step = Step(Pair(target, target, weight), points(2), Reconstruction(made), 0.0, lambda image: points(2))
        assert float(loss(step)) == pytest.approx(float((measured / running).mean()), rel=1e-3)


def sizes(name: str, file: Path, made: torch.Tensor, target: torch.Tensor, weight: torch.Tensor) -> list[float]:
    """Mean masked squared difference of the image and of levels 0 and 2, by timm's own network."""
    found = [float(((made - target).square() * weight).mean())]
    network = timm.create_model(name, **({"dynamic_img_size": True} if name == "test_vit3" else {})).eval()
    network.load_state_dict(load_file(file))
    maps = []
    for image in (made, target):
        x = 2 * image - 1
        with torch.no_grad():
            if name == "test_vit3":  # 9 blocks, whose quarters end with blocks 2, 4, 6 and 8; patches of 16 px
                x = F.interpolate(x, (128, 128), mode="bilinear", align_corners=False)
                tokens = network.forward_intermediates(x, indices=[2, 6], intermediates_only=True)
                maps.append([F.layer_norm(t.movedim(1, -1), (96,)).movedim(-1, 1) for t in tokens])
            else:
                x = network.conv1(x)
                fine = network.act1(network.bn1(x))
                maps.append([fine, network.layer2(network.layer1(network.maxpool(fine)))])
    for a, b in zip(*maps, strict=True):
        small = F.avg_pool2d(weight, 64 // a.shape[-1])
        found.append(float(((a - b).square().mean(1, keepdim=True) * small).mean()))
    return found


def test_a_level_that_the_backbone_has_not_is_refused() -> None:
    with pytest.raises(UserError, match=r"--loss\.timm\.levels 0,4: convnext_atto has 4, 0 to 3"):
        registry.build("loss", "timm", backbone="convnext_atto", levels=(0, 4), pretrained=False)
    with pytest.raises(UserError, match="at least one of its layers"):
        registry.build("loss", "timm", backbone="test_resnet", levels=(), pixels=False, pretrained=False)
    loss = registry.build("loss", "timm", backbone="test_resnet", levels=(), pretrained=False)
    assert (
        float(
            loss(
                Step(
                    Pair(*torch.rand(2, 1, 3, 32, 32)),
                    points(),
                    Reconstruction(torch.rand(1, 3, 32, 32)),
                    0.0,
                    lambda image: points(),
                )
            )
        )
        > 0
    )


def test_thirty_steps_teach_a_small_transformer(tmp_path: Path) -> None:
    config = settings(
        encoder={"name": "timm", "backbone": "test_vit3", "stride": 8, "width": 16},
        generator={"name": "timm", "backbone": "test_resnet", "width": 4, "norm": "group"},
        loss={"pixel": {}}, steps=30, learning_rate=3e-3, warmup=3, save_every=30,
    )  # fmt: skip
    lines = (Job(config).run(tmp_path / "run") / "log.jsonl").read_text("utf-8").splitlines()
    losses = [line["loss"] for line in map(json.loads, lines) if "loss" in line]
    assert np.mean(losses[-5:]) < 0.7 * np.mean(losses[:5])


def points(batch: int = 1) -> Landmarks:
    return Landmarks(torch.zeros(batch, 3, 2), torch.ones(batch, 3), torch.zeros(batch, 3, 4, 4))


def test_listing_what_is_installed_does_not_import_timm() -> None:
    script = (
        "import sys; from unsuplmk import registry; "
        "[registry.options(registry.find(kind, 'timm').cls) for kind in ('encoder', 'generator', 'loss')]; "
        "assert 'unsuplmk_timm.encoder' in sys.modules; assert 'timm' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
