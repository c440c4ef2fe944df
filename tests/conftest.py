"""What several tests share: loss networks with random weights, since no test may download; command lines parsed."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import torch


@pytest.fixture(scope="session")
def network_weights(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Files of random weights in torchvision's layout: network -> file."""
    import torch
    from safetensors.torch import save_file
    from torchvision.models import alexnet, squeezenet1_1
    from torchvision.models.vgg import cfgs, make_layers

    folder = tmp_path_factory.mktemp("weights")
    networks = {
        "vgg16": make_layers(cfgs["D"]),
        "vgg19": make_layers(cfgs["E"]),
        "squeezenet": squeezenet1_1(weights=None).features,
        "alexnet": alexnet(weights=None).features,
    }
    torch.manual_seed(0)
    files = {}
    for name, network in networks.items():
        for layer in network.modules():
            if isinstance(layer, torch.nn.Conv2d):  # keeps the size of the features from layer to layer
                torch.nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        files[name] = folder / f"{name}.safetensors"
        save_file({f"features.{key}": value for key, value in network.state_dict().items()}, files[name])
    files["selfsup"] = folder / "selfsup.safetensors"
    save_file(grey_network(), files["selfsup"])
    return files


def grey_network(width: int = 4) -> dict[str, torch.Tensor]:
    """Random weights of a narrow VGG-16 with one input channel: the keys that `unsuplmk colorise` writes."""
    import torch

    generator, state, inputs = torch.Generator().manual_seed(0), {}, 1
    for name in ("conv1_1", "conv1_2", "conv2_1", "conv2_2", *(f"conv{b}_{n}" for b in (3, 4, 5) for n in (1, 2, 3))):
        outputs = width * int(name[4])
        weight = torch.randn(outputs, inputs, 3, 3, generator=generator) * (2 / (9 * inputs)) ** 0.5
        state |= {f"{name}.weight": weight, f"{name}.bias": 0.1 * torch.randn(outputs, generator=generator)}
        inputs = outputs
    return state


@pytest.fixture(scope="session")
def boxes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Boxes of the frames that the contract of crops uses; the last has none."""
    path = tmp_path_factory.mktemp("boxes") / "boxes.csv"
    rows = [f"disc:{i},{8 + 5 * i},24,16,16" for i in range(11)]
    path.write_text("\n".join(["file,left,top,width,height", *rows]) + "\n", "utf-8")
    return path


@pytest.fixture(scope="session")
def masks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Masks of the frames that the contract of crops uses, of two animals; the last frame has none."""
    import cv2
    import numpy as np

    folder = tmp_path_factory.mktemp("masks")
    for i in range(11):
        mask = np.zeros((64, 96), np.uint8)
        mask[24:40, 8 + 5 * i : 24 + 5 * i], mask[2:9, 2:9] = 1, 3
        cv2.imwrite(str(folder / f"disc_{i:06d}.png"), mask)
    return folder


@pytest.fixture(scope="session")
def detection_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights of the network of the crop `detector`, which takes whatever it sees for a person."""
    import torch
    from safetensors.torch import save_file

    from unsuplmk.crops.detector import categories, network

    torch.manual_seed(0)
    model = network(0.0)
    state = {name: value.clone() for name, value in model.state_dict().items()}
    state["roi_heads.box_predictor.cls_score.bias"][categories()["person"]] = 5.0
    path = tmp_path_factory.mktemp("detection") / "fasterrcnn.safetensors"
    save_file(state, path)
    return path


@pytest.fixture(scope="session")
def part_options(
    network_weights: Mapping[str, Path], boxes: Path, masks: Path, detection_weights: Path
) -> Mapping[tuple[str, str], Mapping[str, object]]:
    """Options for the parts that cannot be built, or not quickly, from their defaults: (kind, name) -> options."""
    losses = {"vgg16": "vgg16", "vgg19": "vgg19", "squeezenet": "squeezenet", "selfsup": "selfsup", "lpips": "alexnet"}
    return {
        **{("loss", loss): {"weights": str(network_weights[network])} for loss, network in losses.items()},
        ("quality", "lpips"): {"weights": str(network_weights["alexnet"])},
        ("stage", "health"): {"every": 1},
        ("stage", "preview"): {"every": 1, "rows": 2},
        ("stage", "wandb"): {"mode": "disabled"},  # its own tests run it offline
        ("dataset", "puppets"): {"clips": 3, "length": 3, "side": 64},
        ("crop", "boxes"): {"file": str(boxes)},
        ("crop", "masks"): {"folder": str(masks)},
        ("crop", "detector"): {"weights": str(detection_weights), "threshold": 0.1},
        ("encoder", "timm"): {"backbone": "test_resnet", "width": 16},
        ("generator", "timm"): {"backbone": "test_resnet", "width": 4},
        ("loss", "timm"): {"backbone": "test_resnet", "pretrained": False},
    }


@pytest.fixture(scope="session")
def part_path(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """What a dataset that takes a path reads in tests: files of its layout, written by `tests/layouts/NAME.py`."""

    @cache
    def path(name: str) -> Path:
        return import_module(f"tests.layouts.{name.replace('-', '_')}").write(tmp_path_factory.mktemp(name))

    return path


@pytest.fixture
def unprivileged() -> Iterator[Path]:
    """A folder that everyone may enter, unlike pytest's own."""
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def parse_command() -> Callable[[str], None]:
    """Parses the arguments of an `unsuplmk` command as the command line would, without running it."""
    import click

    from unsuplmk.cli import cli

    def parse(line: str) -> None:
        words = shlex.split(line, comments=True)
        if words[0] in ("--help", "--version"):
            return
        top = click.Context(cli, info_name="unsuplmk", **cli.context_settings)
        command = cli.get_command(top, words[0])
        assert command is not None, f"no command {words[0]!r}"
        if isinstance(command, click.Group) and words[1:] and not words[1].startswith("-"):  # datasets about NAME
            top, words = click.Context(command, info_name=words[0], parent=top), words[1:]
            command = command.get_command(top, words[0])
            assert command is not None, f"no action {words[0]!r}"
        with contextlib.suppress(click.exceptions.Exit):  # --help ends here; a wrong command raises another error
            command.make_context(words[0], words[1:], parent=top).close()

    return parse
