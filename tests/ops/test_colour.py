"""Tests of hue and chroma in bins."""

import colorsys

import numpy as np
import pytest
import torch

from unsuplmk.ops.colour import BINS, binned, constant, hue_chroma, surprise

RGB = np.random.default_rng(0).uniform(size=(500, 3))
GREYS_AND_PURE = np.array(
    [[0.3, 0.3, 0.3], [0, 0, 0], [1, 1, 1], [1, 0, 0], [1, 0, 1], [0, 0, 1], [0, 1, 1], [1, 1, 0]]
)


@pytest.mark.parametrize("rgb", [RGB, GREYS_AND_PURE], ids=["random", "pure"])
def test_hue_and_chroma_are_those_of_hsv(rgb: np.ndarray) -> None:
    hue, chroma = hue_chroma(torch.from_numpy(rgb))
    hsv = np.array([colorsys.rgb_to_hsv(*colour) for colour in rgb])
    np.testing.assert_allclose(hue.numpy(), hsv[:, 0], atol=1e-9)
    np.testing.assert_allclose(chroma.numpy(), hsv[:, 1] * hsv[:, 2], atol=1e-12)


def test_bins_cover_zero_to_one_evenly_with_both_ends_inside() -> None:
    values = torch.tensor([0.0, 0.5 / BINS, 1.0 / BINS, 0.5, 1 - 1e-6, 1.0])
    assert binned(values).tolist() == [0, 0, 1, BINS // 2, BINS - 1, BINS - 1]


def reference(scores: np.ndarray, rgb: np.ndarray) -> float:
    total = 0.0
    for row, colour in zip(scores, rgb, strict=True):
        hue, saturation, value = colorsys.rgb_to_hsv(*colour)
        of_hue, of_chroma = row[:BINS], row[BINS:]
        chroma = saturation * value
        total += np.log(np.exp(of_chroma).sum()) - of_chroma[min(int(chroma * BINS), BINS - 1)]
        total += 5 * chroma * (np.log(np.exp(of_hue).sum()) - of_hue[min(int(hue * BINS), BINS - 1)])
    return total / len(rgb)


def test_the_surprise_is_the_cross_entropy_of_chroma_and_five_times_chroma_that_of_hue() -> None:
    scores = np.random.default_rng(1).normal(size=(500, 2 * BINS))
    found = surprise(torch.from_numpy(scores).float(), torch.from_numpy(RGB))
    assert float(found) == pytest.approx(reference(scores, RGB), rel=1e-5)


def test_the_hue_of_a_grey_does_not_matter() -> None:
    scores = torch.zeros(4, 2 * BINS)
    changed = scores.clone()
    changed[:, :BINS] = torch.randn(4, BINS)
    grey = torch.full((4, 3), 0.4)
    assert float(surprise(scores, grey)) == float(surprise(changed, grey)) == pytest.approx(np.log(BINS))


def test_no_constant_guess_is_better_than_the_best_one() -> None:
    rgb = torch.from_numpy(np.random.default_rng(2).beta(2, 5, size=(20_000, 3)))
    best = constant(rgb)
    loss = float(surprise(best.expand(len(rgb), -1), rgb))
    for seed in range(5):
        other = best + 0.3 * torch.randn(best.shape, generator=torch.Generator().manual_seed(seed))
        assert float(surprise(other.expand(len(rgb), -1), rgb)) > loss
    assert float(surprise(torch.zeros(len(rgb), 2 * BINS), rgb)) > loss + 0.1


def test_a_colour_that_was_never_seen_is_unlikely_but_not_impossible() -> None:
    guess = constant(torch.full((100, 3), 0.5))
    red = torch.tensor([[1.0, 0.0, 0.0]])
    assert 3 < float(surprise(guess, red)) < 100
