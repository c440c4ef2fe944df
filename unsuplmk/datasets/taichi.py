"""Tai-Chi-HD: people who do Tai-Chi, unlabelled videos and labelled pictures with 18 landmarks."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from shlex import quote
from typing import Literal, final
from zipfile import BadZipFile

import numpy as np
from jaxtyping import Float

from unsuplmk.card import Card
from unsuplmk.errors import UserError
from unsuplmk.files.binary import there
from unsuplmk.files.folders import root
from unsuplmk.frames.clips import Clips
from unsuplmk.frames.footage import Footage, Take, takes
from unsuplmk.interfaces import Dataset

COUNT = 18
PICTURES = "eval_images/taichi-256"
LABELS = ("landmark", "landmarks")
"""Folders that the labels may lie in: AutoLink's, and that of the code they come from."""
CONVERT = (
    'python -c "import sys, numpy, pandas; t = pandas.read_pickle(sys.argv[1]); numpy.savez(sys.argv[1][:-4], '
    'file_name=numpy.array(list(t.file_name)), value=numpy.stack(list(t.value)))"'
)
"""The one line that makes a table of arrays of the published pickle."""


@final
class Taichi(Dataset):
    """Videos of 256 px to train on, and single pictures with the 18 landmarks of OpenPose to judge by.

    Siarohin, Lathuiliere, Tulyakov, Ricci, Sebe, NeurIPS 2019; the labels are of "Motion-supervised co-part
    segmentation", 2020, in the folders that AutoLink reads. They are published as pickles, which run what they like
    when they are read: they are not read here, but as .npz; the card has the line that makes one of the other, for
    where you trust them. A landmark of -1 is missing.

    Args:
        path: The folder that holds train, eval_images and landmark.
        split: `videos`, the frames below train, without labels; or the labelled pictures, `train` or `test`.

    Raises:
        UserError: The folder is of another layout, or a table of labels is missing, damaged or of another structure.
    """

    card = Card(
        title="Tai-Chi-HD",
        paper="Siarohin, Lathuiliere, Tulyakov, Ricci, Sebe, NeurIPS 2019, https://arxiv.org/abs/2003.00196",
        url="https://github.com/AliaksandrSiarohin/video-preprocessing",
        terms="The videos are on YouTube and belong to those who made them.",
        layout=(
            "train/VIDEO/*.png                            frames of each video; or train/VIDEO.mp4\n"
            "eval_images/taichi-256/train/*, .../test/*   labelled pictures\n"
            "landmark/taichi_train_gt.npz, ...test_gt.npz  file_name, one a picture; value, x and y of 18 landmarks\n"
            f"made of the published pickles by: {CONVERT} landmark/taichi_train_gt.pkl; the same for test"
        ),
        ask=(
            "The videos are fetched with the owner's load_videos.py. Pictures and labels are eval_images.tar.gz and "
            "landmarks/taichi_*_gt.pkl of https://github.com/AliaksandrSiarohin/motion-cosegmentation."
        ),
        splits={"videos": 0, "train": 0, "test": 0},
        crop="made already: about the person, 256 x 256 px",
        pairs={"name": "within"},
        protocol="taichi",
    )

    def __init__(self, path: str | Path, *, split: Literal["videos", "train", "test"] = "videos") -> None:
        self._folder = root(path, "taichi", f"train, {PICTURES} and {LABELS[0]}", marks=["train", PICTURES])
        self._table, self._landmarks = self._folder, np.empty((0, COUNT, 2), np.float32)
        if split == "videos":
            folder = self._folder / "train"
            found = takes(folder)
            if not found:
                raise UserError(f"{folder} holds neither videos nor folders of frames; {there(folder)}")
        else:
            self._table = _table(self._folder, f"taichi_{split}_gt")
            names, self._landmarks = _labels(self._table)
            found = [Take(self._folder / PICTURES / split, names)]
        self._footage = Footage(self._folder, found)
        self._labelled = split != "videos"

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """A folder with the labelled pictures."""
        return (path / PICTURES).is_dir()

    def __len__(self) -> int:
        return len(self._footage)

    @property
    def clips(self) -> Sequence[range]:
        """One range a video; each labelled picture by itself."""
        return Clips.singles(len(self)) if self._labelled else self._footage.takes

    def read(self, index: int) -> np.ndarray:
        """The frame or picture."""
        try:
            return self._footage.read(index)
        except UserError as error:
            raise UserError(f"{self._table}, row {index}: {error}" if self._labelled else str(error)) from None

    def name(self, index: int) -> str:
        """The picture's path, or `video.mp4:frame`."""
        return self._footage.name(index)

    def tags(self, index: int) -> Mapping[str, str]:
        """The video, of frames of videos."""
        return {} if self._labelled else {"video": self._footage.path(self._footage.take(index)).name}

    @property
    def points(self) -> tuple[str, ...]:
        """The 18 landmarks by number; none of the videos."""
        return tuple(map(str, range(COUNT))) if self._labelled else ()

    def annotation(self, index: int) -> Float[np.ndarray, "points 2"]:
        """The landmarks, NaN where missing."""
        return self._landmarks[index].astype(np.float64) if self._labelled else np.empty((0, 2))


def _table(folder: Path, stem: str) -> Path:
    """The file of labels.

    Raises:
        UserError: It is missing; where there is the pickle instead, the message says how to convert it.
    """
    places = [folder / name / f"{stem}.npz" for name in LABELS]
    found = next((place for place in places if place.is_file()), None)
    if found:
        return found
    pickled = next((place.with_suffix(".pkl") for place in places if place.with_suffix(".pkl").is_file()), None)
    if pickled:
        raise UserError(
            f"{pickled} is a pickle, which may run anything when it is read; where you trust it, make "
            f"{stem}.npz of it: {CONVERT} {quote(str(pickled))}"
        )
    raise UserError(f"no file {places[0]}; `unsuplmk datasets about taichi` says how to make it")


def _labels(path: Path) -> tuple[tuple[str, ...], Float[np.ndarray, "pictures 18 2"]]:
    """Names of the labelled pictures, and their landmarks."""
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            found = {name: file[name] for name in ("file_name", "value") if name in file}
            held = ", ".join(file.files)
    except (OSError, ValueError, TypeError, EOFError, BadZipFile, zlib.error) as error:
        raise UserError(f"cannot read {path}: {' '.join(str(error).split()) or type(error).__name__}") from None
    if len(found) < 2:
        raise UserError(f"{path} lacks file_name or value; it holds {held or 'nothing'}")
    names, values = found["file_name"], found["value"]
    if names.dtype.kind != "U" or names.ndim != 1 or not len(names):
        raise UserError(f"{path}: file_name is no list of names")
    if values.dtype.kind not in "fiu" or values.shape != (len(names), COUNT, 2):
        shape = " x ".join(map(str, values.shape))
        raise UserError(f"{path}: {len(names)} names, but value is {shape}, not {len(names)} x {COUNT} x 2 numbers")
    landmarks = values.astype(np.float32)
    landmarks[(landmarks == -1).any(-1) | ~np.isfinite(landmarks).all(-1)] = np.nan  # half a landmark is none
    return tuple(names.tolist()), landmarks
