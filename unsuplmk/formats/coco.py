"""Tracks as COCO's JSON of keypoints: annotations, or results for its evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, final

import numpy as np

from unsuplmk.files import cocojson, cocoresults, cocowriting
from unsuplmk.frames.origin import joined
from unsuplmk.interfaces import Format
from unsuplmk.types import Tracks


@final
class Coco(Format):
    """COCO's annotations of keypoints, [x, y, v], where v is 2 for a point that was found and 0 for a missing one.

    Lin et al. 2014, https://arxiv.org/abs/1405.0312. Keypoints count from 0 at the centre of the first pixel, boxes
    from its corner. Scores are in a field of their own, `keypoint_scores`, and which of several animals it is in
    `track`, and frames a second in `info`: other readers pass over them. Several rows of one picture are several
    annotations of one image. Numbers have all their digits; half a point is none.

    Args:
        results: Whether to write the list of results that COCO's evaluation reads. What is read, the content says.
        truth: File of annotations that results are of: it gives the ids of the images, the names and the order of the
            keypoints. Without it, ids count from 1 in the order of the images.
        category: Name of the category to write; to read, which one, where several have keypoints.
    """

    suffixes: ClassVar[tuple[str, ...]] = (".json",)

    def __init__(self, *, results: bool = False, truth: str = "", category: str = "") -> None:
        self.results, self.truth, self.category = results, truth, category

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Annotations with keypoints, or a list of results with them."""
        return cocojson.looks_like(path) or cocoresults.looks_like(path)

    def read(self, path: Path) -> Tracks:
        """Read annotations, or results; one row each, and those in one image are told apart by `#` and a name."""
        if cocoresults.looks_like(path):
            found = cocoresults.read(path, self._truth())
            source = _sources(found.images, found.tracks, [str(n) for n in range(1, len(found.images) + 1)])
            return Tracks(found.xy, found.scores, found.points, found.sizes, 0.0, source)
        labels = cocojson.read(path, self.category, "--from.category")
        source = _sources(labels.images, labels.tracks, labels.ids)
        return Tracks(labels.xy, labels.scores, labels.points, labels.sizes, labels.fps, source)

    def write(self, tracks: Tracks, path: Path) -> None:
        """Write annotations, or results."""
        if self.results:
            cocowriting.write(path, cocowriting.results(tracks, self._truth(), self.truth))
        else:
            cocowriting.write(path, cocowriting.annotated(tracks, self.category or "object"))

    def _truth(self) -> cocojson.Catalogue | None:
        file = Path(self.truth).expanduser()
        return cocojson.catalogue(file, self.category, "--format.category") if self.truth else None


def _sources(images: Sequence[str], tracks: Sequence[str], ids: Sequence[str]) -> tuple[str, ...]:
    """Where each row comes from: its image, with its track, or with its id where an image has several without."""
    images_of, counts = np.unique(np.array(images, np.str_), return_counts=True)
    several = dict(zip(images_of.tolist(), (counts > 1).tolist(), strict=True))
    named = zip(images, tracks, ids, strict=True)
    return tuple(joined(image, track or (name if several[image] else "")) for image, track, name in named)
