"""Random draws that do not depend on how a batch is split over processes.

Every process seeds torch alike at each step, draws for the whole batch and keeps its own rows: one
process or eight, the same pairs are made.
"""

from __future__ import annotations

import torch
import torch.distributed as dist
from torch import Tensor


def _share() -> tuple[int, int]:
    ready = dist.is_available() and dist.is_initialized()
    return (dist.get_rank(), dist.get_world_size()) if ready else (0, 1)


def normal(batch: int, *shape: int, like: Tensor) -> Tensor:
    """Standard normal numbers (batch, *shape) for this process's rows, on the device of `like`.

    They are drawn on the CPU, so that every device sees the same ones.
    """
    rank, world = _share()
    drawn = torch.randn(world * batch, *shape)[rank * batch : (rank + 1) * batch]
    return drawn.to(like.device, torch.float32)


def uniform(batch: int, *shape: int, like: Tensor) -> Tensor:
    """Uniform numbers in [0, 1), as `normal`."""
    rank, world = _share()
    drawn = torch.rand(world * batch, *shape)[rank * batch : (rank + 1) * batch]
    return drawn.to(like.device, torch.float32)
