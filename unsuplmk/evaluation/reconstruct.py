"""How well a run rebuilds frames, beside what one gets without landmarks, and with those of another image."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import isnan
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from unsuplmk.errors import UserError
from unsuplmk.evaluation.measure import LEVEL, RESAMPLES, SEED, Interval
from unsuplmk.evaluation.rebuild import Rebuilt
from unsuplmk.evaluation.verdict import plain
from unsuplmk.interfaces import Quality
from unsuplmk.ops.bootstrap import draws, interval
from unsuplmk.ops.masking import shrink
from unsuplmk.types import Image

if TYPE_CHECKING:
    from rich.table import Table

NAN = float("nan")


@dataclass(frozen=True)
class Estimate:
    """A mean over pairs, and its confidence interval over resampled pairs; NaN where there is none."""

    mean: float
    interval: Interval

    @property
    def least(self) -> float:
        """The lower end of the interval; the mean itself where there is none."""
        return self.mean if isnan(self.interval[0]) else self.interval[0]


@dataclass(frozen=True)
class Figure:
    """What one quality says.

    Args:
        better: Whether higher or lower is better.
        rebuilt: Of targets rebuilt with their own landmarks.
        source: Of sources, taken for the targets as they are: what one has without landmarks.
        other: Of targets rebuilt with the landmarks of another image.
        over_source: By how much `rebuilt` is better than `source` on the same pairs; negative if it is worse.
        over_other: The same of `other`: 0 if the landmarks say nothing.
    """

    better: Literal["higher", "lower"]
    rebuilt: Estimate
    source: Estimate
    other: Estimate
    over_source: Estimate
    over_other: Estimate


@dataclass(frozen=True)
class Reconstructions:
    """What all qualities say.

    Args:
        pairs: How many were rebuilt.
        size: (width, height) of the reconstructions, at which all images are compared.
        figures: By the name of the quality.
        one_image: Whether source and target are the same, so that the source is no baseline.
    """

    pairs: int
    size: tuple[int, int]
    figures: Mapping[str, Figure]
    one_image: bool

    def as_dict(self) -> dict[str, Any]:
        """As plain values for JSON; a figure that does not exist is None."""
        how = {"interval_level": LEVEL, "interval_seed": SEED, "remarks": self.remarks()}
        return plain({**asdict(self), **how})

    def remarks(self) -> list[str]:
        """What the figures say together, in sentences."""
        found = ["source and target are one image: the source is no baseline"] if self.one_image else []
        means = {
            "source": "than the source itself: rebuilding loses more than the landmarks bring",
            "other": "than with another image's landmarks: they carry nothing",
        }
        for baseline, meaning in means.items():
            gains: dict[str, Estimate] = {n: getattr(f, f"over_{baseline}") for n, f in self.figures.items()}
            poor = [name for name, gain in gains.items() if gain.least <= 0]
            if poor:
                found.append(f"{', '.join(poor)}: no better {meaning}")
        return found

    def table(self) -> Table:
        """As a table for the terminal."""
        from rich.box import SIMPLE_HEAD
        from rich.table import Table

        width, height = self.size
        ways = {way: ", ".join(n for n, f in self.figures.items() if f.better == way) for way in ("higher", "lower")}
        better = "; ".join(f"{way} is better: {names}" for way, names in ways.items() if names)
        lines = [f"intervals of {LEVEL:g} %, over resampled pairs; {better}", *self.remarks()]
        title = f"{self.pairs} pairs rebuilt at {width} x {height} px"
        table = Table(title=title, caption="\n".join(lines), caption_justify="left", box=SIMPLE_HEAD)
        for column in ("figure", "of"):
            table.add_column(column, no_wrap=True)
        for column in ("mean", "interval", "rebuilt better by"):
            table.add_column(column, justify="right", no_wrap=True)
        for name, figure in self.figures.items():
            table.add_row(name, "rebuilt", *_words(figure.rebuilt), "")
            table.add_row("", "the source itself", *_words(figure.source), _words(figure.over_source)[1])
            last = (*_words(figure.other), _words(figure.over_other)[1])
            table.add_row("", "other landmarks", *last, end_section=True)
        return table


def _words(estimate: Estimate) -> tuple[str, str]:
    """A mean and its interval; nothing for what does not exist."""
    low, high = estimate.interval
    mean = "" if isnan(estimate.mean) else f"{estimate.mean:#.4g}"
    return mean, "" if isnan(low) else f"{low:#.3g} to {high:#.3g}"


def judge(passes: Iterable[Rebuilt], qualities: Mapping[str, Quality], resamples: int = RESAMPLES) -> Reconstructions:
    """Compare what was rebuilt with the targets, over the pixels that count.

    All images are brought to the reconstruction's size, as the losses do, and clipped to [0, 1].

    Args:
        passes: As `unsuplmk.evaluation.rebuild.rebuild` gives them.
        qualities: What to compare by.
        resamples: Of the pairs, for the confidence intervals; 0 for none.

    Raises:
        UserError: A quality cannot judge images of this size.
    """
    found: dict[str, list[Float[np.ndarray, "3 batch"]]] = {name: [] for name in qualities}
    size, one_image = (0, 0), False
    for some in passes:
        size = (some.own.shape[-1], some.own.shape[-2])
        one_image = some.pair.source is some.pair.target
        for name, quality in qualities.items():
            found[name].append(_compared(some, quality))
    if not any(found.values()):
        raise UserError("nothing was rebuilt, or there is no quality to judge it by")
    values = {name: np.concatenate(parts, axis=1) for name, parts in found.items()}
    pairs = len(next(iter(values.values()))[0])
    figures = {name: _figure(qualities[name].better, one, resamples, one_image) for name, one in values.items()}
    return Reconstructions(pairs, size, figures, one_image)


@torch.inference_mode()
def _compared(some: Rebuilt, quality: Quality) -> Float[np.ndarray, "3 batch"]:
    """The figures of each pair: of the reconstruction, of the source, and of the one with another's landmarks."""
    quality = quality.eval().to(some.own.device)
    size, weight = some.own.shape[-2:], some.pair.weight
    weight = None if weight is None else shrink(weight, size).float()

    def shown(image: Image) -> Float[Tensor, "batch 3 h w"]:
        return shrink(image.float(), size).clamp(0, 1)

    target = shown(some.pair.target)
    judged = [quality(shown(image), target, weight) for image in (some.own, some.pair.source, some.other)]
    return torch.stack(judged).double().cpu().numpy()


def _figure(
    better: Literal["higher", "lower"], values: Float[np.ndarray, "3 pairs"], resamples: int, one_image: bool
) -> Figure:
    values = values[:, np.isfinite(values).all(0)]  # an image of which nothing counts has no figure
    sign = 1.0 if better == "higher" else -1.0
    rebuilt, source, other = values
    if one_image:
        source = np.full_like(source, NAN)
    columns = [rebuilt, source, other, sign * (rebuilt - source), sign * (rebuilt - other)]
    return Figure(better, *_estimates(np.stack(columns, 1), resamples))


def _estimates(columns: Float[np.ndarray, "pairs figures"], resamples: int) -> Sequence[Estimate]:
    """The mean of each column, with intervals of the same resampled rows."""
    count, width = columns.shape
    if not count:
        return [Estimate(NAN, (NAN, NAN))] * width
    ends = np.full((2, width), NAN)
    if resamples and count > 1:
        drawn = np.concatenate([weights @ columns / count for weights in draws(count, resamples, SEED)])
        ends = interval(drawn, LEVEL)
    return [
        Estimate(float(mean), (float(low), float(high))) for mean, low, high in zip(columns.mean(0), *ends, strict=True)
    ]
