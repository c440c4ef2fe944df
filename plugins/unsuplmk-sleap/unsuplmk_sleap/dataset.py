"""SLEAP labels: every instance a frame of its own, cut out of its video."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Annotated, Literal, final

import numpy as np
from jaxtyping import Float
from pydantic import Field

from unsuplmk.card import Card
from unsuplmk.errors import UserError, unknown
from unsuplmk.frames.clips import Clips
from unsuplmk.frames.holdout import select
from unsuplmk.interfaces import Dataset
from unsuplmk.ops.window import Window
from unsuplmk_sleap.films import Films, film
from unsuplmk_sleap.poses import Poses, Which, read

LARGE = 0.95
"""Instances up to this share, by size, fit into the square of their video."""


@final
class Sleap(Dataset):
    """Instances of a .slp file, each cut out of its frame; those of one track are a clip, in the order of time.

    Pereira et al. 2022, https://doi.org/10.1038/s41592-022-01426-1; read by sleap-io. The square that is cut out is
    as large for every instance of a video, so that scale tells nothing, and on whole pixels. Instances without
    a track are a clip where each frame has one, and single frames otherwise. A share of the frames, or of the videos,
    is held out for tests, see `unsuplmk.frames.holdout`.

    Args:
        path: The .slp or .pkg.slp file.
        split: Which instances to take: train, test, or all.
        labels: user for what people placed; predicted; or all, with predictions where nobody corrected them.
        track: Which track to take, by name; all of them if none is given.
        skeleton: Which skeleton to take, where there are several.
        crop: instance for a square about each; none for whole frames, of those with one instance only.
        margin: Of the square beyond the points, on each side, in lengths of the longer side of their box.
        video: The video, or a folder with the videos; if none is given, they are looked for where the file says and
            beside it.
        hold_out: What the test split is made of: single frames with all that are in them, or whole videos.
        test_share: Of frames or videos that are held out for tests.
        seed: Chooses which.

    Raises:
        UserError: The file is damaged or no SLEAP file, has no such instances, or its videos are not to be found.
    """

    card = Card(
        title="SLEAP labels",
        paper="Pereira, Tabris, Matsliah et al., Nature Methods 2022, https://doi.org/10.1038/s41592-022-01426-1",
        url="https://sleap.ai",
        terms="The owner's of the labels.",
        layout="*.slp: labels or predictions; in a .pkg.slp with the frames\n*.mp4: the videos",
        ask="Your own labels, or what others share. SLEAP itself is not needed.",
        crop="The square about each instance, of one size in a video.",
        pairs={"name": "video"},
    )

    def __init__(
        self,
        path: str | Path,
        *,
        split: Literal["train", "test", "all"] = "train",
        labels: Which = "user",
        track: str = "",
        skeleton: str = "",
        crop: Literal["instance", "none"] = "instance",
        margin: Annotated[float, Field(ge=0)] = 0.2,
        video: str = "",
        hold_out: Literal["frames", "videos"] = "frames",
        test_share: Annotated[float, Field(gt=0, lt=1)] = 0.2,
        seed: int = 0,
    ) -> None:
        file = Path(path).expanduser()
        poses = _tracked(read(file, labels, skeleton), track)
        films = [film(one, file, video) for one in poses.videos]
        used = np.unique(poses.video).tolist()
        if video and not Path(video).expanduser().is_dir() and len(used) > 1:
            raise UserError(f"{file} is about {len(used)} videos: --dataset.video must be a folder that holds them")
        if not any(films[number].there for number in used):
            raise UserError(
                f"no video of {file} is to be found: it names {poses.videos[used[0]].filename}; put it beside the "
                "labels, or say where it is with --dataset.video FILE or FOLDER"
            )
        if crop == "none":
            poses = poses.take(_alone(poses))
        self._sides = _sides(poses, margin) if crop == "instance" else {}
        titles = [f"{number} {one.title}" for number, one in enumerate(films)]
        groups = [titles[number] for number in poses.video]
        if hold_out == "frames":
            groups = [f"{title}:{frame}" for title, frame in zip(groups, poses.frame.tolist(), strict=True)]
        clips, kept = _clips(poses), select(groups, split, test_share, seed)
        order = kept[np.lexsort((poses.number[kept], poses.frame[kept], clips[kept], poses.video[kept]))]
        self._poses, self._films = poses.take(order), Films(films)
        runs = zip(self._poses.video.tolist(), clips[order].tolist(), strict=True)
        self._clips = Clips(len(list(run)) for _, run in groupby(runs))

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """A `.slp` file."""
        return path.suffix.lower() == ".slp" and os.path.isfile(path)  # which, unlike pathlib's, never raises

    def __len__(self) -> int:
        return len(self._poses.xy)

    @property
    def clips(self) -> Sequence[range]:
        """One range a track of a video, or a video of untracked single animals."""
        return self._clips

    def read(self, index: int) -> np.ndarray:
        """What the square about instance `index` holds."""
        try:
            frame = self._films.read(int(self._poses.video[index]), int(self._poses.frame[index]))
            window = self._window(index)
            return frame if window is None else window.cut(frame)
        except UserError as error:
            raise UserError(f"{self._poses.path}: instance {self.name(index)}: {error}") from None

    def name(self, index: int) -> str:
        """The frame's name; if instances are cut out, with `#` and the instance's number in it."""
        frame = self._films.films[self._poses.video[index]].name(int(self._poses.frame[index]))
        return f"{frame}#{self._poses.number[index]}" if self._sides else frame

    def seconds(self, index: int) -> float:
        """The frame's time in its video; NaN for embedded frames and images."""
        try:
            return int(self._poses.frame[index]) / self._films.rate(int(self._poses.video[index]))
        except UserError:
            return math.nan

    @property
    def points(self) -> tuple[str, ...]:
        """The nodes of the skeleton."""
        return self._poses.points

    def annotation(self, index: int) -> Float[np.ndarray, "points 2"]:
        """Points of instance `index`."""
        window = self._window(index)
        return self._poses.xy[index] if window is None else window.inside(self._poses.xy[index])

    def tags(self, index: int) -> Mapping[str, str]:
        """Its video, frame and track, and who placed it."""
        poses, track = self._poses, int(self._poses.track[index])
        return {
            "video": self._films.films[poses.video[index]].title,
            "frame": str(poses.frame[index]),
            "track": poses.tracks[track] if track >= 0 else "",
            "labels": "user" if poses.user[index] else "predicted",
        }

    def _window(self, index: int) -> Window | None:
        if not self._sides:
            return None
        side = self._sides[int(self._poses.video[index])]
        low, high = np.nanmin(self._poses.xy[index], 0), np.nanmax(self._poses.xy[index], 0)
        left, top = np.round((low + high) / 2 + 0.5 - side / 2).tolist()  # on whole pixels: nothing is resampled
        return Window(left, top, side, side)


def _tracked(poses: Poses, track: str) -> Poses:
    """The instances of a track, by name."""
    if not track:
        return poses
    wanted = [number for number, name in enumerate(poses.tracks) if name == track]
    found = np.isin(poses.track, wanted)
    if not found.any():
        known = {poses.tracks[number] for number in np.unique(poses.track) if number >= 0}
        raise unknown(f"track with such instances in {poses.path}", track, known)
    return poses.take(found)


def _alone(poses: Poses) -> np.ndarray:
    """Those that share their frame with nobody."""
    pairs = np.stack([poses.video, poses.frame], 1)
    _, which, count = np.unique(pairs, axis=0, return_inverse=True, return_counts=True)
    alone = count[which.reshape(-1)] == 1
    if not alone.any():
        raise UserError(f"{poses.path}: every frame has several instances: choose one with --dataset.track")
    return alone


def _sides(poses: Poses, margin: float) -> dict[int, int]:
    """The side of the square that is cut out of the frames of each video, px."""
    longest = (np.nanmax(poses.xy, 1) - np.nanmin(poses.xy, 1)).max(-1)
    sides = {}
    for video in np.unique(poses.video).tolist():
        extent = float(np.quantile(longest[poses.video == video], LARGE, method="higher"))
        sides[video] = math.ceil(extent * (1 + 2 * margin))
        if extent < 2:
            raise UserError(f"{poses.path}: points that span {extent:g} px say nothing of size: --dataset.crop none")
    return sides


def _clips(poses: Poses) -> np.ndarray:
    """A number for each instance, alike for those of one clip of a video."""
    clips, tracks = poses.track.copy(), len(poses.tracks)
    for video in np.unique(poses.video[poses.track < 0]):
        here = np.flatnonzero((poses.track < 0) & (poses.video == video))
        alone = len(np.unique(poses.frame[here])) == len(here)
        clips[here] = tracks if alone else tracks + 1 + here
    return clips
