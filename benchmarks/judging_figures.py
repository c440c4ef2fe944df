"""What can be said of a run without labels, and from a few: the figures that `judging.py` compares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from jaxtyping import Float

from unsuplmk import registry
from unsuplmk.detector import Detector
from unsuplmk.evaluation import annotations
from unsuplmk.evaluation.agreement import agreement
from unsuplmk.evaluation.evaluate import evaluate_found, find
from unsuplmk.evaluation.rebuild import rebuild
from unsuplmk.evaluation.reconstruct import judge
from unsuplmk.evaluation.samples import Sample
from unsuplmk.frames.gather import chosen, gather, read
from unsuplmk.interfaces import Dataset, PairSource
from unsuplmk.naming.labelled import Labelled, fit_points
from unsuplmk.ops.health import agreement as followed
from unsuplmk.ops.health import health
from unsuplmk.pictures.disentangle import check
from unsuplmk.pictures.swap import Grid

LABELS, DRAWS = (10, 20, 40), 10
"""Labelled frames of the yardsticks, and how often they are chosen at random."""
Found = dict[str, Any]


class Figure(NamedTuple):
    """What a figure is called on the page, and which way it should rank runs."""

    words: str
    better: Literal["higher", "lower"]


FIGURES: Mapping[str, Figure] = {
    "loss_compact": Figure("last loss `compact`", "lower"),
    "loss_equivariance": Figure("last loss `equivariance`", "lower"),
    "spread": Figure("spread of the landmarks", "higher"),
    "dead": Figure("dead landmarks", "lower"),
    "merged": Figure("merged landmarks", "lower"),
    "border": Figure("landmarks on the border", "lower"),
    "score": Figure("mean score", "higher"),
    "jitter": Figure("jitter in clips", "lower"),
    "known_warp": Figure("distance under a known warp", "lower"),
    "known_warp_to_spread": Figure("known warp, to the spread", "lower"),
    "psnr": Figure("rebuilt, PSNR", "higher"),
    "psnr_over_source": Figure("PSNR, gain over the source", "higher"),
    "psnr_over_other": Figure("PSNR, gain over other landmarks", "higher"),
    "ssim": Figure("rebuilt, SSIM", "higher"),
    "ssim_over_source": Figure("SSIM, gain over the source", "higher"),
    "ssim_over_other": Figure("SSIM, gain over other landmarks", "higher"),
    "swap_geometry": Figure("swap, geometry ratio", "lower"),
    "swap_style": Figure("swap, style ratio", "lower"),
    "explains": Figure("explains the other runs", "higher"),
    "explained": Figure("explained by the other runs", "higher"),
    "seeds": Figure("agreement with other seeds", "higher"),
    **{f"labels_{count}": Figure(f"leave-one-out, {count} labels", "lower") for count in LABELS},
}


class Frames:
    """Annotated frames in two splits, and those of them that no run was trained on.

    Args:
        data: A CSV of annotations, or a dataset with points.
        count: Frames of each split, where they are drawn: puppets.
        apart: Whether runs are trained on something else, so that both splits are new to them.
    """

    def __init__(self, data: str, count: int, apart: bool) -> None:
        options = {"clips": max(1, count // 10)} if data == "puppets" else {}
        self.train, self.test = annotations.splits(data, options)
        self.new: tuple[Dataset, ...] = (self.train, self.test) if apart else (self.test,)

    def __len__(self) -> int:
        """How many frames are new to the runs."""
        return sum(map(len, self.new))


def alone(detector: Detector, frames: Frames) -> tuple[Found, Float[np.ndarray, "frames landmarks 2"]]:
    """The figures of a run by itself, and its landmarks in the frames that are new to it.

    The first two are the error of the linear map to the annotated points, and that of the constant guess, in pixels.
    """
    both = find(detector, frames.train, frames.test, report=print)
    report = evaluate_found(both, report=print)
    samples = [both.judged] if len(frames.new) == 1 else [both.fitted, both.judged]
    xy = np.concatenate([sample.landmarks for sample in samples])
    found: Found = {kind: report.figures[kind]["error"] for kind in ("with_intercept", "constant")}
    found |= alive(xy) | {"jitter": jitter(xy, frames)}
    found |= moved(detector, frames.test, found["spread"]) | remade(detector, frames.test)
    for count in LABELS:
        found[f"labels_{count}"] = list(few(both.fit, samples, both.points, count))
    return found, xy


def alive(xy: Float[np.ndarray, "frames landmarks 2"]) -> Found:
    """Figures of the stage `health`, over all frames; shares in %."""
    whole = health(torch.from_numpy(xy))
    merged = {one for pair in whole.merged for one in pair}
    landmarks = xy.shape[1]
    return {
        "spread": float(np.mean(whole.spread)),
        "dead": 100 * len(whole.dead) / landmarks,
        "merged": 100 * len(merged) / landmarks,
        "border": whole.border,
    }


def jitter(xy: Float[np.ndarray, "frames landmarks 2"], frames: Frames) -> float | None:
    """How much a landmark's step differs from the one before it, to the length of a step; None without clips."""
    bends, steps, start = [], [], 0
    for dataset in frames.new:
        for clip in dataset.clips:
            step = np.diff(xy[start + clip.start : start + clip.stop], axis=0)
            steps.append(np.linalg.norm(step, axis=-1).ravel())
            bends.append(np.linalg.norm(np.diff(step, axis=0), axis=-1).ravel())
        start += len(dataset)
    bent, stepped = np.concatenate(bends), np.concatenate(steps)
    return float(bent.mean() / stepped.mean()) if len(bent) and stepped.any() else None


@torch.inference_mode()
def moved(detector: Detector, dataset: Dataset, spread: float) -> Found:
    """How well landmarks follow a known warp, as `health` says it of warped pairs, and how sharp they are."""
    images = read(detector.fit, dataset, chosen(dataset, 200, 0), 200, print)
    warped: PairSource = registry.build("pairs", "warped")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        pair = warped((images,))
    assert pair.warp is not None
    source, target = detector.detect(pair.source), detector.detect(pair.target)
    away = float(followed(pair.warp, source.xy.float(), target.xy.float()))
    score = float(detector.detect(images).score.mean())
    return {"score": score, "known_warp": away, "known_warp_to_spread": away / spread if spread else None}


def remade(detector: Detector, dataset: Dataset) -> Found:
    """The figures of `unsuplmk reconstruct` and of `unsuplmk swap`."""
    qualities = {name: registry.build("quality", name) for name in ("psnr", "ssim")}
    rebuilt = judge(rebuild(detector, dataset, images=200, report=print), qualities, resamples=0)
    found: Found = {}
    for name, figure in rebuilt.figures.items():
        known = None if np.isnan(figure.over_source.mean) else figure.over_source.mean
        found |= {name: figure.rebuilt.mean, f"{name}_over_source": known, f"{name}_over_other": figure.over_other.mean}
    styles, geometries = gather(detector.fit, dataset, dataset, columns=10, rows=10, seed=0, report=print)
    swapped = check(Grid(detector, styles, geometries))
    return found | {"swap_geometry": swapped.geometry.ratio, "swap_style": swapped.style.ratio}


def few(fit: Any, samples: list[Sample], points: tuple[str, ...], count: int) -> Iterator[float]:
    """The leave-one-out error of `unsuplmk name` with so many labels, in % of the side: one for each choice of them."""
    names = tuple(name for sample in samples for name in sample.names)
    size, landmarks, truth = (
        np.concatenate([getattr(sample, key) for sample in samples]) for key in ("size", "landmarks", "truth")
    )
    whole = Sample(names, size, landmarks, truth)
    labels = Labelled(fit, whole, points, (), (), ())
    for draw in range(DRAWS):
        rows = np.sort(np.random.default_rng([count, draw]).permutation(len(names))[:count])
        residual = fit_points(labels, rows, judged=True).residual
        yield float(50 * np.nanmean(np.linalg.norm(residual, axis=-1)))


def among(landmarks: Mapping[str, Float[np.ndarray, "frames _ 2"]], of: Mapping[str, int]) -> dict[str, Found]:
    """What runs say of each other: shares of the variance, as `unsuplmk evaluate A DATA --against B` has them.

    Args:
        landmarks: Of each run, in the same frames.
        of: Runs with the same number differ by their seed only; 0 for a run with a change.
    """
    shares: dict[tuple[str, str], float] = {}
    for a in landmarks:
        for b in landmarks:
            if a < b:
                found = agreement(50 * landmarks[a], 50 * landmarks[b])
                # a run whose landmarks never move has nothing to explain
                shares[a, b], shares[b, a] = (
                    max(0.0, float(np.nan_to_num(one.explained))) for one in (found.b_from_a, found.a_from_b)
                )
    result: dict[str, Found] = {}
    for run in landmarks:
        others = [one for one in landmarks if one != run]
        siblings = [one for one in others if of[one] == of[run] != 0]
        result[run] = {
            "explains": mean(shares[run, one] for one in others),
            "explained": mean(shares[one, run] for one in others),
            "seeds": mean((shares[run, one] + shares[one, run]) / 2 for one in siblings),
        }
    return result


def mean(values: Iterator[float]) -> float | None:
    """None of nothing."""
    each = list(values)
    return float(np.mean(each)) if each else None
