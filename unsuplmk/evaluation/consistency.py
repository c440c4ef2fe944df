"""Whether landmarks mark the same place of every object of a kind, from every viewpoint and in every light.

The definitions are in `docs/compare.md`. Every figure stands beside what shuffled images give.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Hashable, Sequence
from dataclasses import asdict, dataclass
from math import isnan
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Bool, Float

from unsuplmk.detector import Detector
from unsuplmk.errors import UserError
from unsuplmk.evaluation.verdict import plain
from unsuplmk.evaluation.viewpoints import Viewpoints
from unsuplmk.frames.cropping import Choice
from unsuplmk.interfaces import Dataset
from unsuplmk.ops.viewpoints import ByView, Sums, hits, spread

if TYPE_CHECKING:
    from rich.table import Table

NAN = float("nan")


@dataclass(frozen=True)
class Share:
    """A share, 1 at best, with what shuffled images give and each landmark's own; NaN where it does not exist."""

    found: float
    chance: float
    per_landmark: tuple[float, ...]


@dataclass(frozen=True)
class Consistency:
    """What known viewpoints say about landmarks.

    Args:
        images: How many were judged.
        instances: Objects that they show.
        views: Viewpoints that at least two objects are seen from.
        movement: Root mean square distance of a landmark from its mean position, in % of the image's longer side.
        position: Share of that variance which the same viewpoint of the other objects predicts.
        motion: The same after each object's mean position is taken away.
        on_object: Share of the landmarks that lie on the object; its chance is that of other images' landmarks.
        area: Share of the image that the object covers: what landmarks anywhere would give.
        lighting: How far a landmark moves from one lighting to another, divided by how far from one viewpoint to
            another; 0 at best, 1 if light moves it as much.
    """

    images: int
    instances: int
    views: int
    movement: float
    position: Share
    motion: Share
    on_object: Share
    area: float
    lighting: float

    def as_dict(self) -> dict[str, Any]:
        """As plain values for JSON; a figure that does not exist is None."""
        return plain(asdict(self))

    def table(self) -> Table:
        """As a table for the terminal."""
        from rich.table import Table

        table = Table(
            title=f"{self.images} images, {self.instances} objects, {self.views} viewpoints",
            caption=f"landmarks move by {self.movement:.1f} % of the image's longer side; best is 1",
        )
        for column in ("figure", "found", "by chance", "landmarks, worst to best"):
            table.add_column(column, justify="left" if column == "figure" else "right")
        rows = {"position from viewpoint": self.position, "motion with viewpoint": self.motion}
        for name, share in {**rows, "on the object": self.on_object}.items():
            if not isnan(share.found):
                known = [value for value in share.per_landmark if not isnan(value)]
                span = f"{min(known):.2f} to {max(known):.2f}"
                table.add_row(name, f"{share.found:.3f}", f"{share.chance:.3f}", span)
        if not isnan(self.lighting):
            table.add_row("light moves, to viewpoint (best 0)", f"{self.lighting:.3f}", "1", "")
        return table


def judge(
    detector: Detector,
    dataset: Dataset,
    known: Viewpoints,
    *,
    masks: bool = False,
    crop: Choice | None = None,
    batch: int = 64,
    seed: int = 0,
    report: Callable[[str], None] = warnings.warn,
) -> Consistency:
    """Detect the landmarks of all images and judge them.

    Args:
        detector: Finds the landmarks.
        dataset: The images.
        known: What is known of them.
        masks: Whether to count landmarks on the object, by the dataset's masks.
        crop: As for `Detector.cropped`: None, as the run was trained.
        batch: Images a forward pass.
        seed: Of the shuffling.
        report: Called with one line for every image that is left out.

    Raises:
        UserError: There are too few objects or viewpoints, or masks are asked for and one is not known.
    """
    if masks:
        _mask(dataset, 0)  # a missing one must not cost the whole detection
    tracks = detector.predict(dataset, batch=batch, report=report, crop=crop)
    row_of = {name: row for row, name in enumerate(tracks.source)}
    kept = [index for index in range(len(dataset)) if dataset.name(index) in row_of]
    rows = [row_of[dataset.name(index)] for index in kept]
    return consistency(
        tracks.xy[rows],
        tracks.size[rows],
        [known.instances[index] for index in kept],
        [known.views[index] for index in kept],
        [known.lightings[index] for index in kept],
        masks=[_mask(dataset, index) for index in kept] if masks else None,
        judged=known.judged[kept],
        seed=seed,
    )


def _mask(dataset: Dataset, index: int) -> Bool[np.ndarray, "_ _"]:
    mask = dataset.mask(index)
    if mask is None:
        raise UserError(f"no mask of {dataset.name(index)} is known; a CSV names them in a column 'mask'")
    return mask


def consistency(
    xy: Float[np.ndarray, "images landmarks 2"],
    size: np.ndarray,
    instances: Sequence[Hashable],
    views: Sequence[Hashable],
    lightings: Sequence[Hashable],
    *,
    masks: Sequence[Bool[np.ndarray, "_ _"]] | None = None,
    judged: Bool[np.ndarray, "images"] | None = None,
    seed: int = 0,
) -> Consistency:
    """Judge landmarks by known viewpoints.

    Args:
        xy: Landmarks in pixels of each image.
        size: (width, height) of each image.
        instances: Which object each image shows.
        views: From where.
        lightings: In what light.
        masks: Where the object is in each image; without them, nothing is said about it.
        judged: Images that count; all of them predict. All count by default.
        seed: Of the shuffling.

    Raises:
        UserError: There are too few objects or viewpoints, or a mask is not of its image's size.
    """
    judged = np.ones(len(xy), bool) if judged is None else judged
    rng = np.random.default_rng(seed)
    scaled = 100 * xy / size.max(1)[:, None, None]
    table = ByView.of(scaled, instances, views, judged)
    shuffled = table.shuffled(rng)
    position, motion = (table.explained(relative=relative) for relative in (False, True))
    chance = [float(_pool(*shuffled.explained(relative=relative))) for relative in (False, True)]
    on_object, area = _on_object(xy, size, masks, judged, rng)
    chosen: list[int] = np.flatnonzero(judged).tolist()
    return Consistency(
        images=int(judged.sum()),
        instances=int(table.judged.any(1).sum()),
        views=table.xy.shape[1],
        movement=float(np.sqrt(np.square(scaled[judged] - scaled[judged].mean(0)).sum(-1).mean())),
        position=Share(_pool(*position), chance[0], _each(*position)),
        motion=Share(_pool(*motion), chance[1], _each(*motion)),
        on_object=on_object,
        area=area,
        lighting=_lighting(scaled[judged], *([of[i] for i in chosen] for of in (instances, views, lightings))),
    )


def _pool(residual: Sums, total: Sums) -> float:
    return float(1 - residual.sum() / total.sum()) if total.sum() > 1e-9 else NAN


def _each(residual: Sums, total: Sums) -> tuple[float, ...]:
    return tuple(float(1 - r / t) if t > 1e-9 else NAN for r, t in zip(residual, total, strict=True))


def _on_object(
    xy: Float[np.ndarray, "images landmarks 2"],
    size: np.ndarray,
    masks: Sequence[Bool[np.ndarray, "_ _"]] | None,
    judged: Bool[np.ndarray, "images"],
    rng: np.random.Generator,
) -> tuple[Share, float]:
    """Share of the landmarks on the object, and the object's share of the image."""
    if masks is None:
        return Share(NAN, NAN, ()), NAN
    for mask, (width, height) in zip(masks, size.tolist(), strict=True):
        if mask.shape != (height, width):
            raise UserError(f"a mask is {mask.shape[1]} x {mask.shape[0]} px, its image {width} x {height}")
    share = (xy + 0.5) / size[:, None]
    order = rng.permutation(len(xy))
    other = np.empty(len(xy), int)
    other[order] = np.roll(order, 1)  # one cycle: no image is its own
    chosen: list[int] = np.flatnonzero(judged).tolist()
    found = np.stack([hits(masks[i], share[i]) for i in chosen])
    chance = np.stack([hits(masks[i], share[other[i]]) for i in chosen])
    area = float(np.mean([masks[i].mean() for i in chosen]))
    return Share(float(found.mean()), float(chance.mean()), tuple(found.mean(0).tolist())), area


def _lighting(
    xy: Float[np.ndarray, "images landmarks 2"],
    instances: Sequence[Hashable],
    views: Sequence[Hashable],
    lightings: Sequence[Hashable],
) -> float:
    """Root mean square distance between lightings of a view, to that between views in a light, of one object."""
    between_lights = spread(xy, list(zip(instances, views, strict=True)))
    between_views = spread(xy, list(zip(instances, lightings, strict=True)))
    if len(set(lightings)) < 2 or isnan(between_lights) or not between_views > 1e-9:
        return NAN
    return between_lights / between_views
