"""A trial of the parts at the run's size, before anything is read: what they do not take is refused in a line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from traceback import walk_tb
from typing import Any, final

import torch
from torch import nn
from torch.func import functional_call

from unsuplmk.config import Config
from unsuplmk.errors import UserError
from unsuplmk.model import Model
from unsuplmk.types import Pair

KINDS = ("encoder", "bottleneck", "generator")


@final
class NarrowError(ValueError):
    """A group norm would take the mean of single numbers: what it gives, and learns, is nothing."""


def check_size(model: Model, config: Config) -> None:
    """Refuse an image size that a part does not take, if it takes others, or at which a group norm gives nothing.

    What fails at every size is a fault of the part, and keeps its traceback.

    Raises:
        UserError: The message names the nearest sizes that work.
    """
    try:
        _try(model, config.size)
    except UserError:
        raise
    except Exception as error:  # networks of many makers refuse in many ways
        ways = [f"--size {size}" for size in sorted(_able(model, config.size))]
        kind, why = _blamed(model, error), (str(error).splitlines() or [type(error).__name__])[0]
        who = f"--{kind} {getattr(config, kind)['name']}"
        if isinstance(error, NarrowError):
            ways += [f"--{kind}.norm batch"] * ("norm" in getattr(config, kind)) or ["other options of it"]
        if not ways:
            raise
        refused = f"{who} takes no images of {config.size} px ({why[:160]})"
        raise UserError(f"{refused}; {' or '.join(ways)} would do") from error


def _try(model: Model, size: int) -> None:
    """One pass over two grey images, which leaves no trace in the model."""
    image = torch.full((2, 3, size, size), 0.5)
    buffers = {name: buffer.clone() for name, buffer in model.named_buffers()}  # running means would move
    with torch.no_grad(), torch.random.fork_rng(devices=[]), _watched(model):
        outcome = functional_call(model, buffers, (Pair(image, image.clone()),))
    height, width = outcome.target.heatmaps.shape[-2:]
    if size % height or size % width:
        raise ValueError(f"its heatmaps of {height}x{width} cells do not divide them evenly")


@contextmanager
def _watched(model: Model) -> Iterator[None]:
    """Within, a group norm complains where each of its groups is a single number, which less its mean is zero."""

    def look(norm: nn.Module, given: tuple[Any, ...]) -> None:
        assert isinstance(norm, nn.GroupNorm)
        if given[0][0].numel() == norm.num_groups:
            channels = norm.num_channels
            raise NarrowError(f"a group norm of {channels} channels would see one number a group, and give zeros")

    handles = [part.register_forward_pre_hook(look) for part in model.modules() if isinstance(part, nn.GroupNorm)]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _able(model: Model, size: int) -> Iterator[int]:
    """The nearest smaller and the nearest larger size that work."""
    steps = (16, 32, 64, 128)
    below = sorted({size // step * step for step in steps} - {0, size}, reverse=True)
    above = sorted({-(-size // step) * step for step in steps} - {size})
    for sizes in (below, above):
        for other in sizes:
            try:
                _try(model, other)
            except Exception:  # as above
                continue
            yield other
            break


def _blamed(model: Model, error: Exception) -> str:
    """The kind of the part that the error came out of."""
    inside = [frame.f_locals.get("self") for frame, _ in walk_tb(error.__traceback__)]
    hit = [kind for kind in KINDS if any(each is getattr(model, kind) for each in inside)]
    return hit[0] if hit else "encoder"
