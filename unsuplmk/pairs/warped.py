"""Pairs made of one image: two thin-plate-spline warps of it."""

from __future__ import annotations

from random import Random
from typing import Annotated, ClassVar, Literal, final

from pydantic import Field as Option

from unsuplmk.interfaces import PairSource
from unsuplmk.ops.coordinates import Grid
from unsuplmk.ops.thinplate import Field, border, random, sample
from unsuplmk.types import Image, Pair


@final
class Warped(PairSource):
    """Two warps of one image: target = g1(image), source = g2(target), with the known warp between them.

    Jakab, Gupta, Bilen, Vedaldi, NeurIPS 2018, section 4.1, with the magnitudes of the released code. The
    source is looked up in the image through both maps at once, so that nothing is resampled twice. Pixels
    that came from outside the image, and a soft border of it, do not count in the losses. The released code
    keeps a thousand grids and redraws one in a hundred at each use; here each is new.

    Args:
        bend: Standard deviation of the spline coefficients of half the control points, source from target.
        bend_target: The same, target from image.
        rotation: Standard deviation of the source's rotation, degrees.
        scale: Standard deviation of the source's scale about 1.
        shift: Standard deviation of both translations, in image halves.
        border: Share of the side, at each edge, that never counts; a ramp twice as long follows.
        padding: What lies outside the image.
        source: composed; resampled: the target is warped a second time, as in the released code; independent: the
            image under g2 alone, as in the paper; the warp between the two is not known then.
        grid: What -1 and 1 are: centres, the image's edges; corners, the centres of its corner pixels (released code).
    """

    provides: ClassVar[frozenset[str]] = frozenset({"warp", "weight"})

    def __init__(
        self,
        *,
        bend: Annotated[float, Option(ge=0, le=0.1)] = 0.01,
        bend_target: Annotated[float, Option(ge=0, le=0.1)] = 0.005,
        rotation: Annotated[float, Option(ge=0, le=180)] = 5.0,
        scale: Annotated[float, Option(ge=0, lt=0.5)] = 0.1,
        shift: Annotated[float, Option(ge=0, le=1)] = 0.1,
        border: Annotated[float, Option(ge=0, le=0.16)] = 10 / 128,
        padding: Literal["zeros", "border", "reflection"] = "reflection",
        source: Literal["composed", "resampled", "independent"] = "composed",
        grid: Grid = "centres",
    ) -> None:
        super().__init__()
        if source == "independent":
            self.provides = frozenset({"weight"})  # type: ignore[misc]
        self.source: Literal["composed", "resampled", "independent"] = source
        self.grid: Grid = grid
        self.bend, self.bend_target, self.border = bend, bend_target, border
        self.rotation, self.scale, self.shift, self.padding = rotation, scale, shift, padding

    def frames(self, index: int, clip: range, rng: Random) -> tuple[int, ...]:
        """The frame itself."""
        return (index,)

    def forward(self, frames: tuple[Image, ...]) -> Pair:
        """Warp the one frame twice."""
        (image,) = frames
        batch, (height, width) = len(image), image.shape[-2:]
        g1 = random(batch, image, bend=0.001, bend_some=self.bend_target, shift=self.shift, grid=self.grid)
        g2 = random(
            batch,
            image,
            bend=0.001,
            bend_some=self.bend,
            rotation=self.rotation,
            scale=self.scale,
            shift=self.shift,
            grid=self.grid,
        )
        to_image, to_target = g1.field(height, width), g2.field(height, width)
        target = sample(image, to_image, self.padding, self.grid)
        if self.source == "composed":
            source = sample(image, _through(to_image, to_target, self.grid), self.padding, self.grid)
        else:
            source = sample(target if self.source == "resampled" else image, to_target, self.padding, self.grid)
        mask = border(height, image, self.border).expand(batch, 1, height, width)
        weight = sample(mask, to_image, grid=self.grid)
        return Pair(source, target, weight=weight, warp=None if self.source == "independent" else g2)


def _through(g1: Field, g2: Field, grid: Grid) -> Field:
    """Where in the image each pixel of the source lies: g1 after g2, both as sampling grids.

    g1 is looked up in its own grid, bilinearly: it is smooth, and a spline evaluated anew at every pixel of
    every image would cost more than the networks do. What g2 takes outside is clamped to the edge.
    """
    return sample(g1.movedim(3, 1), g2, "border", grid).movedim(1, 3)
