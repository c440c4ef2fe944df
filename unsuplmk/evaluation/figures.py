"""The figures of metrics beside the protocol's own: their values, which metric each is of, and with which options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from unsuplmk import registry
from unsuplmk.interfaces import Metric


@dataclass(frozen=True)
class Figures:
    """What metrics say of every kind of guess.

    Args:
        values: Kind of guess -> figure -> value.
        options: Metric -> all its options.
        of: Figure -> the metric that gave it.
    """

    values: Mapping[str, Mapping[str, float]]
    options: Mapping[str, Mapping[str, Any]]
    of: Mapping[str, str]


def figures(
    metrics: Mapping[str, Mapping[str, Any]],
    guessed: Mapping[str, Float[np.ndarray, "images points 2"]],
    truth: Float[np.ndarray, "images points 2"],
    scale: Float[np.ndarray, "images"],
) -> Figures:
    """Ask every metric about every kind of guess; of two that have a figure of one name, the later gives it.

    Args:
        metrics: Name -> options; `error` always is among them.
        guessed: Kind of guess -> points.
        truth: The annotated points.
        scale: One unit of error in pixels of each image.

    Raises:
        UserError: There is no such metric, or an option is wrong.
    """
    options = {name: registry.check("metric", name, given) for name, given in {"error": {}, **metrics}.items()}
    judges: dict[str, Metric] = {name: registry.build("metric", name, **given) for name, given in options.items()}
    values: dict[str, dict[str, float]] = {kind: {} for kind in guessed}
    of: dict[str, str] = {}
    for name, judge in judges.items():
        for kind, guess in guessed.items():
            found = judge(guess, truth, scale)
            values[kind].update(found)
            of.update(dict.fromkeys(found, name))
    return Figures(values, options, of)
