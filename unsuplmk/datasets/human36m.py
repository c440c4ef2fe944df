"""Simplified Human3.6M: people on a plain or a black background, 128 x 128 px, with 32 joints."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, final

import numpy as np
from jaxtyping import Float

from unsuplmk.card import Card
from unsuplmk.errors import UserError
from unsuplmk.files import matlab
from unsuplmk.files.binary import there
from unsuplmk.files.folders import numbers, root, subfolders
from unsuplmk.frames.clips import Clips
from unsuplmk.frames.media import image_size, read_image
from unsuplmk.interfaces import Dataset

SUBJECTS = {"train": (1, 5, 6, 7, 8, 9), "test": (11,)}
ACTIVITIES = ("directions", "discussion", "greeting", "posing", "waiting", "walking")
IMAGES, MASKS, JOINTS = "WithBackground", "BackgroudMask", "Landmarks"
"""As they are spelt."""
LAYOUT = f"folders S1 to S11, each with {IMAGES}, {MASKS} and {JOINTS}"
COUNT = 32


@final
class Human36m(Dataset):
    """Six activities of Human3.6M, cut out and scaled to 128 px; a clip is a sequence of one camera.

    Ionescu, Papava, Olaru, Sminchisescu, PAMI 2014, as Zhang et al. prepared it for "Unsupervised discovery of object
    landmarks as structural representations", CVPR 2018, and as KeypointGAN and AutoLink read it. Joints are stored as
    shares of the picture's sides, from edge to edge; the original videos and recordings are not read.

    Args:
        path: The folder human_images, or the one that holds it.
        split: Subjects 1, 5, 6, 7, 8 and 9, or 11.
        background: `removed` makes it black by the masks that come with the pictures; `kept` leaves it.

    Raises:
        UserError: The folder is of another layout, or a subject has none of the activities.
    """

    card = Card(
        title="simplified Human3.6M",
        paper="Ionescu, Papava, Olaru, Sminchisescu, PAMI 2014; Zhang, Guo, Jin, Luo, He, Lee, CVPR 2018, https://arxiv.org/abs/1804.04412",
        url="http://vision.imar.ro/human3.6m/",
        terms="Human3.6M is for academic use by those who hold its licence.",
        layout=(
            "S1/WithBackground/SEQUENCE/FRAME.jpg  pictures; a sequence is called by its activity, as Directions 1\n"
            "S1/BackgroudMask/SEQUENCE/FRAME.png   masks, white where the person is; spelt so\n"
            "S1/Landmarks/SEQUENCE/FRAME.mat       keypoints_2d, 32 x 2, shares of the picture's width and height\n"
            "S5, S6, S7, S8, S9, S11               the same\n"
            "(also in a sub-folder human_images)"
        ),
        ask=(
            "Ask for Human3.6M at the owner's page. Zhang et al. made human_images.tar.gz of it, in their "
            "release lmdis-rep; https://github.com/tomasjakab/keypointgan has a link."
        ),
        splits={"train": 0, "test": 0},
        crop="made already: about the person, 128 x 128 px",
        pairs={"name": "video", "gap_min": 3, "gap_max": 30},
        protocol="human36m",
    )

    def __init__(
        self,
        path: str | Path,
        *,
        split: Literal["train", "test"] = "train",
        background: Literal["removed", "kept"] = "removed",
    ) -> None:
        self._folder = root(
            path, "human_images", LAYOUT, marks=[f"S{n}/{IMAGES}" for of in SUBJECTS.values() for n in of]
        )
        self._sequences: list[tuple[str, str]] = []
        frames: list[np.ndarray] = []
        for subject in (f"S{number}" for number in SUBJECTS[split]):
            folder = self._folder / subject / IMAGES
            named = [name for name in subfolders(folder) if _activity(name) in ACTIVITIES]
            if not named:
                raise UserError(f"{folder} has no sequence of the activities {', '.join(ACTIVITIES)}; {there(folder)}")
            for name in named:
                self._sequences.append((subject, name))
                frames.append(np.array(numbers(folder / name, ".jpg"), np.int32))
        self._clips = Clips(map(len, frames))
        self._frames = np.concatenate(frames)
        self._background = background

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """A folder of subjects with the masks, as they are spelt."""
        return any((one / f"S{n}" / MASKS).is_dir() for one in (path, path / "human_images") for n in (1, 11))

    def __len__(self) -> int:
        return len(self._frames)

    @property
    def clips(self) -> Sequence[range]:
        """One range a sequence."""
        return self._clips

    def read(self, index: int) -> np.ndarray:
        """The picture, its background black if it is to be removed."""
        frame = read_image(self.name(index))
        if self._background == "kept":
            return frame
        mask = self._file(index, MASKS, ".png")
        shares = read_image(mask)
        if shares.shape != frame.shape:
            sizes = " and ".join(f"{one.shape[1]} x {one.shape[0]} px" for one in (shares, frame))
            raise UserError(f"{mask} does not fit {self.name(index)}: {sizes}")
        return np.round(frame * (shares / 255.0)).astype(np.uint8)

    def name(self, index: int) -> str:
        """The picture's path."""
        return str(self._file(index, IMAGES, ".jpg"))

    def tags(self, index: int) -> Mapping[str, str]:
        """Activity, subject and sequence."""
        subject, sequence = self._sequences[self._clips.find(index)[0]]
        return {"activity": _activity(sequence), "subject": subject, "sequence": sequence}

    @property
    def points(self) -> tuple[str, ...]:
        """The 32 joints of Human3.6M by number."""
        return tuple(map(str, range(COUNT)))

    def annotation(self, index: int) -> Float[np.ndarray, "points 2"]:
        """The joints, from the file of this picture.

        Raises:
            UserError: There is no such file, or it is of another structure.
        """
        path = self._file(index, JOINTS, ".mat")
        (shares,) = matlab.read(path, "keypoints_2d")
        if shares.shape != (COUNT, 2) or not np.issubdtype(shares.dtype, np.number):
            shape = " x ".join(map(str, shares.shape))
            raise UserError(f"{path}: keypoints_2d is {shape}, not {COUNT} x 2 numbers")
        return shares.astype(np.float64) * image_size(self.name(index)) - 0.5

    def _file(self, index: int, kind: str, suffix: str) -> Path:
        subject, sequence = self._sequences[self._clips.find(index)[0]]
        return self._folder / subject / kind / sequence / f"{self._frames[index]}{suffix}"


def _activity(sequence: str) -> str:
    """The letters that the name of a sequence begins with: `Walking` of `Walking 1`, `WalkingDog` of `WalkingDog 1`."""
    letters = re.match(r"[A-Za-z]*", sequence)
    return letters[0].lower() if letters else ""
