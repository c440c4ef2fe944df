"""Named points from discovered landmarks: the linear map that `unsuplmk name` fits, and its file in the run folder."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, final

import numpy as np
import torch
from jaxtyping import Float
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError
from torch import Tensor, nn

from unsuplmk.checkpoint import write_atomically
from unsuplmk.errors import UserError
from unsuplmk.frames.prepare import Fit
from unsuplmk.model import Model
from unsuplmk.sharing.hub import told

NAMES = "names.json"
"""The file in the run folder."""
DISCOVERED = "landmark_"
"""What the names of discovered landmarks begin with, and those of no other points."""
Points = Literal["raw", "named", "both"]
"""Which points are wanted: the discovered landmarks, what they were named, or one after the other."""


@final
class Named(nn.Module):
    """Points as linear functions of all landmarks, in the network's coordinates.

    Its buffers are float64; `.float()` makes it fit for export beside a detector.

    Args:
        names: Of the points, each once.
        weights: How much each landmark's coordinates move each point's.
        offset: Where the points are when all coordinates are 0.

    Raises:
        UserError: A name occurs twice, is empty, or is that of a landmark.
    """

    weights: Tensor
    offset: Tensor
    shares: Tensor

    def __init__(
        self,
        names: Sequence[str],
        weights: Float[np.ndarray, "points 2 landmarks 2"],
        offset: Float[np.ndarray, "points 2"],
    ) -> None:
        super().__init__()
        self.names = unique(names)
        size = np.abs(weights).sum((1, 3))  # of each landmark in each point
        total = size.sum(1, keepdims=True)
        self.register_buffer("weights", torch.from_numpy(np.asarray(weights, np.float64)).clone())
        self.register_buffer("offset", torch.from_numpy(np.asarray(offset, np.float64)).clone())
        self.register_buffer(
            "shares", torch.from_numpy(np.divide(size, total, where=total > 0, out=np.zeros_like(size)))
        )

    @property
    def landmarks(self) -> int:
        """How many landmarks it reads."""
        return self.shares.shape[1]

    def forward(
        self, xy: Float[Tensor, "batch landmarks 2"], score: Float[Tensor, "batch landmarks"]
    ) -> tuple[Float[Tensor, "batch points 2"], Float[Tensor, "batch points"]]:
        """Where the points are, and the score of each.

        That is the mean score of the landmarks, each by its share of the point's absolute weights: it says how sharp
        the heatmaps are that the point was read from, in [0, 1], and nothing about the map. A point that follows no
        landmark has 0.
        """
        return torch.einsum("bki,pcki->bpc", xy, self.weights) + self.offset, score @ self.shares.T

    def choose(
        self,
        points: Points,
        names: tuple[str, ...],
        xy: Float[np.ndarray, "frames landmarks 2"],
        score: Float[np.ndarray, "frames landmarks"],
    ) -> tuple[tuple[str, ...], Float[np.ndarray, "frames chosen 2"], Float[np.ndarray, "frames chosen"]]:
        """The points that are wanted, from all landmarks in the network's coordinates: names, places, scores."""
        if points == "raw":
            return names, xy, score
        mapped = self.double()(torch.from_numpy(xy).double(), torch.from_numpy(score).double())
        named, sure = (values.cpu().numpy() for values in mapped)
        if points == "named":
            return self.names, named, sure
        return (*names, *self.names), np.concatenate([xy, named], 1), np.concatenate([score, sure], 1)


def unique(names: Sequence[str]) -> tuple[str, ...]:
    """The names, which must differ from each other and from those of the landmarks themselves.

    Raises:
        UserError: They do not.
    """
    twice = sorted({name for name in names if list(names).count(name) > 1})
    if twice:
        raise UserError(f"the labels name several points alike: {', '.join(map(repr, twice))}; each needs its own name")
    odd = [name for name in names if not name.strip() or name.startswith(DISCOVERED)]
    if odd:
        raise UserError(f"a point cannot be named {odd[0]!r}: the discovered landmarks are called so; rename it")
    return tuple(names)


@final
class _File(BaseModel):
    """What stands in the file."""

    model_config = ConfigDict(extra="forbid")
    version: Literal[1] = 1
    model: str
    names: list[str] = Field(min_length=1)
    weights: list[list[list[list[FiniteFloat]]]]
    offset: list[list[FiniteFloat]]
    fitted: dict[str, Any]


def fingerprint(model: Model, fit: Fit) -> str:
    """What decides where a detector finds landmarks, in short: a map for one detector is of no use to another."""
    found = hashlib.sha256(f"{fit.size} {fit.mode}".encode())
    for part in ("encoder", "bottleneck"):
        for key, value in sorted(getattr(model, part).state_dict().items()):
            found.update(f"{part}.{key} {tuple(value.shape)} {value.dtype}".encode())
            found.update(value.detach().cpu().reshape(-1).view(torch.uint8).numpy().tobytes())
    return found.hexdigest()


def save(folder: Path, named: Named, model: Model, fit: Fit, fitted: Mapping[str, Any]) -> bool:
    """Put the map into a run folder, in place of one that is there.

    Args:
        folder: The run's.
        named: The map.
        model: The detector that it belongs to.
        fit: How that detector's square images are made.
        fitted: How the map was fitted and how good it is, as plain values.

    Returns:
        Whether there was one before.

    Raises:
        UserError: It cannot be written.
    """
    content = _File(
        model=fingerprint(model, fit),
        names=list(named.names),
        weights=named.weights.tolist(),
        offset=named.offset.tolist(),
        fitted=dict(fitted),
    )
    there = (folder / NAMES).is_file()
    write_atomically(folder / NAMES, lambda path: path.write_text(content.model_dump_json(indent=1) + "\n", "utf-8"))
    return there


def load(folder: Path, model: Model, fit: Fit) -> Named | None:
    """The map of a run folder; None if its landmarks have no names.

    Args:
        folder: The run's.
        model: Its detector.
        fit: How that detector's square images are made.

    Raises:
        UserError: The file is damaged, or belongs to another state of the model.
    """
    path = folder / NAMES
    if not path.is_file():
        return None
    run, file = told(folder), told(path)
    repair = (
        f"fit it again with `unsuplmk name {run} LABELS`, take it away with `unsuplmk name {run} --remove`, or "
        "do without: --points raw"
    )
    try:
        content = _File.model_validate_json(path.read_bytes())
        weights, offset = np.array(content.weights, np.float64), np.array(content.offset, np.float64)
        count = len(content.names)
        if weights.ndim != 4 or (count, 2, 2) != (*weights.shape[:2], weights.shape[3]) or offset.shape != (count, 2):
            raise ValueError("its numbers do not fit its names")
    except (OSError, ValueError, ValidationError) as error:
        why = " ".join(str(error).split())[:160]
        raise UserError(f"{file} is damaged or not ours ({why}): {repair}") from None
    named = Named(content.names, weights, offset)
    if content.model != fingerprint(model, fit):
        raise UserError(f"{file} names the landmarks of another model, such as of before it was trained on: {repair}")
    return named


def remove(folder: Path) -> bool:
    """Take the names away; whether there were any.

    Raises:
        UserError: They cannot be removed.
    """
    try:
        (folder / NAMES).unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise UserError(f"cannot remove {folder / NAMES}: {error.strerror or error}") from None
    return True
