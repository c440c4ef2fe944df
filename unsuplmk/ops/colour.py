"""Hue and chroma in bins: what a colourisation network predicts, and how far off it is."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

BINS = 32
"""Of hue, and as many of chroma (Larsson, Maire, Shakhnarovich, ECCV 2016)."""

HUE_WEIGHT = 5.0
"""Of the hue's term: about one over the mean chroma of photographs, so that both terms weigh alike (ibid.)."""


def hue_chroma(rgb: Float[Tensor, "*any 3"]) -> tuple[Float[Tensor, "*any"], Float[Tensor, "*any"]]:
    """Hue in turns, [0, 1), and chroma, the largest less the smallest channel; a grey has hue 0."""
    red, green, blue = rgb.unbind(-1)
    largest, where = rgb.max(-1)
    chroma = largest - rgb.amin(-1)
    safe = chroma.clamp_min(1e-12)
    sixths = torch.stack([(green - blue) / safe, (blue - red) / safe + 2, (red - green) / safe + 4], -1)
    return (sixths.gather(-1, where[..., None])[..., 0] / 6) % 1, chroma


def binned(values: Float[Tensor, "*any"]) -> Int[Tensor, "*any"]:
    """Bin of each value in [0, 1]."""
    return (values * BINS).long().clamp(0, BINS - 1)


def surprise(scores: Float[Tensor, "n bins"], rgb: Float[Tensor, "n 3"]) -> Float[Tensor, ""]:
    """Cross-entropy of the chroma, plus that of the hue times chroma: the hue of a grey does not matter.

    Equation 5 of Larsson et al. 2016, with one bin a pixel for the truth.

    Args:
        scores: Logits of the hue's bins, then of the chroma's.
        rgb: The colours, in [0, 1].
    """
    hue, chroma = hue_chroma(rgb)
    of_hue, of_chroma = scores.float().split(BINS, 1)
    hues = F.cross_entropy(of_hue, binned(hue), reduction="none")
    return F.cross_entropy(of_chroma, binned(chroma)) + HUE_WEIGHT * (chroma * hues).mean()


def constant(rgb: Float[Tensor, "n 3"]) -> Float[Tensor, "1 bins"]:
    """The scores that guess best without looking: how often each bin occurs, hues weighted by their chroma."""
    hue, chroma = hue_chroma(rgb)
    hues = torch.bincount(binned(hue), chroma, minlength=BINS)
    chromas = torch.bincount(binned(chroma), minlength=BINS)
    # one count more, so that a bin unseen so far is not impossible
    shares = [(count + 1) / (count.sum() + BINS) for count in (hues, chromas)]
    return torch.cat(shares).log()[None].float()
