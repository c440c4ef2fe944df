"""Tests of the perceptual loss that ships with the package."""

from importlib import resources
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode
from torchvision.models.vgg import cfgs, make_layers

from tests.golden import SHARED
from tests.steps import step
from unsuplmk.frames.media import read_image
from unsuplmk.losses.compact import CHANNELS, TAPS, Compact, build
from unsuplmk.losses.vgg16 import Vgg16
from unsuplmk.ops.perceptual import Perceptual

TEACHER = SHARED / "weights/vgg16_conv_imagenet.fp16.safetensors"
FACES = SHARED / "data/mtfl/images/AFLW"


def test_the_weights_come_with_the_package_and_take_at_most_two_megabytes() -> None:
    assert 1e6 < len(resources.files("unsuplmk.losses").joinpath("compact.safetensors").read_bytes()) <= 2e6


def test_every_level_has_the_side_and_the_channels_it_says() -> None:
    _, *levels = Compact().perceptual.features(torch.rand(1, 3, 48, 64))
    shapes = [(1, c, 48 // 2**level, 64 // 2**level) for level, c in enumerate(CHANNELS)]
    assert [tuple(level.shape) for level in levels] == shapes


def test_its_first_value_is_one_and_a_perfect_image_gives_zero() -> None:
    made, target = torch.rand(2, 2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    loss = Compact()
    assert float(loss(step(target, made, weight=torch.rand(2, 1, 32, 32)))) == pytest.approx(1, abs=1e-5)
    assert float(loss(step(target))) == 0


def test_fewer_layers_make_a_smaller_network() -> None:
    assert len(Compact(layers=("level2", "input")).perceptual.network) == TAPS["level2"] + 1


def test_it_needs_less_than_a_fifth_of_the_arithmetic_of_vgg16() -> None:
    def operations(network: nn.Module) -> int:
        counter = FlopCounterMode(display=False)
        with counter:
            network(torch.rand(1, 3, 64, 64))
        return counter.get_total_flops()

    assert operations(build(norm=False)) < operations(make_layers(cfgs["D"])[:28]) / 5


def test_training_leaves_its_weights_alone() -> None:
    loss, image = Compact().train(), torch.rand(2, 3, 32, 32, requires_grad=True)
    loss(step(torch.rand(2, 3, 32, 32), image)).backward()
    assert image.grad is not None
    assert image.grad.abs().sum() > 0
    assert all(not p.requires_grad for p in loss.parameters())


@pytest.mark.skipif(not (TEACHER.is_file() and FACES.is_dir()), reason="no VGG-16 and no faces at ../shared")
def test_it_sees_distances_between_faces_as_vgg16_does() -> None:
    paths: list[Path] = sorted(FACES.glob("*.jpg"))[:24]
    assert len(paths) == 24
    faces = torch.from_numpy(np.stack([read_image(path) for path in paths])).permute(0, 3, 1, 2) / 255
    faces = F.interpolate(faces, (64, 64), mode="bilinear", antialias=True)
    blurred = F.interpolate(F.avg_pool2d(faces, 4), (64, 64), mode="bilinear")
    shifted = faces.roll(3, -1)
    others = torch.cat([blurred, shifted, faces.roll(1, 0), faces.roll(1, 0) * 0.3 + blurred * 0.7])
    a, b = (
        levels_apart(loss.perceptual, faces.repeat(4, 1, 1, 1), others)
        for loss in (Compact(), Vgg16(weights=str(TEACHER)))
    )
    for level in range(1, 6):  # 0 is the image itself, the same for both
        assert np.corrcoef(np.log(a[level]), np.log(b[level]))[0, 1] > (0.85 if level == 5 else 0.9), f"level {level}"


@torch.no_grad()
def levels_apart(perceptual: Perceptual, left: Tensor, right: Tensor) -> list[np.ndarray]:
    """The mean squared difference of each pair of images at each level."""
    pairs = zip(perceptual.features(left), perceptual.features(right), strict=True)
    return [(x - y).square().mean((1, 2, 3)).numpy() for x, y in pairs]
