"""Weights of a timm network: those that timm publishes, or a file of them."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from unsuplmk.errors import UserError
from unsuplmk_timm.backbone import Backbone, create

RESAMPLED = ("pos_embed", "relative_position", "rel_pos", "patch_embed")
"""Parts of the names of weights that timm fits to the network's own size when it loads them."""


def load(backbone: Backbone, *, pretrained: bool, checkpoint: str, part: str) -> None:
    """Fill a backbone from a file, or with the published weights, or leave it as it is.

    Args:
        backbone: What to fill.
        pretrained: Take the published weights; needs the network, or timm's cache.
        checkpoint: File to take them from instead, with timm's own names.
        part: How the user names the part, for messages: `--encoder`.

    Raises:
        UserError: The file is absent, damaged, executable or another network's; or the weights are not to be had.
    """
    name, option = backbone.name, f"{part}.checkpoint"
    if checkpoint:
        state = _read(name, checkpoint, option)
        try:
            loaded = create(name, backbone.levels, pretrained=True, pretrained_cfg_overlay={"state_dict": state})
        except Exception as error:  # what timm resamples may still not fit
            why = next((line.strip() for line in str(error).splitlines()[1:] if line.strip()), type(error).__name__)
            raise UserError(f"{option} {checkpoint} is not {name}'s: {why[:200]}") from error
    elif pretrained:
        from timm.models import get_pretrained_cfg

        known = get_pretrained_cfg(name)
        if known is None or not known.has_weights:
            raise UserError(
                f"timm publishes no weights of {name}: give a file with {option} FILE, or choose a backbone that "
                "timm.list_pretrained() in Python lists"
            )
        try:
            loaded = create(name, backbone.levels, pretrained=True)
        except Exception as error:  # the hub's client raises errors of many libraries
            raise UserError(
                f"no weights of {name} can be downloaded here ({type(error).__name__}): connect to the network, "
                f"or give a file with {option} FILE"
            ) from error
    else:
        return
    backbone.load_state_dict(loaded.state_dict())


def refuse_random(*, pretrained: bool, checkpoint: str, part: str) -> None:
    """A frozen backbone needs weights that are worth keeping.

    Raises:
        UserError: None are named.
    """
    if not (pretrained or checkpoint):
        raise UserError(
            f"{part}.frozen keeps the backbone's weights as they are, and here they would be random: add "
            f"{part}.pretrained or {part}.checkpoint FILE, or leave {part}.frozen out"
        )


def _read(name: str, file: str, option: str) -> dict[str, Tensor]:
    """The weights in a file, if they are this network's."""
    import timm
    from timm.models import load_state_dict

    if not Path(file).is_file():
        raise UserError(f"{option} {file}: there is no such file")
    try:
        weights = load_state_dict(file)
    except Exception as error:  # unpickling and safetensors raise errors of many kinds
        raise UserError(f"{option} {file} holds no weights: {type(error).__name__}") from error
    with torch.device("meta"):
        wanted = timm.create_model(name, num_classes=0).state_dict()
    missing = [key for key in wanted if not isinstance(weights.get(key), Tensor)]
    if missing:
        more = f" and {len(missing) - 1} more" if missing[1:] else ""
        raise UserError(f"{option} {file} is not {name}'s: it lacks {missing[0]}{more} of {len(wanted)} weights")
    for key, value in wanted.items():
        found = weights[key].shape
        if found != value.shape and not any(part in key for part in RESAMPLED):
            raise UserError(f"{option} {file} is not {name}'s: {key} is {tuple(found)}, not {tuple(value.shape)}")
    return {key: weights[key] for key in wanted}  # a classifier would be refused where timm expects none
