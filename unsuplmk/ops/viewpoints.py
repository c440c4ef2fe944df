"""Landmarks by object and viewpoint: what the same viewpoint of other objects predicts, and how far they spread."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from unsuplmk.errors import UserError

Sums = Float[np.ndarray, "landmarks"]
"""A sum of squared distances for each landmark."""


@dataclass(frozen=True)
class ByView:
    """Landmarks by object and viewpoint, the mean over its images; NaN where there is none."""

    xy: Float[np.ndarray, "instances views landmarks 2"]
    judged: Bool[np.ndarray, "instances views"]

    @classmethod
    def of(
        cls,
        xy: Float[np.ndarray, "images landmarks 2"],
        instances: Sequence[Hashable],
        views: Sequence[Hashable],
        judged: Bool[np.ndarray, "images"],
    ) -> ByView:
        """Sort landmarks by object and viewpoint; viewpoints of one object alone are left out.

        Raises:
            UserError: There are too few objects or viewpoints.
        """
        rows, columns = (list(dict.fromkeys(of)) for of in (instances, views))
        total = np.zeros((len(rows), len(columns), *xy.shape[1:]))
        count, counts = np.zeros(total.shape[:2]), np.zeros(total.shape[:2], bool)
        where = [rows.index(one) for one in instances], [columns.index(one) for one in views]
        np.add.at(total, where, xy)
        np.add.at(count, where, 1)
        np.logical_or.at(counts, where, judged)
        shared = (count > 0).sum(0) > 1
        if len(rows) < 2 or shared.sum() < 2:
            raise UserError(
                f"{len(rows)} objects share {shared.sum()} viewpoints: at least 2 objects must be seen from the same 2 "
                "or more; name the columns with --view and --instance"
            )
        count[count == 0] = np.nan
        return cls((total / count[..., None, None])[:, shared], counts[:, shared])

    def shuffled(self, rng: np.random.Generator) -> ByView:
        """Every object's viewpoints in an order of their own; where it was not seen stays."""
        xy = self.xy.copy()
        for row in xy:
            seen = np.flatnonzero(~np.isnan(row).any((1, 2)))
            row[seen] = row[rng.permutation(seen)]
        return ByView(xy, self.judged)

    def explained(self, *, relative: bool) -> tuple[Sums, Sums]:
        """Squared distances from what the other objects predict: by the same viewpoint, and without any."""
        xy = self.xy - np.nanmean(self.xy, 1, keepdims=True) if relative else self.xy
        seen = np.asarray(~np.any(np.isnan(xy), axis=(2, 3)))
        filled, ones = np.where(seen[..., None, None], xy, 0), seen[..., None, None].astype(float)
        others, number = filled.sum(0) - filled, ones.sum(0) - ones
        usable = self.judged & seen & (number[..., 0, 0] > 0)
        same_view = others / np.maximum(number, 1)
        any_view = others.sum(1, keepdims=True) / np.maximum(number.sum(1, keepdims=True), 1)
        residual, total = (np.square(filled - guess).sum(-1)[usable].sum(0) for guess in (same_view, any_view))
        return residual, total


def hits(mask: Bool[np.ndarray, "h w"], share: Float[np.ndarray, "landmarks 2"]) -> Bool[np.ndarray, "landmarks"]:
    """Whether each point, as a share of width and height, lies on the object; outside the image it does not."""
    height, width = mask.shape
    x, y = np.floor(share * (width, height)).astype(int).T
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    return inside & mask[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)]


def spread(xy: Float[np.ndarray, "images landmarks 2"], groups: Sequence[Hashable]) -> float:
    """Root mean square distance between two images of a group: sqrt 2 times the standard deviation within groups."""
    index = {group: number for number, group in enumerate(dict.fromkeys(groups))}
    which = np.array([index[group] for group in groups])
    count = np.bincount(which)
    means = np.zeros((len(count), *xy.shape[1:]))
    np.add.at(means, which, xy)
    means /= count[:, None, None]
    degrees = int((count - 1).sum())
    if not degrees:
        return float("nan")
    return float(np.sqrt(2 * np.square(xy - means[which]).sum(-1).mean(1).sum() / degrees))
