r"""How honest leave-one-out is: named points from n labels, judged by leave-one-out and on frames of other videos.

    python benchmarks/naming.py RUN DATA/mouse_openfield/keypoints.csv --by frame \
        --out benchmarks/results/naming-mouse.json

The values of the column --by, in order, are cut into two halves. Labels are drawn at random from the first half; the
other frames of that half, and all of the second, are held out. Landmarks are found once.
"""

from __future__ import annotations

import argparse
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from unsuplmk import Detector, checkpoint
from unsuplmk.evaluation import annotations
from unsuplmk.naming.labelgain import gain
from unsuplmk.naming.labelled import Labelled, fit_points, labelled
from unsuplmk.ops.linear import fit_linear


def main() -> None:
    """Find the landmarks, draw labels, write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("run")
    parser.add_argument("annotations", help="CSV of annotations")
    parser.add_argument("--by", required=True, metavar="COLUMN", help="what must differ between the two halves")
    parser.add_argument("--counts", default="3,5,10,20,40,80")
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--limit", type=int, default=0, help="take so many frames of each half, at random")
    parser.add_argument("--points", type=int, default=0, help="take so many points, evenly spaced; 0 for all")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()

    detector = Detector.load(given.run, "cpu")
    labels = labelled(detector, annotations.frames(given.annotations), report=print)
    tag = {name: tags for one in annotations.frames(given.annotations) for name, tags in tagged(one, given.by)}
    first, second = halves([tag[name] for name in labels.sample.names], given.limit)
    if given.points:
        kept = np.linspace(0, len(labels.points) - 1, given.points).round().astype(int)
        labels = replace(labels, sample=replace(labels.sample, truth=labels.sample.truth[:, kept]))
    rows = [
        row
        for count in map(int, given.counts.split(","))
        if count < 0.9 * len(first)
        for row in [judged(labels, first, second, count, given.repeats)]
    ]
    options = f" --limit {given.limit}" * bool(given.limit) + f" --points {given.points}" * bool(given.points)
    result: dict[str, Any] = {
        "command": f"python benchmarks/naming.py RUN {Path(given.annotations).name} --by {given.by} "
        f"--counts {given.counts} --repeats {given.repeats}{options}",
        "data": Path(given.annotations).parent.name,
        "frames": {"first half": len(first), "other half": len(second)},
        "landmarks": detector.config.landmarks,
        "steps": detector.config.steps,
        "unit": "px",
        "rows": rows,
        "curve": ahead(labels, first),
        "versions": checkpoint.versions(),
    }
    text = json.dumps(result, indent=1) + "\n"
    print(text)
    if given.out:
        given.out.parent.mkdir(parents=True, exist_ok=True)
        given.out.write_text(text, "utf-8")


def tagged(dataset: Any, column: str) -> list[tuple[str, str]]:
    """Name and tag of each frame."""
    return [(dataset.name(index), dataset.tags(index)[column]) for index in range(len(dataset))]


def halves(tags: list[str], limit: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the first half of the tags, which are put in order as numbers or words, and of the second."""
    order = sorted(
        set(tags), key=lambda tag: [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", tag)]
    )
    early = set(order[: len(order) // 2])
    first, second = (np.flatnonzero([(tag in early) == side for tag in tags]) for side in (True, False))
    rng = np.random.default_rng(0)
    if not limit:
        return first, second
    return np.sort(rng.permutation(first)[:limit]), np.sort(rng.permutation(second)[:limit])


def judged(labels: Labelled, first: np.ndarray, second: np.ndarray, count: int, repeats: int) -> dict[str, Any]:
    """Mean and sd over random choices of labels, in pixels."""
    kinds: dict[str, list[float]] = {}
    truth, inputs = labels.targets, labels.inputs
    for repeat in range(repeats):
        chosen = np.sort(np.random.default_rng([count, repeat]).permutation(first)[:count])
        rest = np.setdiff1d(first, chosen)
        found = fit_points(labels, chosen, judged=True)
        of = {
            "leave_one_out": (chosen, truth[chosen] - found.residual),
            "constant_leave_one_out": (chosen, truth[chosen] - found.constant),
        }
        guess = np.einsum("ni,ipc->npc", inputs, found.weights) + found.offset
        of |= {"same_half": (rest, guess[rest]), "other_half": (second, guess[second])}
        if np.isfinite(truth[chosen]).all(-1).any(0).all():
            plain = fit_linear(labels.sample.landmarks[chosen], truth[chosen], True, least_norm=True)
            of["other_half_without_ridge"] = (second, plain(labels.sample.landmarks[second]))
        for kind, (rows, where) in of.items():
            kinds.setdefault(kind, []).append(float(np.nanmean(distance(labels, rows, where))))
    return {
        "labels": count,
        **{
            kind: {"mean": round(float(np.mean(values)), 2), "sd": round(float(np.std(values, ddof=1)), 2)}
            for kind, values in kinds.items()
        },
    }


def ahead(labels: Labelled, first: np.ndarray) -> list[dict[str, Any]]:
    """What the curve of half of the labels says of all of them, beside what they gave."""
    found = []
    for repeat in range(5):
        chosen = np.sort(np.random.default_rng([7, repeat]).permutation(first)[: len(first) // 2])
        curve = gain(some(labels, chosen))
        whole = gain(some(labels, first), repeats=2)
        if curve is not None and whole is not None:
            said = None if curve.twice is None else round(curve.twice, 2)
            found.append(
                {"labels": len(chosen), "error": round(curve.all, 2), "twice_said": said, "twice": round(whole.all, 2)}
            )
    return found


def some(labels: Labelled, rows: np.ndarray) -> Labelled:
    """A few of the labelled frames."""
    mask = np.zeros(len(labels.sample.names), bool)
    mask[rows] = True
    return replace(labels, sample=labels.sample.select(mask), videos=())


def distance(labels: Labelled, rows: np.ndarray, guess: np.ndarray) -> np.ndarray:
    """In pixels of each frame."""
    whole = np.full(labels.targets.shape, np.nan)
    whole[rows] = guess
    return labels.distance(whole)[rows]


if __name__ == "__main__":
    main()
