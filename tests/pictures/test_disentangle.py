"""Tests of the check of a swap, against NumPy, and on generators that keep all or nothing."""

from __future__ import annotations

import math
from typing import final

import numpy as np
import pytest
import torch
from scipy.stats import wasserstein_distance
from torch import Tensor

from tests.small import settings
from tests.spots import COLOURS, detector, spotted
from unsuplmk import registry
from unsuplmk.checkpoint import assemble
from unsuplmk.detector import Detector
from unsuplmk.frames.gather import as_images
from unsuplmk.interfaces import Generator
from unsuplmk.model import Model
from unsuplmk.pictures.disentangle import Kept, check, describe
from unsuplmk.pictures.swap import Grid
from unsuplmk.types import Landmarks, Pair, Reconstruction, Render

PLACES = np.array([[[12, 15], [40, 20], [30, 50]], [[30, 30], [50, 12], [12, 50]], [[50, 45], [15, 30], [35, 12]]])


@final
class Stamp(Generator):
    """Draws spots at the landmarks, on the ground of the source's corner."""

    def forward(self, pair: Pair, source: Landmarks, target: Landmarks, render: Render) -> Reconstruction:
        size = (pair.source.shape[-2], pair.source.shape[-1])
        cover = (render(target, size) > 0.72).float()
        colours = torch.from_numpy(COLOURS / np.float32(255))
        spots = torch.einsum("bkhw,kc->bchw", cover, colours)
        return Reconstruction(spots + pair.source[:, :, :1, :1] * (1 - cover.amax(1, keepdim=True)))


def figures(grounds: list[int], places: np.ndarray) -> Tensor:
    """Images with three spots each on grey grounds."""
    images = [spotted(xy, (64, 64)) for xy in places]
    for image, grey in zip(images, grounds, strict=True):
        image[(image == 255).all(-1)] = grey
    return as_images(images)


def stamping() -> Detector:
    spots = detector()
    return Detector(Model(spots.model.encoder, spots.model.bottleneck, Stamp()), spots.config)


def noise(count: int, seed: int) -> Tensor:
    """Images whose tones differ as their places do."""
    rng = torch.Generator().manual_seed(seed)
    return torch.rand(count, 3, 16, 16, generator=rng) ** torch.linspace(0.3, 3, count)[:, None, None, None]


def test_the_figures_are_those_of_numpy() -> None:
    torch.manual_seed(0)
    config = settings(size=16, landmarks=4).resolved()
    found = Detector(assemble(config, losses=False).eval().requires_grad_(False), config)
    styles, geometries = noise(3, 0), noise(4, 1)
    geometries[2] = styles[1]  # one image as both: this cell tells nothing
    grid = Grid(found, styles, geometries, batch=3)
    own, wanted = (found.detect(images).xy.double().numpy() for images in (styles, geometries))
    cells = grid.images().clamp(0, 1)

    def lie(a: np.ndarray, b: np.ndarray) -> float:
        return 100 * float(np.linalg.norm((a - b) / 2, axis=-1).mean())

    def look(a: Tensor, b: Tensor) -> float:
        return 100 * float(np.mean([wasserstein_distance(x.ravel(), y.ravel()) for x, y in zip(a, b, strict=True)]))

    expected: list[list[float]] = []
    for i in range(3):
        for j in range(4):
            if (i, j) == (1, 2):
                continue
            again = found.detect(cells[i, j][None]).xy.double().numpy()[0]
            expected.append(
                [
                    lie(again, wanted[j]),
                    lie(again, own[i]),
                    float(np.mean([lie(again, wanted[k]) for k in range(4) if k != j])),
                    look(cells[i, j], styles[i]),
                    look(cells[i, j], geometries[j]),
                    float(np.mean([look(cells[i, j], styles[k]) for k in range(3) if k != i])),
                ]
            )
    answer = check(grid)
    ours = [getattr(kept, name) for kept in (answer.geometry, answer.style) for name in ("right", "wrong", "random")]
    np.testing.assert_allclose(ours, np.mean(expected, 0), rtol=1e-3)
    assert answer.cells == 11
    assert answer.geometry.ratio == pytest.approx(ours[0] / ours[1])
    assert answer.style.floor == pytest.approx(ours[5] / ours[4])


def test_a_generator_that_keeps_both_has_ratios_near_zero() -> None:
    styles, geometries = figures([60, 130, 190], PLACES[[1, 2, 0]]), figures([95, 160, 220], PLACES)
    answer = check(Grid(stamping(), styles, geometries))
    assert answer.geometry.right < 1.5
    assert answer.geometry.ratio < 0.1
    assert answer.geometry.floor > 0.5
    assert answer.style.ratio < 0.3
    assert answer.style.floor > 0.8
    assert answer.cells == 9


def test_a_generator_that_ignores_the_landmarks_keeps_the_style_and_nothing_of_the_geometry() -> None:
    styles, geometries = figures([60, 130, 190], PLACES[[1, 2, 0]]), figures([95, 160, 220], PLACES)
    answer = check(Grid(detector(), styles, geometries))
    assert answer.geometry.wrong == pytest.approx(0, abs=1e-4)
    assert answer.geometry.ratio > 1000
    assert answer.style.right == 0
    assert answer.style.ratio == 0


def test_one_row_and_column_have_nothing_to_pair_at_random_and_one_image_tells_nothing() -> None:
    images = figures([60, 130], PLACES[:2])
    answer = check(Grid(stamping(), images[:1], images[1:]))
    assert answer.cells == 1
    assert math.isfinite(answer.geometry.ratio)
    assert math.isnan(answer.geometry.floor)
    same = check(Grid(stamping(), images[:1], images[:1]))
    assert same.cells == 0
    assert math.isnan(same.style.ratio)
    assert all("nan" in line for line in describe(same))


def test_ratios_without_a_distance_between_the_images_are_infinite_or_undefined() -> None:
    assert Kept(1.0, 0.0, 1.0).ratio == math.inf
    assert math.isnan(Kept(0.0, 0.0, 0.0).ratio)


def test_the_two_lines_name_figures_and_units() -> None:
    lines = describe(check(Grid(stamping(), figures([60, 130], PLACES[:2]), figures([95, 160], PLACES[1:]))))
    assert [line.split(",")[0] for line in lines] == ["geometry kept", "style kept"]
    assert all("ratio 0." in line and "at random " in line for line in lines)


@pytest.mark.slow
def test_a_generator_that_was_trained_on_pairs_of_one_ground_keeps_both_across_grounds() -> None:
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    spots = detector(size=32)
    generator = registry.build("generator", "renderer", 3, width=16, stride=4)
    bottleneck = registry.build("bottleneck", "gaussian", 3, sigma=0.2)
    model = Model(spots.model.encoder, bottleneck, generator)
    optimiser = torch.optim.Adam(generator.parameters(), lr=3e-3)

    def drawn(grounds: list[int]) -> Tensor:
        images = [spotted(rng.integers(5, 27, (3, 2)), (32, 32), side=7) for _ in grounds]
        for image, grey in zip(images, grounds, strict=True):
            image[(image == 255).all(-1)] = grey
        return as_images(images)

    for _ in range(200):
        grounds = rng.integers(30, 225, 12).tolist()
        pair = Pair(drawn(grounds), drawn(grounds))
        loss = (model(pair).reconstruction.image - pair.target).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    found = Detector(model, spots.config)
    answer = check(Grid(found, drawn([40, 100, 150, 210]), drawn([60, 120, 180, 220])))
    assert answer.geometry.ratio < 0.75 < 0.9 < answer.geometry.floor
    assert answer.style.ratio < 0.75 < 0.9 < answer.style.floor
