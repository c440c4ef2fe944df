"""The instances of a .slp file as arrays."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from jaxtyping import Bool, Float, Int

from unsuplmk.errors import UserError, unknown

Which = Literal["user", "predicted", "all"]


@dataclass(frozen=True)
class Poses:
    """Instances in the order of the file.

    Args:
        path: The file.
        points: Names of the skeleton's nodes.
        videos: As sleap-io has them, not opened.
        tracks: Names of the tracks.
        video: Which video each instance is in.
        frame: Which frame of it.
        number: Its place among the instances of its frame, from 1.
        track: Its track; -1 for none.
        user: Whether a person placed it.
        xy: In pixels, the centre of the first being 0; NaN where not visible.
    """

    path: Path
    points: tuple[str, ...]
    videos: Sequence[Any]
    tracks: tuple[str, ...]
    video: Int[np.ndarray, "instances"]
    frame: Int[np.ndarray, "instances"]
    number: Int[np.ndarray, "instances"]
    track: Int[np.ndarray, "instances"]
    user: Bool[np.ndarray, "instances"]
    xy: Float[np.ndarray, "instances points 2"]

    def take(self, which: np.ndarray) -> Poses:
        """Some of the instances, by number or by mask."""
        names = ("video", "frame", "number", "track", "user", "xy")
        return replace(self, **{name: getattr(self, name)[which] for name in names})


def read(path: Path, labels: Which, skeleton: str) -> Poses:
    """The instances of a file that have any point.

    Args:
        path: The .slp.
        labels: user, predicted, or all: those of users, and predictions that no user has corrected.
        skeleton: Its name, where there are several; nothing for the only one.

    Raises:
        UserError: The file is missing, damaged or no SLEAP file, has no such instances, or a skeleton must be chosen.
    """
    content = load(path)
    bones = chosen(path, content.skeletons, skeleton, "--dataset.skeleton")
    found = _instances(content, labels, bones)
    if not found[0]:
        counts = {kind: len(_instances(content, kind, bones)[0]) for kind in ("user", "predicted")}
        here = f"{counts['user']} instances by users and {counts['predicted']} predicted ones"
        raise UserError(f"{path} has {here}; asked for: {labels}, see --dataset.labels")
    rows, xy = found
    video, frame, number, track, user = np.array(rows, np.int64).T
    names, tracks = tuple(map(str, bones.node_names)), tuple(str(track.name) for track in content.tracks)
    return Poses(path, names, content.videos, tracks, video, frame, number, track, user.astype(bool), np.stack(xy))


def load(path: Path) -> Any:
    """What sleap-io makes of a .slp file, its videos not opened.

    Raises:
        UserError: The file is missing, damaged or no SLEAP file.
    """
    if not path.is_file():
        raise UserError(f"no file {path}")
    import sleap_io

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            read: Any = sleap_io.load_slp
            return read(str(path), open_videos=False)
    except Exception as error:  # a damaged file: OSError, KeyError, ValueError, IndexError, JSONDecodeError ...
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise UserError(f"cannot read {path}: it is cut off, damaged or no SLEAP file ({reason})") from None


def chosen(path: Path, skeletons: Sequence[Any], name: str, option: str) -> Any:
    """The skeleton of a name, or the only one.

    Args:
        path: The file, for messages.
        skeletons: As sleap-io has them.
        name: Of the skeleton; nothing for the only one.
        option: How one is asked for.

    Raises:
        UserError: There is no such skeleton, or a name is needed.
    """
    known = {str(one.name or number): one for number, one in enumerate(skeletons)}
    if not known:
        raise UserError(f"{path} has no skeleton")
    if name:
        if name not in known:
            raise unknown(f"skeleton in {path}", name, known)
        return known[name]
    if len(known) > 1:
        raise UserError(f"{path} has several skeletons: choose one with {option}: {', '.join(known)}")
    return next(iter(known.values()))


def _instances(content: Any, labels: Which, skeleton: Any) -> tuple[list[tuple[int, ...]], list[np.ndarray]]:
    """Video, frame, number, track and user of each instance that has a point; and its points."""
    video_of = {id(video): number for number, video in enumerate(content.videos)}
    track_of = {id(track): number for number, track in enumerate(content.tracks)}
    rows, xy = [], []
    for frame in content:
        user = list(frame.user_instances) if labels != "predicted" else []
        predicted = {"user": [], "predicted": frame.predicted_instances, "all": frame.unused_predictions}[labels]
        for number, instance in enumerate([*user, *predicted], 1):
            points = np.asarray(instance.numpy(), np.float64)[:, :2]
            if instance.skeleton is skeleton and np.isfinite(points).all(-1).any():
                track = -1 if instance.track is None else track_of[id(instance.track)]
                rows.append((video_of[id(frame.video)], int(frame.frame_idx), number, track, number <= len(user)))
                xy.append(np.where(np.isfinite(points).all(-1, keepdims=True), points, np.nan))
    return rows, xy
