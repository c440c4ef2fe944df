"""Values that the 2018 reference implementation gave for inputs which are made anew here."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

SHARED = Path(__file__).resolve().parents[2] / "shared"

needs_golden = pytest.mark.skipif(
    not (SHARED / "golden").is_dir(), reason="the reference's stored values are not at ../shared/golden"
)


def stored(name: str) -> dict[str, np.ndarray]:
    """All arrays of one file."""
    with np.load(SHARED / "golden" / f"{name}.npz") as file:
        return dict(file)


def pictures() -> tuple[Tensor, Tensor, Tensor]:
    """Source, target and mask of the forward pass: images in 0..255, (batch channels height width)."""
    random = np.random.RandomState(0)
    images = [random.rand(2, 16, 16, 3).repeat(8, 1).repeat(8, 2) * 255 for _ in range(2)]
    arrays = [*images, random.rand(2, 128, 128, 1)]
    source, target, mask = (torch.from_numpy(array.astype(np.float32)).permute(0, 3, 1, 2) for array in arrays)
    return source, target, mask


def fill(prefix: str, convolutions: list[nn.Conv2d], norms: list[nn.BatchNorm2d], first: int = 1) -> None:
    """Give a part of ours the reference's variables; `first` is the number of the first convolution in their names.

    The reference has biases before batch norm: they go into the norm's running mean.
    """
    for i, convolution in enumerate(convolutions):
        name = f"{prefix}/conv_{first + i}"
        outputs, inputs, *kernel = convolution.weight.shape
        bias = _variable(f"{name}/conv_{first + i}/b", (outputs,))
        with torch.no_grad():
            weight = _variable(f"{name}/conv_{first + i}/w", (*kernel, inputs, outputs))
            convolution.weight.copy_(weight.permute(3, 2, 0, 1))
            if i >= len(norms):
                assert convolution.bias is not None
                convolution.bias.copy_(bias)
                continue
            norm = f"{name}/batch_normalization"
            norms[i].weight.copy_(_variable(f"{norm}/gamma", (outputs,)))
            norms[i].bias.copy_(_variable(f"{norm}/beta", (outputs,)))
            norms[i].running_mean.copy_(_variable(f"{norm}/moving_mean", (outputs,)) - bias)
            norms[i].running_var.copy_(_variable(f"{norm}/moving_variance", (outputs,)))


def pad_as_the_reference(module: nn.Module) -> None:
    """Its strided convolutions pad the bottom and the right only."""
    for convolution in module.modules():
        if isinstance(convolution, nn.Conv2d) and convolution.stride == (2, 2):
            convolution.padding = (0, 0)
            convolution.register_forward_pre_hook(lambda _, inputs: F.pad(inputs[0], (0, 1, 0, 1)))


class Upsample(nn.Module):
    """Its doubling: pixel 2i is pixel i, pixel 2i + 1 the mean of i and i + 1; the edge repeats."""

    def forward(self, x: Tensor) -> Tensor:
        for axis in (2, 3):
            following = torch.cat([x.narrow(axis, 1, x.shape[axis] - 1), x.narrow(axis, x.shape[axis] - 1, 1)], axis)
            x = torch.stack([x, (x + following) / 2], axis + 1).flatten(axis, axis + 1)
        return x


def _variable(name: str, shape: tuple[int, ...]) -> Tensor:
    z = np.random.RandomState(zlib.crc32(name.encode())).randn(*shape).astype(np.float32)
    if name.endswith("/w"):
        z = (z * np.sqrt(2.0 / np.prod(shape[:-1]))).astype(np.float32)
    elif name.endswith("gamma"):
        z = (1 + 0.1 * z).astype(np.float32)
    elif name.endswith("moving_variance"):
        z = np.exp(0.1 * z).astype(np.float32)
    else:
        z = (0.1 * z).astype(np.float32)
    return torch.from_numpy(z)
