"""Tracks as SLEAP's own file, with predicted instances."""

from __future__ import annotations

import warnings
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any, ClassVar, final

import numpy as np

from unsuplmk.errors import UserError
from unsuplmk.interfaces import Format
from unsuplmk.types import Tracks
from unsuplmk_sleap.animal import SOFTWARE, tracks_of
from unsuplmk_sleap.footage import Footage, footage
from unsuplmk_sleap.poses import Which, load


@final
class Slp(Format):
    """SLEAP's labels file: a predicted instance a frame, with the skeleton and the videos; through sleap-io.

    Pereira et al. 2022, https://doi.org/10.1038/s41592-022-01426-1. Pixels are as ours: the centre of the first is
    (0, 0); sleap-io moves those of formats before 1.1, which count from its corner. A row whose source ends in `#name`
    belongs to the track of that name. Files are read whole: of several animals, each row says whose it is in this way.

    Args:
        labels: What to read: user for what people placed; predicted; or all, with predictions where there is no other.
        track: Name of the one track to read; without it, all are read.
        skeleton: Name of the skeleton to read, where there are several.
    """

    suffixes: ClassVar[tuple[str, ...]] = (".slp",)

    def __init__(self, *, labels: Which = "all", track: str = "", skeleton: str = "") -> None:
        self.labels: Which = labels
        self.track, self.skeleton = track, skeleton

    def read(self, path: Path) -> Tracks:
        """Read labels or predictions, the videos being there or not."""
        return tracks_of(path, load(path), self.labels, self.track, self.skeleton)

    def write(self, tracks: Tracks, path: Path) -> None:
        """Write predictions; videos and images are named as they are found from here."""
        if len(set(tracks.names)) < len(tracks.names):
            raise UserError(f"cannot write {path}: SLEAP's landmarks need a name each, not {', '.join(tracks.names)}")
        pieces = footage(tracks)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # whatever its packages say among themselves
            labels = _labels(tracks, pieces)
            labels.provenance["software"] = f"unsuplmk {version('unsuplmk')}"
            names = [list(piece.images) or piece.name for piece in pieces]
            labels.provenance[SOFTWARE] = {"videos": names, "fps": tracks.fps}
            sleap: Any = import_module("sleap_io")
            sleap.save_slp(labels, str(path), embed=False, verbose=False)


def _labels(tracks: Tracks, pieces: list[Footage]) -> Any:
    sleap: Any = import_module("sleap_io")
    skeleton = sleap.Skeleton(list(tracks.names), name="landmarks")
    videos = [_video(piece, tracks.fps) for piece in pieces]
    known = {name: sleap.Track(name) for piece in pieces for name in piece.tracks if name}
    frames: dict[tuple[int, int], Any] = {}
    places = [(row, n, place) for n, piece in enumerate(pieces) for place, row in enumerate(piece.rows.tolist())]
    for row, n, place in sorted(places):
        score = tracks.score[row]
        instance = sleap.PredictedInstance.from_numpy(
            tracks.xy[row],
            skeleton=skeleton,
            point_scores=score,
            score=float(np.nanmean(score)) if np.isfinite(score).any() else 0.0,
            track=known.get(pieces[n].tracks[place]),
        )
        key = (n, int(pieces[n].frames[place]))
        if key not in frames:
            frames[key] = sleap.LabeledFrame(video=videos[n], frame_idx=key[1], instances=[])
        frames[key].instances.append(instance)
    return sleap.Labels(list(frames.values()), videos=videos, skeletons=[skeleton], tracks=list(known.values()))


def _video(piece: Footage, fps: float) -> Any:
    """A video that is named and described, and not opened."""
    sleap: Any = import_module("sleap_io")
    width, height = piece.size
    count = len(piece.images) or int(piece.frames.max()) + 1
    # grey or colour is left open: whoever opens it looks
    known: dict[str, Any] = {"shape": [count, height, width, 3], "grayscale": None} if width and height else {}
    known |= {"fps": fps} if fps else {}
    files = piece.files
    if piece.images:
        known |= {"type": "ImageVideo", "filename": files[0], "filenames": files}
        known |= {"height_": height, "width_": width, "channels_": 3}
    else:
        known |= {"type": "MediaVideo", "filename": files[0], "bgr": True, "dataset": "", "input_format": ""}
    return sleap.Video(files if piece.images else files[0], backend_metadata=known, open_backend=False)
