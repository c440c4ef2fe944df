"""How far two runs found the same landmarks: matched one to one, and predicted from each other."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float, Integer

from unsuplmk.batches.data import open_data
from unsuplmk.detector import Detector
from unsuplmk.errors import UserError
from unsuplmk.frames.cropping import Choice
from unsuplmk.frames.sources import resolve
from unsuplmk.interfaces import Dataset
from unsuplmk.ops.linear import fit_linear
from unsuplmk.types import Tracks

if TYPE_CHECKING:
    from rich.table import Table


@dataclass(frozen=True)
class Matching:
    """Landmarks of A and B in pairs, each landmark once at most, so that the mean distance is least.

    Args:
        pairs: (landmark of A, landmark of B), nearest first.
        distances: Mean distance of each pair over the images, in % of the image's longer side.
        chance: Mean distance after matching when A and B see different images: both only know the average image.
        within: Share of the pairs with a mean distance of at most the tolerance, in %.
    """

    pairs: tuple[tuple[int, int], ...]
    distances: tuple[float, ...]
    chance: float
    within: float

    @property
    def mean(self) -> float:
        """Mean distance over the pairs."""
        return float(np.mean(self.distances))


@dataclass(frozen=True)
class Prediction:
    """One run's landmarks as linear functions of the other's, fitted on one half of the images, judged on the other.

    Args:
        residual: Mean distance between predicted and found landmark, in % of the image's longer side.
        explained: Share of the landmarks' variance that is predicted, R^2 pooled over landmarks; NaN if none moves.
    """

    residual: float
    explained: float


@dataclass(frozen=True)
class Agreement:
    """What two runs have in common on the same images.

    Args:
        images: How many.
        landmarks: How many landmarks A and B have.
        tolerance: In % of the image's longer side.
        raw: The landmarks matched as they are.
        offset: Matched after each pair's mean difference over the images is taken away: the same part of the
            object, marked at another spot.
        b_from_a: B predicted from A.
        a_from_b: A predicted from B.
    """

    images: int
    landmarks: tuple[int, int]
    tolerance: float
    raw: Matching
    offset: Matching
    b_from_a: Prediction
    a_from_b: Prediction

    def as_dict(self) -> dict[str, Any]:
        """As plain values for JSON; a figure that does not exist is None."""
        values = asdict(self)
        for name, matching in (("raw", self.raw), ("offset", self.offset)):
            values[name]["mean"] = matching.mean
        for side in ("a_from_b", "b_from_a"):
            if np.isnan(values[side]["explained"]):
                values[side]["explained"] = None
        return values

    def table(self) -> Table:
        """As a table for the terminal."""
        from rich.table import Table

        table = Table(
            title=f"agreement on {self.images} images, {self.landmarks[0]} and {self.landmarks[1]} landmarks",
            caption="distances in % of the image's longer side",
        )
        for column in ("figure", "found", "by chance"):
            table.add_column(column, justify="left" if column == "figure" else "right")
        for name, matching in (("as they are", self.raw), ("but for an offset", self.offset)):
            table.add_row(f"matched {name}", f"{matching.mean:.2f}", f"{matching.chance:.2f}")
            table.add_row(f"within {self.tolerance:g} %", f"{matching.within:.0f} %", "")
        table.add_section()
        for name, prediction in (("B predicted from A", self.b_from_a), ("A predicted from B", self.a_from_b)):
            table.add_row(name, f"{prediction.residual:.2f}", "")
            table.add_row("variance explained", f"{100 * prediction.explained:.1f} %", "0 %")
        return table


def compare_runs(
    a: Detector,
    b: Detector,
    data: str | Path,
    *,
    split: str = "test",
    tolerance: float = 5.0,
    seed: int = 0,
    crop: Choice | None = None,
    batch: int = 64,
    report: Callable[[str], None] = warnings.warn,
) -> Agreement:
    """Detect the landmarks of two runs in the same images, and compare them.

    Args:
        a: One run.
        b: The other.
        data: Images: whatever `predict` reads.
        split: Which of them, where they are split.
        tolerance: As for `agreement`.
        seed: As for `agreement`.
        crop: As for `Detector.cropped`: None, as each was trained.
        batch: Images a forward pass.
        report: Called with one line for every image that is left out.

    Raises:
        UserError: There are no such images, or too few.
    """
    images = _images(data, split)
    given = {"batch": batch, "crop": crop}
    found = a.predict(images, report=report, **given), b.predict(images, report=lambda line: None, **given)
    return agreement(*common(*found), tolerance, seed)


def _images(data: str | Path, split: str) -> Dataset:
    """The images of a split, where the data has splits; all images otherwise."""
    return open_data(data, {"split": split} if resolve(data).has_splits else {})


def common(a: Tracks, b: Tracks) -> tuple[Float[np.ndarray, "images a 2"], Float[np.ndarray, "images b 2"]]:
    """The landmarks of the frames that both have, in % of each frame's longer side.

    Raises:
        UserError: No frame is in both.
    """
    row_of = {name: row for row, name in enumerate(b.source)}
    rows = [(row, row_of[name]) for row, name in enumerate(a.source) if name in row_of]
    if not rows:
        raise UserError("the two runs have no frame in common that both can read")
    both = np.array(rows)
    side = a.size[both[:, 0]].max(1)[:, None, None] / 100
    return a.xy[both[:, 0]] / side, b.xy[both[:, 1]] / side


def agreement(
    a: Float[np.ndarray, "images a 2"], b: Float[np.ndarray, "images b 2"], tolerance: float = 5.0, seed: int = 0
) -> Agreement:
    """Compare the landmarks of two runs on the same images.

    Args:
        a: Landmarks of one run, in % of the image's side.
        b: Landmarks of the other.
        tolerance: Matched landmarks count as the same up to this mean distance.
        seed: Of the halves of the images, and of the images that chance compares.

    Raises:
        UserError: There are too few images to predict one run from the other.
    """
    images = len(a)
    needed = 2 * (2 * max(a.shape[1], b.shape[1]) + 2)
    if images < needed:
        raise UserError(f"{images} images are too few to compare {a.shape[1]} and {b.shape[1]} landmarks: {needed} do")
    rng = np.random.default_rng(seed)
    order = rng.permutation(images)
    other = np.empty(images, int)
    other[order] = np.roll(order, 1)  # one cycle: no image is its own
    first, second = order[: images // 2], order[images // 2 :]
    return Agreement(
        images=images,
        landmarks=(a.shape[1], b.shape[1]),
        tolerance=tolerance,
        raw=_match(a, b, other, tolerance, offset=False),
        offset=_match(a, b, other, tolerance, offset=True),
        b_from_a=_predict(a, b, first, second),
        a_from_b=_predict(b, a, first, second),
    )


def _match(
    a: Float[np.ndarray, "images a 2"],
    b: Float[np.ndarray, "images b 2"],
    other: Integer[np.ndarray, "images"],
    tolerance: float,
    offset: bool,
) -> Matching:
    from scipy.optimize import linear_sum_assignment

    cost, shuffled = _distances(a, b, offset), _distances(a, b[other], offset)
    rows, columns = linear_sum_assignment(cost)
    found = cost[rows, columns]
    near = np.argsort(found, kind="stable")
    chance = shuffled[linear_sum_assignment(shuffled)].mean()
    return Matching(
        pairs=tuple(zip(rows[near].tolist(), columns[near].tolist(), strict=True)),
        distances=tuple(found[near].tolist()),
        chance=float(chance),
        within=100 * float((found <= tolerance).mean()),
    )


def _distances(
    a: Float[np.ndarray, "images a 2"], b: Float[np.ndarray, "images b 2"], offset: bool
) -> Float[np.ndarray, "a b"]:
    """Mean distance over the images of each landmark of A to each of B."""
    if offset:  # the mean difference of two landmarks is the difference of their means
        a, b = a - a.mean(0), b - b.mean(0)
    return np.stack([np.linalg.norm(a[:, [i]] - b, axis=-1).mean(0) for i in range(a.shape[1])])


def _predict(
    inputs: Float[np.ndarray, "images inputs 2"],
    outputs: Float[np.ndarray, "images outputs 2"],
    fitted: Integer[np.ndarray, "fitted"],
    judged: Integer[np.ndarray, "judged"],
) -> Prediction:
    # runs may have landmarks that coincide, so that the map is not unique
    guess = fit_linear(inputs[fitted], outputs[fitted], True, least_norm=True)(inputs[judged])
    squared = np.square(guess - outputs[judged]).sum(-1)
    total = float(np.square(outputs[judged] - outputs[fitted].mean(0)).sum())
    explained = 1 - float(squared.sum()) / total if total > 0 else float("nan")
    return Prediction(float(np.sqrt(squared).mean()), explained)
