"""BBC Pose: sign-language interpreters on television, frames of 20 videos with 7 points of the upper body."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, final

import numpy as np
from jaxtyping import Bool, Float, Int

from unsuplmk.card import Card
from unsuplmk.errors import UserError
from unsuplmk.evaluation.protocols import BODY
from unsuplmk.files import matlab
from unsuplmk.files.folders import numbers, root
from unsuplmk.frames.clips import Clips
from unsuplmk.frames.media import image_size, read_image
from unsuplmk.interfaces import Dataset
from unsuplmk.ops.window import Window

VIDEOS = {"train": range(1, 11), "val": range(11, 16), "test": range(16, 21)}
LABELS, TEST = "bbcpose.mat", "results.mat"
LAYOUT = f"folders 1 to 20 of frames, and code/{LABELS} and code/{TEST}"
TOOLKIT = ("code", "bbcpose_extbbcpose_code_1.0", "")
"""Where its files may lie."""
SIDE = 300
Found = TypeVar("Found")


@dataclass(frozen=True)
class _Labels:
    """Annotated frames of a video, by ascending number, and their joints."""

    frames: Int[np.ndarray, "annotated"]
    joints: Float[np.ndarray, "annotated 7 2"]


@dataclass(frozen=True)
class _Video:
    """Frames of a video, annotated ones among them."""

    number: int
    labels: _Labels
    frames: Int[np.ndarray, "frames"]

    @property
    def known(self) -> Bool[np.ndarray, "frames"]:
        """Whether each is annotated."""
        return np.isin(self.frames, self.labels.frames)

    @property
    def nearest(self) -> Int[np.ndarray, "frames"]:
        """The place of the nearest annotated frame; the earlier of two."""
        of = self.labels.frames
        after = np.searchsorted(of, self.frames).clip(1, max(1, len(of) - 1))
        before = after - 1
        after = after.clip(0, len(of) - 1)
        return np.where(np.abs(of[after] - self.frames) < np.abs(self.frames - of[before]), after, before)


@final
class Bbc(Dataset):
    """Frames of one interpreter a video; a clip is a video, its frames in the order of their numbers.

    Charles, Pfister, Magee, Hogg, Zisserman, BMVC 2013; the protocol is that of Jakab et al. 2018. The structure of
    the files is taken from published programs that read them, not from the files themselves: `bbcpose.mat` holds an
    array `bbcpose` of structs, one a video in the order of their numbers, with `train_frames` (1 x N) and
    `train_joints` (2 x 7 x N); `results.mat` a struct `results` of which the first three fields are the joints (`gt`,
    2 x 7 x 1000), the frames and the videos of the test. That coordinates begin at 1, as everywhere in MATLAB, and
    that the joints are in the protocol's order, is not confirmed.

    Args:
        path: The folder that holds 1 to 20 and `code`.
        split: Videos 1 to 10, 11 to 15, or the published test frames of 16 to 20.
        frames: `annotated`, or `all` that lie in the folders; those in between have no points, and are cropped as the
            annotated frame that is nearest.
        crop: `signer` cuts 300 x 300 px about the middle of the annotated points, less at the frame's border; `none`
            takes the whole frame.

    Raises:
        UserError: A file is missing, damaged or of another structure, or has nothing on the videos of the split.
    """

    card = Card(
        title="BBC Pose",
        paper="Charles, Pfister, Magee, Hogg, Zisserman, BMVC 2013; annotations of Buehler et al., IJCV 2011",
        url="https://www.robots.ox.ac.uk/~vgg/data/pose/",
        terms="See the owner's page; the pictures are the BBC's.",
        layout=(
            "1/ to 20/         frames of each video, NUMBER.jpg; the 20 archives of bbcpose_data_1.0.zip, unpacked\n"
            "code/bbcpose.mat  frames and joints of each video; from bbcpose_extbbcpose_code_1.0.tgz\n"
            "code/results.mat  the 1,000 test frames with their joints; from the same\n"
            "(the two files also beside the folders, or in bbcpose_extbbcpose_code_1.0)"
        ),
        ask="Fetch bbcpose_data_1.0.zip and bbcpose_extbbcpose_code_1.0.tgz from the owner's page.",
        splits={"train": 0, "val": 0, "test": 1000},
        crop="300 x 300 px about the middle of the box of the annotated points, cut off at the frame's border",
        pairs={"name": "within"},
        protocol="bbc",
    )

    def __init__(
        self,
        path: str | Path,
        *,
        split: Literal["train", "val", "test"] = "train",
        frames: Literal["annotated", "all"] = "annotated",
        crop: Literal["signer", "none"] = "signer",
    ) -> None:
        self._folder = root(path, "bbcpose_data_1.0", LAYOUT, marks=[*map(str, range(1, 21))])
        self._table = _file(self._folder, TEST if split == "test" else LABELS)
        labels = _tested(self._table) if split == "test" else _trained(self._table)
        found: list[_Video] = []
        for number in VIDEOS[split]:
            if not len(labels[number].frames):
                continue
            there = numbers(self._folder / str(number), ".jpg") if frames == "all" else ()
            found.append(_Video(number, labels[number], np.union1d(labels[number].frames, there).astype(np.int32)))
        if not found:
            raise UserError(f"{self._table} annotates no frame of videos {_words(VIDEOS[split])}, split {split}")
        starts = np.cumsum([0, *(len(video.labels.frames) for video in found)])
        self._videos = [video.number for video in found]
        self._clips = Clips(len(video.frames) for video in found)
        self._frames = np.concatenate([video.frames for video in found])
        self._rows = np.concatenate([video.nearest + start for video, start in zip(found, starts, strict=False)])
        self._joints = np.concatenate([video.labels.joints for video in found])
        self._known = np.concatenate([video.known for video in found])
        self._crop = crop

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """A folder with a video and the toolkit."""
        return (path / "1").is_dir() and any((path / inner / LABELS).is_file() for inner in TOOLKIT)

    def __len__(self) -> int:
        return len(self._frames)

    @property
    def clips(self) -> Sequence[range]:
        """One range a video."""
        return self._clips

    def read(self, index: int) -> np.ndarray:
        """The frame, cropped."""
        frame = self._of_file(index, read_image)
        return self._window(index, (frame.shape[1], frame.shape[0])).image(frame)

    def name(self, index: int) -> str:
        """The frame's path."""
        return str(self._folder / str(self._video(index)) / f"{self._frames[index]}.jpg")

    def tags(self, index: int) -> Mapping[str, str]:
        """The video."""
        return {"video": str(self._video(index))}

    @property
    def points(self) -> tuple[str, ...]:
        """Head, wrists, elbows and shoulders, in the order of the files."""
        return BODY

    def annotation(self, index: int) -> Float[np.ndarray, "points 2"]:
        """The points in the crop; NaN for a frame without."""
        if not self._known[index]:
            return np.full((len(BODY), 2), np.nan)
        return self._window(index, self._of_file(index, image_size)).inside(self._joints[self._rows[index]])

    def _video(self, index: int) -> int:
        return self._videos[self._clips.find(index)[0]]

    def _of_file(self, index: int, look: Callable[[str], Found]) -> Found:
        try:
            return look(self.name(index))
        except UserError as error:
            raise UserError(
                f"{self._table}, video {self._video(index)}, frame {self._frames[index]}: {error}"
            ) from None

    def _window(self, index: int, size: tuple[int, int]) -> Window:
        joints = self._joints[self._rows[index]]
        joints = joints[np.isfinite(joints).all(1)]
        if self._crop == "none" or not len(joints):
            return Window(0, 0, *size)
        x, y = ((joints.min(0) + joints.max(0)) / 2).tolist()
        try:
            return Window.square((x, y), SIDE).inside_of(size)
        except ValueError:
            raise UserError(f"{self._table}: the points of {self.name(index)} lie outside of it") from None


def _file(folder: Path, name: str) -> Path:
    """A file of the toolkit."""
    places = [folder / inner / name for inner in TOOLKIT]
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        raise UserError(f"no file {places[0]}; the toolkit of {Bbc.card.url} has it")
    return found


def _trained(path: Path) -> dict[int, _Labels]:
    """The annotated frames of each training and validation video."""
    structs = matlab.read(path, "bbcpose")[0].ravel()
    names, last = structs.dtype.names or (), VIDEOS["val"][-1]
    if not {"train_frames", "train_joints"} <= set(names) or len(structs) < last:
        raise UserError(
            f"{path}: bbcpose should be {last} structs or more with train_frames and train_joints; it is "
            f"{len(structs)} with {', '.join(names) or 'no fields'}"
        )
    return {
        number: _labels(f"{path}, video {number}", one["train_frames"], one["train_joints"])
        for number, one in enumerate(structs, 1)
    }


def _tested(path: Path) -> dict[int, _Labels]:
    """The annotated test frames of each video."""
    structs = matlab.read(path, "results")[0].ravel()
    names = structs.dtype.names or ()
    if len(structs) != 1 or len(names) < 3:
        raise UserError(
            f"{path}: results should be one struct of joints, frames, videos; its fields: {', '.join(names)}"
        )
    joints, frames, videos = (structs[0][name] for name in names[:3])
    videos = _values(str(path), "videos", videos).ravel()
    other = sorted(set(videos.astype(int).tolist()) - set(VIDEOS["test"]))
    if other:
        raise UserError(f"{path} has frames of video {other[0]}; the test videos are {_words(VIDEOS['test'])}")
    frames = _values(str(path), "frames", frames).ravel()
    joints = _values(str(path), "joints", joints)
    if not frames.shape == videos.shape == joints.shape[2:]:
        sizes = f"{frames.size} frames, {videos.size} videos and joints of {' x '.join(map(str, joints.shape))}"
        raise UserError(f"{path}: {sizes} do not fit each other")
    return {
        number: _labels(f"{path}, video {number}", frames[videos == number], joints[..., videos == number])
        for number in VIDEOS["test"]
    }


def _labels(where: str, frames: np.ndarray, joints: np.ndarray) -> _Labels:
    """Frames in ascending order with their joints in pixels from 0."""
    frames = _values(where, "frames", frames).ravel()
    joints = _values(where, "joints", joints)
    if not frames.size:
        return _Labels(np.empty(0, np.int32), np.empty((0, len(BODY), 2), np.float32))
    joints = joints[..., None] if joints.ndim == 2 else joints  # MATLAB drops a last axis of 1
    if joints.shape != (2, len(BODY), frames.size):
        shape = " x ".join(map(str, joints.shape))
        raise UserError(f"{where}: {frames.size} frames, but joints of {shape}, not 2 x {len(BODY)} x {frames.size}")
    ascending, order = np.unique(frames, return_index=True)
    return _Labels(ascending.astype(np.int32), joints[..., order].transpose(2, 1, 0).astype(np.float32) - 1)


def _values(where: str, what: str, values: Any) -> Float[np.ndarray, "..."]:
    try:
        return np.asarray(values, np.float64)
    except (TypeError, ValueError):
        raise UserError(f"{where}: {what} are no numbers") from None


def _words(videos: range) -> str:
    return f"{videos[0]} to {videos[-1]}"
