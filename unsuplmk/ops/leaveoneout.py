"""Ridge regression whose strength is chosen by leave-one-out, in closed form: no map is fitted again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

STRENGTHS = (np.inf, *np.logspace(1, -6, 15))
"""Ridges that are tried, strongest first, in units of the inputs' mean squared singular value; inf is the constant."""
PAIRWISE = 600
"""Up to so many rows the honest residuals are computed with two rows left out; beyond, the choice costs nothing."""
TIE = 1e-9
"""Of two ridges that do equally well but for rounding, the stronger is taken."""


@dataclass(frozen=True)
class Ridged:
    """Points as linear functions of inputs, each with a ridge of its own.

    Args:
        weights: The maps.
        offset: Their intercepts, which no ridge holds back.
        strength: The ridge of each point, in units of the inputs' mean squared singular value; inf where no input
            helps to predict a row that was left out, so that the point is the mean of the others.
        residual: Of every row as if it had not been there, neither for the map nor for the choice of its ridge.
        constant: The same of the constant guess: the mean of the other rows.
        grouped: As `residual`, of every row as if none of its group had been there; empty without groups. The ridge
            stays as it was chosen.
        grouped_constant: The same of the constant guess.
    """

    weights: Float[np.ndarray, "inputs points 2"]
    offset: Float[np.ndarray, "points 2"]
    strength: Float[np.ndarray, "points"]
    residual: Float[np.ndarray, "rows points 2"]
    constant: Float[np.ndarray, "rows points 2"]
    grouped: Float[np.ndarray, "held points 2"]
    grouped_constant: Float[np.ndarray, "held points 2"]


@dataclass(frozen=True)
class _Hat:
    """How predictions follow from the rows they were fitted on: they are H y, H = u shrunk u' + 1 / rows."""

    u: Float[np.ndarray, "rows rank"]
    shrunk: Float[np.ndarray, "rank"]
    residual: Float[np.ndarray, "rows points 2"]

    def left_out(self) -> Float[np.ndarray, "rows points 2"]:
        """e_i / (1 - h_ii): the residual of each row, of the map that is fitted without it (Allen 1974)."""
        return self.residual / (1 - self.diagonal)[:, None, None]

    @property
    def diagonal(self) -> Float[np.ndarray, "rows"]:
        """h_ii."""
        return np.square(self.u) @ self.shrunk + 1 / len(self.u)

    def among(self, rows: Int[np.ndarray, "some"]) -> Float[np.ndarray, "some some"]:
        """H of some rows."""
        return (self.u[rows] * self.shrunk) @ self.u[rows].T + 1 / len(self.u)


def fit_ridge(
    x: Float[np.ndarray, "rows inputs"],
    y: Float[np.ndarray, "rows points 2"],
    groups: Sequence[Int[np.ndarray, "_"]] = (),
    *,
    judged: bool = True,
) -> Ridged:
    """Fit every point, with the ridge of least mean leave-one-out distance.

    Args:
        x: The inputs; fewer rows than inputs will do.
        y: The points; nothing may be missing.
        groups: Rows that belong together, such as those of one video.
        judged: Whether the residuals are wanted; otherwise they are empty, which saves most of the time.

    Raises:
        ValueError: There are fewer than two rows.
    """
    rows = len(x)
    if rows < 2:
        raise ValueError(f"{rows} rows: leaving one out must leave one")
    mean_x, mean_y = x.mean(0), y.mean(0)
    u, s, v = np.linalg.svd(x - mean_x, full_matrices=False)
    unit = float(np.square(s).sum()) / min(x.shape) or 1.0
    centred = y - mean_y
    projected = np.einsum("nr,npc->rpc", u, centred)
    ridges = [strength * unit for strength in STRENGTHS]
    pairwise = judged and 2 < rows <= PAIRWISE

    def hat(ridge: float) -> _Hat:
        shrunk = np.square(s) / (np.square(s) + ridge)
        return _Hat(u, shrunk, centred - np.einsum("nr,rpc->npc", u, shrunk[:, None, None] * projected))

    hats = [hat(ridge) for ridge in ridges]
    left_out = np.stack([one.left_out() for one in hats])
    chosen = _strongest_of_the_best(np.linalg.norm(left_out, axis=-1).mean(1))
    best = np.array(ridges)[chosen]
    shrunk = s[:, None] / (np.square(s)[:, None] + best)
    weights = np.einsum("ri,rp,rpc->ipc", v, shrunk, projected)
    offset = mean_y - np.einsum("i,ipc->pc", mean_x, weights)
    none = np.empty((0, *y.shape[1:]))
    if not judged:
        return Ridged(weights, offset, np.array(STRENGTHS)[chosen], none, none, none, none)
    for_each = np.stack([_without_two(one) for one in hats]) if pairwise else None
    which = np.broadcast_to(chosen, y.shape[:2]) if for_each is None else _strongest_of_the_best(for_each)
    if rows == 2:
        which = np.zeros_like(which)  # one row left chooses nothing
    points = np.arange(y.shape[1])
    residual = left_out[which, np.arange(rows)[:, None], points]
    grouped, grouped_constant = none, none
    if groups:
        by_ridge = {index: _without_groups(hats[index], groups) for index in {0, *chosen.tolist()}}
        grouped = np.stack([by_ridge[index][:, point] for point, index in enumerate(chosen.tolist())], 1)
        grouped_constant = by_ridge[0]
    return Ridged(weights, offset, np.array(STRENGTHS)[chosen], residual, left_out[0], grouped, grouped_constant)


def _without_two(hat: _Hat) -> Float[np.ndarray, "rows points"]:
    """For every row left out, the mean distance of each other row that is left out beside it.

    The residuals of rows S of the map that is fitted without them are (I - H_SS)^-1 e_S; here S are two.
    """
    matrix, free, e = hat.among(np.arange(len(hat.u))), 1 - hat.diagonal, hat.residual
    both = np.outer(free, free) - np.square(matrix)
    np.fill_diagonal(both, 1.0)
    found = np.empty(e.shape[:2])
    for point in range(e.shape[1]):
        other = free[:, None, None] * e[None, :, point] + matrix[..., None] * e[:, None, point]
        distance = np.linalg.norm(other, axis=-1) / both
        np.fill_diagonal(distance, 0.0)
        found[:, point] = distance.sum(1) / (len(e) - 1)
    return found


def _without_groups(hat: _Hat, groups: Sequence[Int[np.ndarray, "_"]]) -> Float[np.ndarray, "rows points 2"]:
    found = np.full(hat.residual.shape, np.nan)
    for rows in groups:
        e = hat.residual[rows].reshape(len(rows), -1)
        found[rows] = np.linalg.solve(np.eye(len(rows)) - hat.among(rows), e).reshape(len(rows), -1, 2)
    return found


def _strongest_of_the_best(error: Float[np.ndarray, "strengths *any"]) -> Int[np.ndarray, "*any"]:
    return np.argmax(error <= error.min(0) * (1 + TIE) + np.finfo(float).tiny, axis=0)
