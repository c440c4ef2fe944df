"""Released checkpoints of the 2018 code: from its variables, as NumPy arrays, to a run folder.

The file is an `.npz` of variable name -> array. Nothing in it is executed: arrays of Python objects are refused.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from unsuplmk import checkpoint
from unsuplmk import config as configs
from unsuplmk.config import Config
from unsuplmk.errors import UserError
from unsuplmk.model import Model
from unsuplmk.training.optimiser import Optimiser

HEAD = "model/pose_encoder/conv_1/conv_1/w"
SCALES = "SelfSupReconstructionLoss/{}_agg"
LAYERS = ("input", "conv1_2", "conv2_2", "conv3_2", "conv4_2", "conv5_2")
TRAINING_ONLY = frozenset({"Adam", "Adam_1", "beta1_power", "beta2_power", "global_step", "learning_rate"})
"""Last words of variables that a detector does not need."""

LARGEST = 64 * 2**20
"""Bytes; the largest array of a network with 500 landmarks has 14 million."""


@dataclass(frozen=True)
class _Layer:
    """A convolution of ours and the name of its variables."""

    name: str
    convolution: nn.Conv2d
    norm: nn.BatchNorm2d | None

    def variables(self) -> dict[str, tuple[int, ...]]:
        """Its variables there, with their shapes."""
        outputs, inputs, *kernel = self.convolution.weight.shape
        own = f"{self.name}/{self.name.rpartition('/')[2]}"
        shapes: dict[str, tuple[int, ...]] = {f"{own}/w": (*kernel, inputs, outputs), f"{own}/b": (outputs,)}
        if self.norm:
            names = ("gamma", "beta", "moving_mean", "moving_variance")
            shapes |= {f"{self.name}/batch_normalization/{name}": (outputs,) for name in names}
        return shapes

    @torch.no_grad()
    def fill(self, values: dict[str, Tensor]) -> None:
        """Take the values; a bias before batch norm goes into the norm's running mean."""
        weight, bias, *rest = (values[name] for name in self.variables())
        self.convolution.weight.copy_(weight.permute(3, 2, 0, 1))
        if self.norm is None:
            assert self.convolution.bias is not None
            self.convolution.bias.copy_(bias)
            return
        gamma, beta, mean, variance = rest
        self.norm.weight.copy_(gamma)
        self.norm.bias.copy_(beta)
        assert self.norm.running_mean is not None
        assert self.norm.running_var is not None
        self.norm.running_mean.copy_(mean - bias)
        self.norm.running_var.copy_(variance)


def convert(variables: Path, folder: Path, *, weights: str = "") -> Config:
    """Make a run folder of the recipe imm-2018 from a released checkpoint's variables.

    Args:
        variables: The `.npz` file.
        folder: To be made.
        weights: File of the loss network, for going on with the training.

    Raises:
        UserError: The file is no such checkpoint, or the folder is taken; every fault in one message.
    """
    checkpoint.vacant(folder)
    with _open(variables) as file:
        names = {name.removesuffix(":0"): name for name in file.files}
        if HEAD not in names:
            raise UserError(f"{variables} has no variable {HEAD}: it is not a checkpoint of the 2018 code")
        head = _read(file, names[HEAD], variables)
        values: dict[str, Any] = configs.load("imm-2018")
        values["landmarks"] = head.shape[-1] if head.ndim == 4 else 1
        values["loss"]["selfsup"] |= {"weights": weights, **_scales(file, names, variables)}
        config = configs.make(values, f"the checkpoint {variables}").resolved()
        model = checkpoint.assemble(config, losses=False).eval()
        layers = list(_layers(model))
        found = _take(file, names, variables, layers)
    for layer in layers:
        layer.fill(found)
    checkpoint.create(folder, config)
    state = {"number": 0, "model": model.state_dict(), "average": model.state_dict()}
    checkpoint.save(folder, model, state | Optimiser(config, model).state_dict())
    return config


def _layers(model: Model) -> Iterator[_Layer]:
    """Every convolution, under the name that it has there."""
    for part, prefix in (
        (model.encoder.get_submodule("trunk"), "model/pose_encoder/encoder"),
        (model.encoder.get_submodule("head"), "model/pose_encoder"),
        (model.generator.get_submodule("appearance"), "model/image_encoder/encoder"),
        (model.generator.get_submodule("decode"), "model/renderer"),
    ):
        modules = [m for m in part.modules() if isinstance(m, nn.Conv2d | nn.BatchNorm2d)]
        number = 0
        for module, following in zip(modules, [*modules[1:], None], strict=True):
            if isinstance(module, nn.Conv2d):
                number += 1
                norm = following if isinstance(following, nn.BatchNorm2d) else None
                yield _Layer(f"{prefix}/conv_{number}", module, norm)


def _open(path: Path) -> np.lib.npyio.NpzFile:
    if not path.is_file():
        raise UserError(f"no file {path}; give an .npz of the checkpoint's variables (docs/imm-2018.md says how)")
    try:
        file = np.load(path, allow_pickle=False) if zipfile.is_zipfile(path) else None
    except (ValueError, OSError):  # it ends as a zip does, but begins otherwise
        file = None
    if file is None:
        raise UserError(f"{path} is not an .npz file: save the variables with numpy.savez(path, **variables)")
    return file


def _read(file: np.lib.npyio.NpzFile, name: str, path: Path) -> np.ndarray:
    """One array of numbers; nothing is unpickled."""
    assert file.zip is not None, "the file is open"
    if sum(info.file_size for info in file.zip.infolist() if info.filename in (name, f"{name}.npy")) > LARGEST:
        raise UserError(f"{path}: {name} is larger than any variable of the 2018 code; it is not read")
    try:
        array = np.asarray(file[name])  # a member that is no array comes as bytes
    except (ValueError, OSError, EOFError, RuntimeError, zlib.error, zipfile.BadZipFile) as error:
        why = " ".join(str(error).split())[:120]
        raise UserError(f"{path}: {name} is damaged or no array of numbers, and nothing in it was run: {why}") from None
    if array.dtype.kind not in "fiu" or not np.isfinite(array).all():
        raise UserError(f"{path}: {name} ({array.dtype}) holds something else than finite numbers")
    return array


def _scales(file: np.lib.npyio.NpzFile, names: dict[str, str], path: Path) -> dict[str, list[float]]:
    """The loss's running sizes, if the checkpoint has them all: they are what going on starts from."""
    wanted = [SCALES.format(layer) for layer in LAYERS]
    if any(name not in names for name in wanted):
        return {}
    return {"initial": [float(_read(file, names[name], path).reshape(-1)[0]) for name in wanted]}


def _take(file: np.lib.npyio.NpzFile, names: dict[str, str], path: Path, layers: list[_Layer]) -> dict[str, Tensor]:
    """All variables of the layers, checked.

    Of the last convolution only the first three outputs are kept: the released configs make nine and use three.
    """
    shapes = {name: shape for layer in layers for name, shape in layer.variables().items()}
    known = {*shapes, *(SCALES.format(layer) for layer in LAYERS)}
    faults = _list("lacks", [name for name in shapes if name not in names])
    odd = sorted(n for n in names if n not in known and n.rpartition("/")[2] not in TRAINING_ONLY)
    faults += _list("has unknown", odd)
    found, wrong = {}, []
    last = layers[-1].variables()
    for name, shape in shapes.items():
        if name in names:
            array = _read(file, names[name], path)
            if name in last and array.ndim == len(shape):
                array = array[..., :3]
            if array.shape != shape:
                wrong.append(f"{name} {array.shape}, not {shape}")
            found[name] = torch.from_numpy(array.astype(np.float32))
    faults += _list("has misshapen", wrong)
    if faults:
        raise UserError(f"{path} is not a checkpoint of the 2018 code: it {'; it '.join(faults)}")
    return found


def _list(what: str, names: list[str]) -> list[str]:
    """A fault in words, with the first few names."""
    if not names:
        return []
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return [f"{what} {', '.join(names[:3])}{more}"]
