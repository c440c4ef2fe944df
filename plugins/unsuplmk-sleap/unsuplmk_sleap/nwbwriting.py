"""Tracks as the objects of an NWB file."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pynwb
from ndx_pose import PoseEstimation, PoseEstimationSeries, Skeleton, Skeletons
from pynwb.file import Subject
from pynwb.image import ImageSeries

from unsuplmk.types import Tracks
from unsuplmk_sleap.footage import Footage, footage

SOFTWARE, IMAGES, UNNAMED = "unsuplmk", "Images", "no description"
UNKNOWN_START = datetime(1970, 1, 1, tzinfo=UTC)
ORIGIN = "(0, 0) is the centre of the first pixel, at the top left of the frame; x runs to the right and y down."
UNTIMED = "Times are not known: frame numbers stand for seconds."
BEGUN = "When the session began is not known: 1970 stands for it."


@dataclass(frozen=True)
class Session:
    """What is known about a session besides its tracks; empty or None where it is not."""

    identifier: str
    start: datetime | None
    description: str
    subject: str


def write(tracks: Tracks, session: Session, path: Path) -> None:
    """Write an NWB file.

    Args:
        tracks: The landmarks; their names differ.
        session: What else is known.
        path: The file; videos are named from its folder.
    """
    nwb: Any = pynwb  # whose constructors no type checker understands
    words = [session.description or "Landmarks found by unsuplmk.", *([] if session.start else [BEGUN])]
    content = nwb.NWBFile(
        session_description=" ".join(words),
        identifier=session.identifier or str(uuid4()),
        session_start_time=session.start or UNKNOWN_START,
        subject=Subject(subject_id=session.subject) if session.subject else None,
    )
    _fill(content, tracks, path.absolute().parent)
    with nwb.NWBHDF5IO(str(path), "w") as file:
        file.write(content)


def _fill(content: Any, tracks: Tracks, folder: Path) -> None:
    """Put the videos, the skeleton and the landmarks in."""
    behavior = content.create_processing_module("behavior", "Landmarks in the frames of videos")
    edges = np.zeros((0, 2), np.uint8)
    skeleton = Skeleton(name="landmarks", nodes=list(tracks.names), edges=edges)
    behavior.add(Skeletons(skeletons=[skeleton]))
    pieces = footage(tracks)
    for number, piece in enumerate(pieces):
        mark = f"_{number:03}" if len(pieces) > 1 else ""
        rate = piece.rate(tracks.fps)
        video = _video(piece, f"{IMAGES if piece.images else 'Video'}{mark}", rate, folder)
        content.add_acquisition(video)
        for track in dict.fromkeys(piece.tracks):
            mine = np.array([one == track for one in piece.tracks])
            behavior.add(
                PoseEstimation(
                    name=plain(f"PoseEstimation{mark}" + (f"#{track}" if track else "")),
                    pose_estimation_series=_series(tracks, piece.rows[mine], piece.frames[mine], rate),
                    description=f"Landmarks in {piece.name}" + (f", of {track}" if track else ""),
                    scorer=SOFTWARE,
                    source_software=SOFTWARE,
                    source_software_version=version(SOFTWARE),
                    skeleton=skeleton,
                    source_video=video,
                )
            )


def plain(name: str) -> str:
    """A name without what the names of NWB's objects may not hold."""
    return re.sub(r"[/:\0]", "_", name)


def series_names(names: Sequence[str]) -> list[str]:
    """A name for the series of each landmark, its own wherever it may be."""
    found: list[str] = []
    for number, name in enumerate(names):
        found.append(plain(name) if plain(name) not in found and plain(name) else f"{plain(name)}_{number}")
    return found


def _video(piece: Footage, name: str, rate: float, folder: Path) -> ImageSeries:
    files = [_from(folder, file) for file in piece.files]
    count = len(piece.images) or int(piece.frames.max()) + 1
    timing: dict[str, Any] = {"timestamps": np.arange(count, dtype=np.float64), "comments": UNTIMED}
    if rate:
        timing = {"rate": rate, "starting_time": 0.0, "num_samples": count}
    return ImageSeries(
        name=name,
        description=piece.name or UNNAMED,  # as the sources of the tracks have it, while the files are named from here
        unit="n.a.",
        format="external",
        external_file=files,
        starting_frame=list(range(len(files))),
        dimension=list(piece.size),
        **timing,
    )


def _from(folder: Path, file: str) -> str:
    """A file's path from a folder, if it is there; else as it is."""
    try:
        return Path(os.path.relpath(file, folder)).as_posix() if os.path.isfile(file) else file
    except ValueError:  # it is on another drive
        return file


def _series(tracks: Tracks, rows: np.ndarray, frames: np.ndarray, rate: float) -> list[PoseEstimationSeries]:
    """One a landmark; the first has the times, and the others refer to them."""
    timing: dict[str, Any] = {"timestamps": frames / (rate or 1.0)}
    if rate and (np.diff(frames) == 1).all():
        timing = {"rate": rate, "starting_time": float(frames[0] / rate)}
    found: list[PoseEstimationSeries] = []
    for number, name in enumerate(series_names(tracks.names)):
        found.append(
            PoseEstimationSeries(
                name=name,
                description=f"Landmark {tracks.names[number]}",
                comments="no comments" if rate else UNTIMED,
                data=tracks.xy[rows, number],
                unit="pixels",
                reference_frame=ORIGIN,
                confidence=tracks.score[rows, number],
                confidence_definition="The landmark's score, in [0, 1]",
                **timing,
            )
        )
        if "timestamps" in timing:
            timing = {"timestamps": found[0]}
    return found
