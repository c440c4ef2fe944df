"""The frames of a dataset with the objects cut out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import final

import numpy as np
from jaxtyping import Bool, Float

from unsuplmk.errors import UserError
from unsuplmk.frames.clips import Clips
from unsuplmk.interfaces import Dataset
from unsuplmk.ops.window import Window
from unsuplmk.types import Boxes


@final
class Cropped(Dataset):
    """A picture for every box, in the clips of the dataset; a clip with several tracks becomes one clip a track.

    Second and further boxes of a frame that have no track are clips of their own: nobody knows whose they are.

    Args:
        dataset: The frames.
        boxes: What is cut out of them.

    Raises:
        UserError: There are no boxes, or two of one track in one frame.

    Attributes:
        dataset: The frames.
        edges: Of the box of each picture: left, top, right, bottom in pixels from the frame's corner.
    """

    def __init__(self, dataset: Dataset, boxes: Boxes) -> None:
        if not len(boxes.frames):
            raise UserError("no frame has a box: nothing can be cut out")
        self.dataset = dataset
        ends = np.array([clip.stop for clip in dataset.clips])
        clip_of = np.searchsorted(ends, boxes.frames, side="right").tolist()
        groups: dict[tuple[int, str, int], list[int]] = {}
        count: dict[tuple[int, str], int] = {}
        names: dict[int, str] = {}
        for row in np.argsort(boxes.frames, kind="stable").tolist():
            frame, track = int(boxes.frames[row]), boxes.tracks[row] if boxes.tracks else ""
            number = count[frame, track] = count.get((frame, track), 0) + 1
            if track and number > 1:
                raise UserError(f"{dataset.name(frame)} has two boxes of track {track!r}")
            names[row] = f"#{track}" if track else f"#{number}" if number > 1 else ""
            groups.setdefault((clip_of[row], track, -1 if number == 1 else row), []).append(row)
        order = [row for key in sorted(groups, key=lambda key: key[0]) for row in groups[key]]
        self._clips = Clips(len(groups[key]) for key in sorted(groups, key=lambda key: key[0]))
        self._films = len({clip for clip, _, _ in groups})
        self._frames, self.edges = boxes.frames[order], boxes.edges[order]
        self._suffixes = [names[row] for row in order]

    def __len__(self) -> int:
        return len(self._frames)

    @property
    def clips(self) -> Sequence[range]:
        """One range a clip of the dataset and track."""
        return self._clips

    def frame(self, index: int) -> int:
        """Which of the dataset's frames picture `index` is cut from."""
        return int(self._frames[index])

    def window(self, index: int) -> Window:
        """What is cut out for picture `index`; it maps points both ways."""
        left, top, right, bottom = self.edges[index].tolist()
        return Window(left, top, right - left, bottom - top)

    def read(self, index: int) -> np.ndarray:
        """Picture `index`."""
        return self.cut(index, self.dataset.read(self.frame(index)))

    def cut(self, index: int, frame: np.ndarray) -> np.ndarray:
        """Picture `index` out of its frame, which has been read already.

        Raises:
            UserError: The box lies outside the frame, or is many times as large.
        """
        try:
            return self.window(index).cut(frame)
        except UserError as error:
            raise UserError(f"{self.name(index)}: {error}") from None

    def name(self, index: int) -> str:
        """The frame's name, with `#track` after it, or `#2` for its second box without a track."""
        return f"{self.dataset.name(self.frame(index))}{self._suffixes[index]}"

    @property
    def fps(self) -> float:
        """As the dataset's, where the pictures are of one of its clips, whichever object they show."""
        return self.dataset.fps if self._films == 1 else 0.0

    def seconds(self, index: int) -> float:
        """When the frame was taken."""
        return self.dataset.seconds(self.frame(index))

    @property
    def points(self) -> tuple[str, ...]:
        """As the dataset's."""
        return self.dataset.points

    def annotation(self, index: int) -> Float[np.ndarray, "points 2"]:
        """The frame's annotated points, in pixels of what is cut out."""
        return self.window(index).inside(self.dataset.annotation(self.frame(index)))

    def tags(self, index: int) -> Mapping[str, str]:
        """As the frame's."""
        return self.dataset.tags(self.frame(index))

    def mask(self, index: int) -> Bool[np.ndarray, "height width"] | None:
        """What is cut out of the frame's."""
        mask = self.dataset.mask(self.frame(index))
        if mask is None:
            return None
        return self.cut(index, np.repeat(mask[..., None].astype(np.uint8) * 255, 3, -1)).max(-1) > 127
