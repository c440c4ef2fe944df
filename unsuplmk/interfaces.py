"""The abstract classes: one for every kind of part that a plugin may bring.

Positional constructor parameters are wired by the job (`landmarks`, `maps`); keyword-only ones are the user's options,
and become command-line options, config keys and documentation. `Args:` lines of the class docstring are their help.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from jaxtyping import Bool, Float
from torch import Tensor, nn

from unsuplmk.card import Card
from unsuplmk.types import Boxes, Image, Landmarks, Mask, Pair, Points, Reconstruction, Render, Step, Tracks

if TYPE_CHECKING:
    from unsuplmk.job import Training


class PairSource(nn.Module, ABC):
    """Chooses the frames of a pair on the CPU, and makes the pair of them on the device, in batch.

    Class attributes:
        clips: True if a pair needs two frames of one clip; the job then refuses data without clips.
        provides: Which of {"warp", "weight"} its pairs carry.
    """

    clips: ClassVar[bool] = False
    provides: ClassVar[frozenset[str]] = frozenset()

    @abstractmethod
    def frames(self, index: int, clip: range, rng: Random) -> tuple[int, ...]:
        """Indices of the frames to load for the pair that starts from frame `index` of `clip`."""

    def clock(self, seconds: Callable[[int], float]) -> None:
        """Told once, before the first pair: `seconds(index)` is when a frame was taken; see `Dataset.seconds`."""

    @abstractmethod
    def forward(self, frames: tuple[Image, ...]) -> Pair:
        """Make the pairs of a batch; draw at random only through `unsuplmk.ops.draws`."""


class Encoder(nn.Module, ABC):
    """Turns images into one heatmap a landmark; constructor: `(landmarks, *, options)`."""

    @abstractmethod
    def forward(self, image: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch landmarks h w"]:
        """Scores (logits), at any resolution that divides the image's."""

    def initialise(self) -> None:
        """Load the weights that training starts from, if any; a job calls this once, at the start of a new run.

        A detector that is read from a run folder has its own weights, and needs neither network nor files.

        Raises:
            unsuplmk.errors.UserError: The weights are not to be had; the message says what would work.
        """


class Bottleneck(nn.Module, ABC):
    """Keeps only coordinates; constructor: `(landmarks, *, options)`.

    Class attributes:
        provides: Which of {"cov", "density"} its landmarks carry.
        places: False if its numbers are an embedding, which lies nowhere in the image.

    Attributes:
        maps: How many channels `render` draws.
    """

    provides: ClassVar[frozenset[str]] = frozenset()
    places: ClassVar[bool] = True
    maps: int

    @abstractmethod
    def locate(self, heatmaps: Float[Tensor, "batch landmarks h w"]) -> Landmarks:
        """Read coordinates from heatmaps, differentiably."""

    @abstractmethod
    def render(self, landmarks: Landmarks, size: tuple[int, int]) -> Float[Tensor, "batch maps h w"]:
        """Draw the landmarks as maps of `size` (height, width) for the generator."""


class Generator(nn.Module, ABC):
    """Rebuilds the target from the source's appearance and the landmarks; constructor: `(maps, *, options)`.

    Class attributes:
        needs: May hold "source": the landmarks of the source image. Otherwise `source` has no points,
            so that the encoder need not run on it. "places" if its maps must show where landmarks lie, see
            `Bottleneck.places`.
        rebuilds: False if it makes no reconstruction; losses that judge one are then refused.
    """

    needs: ClassVar[frozenset[str]] = frozenset()
    rebuilds: ClassVar[bool] = True

    @abstractmethod
    def forward(self, pair: Pair, source: Landmarks, target: Landmarks, render: Render) -> Reconstruction:
        """Rebuild `pair.target` without looking at it."""

    def initialise(self) -> None:
        """Load the weights that training starts from, if any: called and refused as `Encoder.initialise` is."""


class Loss(nn.Module, ABC):
    """A scalar to minimise; constructor: `(*, options)`.

    Class attributes:
        needs: "reconstruction" if it judges one; "warp" if pairs must carry it; "cov" and "density" if
            landmarks must; "places" if it asks where they lie, see `Bottleneck.places`.
    """

    needs: ClassVar[frozenset[str]] = frozenset()

    @abstractmethod
    def forward(self, step: Step) -> Float[Tensor, ""]:
        """The loss of one step, averaged over the batch."""


class Dataset(ABC):
    """Frames in clips, each read on demand; constructor: `(*, options)`, or `(path, *, options)` if it reads files.

    Class attributes:
        card: What is known about it: where to get it, its terms, the published crop, pairs and protocol.
    """

    card: ClassVar[Card] = Card()

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Whether the file or folder is of this layout beyond doubt, so that the dataset need not be named.

        Called with whatever path a user gives: it must be quick, and must not raise.
        """
        return False

    @abstractmethod
    def __len__(self) -> int:
        """How many frames there are."""

    @property
    @abstractmethod
    def clips(self) -> Sequence[range]:
        """Ranges of frame indices, each in the order of time (or of viewpoint); together all frames, in order."""

    @abstractmethod
    def read(self, index: int) -> np.ndarray:
        """Frame `index` as RGB uint8 (height, width, 3), cropped and resized as the published protocol says.

        Raises:
            unsuplmk.errors.UserError: The frame cannot be read; the message names it.
        """

    @abstractmethod
    def name(self, index: int) -> str:
        """What to call frame `index`: its path, or `video.mp4:frame`."""

    @property
    def fps(self) -> float:
        """Frames a second, where all frames are of one video; 0 otherwise."""
        return 0.0

    def seconds(self, index: int) -> float:
        """When frame `index` was taken, in seconds on the clock of its clip; NaN where it is not known."""
        return float("nan")

    @property
    def points(self) -> tuple[str, ...]:
        """Names of the annotated points; none unless the dataset knows better."""
        return ()

    def annotation(self, index: int) -> Float[np.ndarray, "points 2"]:
        """Annotated points of frame `index`, (x, y) in the pixels of what `read` gives; NaN where missing."""
        return np.empty((0, 2))

    def tags(self, index: int) -> Mapping[str, str]:
        """What else is known of frame `index`, by name: its subject, activity, viewpoint, ..."""
        return {}

    def mask(self, index: int) -> Bool[np.ndarray, "height width"] | None:
        """Where the object is in what `read` gives for frame `index`; None where that is not known.

        Raises:
            unsuplmk.errors.UserError: There is a mask, but it cannot be read.
        """
        return None


class Crop(ABC):
    """Finds the object in the frames of a dataset, so that it can be cut out; constructor: `(*, options)`."""

    @abstractmethod
    def boxes(self, dataset: Dataset, report: Callable[[str], None]) -> Boxes | None:
        """Where the object is in each frame; None for the whole of every frame, as it is.

        The same dataset gives the same boxes: a run that is resumed asks again.

        Args:
            dataset: The frames.
            report: Called with one line for whatever the user should know: frames that are left out, for example.

        Raises:
            unsuplmk.errors.UserError: There is nothing to cut out; the message says what would work.
        """


class Stage(ABC):
    """Something beside the training step: previews, health, logging; constructor: `(*, options)`."""

    def start(self, training: Training) -> None:
        """Called once, before the first step."""

    def step(self, training: Training) -> None:
        """Called after every step, on the main process."""

    def line(self, training: Training, line: Mapping[str, Any]) -> None:
        """Called for every line that the log gets between `start` and `finish`, with what it says.

        That is `step` with either `warning` or figures: `loss`, each loss by its name, `images/s`, `learning_rate` and
        what stages gave to `Training.log`. They are plain numbers, so that nobody waits for the device.
        """

    def finish(self, training: Training) -> None:
        """Called once, after the last step or an interruption."""


class Metric(ABC):
    """Figures that compare predicted with true points; constructor: `(*, options)`."""

    @abstractmethod
    def __call__(self, predicted: Points, truth: Points, scale: Float[np.ndarray, "images"]) -> Mapping[str, float]:
        """Figures by name. NaN truth is missing.

        `scale` is one unit of error in pixels of each image: 1 for px, a hundredth of the normaliser for %.
        """


class Quality(nn.Module, ABC):
    """How alike a rebuilt image and its target are; constructor: `(*, options)`.

    Class attributes:
        better: Whether a higher or a lower figure is the better one.
    """

    better: ClassVar[Literal["higher", "lower"]]

    @abstractmethod
    def forward(self, prediction: Image, target: Image, weight: Mask | None) -> Float[Tensor, "batch"]:
        """One figure an image, of images in [0, 1].

        `weight` says how much each pixel counts, in [0, 1]; None if all do. What the prediction holds where it is 0
        changes nothing; an image of which nothing counts has no figure: NaN.

        Raises:
            unsuplmk.errors.UserError: There is no such figure of images of this size; the message says what would work.
        """


class Tracker(ABC):
    """A filter over time; constructor: `(*, options)`."""

    @abstractmethod
    def __call__(self, tracks: Tracks) -> Tracks:
        """The same landmarks, corrected."""


class Format(ABC):
    """A file format for tracks; constructor: `(*, options)`.

    Class attributes:
        suffixes: The file suffixes it answers to, with the dot.
    """

    suffixes: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Whether the file is of this format beyond doubt, so that it is read as such, whatever shares its suffix.

        Called with a file that ends in one of `suffixes`: it must be quick, and must not raise.
        """
        return False

    @abstractmethod
    def read(self, path: Path) -> Tracks:
        """Read tracks.

        Raises:
            unsuplmk.errors.UserError: The file is not of this format.
        """

    @abstractmethod
    def write(self, tracks: Tracks, path: Path) -> None:
        """Write tracks; the job of writing to a temporary name first is the caller's."""
