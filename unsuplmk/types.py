"""The values that travel between the parts: pairs, landmarks, steps, reconstructions, tracks.

Coordinates of `Landmarks` are (x, y) in [-1, 1] from edge to edge: the centre of pixel i of W lies at
(2 i + 1) / W - 1, as in `torch.nn.functional.grid_sample(align_corners=False)`. Images are RGB in [0, 1].
`Tracks` are the user's result and speak pixels: the centre of the first pixel is (0, 0).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float
from torch import Tensor

Image = Float[Tensor, "batch 3 height width"]
Mask = Float[Tensor, "batch 1 height width"]
"""How much each pixel of a batch of images counts, in [0, 1]."""
Points = Float[np.ndarray, "images points 2"]
"""Points of several images, such as annotated ones, (x, y) in pixels; NaN where missing."""


@runtime_checkable
class Warp(Protocol):
    """A known map between the two images of a pair: backward, from source to target coordinates."""

    def points(self, xy: Float[Tensor, "batch n 2"]) -> Float[Tensor, "batch n 2"]:
        """Where points of the source lie in the target."""
        ...

    def images(self, image: Float[Tensor, "batch c h w"]) -> Float[Tensor, "batch c h w"]:
        """An image in the target's frame, resampled into the source's; zeros outside."""
        ...


@dataclass(frozen=True, slots=True)
class Pair:
    """Two images of one kind of object.

    Args:
        source: Gives the appearance.
        target: To be rebuilt.
        weight: Mask of the reconstruction losses over the target, in [0, 1].
        warp: The known map between the two, where there is one.
        extra: Further frames that the pair source chose, oldest first.
    """

    source: Image
    target: Image
    weight: Mask | None = None
    warp: Warp | None = None
    extra: tuple[Image, ...] = ()


@dataclass(frozen=True, slots=True)
class Landmarks:
    """A batch of discovered points, in the network's coordinates.

    Args:
        xy: (x, y) in [-1, 1] from edge to edge.
        score: Confidence in [0, 1]: how concentrated the heatmap is.
        heatmaps: The encoder's scores (logits) that the points were read from.
        cov: Covariance of each point, in the units of `xy` squared.
        graph: Symmetric weights between landmarks.
        density: Where each point may be: probabilities of the heatmap's cells, which sum to 1.
    """

    xy: Float[Tensor, "batch landmarks 2"]
    score: Float[Tensor, "batch landmarks"]
    heatmaps: Float[Tensor, "batch landmarks h w"]
    cov: Float[Tensor, "batch landmarks 2 2"] | None = None
    graph: Float[Tensor, "landmarks landmarks"] | None = None
    density: Float[Tensor, "batch landmarks h w"] | None = None


Render = Callable[[Landmarks, tuple[int, int]], Float[Tensor, "batch maps h w"]]
Locate = Callable[[Image], Landmarks]


@dataclass(frozen=True, slots=True)
class Reconstruction:
    """What the generator made of the target.

    Args:
        image: The rebuilt target; not clipped to [0, 1].
        extra: Whatever else the generator can show, by name (a flow, a mask).
    """

    image: Image
    extra: Mapping[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """Everything that a loss may ask for about one training step.

    Args:
        pair: The two images.
        target: Landmarks of the target.
        reconstruction: The generator's output.
        progress: Share of the training done, in [0, 1].
        encode: Encoder and bottleneck; call `locate` instead, which remembers.
    """

    pair: Pair
    target: Landmarks
    reconstruction: Reconstruction
    progress: float
    encode: Locate
    _seen: dict[int, tuple[Tensor, Landmarks]] = field(default_factory=dict, repr=False)

    @property
    def source(self) -> Landmarks:
        """Landmarks of the source image, computed on first use."""
        return self.locate(self.pair.source)

    def locate(self, images: Image) -> Landmarks:
        """Landmarks of further images; asked twice about the same tensor, it encodes once."""
        if images is self.pair.target:
            return self.target
        key = id(images)
        if key not in self._seen:  # the tensor is kept beside its landmarks, so that its id stays its own
            self._seen[key] = (images, self.encode(images))
        return self._seen[key][1]


@dataclass(frozen=True, slots=True)
class Tracks:
    """Landmarks over frames in pixels of the original images: the user's result.

    Args:
        xy: (x, y) in pixels; the centre of the first pixel is (0, 0); NaN where unknown.
        score: Confidence in [0, 1].
        names: One name a landmark.
        size: (width, height) of each frame, in pixels.
        fps: Frames a second; 0 for still images.
        source: Where each frame came from: a file name, or `video.mp4:frame`.
    """

    xy: np.ndarray  # (frames, landmarks, 2) float64
    score: np.ndarray  # (frames, landmarks) float64
    names: tuple[str, ...]
    size: np.ndarray  # (frames, 2) int64
    fps: float
    source: tuple[str, ...]

    def __post_init__(self) -> None:
        frames, landmarks = self.score.shape
        if self.xy.shape != (frames, landmarks, 2) or len(self.names) != landmarks:
            raise ValueError(f"xy {self.xy.shape}, score {self.score.shape}, {len(self.names)} names: counts differ")
        if len(self.source) != frames or self.size.shape != (frames, 2):
            raise ValueError(f"{frames} frames but {len(self.source)} sources and sizes {self.size.shape}")


@dataclass(frozen=True, slots=True)
class Boxes:
    """Where objects are in the frames of a dataset: one row for each picture that is to be cut out.

    Args:
        frames: The frame that each lies in. A frame may have several boxes; one without is left out.
        edges: Left, top, right, bottom in pixels, counted from the frame's corner: all of it is 0, 0, width, height.
        tracks: Which object each shows, by name, where there are several; empty where nobody knows.

    Raises:
        ValueError: Counts differ, or a box is empty.
    """

    frames: np.ndarray  # (boxes,) int64
    edges: np.ndarray  # (boxes, 4) float64
    tracks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        count = len(self.frames)
        if self.frames.shape != (count,) or self.edges.shape != (count, 4) or len(self.tracks) not in (0, count):
            raise ValueError(f"frames {self.frames.shape}, edges {self.edges.shape}, {len(self.tracks)} tracks differ")
        whole = np.isfinite(self.edges).all(1) & (self.edges[:, 2:] > self.edges[:, :2]).all(1)
        if not whole.all():
            row = int(np.argmin(whole))
            raise ValueError(f"box {row}, of frame {self.frames[row]}, is empty: {self.edges[row].tolist()}")
