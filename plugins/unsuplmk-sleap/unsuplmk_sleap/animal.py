"""The animals of a SLEAP file as tracks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from unsuplmk.errors import UserError, unknown
from unsuplmk.frames.media import Video, image_size
from unsuplmk.types import Tracks
from unsuplmk_sleap.films import STORED, film
from unsuplmk_sleap.footage import joined
from unsuplmk_sleap.poses import Which, chosen

SOFTWARE = "unsuplmk"
"""Key of what our own files say besides: `videos`, as the sources of tracks name them, and `fps`."""


def tracks_of(path: Path, content: Any, which: Which, track: str, skeleton: str) -> Tracks:
    """The instances of all animals; of each animal, what a user placed rather than what a network did.

    Frames are in the order of the file if that is the order of time in each of its videos, and sorted otherwise. Where
    there are several animals, a source ends in `#` and the name of the track; or, of the second and further instances
    of a frame that have none, in `#2`, `#3` and so on: nobody knows whose they are.

    Args:
        path: The file.
        content: What sleap-io read from it, with its videos not opened.
        which: user, predicted, or all.
        track: Name of the one track to take; nothing for all.
        skeleton: Its name, where there are several; nothing for the only one.

    Raises:
        UserError: There are no such instances.
    """
    bones = chosen(path, content.skeletons, skeleton, "skeleton=")
    number = {id(video): n for n, video in enumerate(content.videos)}
    rows: list[tuple[int, int, Any]] = []
    for frame in content:
        known = [one for one in frame if one.skeleton is bones and track in ("", _track(one))]
        rows += [(number[id(frame.video)], int(frame.frame_idx), one) for one in _counting(known, which)]
    ours = content.provenance.get(SOFTWARE) or {}
    if not rows and not (ours and not len(content)):
        raise _none(path, content, which, track)
    rows = _ordered(rows)
    names = tuple(map(str, bones.node_names))
    xy = np.array([one.numpy()[:, :2] for *_, one in rows], np.float64).reshape(-1, len(names), 2)
    xy[~np.isfinite(xy).all(-1)] = np.nan
    score = np.array([_score(one) for *_, one in rows], np.float64).reshape(-1, len(names))
    videos = [_Source(path, video, name) for video, name in zip(content.videos, _names(ours, content), strict=True)]
    size = np.array([videos[video].size for video, *_ in rows], np.int64).reshape(-1, 2)
    told = bool(ours) or len({_track(one) for *_, one in rows}) > 1
    pictures = [videos[video].name(frame) for video, frame, _ in rows]
    source = _sources(pictures, [_track(one) if told else "" for *_, one in rows])
    used = {video for video, *_ in rows}
    rate = videos[used.pop()].fps if len(used) == 1 else 0.0
    return Tracks(xy, score, names, size, float(ours.get("fps", rate)), tuple(source))


def _counting(known: Sequence[Any], which: Which) -> list[Any]:
    """The instances of a frame that count.

    A prediction does not, if a user corrected it, or placed another of its track; nor do any, if there are no more of
    them than instances of which nobody says what they correct. What has no point counts if its animal has nothing else.
    """
    placed = [one for one in known if not hasattr(one, "score")] if which != "predicted" else []
    guessed = [one for one in known if hasattr(one, "score")] if which != "user" else []
    corrected = {id(one.from_predicted) for one in placed if one.from_predicted is not None}
    tracks = {_track(one) for one in placed} - {""}
    guessed = [one for one in guessed if id(one) not in corrected and _track(one) not in tracks]
    if len(guessed) <= sum(one.from_predicted is None and not _track(one) for one in placed):
        guessed = []
    animals: dict[str, list[Any]] = {}
    for one in [*placed, *guessed]:
        animals.setdefault(_track(one), []).append(one)
    return [one for mine in animals.values() for one in [each for each in mine if each.n_visible] or mine[:1]]


def _sources(pictures: Sequence[str], tracks: Sequence[str]) -> list[str]:
    """Where each row comes from: its picture, and its track; or its number, where another without one is before it."""
    found, unnamed = [], Counter[str]()
    for picture, track in zip(pictures, tracks, strict=True):
        unnamed[picture] += not track
        found.append(joined(picture, track or (str(unnamed[picture]) if unnamed[picture] > 1 else "")))
    return found


class _Source:
    """Where the frames of a video of sleap-io's are, and what is known of them.

    Args:
        path: The labels.
        video: Not opened.
        given: What our own file calls the video, or each of its images; nothing in others.
    """

    def __init__(self, path: Path, video: Any, given: str | Sequence[str] | None) -> None:
        self._film, self._given = film(video, path, ""), given
        named = video.filename if self._film.images else [video.filename]
        pairs = zip(self._film.files, named, strict=True)
        # what is nowhere is called as the labels call it, and not as beside them
        files = tuple(file if file.is_file() else Path(name) for file, name in pairs)
        self._film = replace(self._film, files=files)
        shape, fps = video.backend_metadata.get("shape"), video.backend_metadata.get("fps")
        self.size = (int(shape[2]), int(shape[1])) if shape and len(shape) == 4 and shape[1] and shape[2] else (0, 0)
        self.fps = float(fps or 0)
        if not (all(self.size) and self.fps):
            with suppress(UserError):  # it need not be here
                self._look()

    def name(self, frame: int) -> str:
        """The source of a frame."""
        if isinstance(self._given, str):
            return f"{self._given}:{frame}"
        return self._given[frame] if self._given else self._film.name(frame)

    def _look(self) -> None:
        """Learn what the labels do not say from the file itself."""
        file, size = self._film.files[0], (0, 0)
        if self._film.images:
            size = image_size(file)
        elif self._film.there and file.suffix.lower() not in STORED:
            video = Video(file)
            self.fps, size = self.fps or video.fps, video.size
            video.close()
        if not all(self.size) and not self._film.part:
            self.size = size


def _names(ours: Mapping[str, Any], content: Any) -> list[str | Sequence[str] | None]:
    """What our own files call the videos; nothing where the file was changed since."""
    names = list(ours.get("videos", ()))
    counts = [len(video.filename) if isinstance(video.filename, list) else 0 for video in content.videos]
    same = counts == [0 if isinstance(name, str) else len(name) for name in names]
    return names if same else [None] * len(counts)


def _score(instance: Any) -> np.ndarray:
    """Confidences; of a point that a user placed, 1."""
    if not hasattr(instance, "score"):
        return instance.points["visible"]
    return np.clip(np.nan_to_num(instance.points["score"]), 0, 1)


def _track(instance: Any) -> str:
    return "" if instance.track is None else str(instance.track.name)


def _ordered(rows: list[tuple[int, int, Any]]) -> list[tuple[int, int, Any]]:
    last: dict[int, int] = {}
    for video, frame, _ in rows:
        if frame < last.get(video, 0):
            return sorted(rows, key=lambda row: row[:2])
        last[video] = frame
    return rows


def _none(path: Path, content: Any, which: Which, track: str) -> UserError:
    instances = [one for frame in content for one in frame]
    names = {_track(one) for one in instances} - {""}
    if track and track not in names:
        return unknown(f"track in {path}", track, names)
    predicted = sum(hasattr(one, "score") for one in instances)
    here = f"{len(instances) - predicted} instances by users and {predicted} predicted ones"
    return UserError(f"{path} has {here}; asked for: labels={which!r}" + (f", track={track!r}" if track else ""))
