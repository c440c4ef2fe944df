"""Whether a swap keeps what it should: geometry by landmarks that are found again, style by its colours."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from unsuplmk.pictures.swap import Grid, located
from unsuplmk.types import Image

LEVELS = 256
"""Numbers that stand for the distribution of a channel's values."""


@dataclass(frozen=True, slots=True)
class Kept:
    """How near the swapped images are to what they should keep, in %.

    Args:
        right: Mean distance to the image that it should come from.
        wrong: Mean distance to the image that the other half comes from.
        random: Mean distance to the images of all other columns (or rows): pairs at random.
    """

    right: float
    wrong: float
    random: float

    @property
    def ratio(self) -> float:
        """Right over wrong: 0 is perfect."""
        return _over(self.right, self.wrong)

    @property
    def floor(self) -> float:
        """The ratio of pairs at random, which a swap that keeps nothing has."""
        return _over(self.random, self.wrong)


@dataclass(frozen=True, slots=True)
class Check:
    """What a grid keeps.

    Args:
        geometry: Mean distance of the landmarks, in % of the image's side.
        style: Mean distance of the sorted values of each colour channel, in % of their range: the 1-Wasserstein
            distance of the histograms, which does not see where a colour is.
        cells: How many cells were judged; those whose style and geometry are one image tell nothing.
    """

    geometry: Kept
    style: Kept
    cells: int


@torch.inference_mode()
def check(grid: Grid) -> Check:
    """Judge all cells of a grid.

    The landmarks of every cell are found by the same detector as those of its geometry, so that one whose landmarks
    never move would pass: read the figures beside the picture.
    """
    styles, geometries = _names(grid.styles, grid.geometries)
    tones, other_tones = colours(grid.styles), colours(grid.geometries)
    own, wanted = grid.own.xy.float().cpu(), grid.landmarks.xy.float().cpu()
    size = (grid.styles.shape[-2], grid.styles.shape[-1])
    figures = []
    for number in range(len(styles)):
        cells = grid.row(number).clamp(0, 1)
        fitting = F.interpolate(cells, size, mode="bilinear", align_corners=False)
        again = located(grid.detector, fitting, grid.batch).xy.float().cpu()
        tone = colours(cells)
        lie, look = _apart(again[:, None], wanted[None]), _tones_apart(tone[:, None], tones[None])
        row = torch.stack(
            [
                lie.diagonal(),
                _apart(again, own[number][None]),
                _mean_where(lie, geometries[:, None] != geometries[None]),
                look[:, number],
                _tones_apart(tone, other_tones),
                _mean_where(look, (styles != styles[number])[None].expand_as(look)),
            ]
        )
        figures.append(row[:, geometries != styles[number]])
    table = torch.cat(figures, 1).double()
    right, wrong, random, right_tone, wrong_tone, random_tone = table.mean(1).tolist()
    return Check(Kept(right, wrong, random), Kept(right_tone, wrong_tone, random_tone), table.shape[1])


def describe(found: Check) -> list[str]:
    """Two lines that a person can read."""
    lines = []
    for half, other, kept, unit in (
        ("geometry", "style", found.geometry, "landmarks: {:.1f} % of the side"),
        ("style", "geometry", found.style, "colours: {:.1f} % of their range"),
    ):
        lines.append(
            f"{half} kept, {unit.format(kept.right)} from its {half} image, {kept.wrong:.1f} % from its {other} image; "
            f"ratio {kept.ratio:.2f}, at random {kept.floor:.2f}"
        )
    return lines


def _over(part: float, whole: float) -> float:
    return part / whole if whole else math.inf if part > 0 else math.nan


def colours(images: Image) -> Float[Tensor, "batch 3 256"]:
    """The sorted values of each channel, as the means of 256 equal parts."""
    values = images.float().cpu().flatten(2).sort(-1).values
    return F.adaptive_avg_pool1d(values, LEVELS)


def _names(*batches: Tensor) -> list[Tensor]:
    """A number for each image; equal images have equal numbers, in whatever batch."""
    numbers: dict[bytes, int] = {}
    keys = [[image.cpu().contiguous().numpy().tobytes() for image in images] for images in batches]
    return [torch.tensor([numbers.setdefault(key, len(numbers)) for key in batch]) for batch in keys]


def _apart(a: Tensor, b: Tensor) -> Tensor:
    """Mean distance of landmarks, in % of the side, which is 2 long."""
    return 50 * (a - b).norm(dim=-1).mean(-1)


def _tones_apart(a: Tensor, b: Tensor) -> Tensor:
    """Mean distance of sorted values, in % of their range."""
    return 100 * (a - b).abs().mean((-2, -1))


def _mean_where(values: Tensor, counted: Tensor) -> Tensor:
    """Mean of each row over what is counted; NaN where nothing is."""
    return (values * counted).sum(1) / counted.sum(1)
