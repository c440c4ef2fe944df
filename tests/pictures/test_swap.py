"""Tests of the swap: what a cell is, what it may know, and how the grid is drawn."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, final

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tests.small import settings
from tests.spots import detector
from unsuplmk import registry
from unsuplmk.checkpoint import assemble
from unsuplmk.detector import Detector
from unsuplmk.errors import UserError
from unsuplmk.generators.identity import Identity
from unsuplmk.interfaces import Encoder, Generator
from unsuplmk.model import Model
from unsuplmk.ops.coordinates import to_pixels
from unsuplmk.pictures.draw import overlay
from unsuplmk.pictures.swap import GAP, Grid, as_pictures, check_picture, picture
from unsuplmk.types import Landmarks, Pair, Reconstruction, Render


@final
class Red(Encoder):
    """Sees the red channel only."""

    def __init__(self, landmarks: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(1, landmarks, 5, 4)

    def forward(self, image: Tensor) -> Tensor:
        return self.convolution(image[:, :1])


@final
class Thief(Generator):
    """Would show the target, if it were there, and keeps what it was given."""

    needs: ClassVar[frozenset[str]] = frozenset()

    def __init__(self) -> None:
        super().__init__()
        self.given: list[tuple[Pair, Landmarks, Landmarks]] = []

    def forward(self, pair: Pair, source: Landmarks, target: Landmarks, render: Render) -> Reconstruction:
        self.given.append((pair, source, target))
        size = (pair.source.shape[-2], pair.source.shape[-1])
        return Reconstruction(pair.source + pair.target + render(target, size).mean(1, keepdim=True))


@final
class Mover(Generator):
    """Needs the landmarks of the source."""

    needs: ClassVar[frozenset[str]] = frozenset({"source"})

    def forward(self, pair: Pair, source: Landmarks, target: Landmarks, render: Render) -> Reconstruction:
        return Reconstruction(pair.source + (target.xy - source.xy).mean((1, 2))[:, None, None, None])


def untrained(**changes: object) -> Detector:
    torch.manual_seed(0)
    config = settings(**changes).resolved()
    return Detector(assemble(config, losses=False).eval().requires_grad_(False), config)


def with_generator(generator: Generator) -> Detector:
    torch.manual_seed(0)
    bottleneck = registry.build("bottleneck", "gaussian", 3)
    return Detector(Model(Red(3), bottleneck, generator), settings(landmarks=3))


def noise(count: int, seed: int = 0, side: int = 32) -> Tensor:
    return torch.rand(count, 3, side, side, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("generator", [{"name": "renderer", "width": 8, "shrink": 2}, {"name": "unet", "width": 4}])
def test_a_cell_is_exactly_what_the_generator_makes_of_the_rows_style_and_the_columns_landmarks(
    generator: dict[str, object],
) -> None:
    found = untrained(generator=generator)
    styles, geometries = noise(2), noise(3, seed=1)
    cells = Grid(found, styles, geometries, batch=1).images()
    for i, style in enumerate(styles):
        for j, geometry in enumerate(geometries):
            seen, asked = (image[None].to(memory_format=torch.channels_last) for image in (style, geometry))
            model = found.model
            none = Landmarks(torch.zeros(1, 0, 2), torch.zeros(1, 0), torch.zeros(1, 0, 8, 8))
            made = model.generator(Pair(seen, asked), none, model.locate(asked), model.bottleneck.render)
            torch.testing.assert_close(cells[i, j], made.image[0], rtol=0, atol=0)
    side = 16 if "shrink" in generator else 32
    assert cells.shape == (2, 3, 3, side, side)
    assert cells.std() > 0
    torch.testing.assert_close(Grid(found, styles, geometries, batch=2).images(), cells, rtol=1e-4, atol=1e-5)


def test_geometries_with_the_same_landmarks_give_the_same_cell_even_with_a_generator_that_shows_the_target() -> None:
    geometries = noise(2)
    geometries[1, 0] = geometries[0, 0]
    assert not torch.equal(geometries[0], geometries[1])
    generator = Thief()
    cells = Grid(with_generator(generator), noise(2, seed=1), geometries).images()
    assert torch.equal(cells[:, 0], cells[:, 1])
    assert not torch.equal(cells[0], cells[1])
    for pair, source, _ in generator.given:
        assert not pair.target.any()
        assert source.xy.shape == (2, 0, 2)


def test_a_generator_that_needs_the_landmarks_of_the_source_is_given_those_of_the_style() -> None:
    found, styles, geometries = with_generator(Mover()), noise(2), noise(3, seed=1)
    cells = Grid(found, styles, geometries).images()
    own, wanted = found.detect(styles).xy, found.detect(geometries).xy
    for i in range(2):
        for j in range(3):
            torch.testing.assert_close(cells[i, j], styles[i] + (wanted[j] - own[i]).mean())


def test_no_pass_is_larger_than_the_batch() -> None:
    generator = Thief()
    Grid(with_generator(generator), noise(2), noise(5, seed=1), batch=2).images()
    assert [len(pair.source) for pair, _, _ in generator.given] == [2, 2, 1, 2, 2, 1]


def test_a_run_without_a_generator_cannot_swap() -> None:
    grid = Grid(with_generator(Identity(3)), noise(2), noise(2))
    with pytest.raises(UserError, match="identity draws nothing"):
        grid.row(0)


def test_a_grid_needs_images_for_both() -> None:
    with pytest.raises(UserError, match="not 2 styles and 0 geometries"):
        Grid(untrained(), noise(2), noise(0))


def test_the_picture_has_geometries_on_top_styles_on_the_left_and_the_cells_between() -> None:
    found = detector(size=32)  # its generator gives the style back
    styles, geometries = noise(2), noise(3, seed=1)
    drawn = picture(Grid(found, styles, geometries), cell=50)
    side = 64  # twice 32 is the least multiple of at least 50
    assert drawn.shape == (3 * (side + GAP) + GAP, 4 * (side + GAP) + GAP, 3)

    def at(row: int, column: int) -> np.ndarray:
        top, left = (GAP + n * (side + GAP) for n in (row, column))
        return drawn[top : top + side, left : left + side]

    for row, style in enumerate(as_pictures(styles, (side, side)), 1):
        for column in range(4):
            np.testing.assert_array_equal(at(row, column), style)
    points = to_pixels(found.detect(geometries).xy.double().numpy(), (side, side))
    for column, geometry in enumerate(as_pictures(geometries, (side, side)), 1):
        np.testing.assert_array_equal(at(0, column), overlay(geometry, points[column - 1]))
    assert (at(0, 0) == 255).mean() > 0.8
    between = np.ones(drawn.shape[:2], bool)
    for row in range(3):
        for column in range(4):
            top, left = (GAP + n * (side + GAP) for n in (row, column))
            between[top : top + side, left : left + side] = False
    assert (drawn[between] == 255).all()


def test_a_generator_that_draws_small_images_fills_its_cells() -> None:
    drawn = picture(Grid(untrained(generator={"name": "renderer", "width": 8, "shrink": 4}), noise(1), noise(1)), 32)
    assert drawn.shape == (2 * 36 + 4, 2 * 36 + 4, 3)
    assert (drawn[40:72, 40:72] != 255).any(-1).all()


def test_values_outside_the_range_are_clipped() -> None:
    (one,) = as_pictures(torch.full((1, 3, 8, 8), 1.7) * torch.tensor([1.0, -1.0, 0.25])[:, None, None], (8, 8))
    assert one[3, 3].tolist() == [255, 0, 108]


def test_a_grid_is_drawn_to_pictures_only(tmp_path: Path) -> None:
    (tmp_path / "dir.png").mkdir()
    check_picture(Path("new/grid.png"))
    for name, reason in (("grid.mp4", "needs --style and --drive"), ("grid", "known: "), ("dir.png", "it is a folder")):
        with pytest.raises(UserError, match=reason):
            check_picture(tmp_path / name)
