"""VGG-16 that sees one grey channel: its layers by name, at any width, and its weights from a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from unsuplmk.errors import UserError
from unsuplmk.ops import weights as files

BLOCKS = (2, 2, 3, 3, 3)
"""Convolutions between two poolings."""

NAMES = tuple(f"conv{block}_{n}" for block, count in enumerate(BLOCKS, 1) for n in range(1, count + 1))
"""Of the convolutions, in order."""

CHANNELS = dict(zip(NAMES, np.repeat((64, 128, 256, 512, 512), BLOCKS).tolist(), strict=True))
"""Outputs of each convolution in the published network."""

ENDS = tuple(f"conv{block}_{count}" for block, count in enumerate(BLOCKS, 1))
"""The last convolution of each block."""

GREY = 114.451 / 255
"""What is subtracted from the mean of R, G and B in [0, 1] (Larsson et al. 2017)."""

EPSILON = 1e-5
"""Of the batch norm in the published file."""


def sequence(stages: Mapping[str, Sequence[nn.Module]]) -> nn.Sequential:
    """The stages in order, one a convolution's name, with a pooling before the first of each block but the first."""
    layers: list[nn.Module] = []
    for name, stage in stages.items():
        layers += [nn.MaxPool2d(2)] if name.endswith("_1") and layers else []
        layers += stage
    return nn.Sequential(*layers)


def taps() -> dict[str, int]:
    """Convolution -> index of its ReLU in a `sequence` of a convolution and a ReLU a stage."""
    return {name: 2 * i + 1 + int(name[4]) - 1 for i, name in enumerate(NAMES)}


def build(state: Mapping[str, Tensor], origin: str) -> nn.Sequential:
    """Convolutions and ReLUs as wide as their weights.

    Args:
        state: `<name>.weight` and `<name>.bias` of the first so many convolutions.
        origin: Where they came from, for messages.

    Raises:
        UserError: The shapes are not a grey-input VGG-16's.
    """
    stages: dict[str, list[nn.Module]] = {}
    inputs = 1
    for name in NAMES[: len(state) // 2]:
        weight, bias = state[f"{name}.weight"], state[f"{name}.bias"]
        outputs = len(weight)
        if tuple(weight.shape) != (outputs, inputs, 3, 3) or tuple(bias.shape) != (outputs,):
            raise UserError(
                f"{origin}: {name} has weights of shape {tuple(weight.shape)} and biases of shape "
                f"{tuple(bias.shape)}, not (n, {inputs}, 3, 3) and (n,): this is no VGG-16 with grey input"
            )
        if not (weight.isfinite().all() and bias.isfinite().all()):
            raise UserError(f"{origin}: {name} holds numbers that are not finite; the file is damaged")
        layer = nn.Conv2d(inputs, outputs, 3, padding=1)
        layer.load_state_dict({"weight": weight, "bias": bias})
        stages[name], inputs = [layer, nn.ReLU(inplace=True)], outputs
    return sequence(stages)


def read(path: Path, last: str) -> dict[str, Tensor]:
    """Weights and biases of the convolutions up to `last`, batch norm folded in.

    Args:
        path: The published `.h5` file, or a `.safetensors` file that `unsuplmk colorise` wrote.
        last: Name of the last convolution that is needed.

    Raises:
        UserError: The file is absent, damaged, or another network's; or it is HDF5 and h5py is not installed.
    """
    names = NAMES[: NAMES.index(last) + 1]
    if path.suffix.lower() in (".h5", ".hdf5"):
        return _published(path, names)
    state = files.read(path)
    wanted = [f"{name}.{what}" for name in names for what in ("weight", "bias")]
    missing = [key for key in wanted if key not in state]
    if missing:
        raise UserError(
            f"{path} lacks {len(missing)} of {len(wanted)} tensors, first {missing[0]}: "
            "this is not a network that unsuplmk colorise wrote"
        )
    return {key: state[key].to(torch.float32) for key in wanted}


def _published(path: Path, names: Sequence[str]) -> dict[str, Tensor]:
    """A caffemodel in HDF5: /data/<name>/{0 weights, 1 bias}, /data/batch_<name>/{0 mean, 1 variance, 2 scale}."""
    if not path.is_file():
        raise UserError(f"no weights file {path}; check the path")
    try:
        import h5py
    except ImportError:
        raise UserError(f"reading {path} needs h5py: pip install 'unsuplmk[hdf5]'") from None
    try:
        with h5py.File(path) as file:
            blobs = {name: _blobs(file, name) for name in names}
            norms = {name: _blobs(file, f"batch_{name}") for name in names}
    except OSError as error:
        reason = " ".join(str(error).split())[:160]
        raise UserError(f"{path} is not a readable HDF5 file ({reason}); download it again") from None
    missing = [name for name in names if not blobs[name] or len(norms[name]) not in (0, 3)]
    if missing:
        raise UserError(f"{path} has no /data/{missing[0]} as vgg16.caffemodel.h5 has: this is another file")
    state: dict[str, Tensor] = {}
    for name in names:
        weight, *rest = blobs[name]
        bias = rest[0] if rest else np.zeros(len(weight))
        if norms[name]:
            mean, variance, scale = norms[name]
            with np.errstate(divide="ignore", invalid="ignore"):  # `build` refuses what is not finite
                sigma = np.sqrt(EPSILON + variance / scale)
                weight, bias = weight / sigma[:, None, None, None], (bias - mean / scale) / sigma
        state[f"{name}.weight"], state[f"{name}.bias"] = (torch.from_numpy(a).float() for a in (weight, bias))
    return state


def _blobs(file: object, name: str) -> list[np.ndarray]:
    """The numbered arrays of a layer in float64, in order; none if there is no such layer."""
    group = file.get(f"data/{name}")  # type: ignore[attr-defined]
    return [] if group is None else [np.asarray(group[key], np.float64) for key in sorted(group)]


def fold(convolution: nn.Conv2d, norm: nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """Weights and biases of the one convolution that equals this pair in evaluation mode."""
    from torch.nn.utils.fusion import fuse_conv_bn_weights

    mean, variance = norm.running_mean, norm.running_var
    assert mean is not None and variance is not None, "the norm keeps running statistics"  # noqa: PT018
    weight, bias = fuse_conv_bn_weights(
        convolution.weight, convolution.bias, mean, variance, norm.eps, norm.weight, norm.bias
    )
    return weight.detach(), bias.detach()
