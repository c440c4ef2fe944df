"""Weights of well-known networks: from a file, or from torchvision's registry where there is a network."""

from __future__ import annotations

import hashlib
import pickle
import re
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from unsuplmk.errors import UserError


def load(network: nn.Module, prefix: str, weights: str, official: str, option: str) -> None:
    """Fill a network with `<prefix><its own key>` from a state dict.

    Args:
        network: What to fill.
        prefix: What the keys of the file begin with, for example "features.".
        weights: A `.safetensors` or torch file; empty asks torchvision for the official ones.
        official: Name of the weights in torchvision's registry, for example "VGG16_Weights.IMAGENET1K_V1".
        option: How the user names the file, for messages.

    Raises:
        UserError: The file is absent, damaged, executable or another network's; or there is no file and
            no network.
    """
    state = read(Path(weights)) if weights else _download(official, option)
    own = {f"{prefix}{key}": value for key, value in network.state_dict().items()}
    missing = [key for key in own if key not in state]
    if missing:
        raise UserError(
            f"{weights or official} lacks {len(missing)} of {len(own)} tensors, first {missing[0]}: "
            f"these are not weights of {official.partition('_')[0].lower()} in torchvision's layout"
        )
    for key, value in own.items():
        if state[key].shape != value.shape:
            raise UserError(
                f"{weights or official}: {key} has shape {tuple(state[key].shape)}, not {tuple(value.shape)}"
            )
    network.load_state_dict({key.removeprefix(prefix): state[key].to(torch.float32) for key in own})


def read(path: Path) -> Mapping[str, Tensor]:
    """A state dict from a file; nothing in it is executed.

    A name such as `vgg16-397923af.pth` carries the start of the file's SHA-256, which is verified.

    Raises:
        UserError: The file is absent, damaged, holds more than tensors, or is not what its name says.
    """
    if not path.is_file():
        raise UserError(f"no weights file {path}; check the path")
    promised = re.search(r"-([0-9a-f]{8,64})\.pth$", path.name)
    if promised:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if not found.startswith(promised[1]):
            raise UserError(f"{path}: its SHA-256 begins {found[:8]}, not {promised[1]}; download it again")
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            return load_file(path)
        state = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:
        raise UserError(f"{path} holds more than tensors and is refused, nothing in it was run") from None
    except Exception as error:
        reason = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        raise UserError(f"{path} is not a readable weights file ({reason}); download it again") from None
    if not isinstance(state, Mapping):
        raise UserError(f"{path} holds a {type(state).__name__}, not a state dict: a mapping of names to tensors")
    return {name: value for name, value in state.items() if isinstance(value, Tensor)}


def _download(official: str, option: str) -> Mapping[str, Tensor]:
    from torchvision.models import get_weight

    entry = get_weight(official)
    try:
        return entry.get_state_dict(progress=False, check_hash=True)
    except (OSError, RuntimeError) as error:
        raise UserError(
            f"cannot download {official} ({' '.join(str(error).split())[:120]}): give a file with {option} FILE, "
            f"or connect this machine and try again ({entry.url})"
        ) from None
