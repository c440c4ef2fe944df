"""Poses of an NWB file as tracks, whichever tool wrote them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from unsuplmk.errors import UserError, unknown
from unsuplmk.types import Tracks
from unsuplmk_sleap.animal import tracks_of
from unsuplmk_sleap.footage import joined
from unsuplmk_sleap.nwbwriting import IMAGES, SOFTWARE, UNNAMED, series_names


@dataclass(frozen=True)
class Pose:
    """One pose estimation.

    Args:
        video: What tells its video from others.
        names: Of the landmarks.
        frames: Numbers of its frames.
        fps: Frames a second; 0 where it is not known.
        images: Whether frames are images.
    """

    video: object
    names: tuple[str, ...]
    xy: Float[np.ndarray, "frames landmarks 2"]
    score: Float[np.ndarray, "frames landmarks"]
    frames: Int[np.ndarray, "frames"]
    source: tuple[str, ...]
    size: tuple[int, int]
    fps: float
    images: bool


def read(path: Path, track: str) -> Tracks:
    """The poses of all animals.

    Args:
        path: The file.
        track: Name of the one pose estimation to take; nothing for all.

    Raises:
        UserError: The file is damaged or no NWB, holds no poses, or they are in space.
    """
    try:
        poses = _poses(path, track)
        if poses is None:
            sleap: Any = import_module("sleap_io")
            return tracks_of(path, sleap.load_nwb(str(path)), "all", track, "")
    except UserError:
        raise
    except Exception as error:  # a damaged file: OSError, KeyError, hdmf's own, ...
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise UserError(f"cannot read {path}: it is cut off, damaged or no NWB file of poses ({reason})") from None
    names = poses[0].names
    if any(set(pose.names) != set(names) for pose in poses):
        raise UserError(f"{path} has poses of other landmarks in one pose estimation than in another")
    orders = [[pose.names.index(name) for name in names] for pose in poses]
    size = [pose.size for pose in poses for _ in pose.source]
    rates = {pose.fps for pose in poses}
    alone = len({pose.video for pose in poses}) == 1 or all(pose.images for pose in poses)
    return Tracks(
        np.concatenate([pose.xy[:, order] for pose, order in zip(poses, orders, strict=True)]),
        np.concatenate([pose.score[:, order] for pose, order in zip(poses, orders, strict=True)]),
        names,
        np.array(size, np.int64).reshape(-1, 2),
        rates.pop() if alone and len(rates) == 1 else 0.0,
        tuple(name for pose in poses for name in pose.source),
    )


def _poses(path: Path, track: str) -> list[Pose] | None:
    """One for each video, in the order of their names; None if the file has labels for training instead."""
    nwb: Any = import_module("pynwb")
    with nwb.NWBHDF5IO(str(path), "r", load_namespaces=True) as file:
        objects = list(file.read().objects.values())
        found = [one for one in objects if type(one).__name__ == "PoseEstimation"]
        if not found:
            if any(type(one).__name__ == "PoseTraining" for one in objects):
                return None
            raise UserError(f"{path} holds no poses: it has no PoseEstimation of the extension ndx-pose")
        found.sort(key=lambda one: (one.parent.name, one.name))
        names = {one.name: _track(one.name) or one.name for one in found}
        if track:
            found = [one for one in found if track in (one.name, names[one.name])]
            if not found:
                raise unknown(f"pose estimation in {path}", track, names.values())
        poses = [_pose(path, one) for one in found]
    if len({pose.video for pose in poses}) == len(poses):  # others' may have names that tell no animals
        return poses
    named = zip(poses, found, strict=True)
    return [pose if one.source_software == SOFTWARE else _told(pose, names[one.name]) for pose, one in named]


def _told(pose: Pose, animal: str) -> Pose:
    return replace(pose, source=tuple(joined(source, animal) for source in pose.source))


def _track(name: str) -> str:
    """The animal's name in that of its pose estimation: `x#ann` by us, `track=ann` by sleap-io."""
    return name.partition("#")[2] or name.partition("track=")[2]


def _pose(path: Path, one: Any) -> Pose:
    series = _series(one)
    names = tuple(series)
    times = [_times(each) for each in series.values()]
    all_times = np.unique(np.concatenate(times).round(6))
    xy, score = np.full((len(all_times), len(names), 2), np.nan), np.zeros((len(all_times), len(names)))
    for number, each in enumerate(series.values()):
        data = np.asarray(each.data[:], np.float64)
        if data.ndim != 2 or data.shape[1] != 2:
            raise UserError(f"{path}: the poses {one.name!r} are in space, not in the pixels of a video")
        rows, seen = np.searchsorted(all_times, times[number].round(6)), np.isfinite(data).all(-1)
        xy[rows[seen], number] = data[seen]
        confidence = seen if each.confidence is None else np.nan_to_num(np.asarray(each.confidence[:], np.float64))
        score[rows, number] = np.clip(confidence, 0, 1)
    frames, fps = _frames(one, list(series.values()), all_times)
    name, images, size = _video(path, one)
    ours, track = one.source_software == SOFTWARE, _track(one.name)
    plain = [images[frame] if images else f"{name}:{frame}" for frame in frames.tolist()]
    source = tuple(joined(each, track if ours else "") for each in plain)
    video = id(one.source_video) if one.source_video is not None else (one.parent.name, name)
    return Pose(video, names, xy, score, frames, source, size, fps, bool(images))


def _series(one: Any) -> dict[str, Any]:
    """The series of each landmark, in the order of the skeleton where there is one."""
    found = dict(one.pose_estimation_series)
    if not found:
        raise UserError(f"the pose estimation {one.name!r} is empty")
    nodes = [] if one.skeleton is None or one.skeleton.nodes is None else [str(node) for node in one.skeleton.nodes[:]]
    keys = series_names(nodes)
    return {n: found[k] for n, k in zip(nodes, keys, strict=True)} if set(keys) == set(found) else found


def _times(series: Any) -> np.ndarray:
    if series.timestamps is not None:
        return np.asarray(series.timestamps[:], np.float64)
    return float(series.starting_time or 0) + np.arange(len(series.data)) / float(series.rate)


def _frames(one: Any, series: Sequence[Any], times: np.ndarray) -> tuple[np.ndarray, float]:
    """The number of each frame, and the rate.

    By the clock of the video where it is linked. A tool that only names its videos counts from the start of the
    session; of one that names none, the first time is that of frame 0.
    """
    video = one.source_video
    if video is not None and video.rate:
        start = float(video.starting_time or 0)
        return np.rint((times - start) * video.rate).astype(np.int64), float(video.rate)
    if video is not None and one.source_software == SOFTWARE:  # frame numbers stand for times
        return np.rint(times).astype(np.int64), 0.0
    steps = np.diff(times)
    rate = float(series[0].rate or (1 / np.median(steps) if len(steps) else 0))
    first = 0.0 if one.original_videos is not None else times[0]
    counts = (times - first) * rate
    if not rate or np.abs(counts - np.rint(counts)).max() > 0.1 or (np.diff(np.rint(counts)) < 1).any():
        return np.arange(len(times)), rate  # irregular, as a camera's own clock is
    return np.rint(counts).astype(np.int64), rate


def _video(path: Path, one: Any) -> tuple[str, list[str], tuple[int, int]]:
    """What sources call the video, or each of its images, and the size of a frame."""
    video, size = one.source_video, (0, 0)
    if video is None or video.external_file is None:
        named = [] if one.original_videos is None else [str(name) for name in one.original_videos[:]]
        return (named[0] if named else path.name), [], size
    if video.dimension is not None and len(video.dimension) >= 2:
        size = (int(video.dimension[0]), int(video.dimension[1]))
    files = [str(file) for file in video.external_file[:]]
    if one.source_software == SOFTWARE:
        given = "" if video.description == UNNAMED else str(video.description)
        images = video.name.startswith(IMAGES)
        return given, [os.path.join(given, os.path.basename(file)) for file in files] if images else [], size
    here = [str(path.parent / file) if (path.parent / file).is_file() else file for file in files]
    return here[0], here if len(here) > 1 else [], size
