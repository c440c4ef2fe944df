"""Which part of a data set is held out for tests, where its owner made no splits: by share and seed, whole groups."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

import numpy as np

from unsuplmk.errors import UserError


def select(groups: Sequence[str], split: str, share: float, seed: int) -> np.ndarray:
    """The items of a split, as ascending indices.

    The groups are put in the order of a hash of their names and the seed, and the first of them are the test groups.
    So the choice depends on neither the machine nor the order of the items, it differs with every seed, and items
    that are added later move few others from one split to the other.

    Args:
        groups: The group of each item, by name: items of one group are in one split.
        split: train, test, or all for every item.
        share: Of the groups that are held out for tests, at least one, and never all.
        seed: Chooses among the possible splits.

    Raises:
        UserError: There is one group only, so that nothing can be held out.
    """
    if split == "all":
        return np.arange(len(groups))
    names = sorted(set(groups), key=lambda name: sha256(f"{seed} {name}".encode(errors="surrogateescape")).digest())
    if len(names) < 2:
        raise UserError(
            f"nothing can be held out for tests: all {len(groups)} frames belong to "
            f"{names[0] if names else 'nothing'}; hold out single frames (--dataset.hold-out frames) where there are "
            "several, or take --dataset.split all"
        )
    test = set(names[: min(max(1, round(share * len(names))), len(names) - 1)])
    return np.flatnonzero([(name in test) == (split == "test") for name in groups])
