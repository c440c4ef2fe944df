"""Values that the 2018 reference implementation gave for inputs which are made anew here."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

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


def variables() -> dict[str, np.ndarray]:
    """The reference's variables by name: random weights, and the loss's initial running sizes."""
    values = stored("imm_official_forward")
    found = {key.removeprefix("init:"): value for key, value in values.items() if key.startswith("init:")}
    shapes = {key.removeprefix("shape:"): value for key, value in values.items() if key.startswith("shape:")}
    return found | {name: _variable(name, tuple(shape)) for name, shape in shapes.items() if name not in found}


def loss_network(path: Path) -> Path:
    """The grey VGG-16 of that run, with random weights and no biases, as a file for the loss `selfsup`."""
    random, state, inputs = np.random.RandomState(0), {}, 1
    for block, (outputs, convolutions) in enumerate(((64, 2), (128, 2), (256, 3), (512, 3), (512, 2)), 1):
        for number in range(1, convolutions + 1):
            drawn = (random.randn(outputs, inputs, 3, 3) * np.sqrt(2 / (9 * inputs))).astype(np.float32)
            state[f"conv{block}_{number}.weight"] = torch.from_numpy(drawn)
            state[f"conv{block}_{number}.bias"] = torch.zeros(outputs)
            inputs = outputs
    save_file(state, path)
    return path


def _variable(name: str, shape: tuple[int, ...]) -> np.ndarray:
    z = np.random.RandomState(zlib.crc32(name.encode())).randn(*shape).astype(np.float32)
    if name.endswith("/w"):
        return (z * np.sqrt(2.0 / np.prod(shape[:-1]))).astype(np.float32)
    if name.endswith("gamma"):
        return (1 + 0.1 * z).astype(np.float32)
    return (np.exp(0.1 * z) if name.endswith("moving_variance") else 0.1 * z).astype(np.float32)
