"""Tracks as Neurodata Without Borders: pose estimation series of the extension ndx-pose."""

from __future__ import annotations

import warnings
from datetime import datetime
from pathlib import Path
from typing import ClassVar, final

from unsuplmk.errors import UserError
from unsuplmk.interfaces import Format
from unsuplmk.types import Tracks


@final
class Nwb(Format):
    """NWB file with a `PoseEstimation` of ndx-pose for each video, linked to the video; through pynwb.

    Rübel et al. 2022, https://doi.org/10.7554/eLife.78362; https://github.com/rly/ndx-pose. Pixels are as ours, and
    the file says so: the centre of the first is (0, 0). A rate or time stamps come from the frames a second; where
    these are not known, frame numbers stand for seconds, and the file says so too. Files of others are read: pose
    estimation series of any tool, and labels that sleap-io wrote. Of several animals, each row says whose it is: its
    source ends in `#name`.

    Args:
        identifier: Of the file, unique among all; a random one if none is given.
        start: When the session began, as 2024-05-01T14:30+02:00; if none is given, the file says that it is not known,
            and 1970 stands for it.
        session: What the session was, in words.
        subject: ID of the animal.
        track: Name of the one pose estimation to read, where there are several of one video; without it, all are read.

    Raises:
        UserError: The start is no date.
    """

    suffixes: ClassVar[tuple[str, ...]] = (".nwb",)

    def __init__(
        self, *, identifier: str = "", start: str = "", session: str = "", subject: str = "", track: str = ""
    ) -> None:
        self.identifier, self.session, self.subject, self.track = identifier, session, subject, track
        try:
            self.start = datetime.fromisoformat(start).astimezone() if start else None
        except (ValueError, OverflowError):
            raise UserError(f"start {start!r} is no date and time; write it as 2024-05-01T14:30+02:00") from None

    def read(self, path: Path) -> Tracks:
        """Read poses, the videos being there or not."""
        from unsuplmk_sleap.nwbreading import read

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about versions of the extensions in the file
            return read(path, self.track)

    def write(self, tracks: Tracks, path: Path) -> None:
        """Write poses; videos are named as they are found from the file's folder."""
        if not tracks.source:
            raise UserError(f"cannot write {path}: NWB has no place for landmarks without frames")
        if len(set(tracks.names)) < len(tracks.names):
            raise UserError(f"cannot write {path}: NWB's series need a name each, not {', '.join(tracks.names)}")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from unsuplmk_sleap.nwbwriting import Session, write

            write(tracks, Session(self.identifier, self.start, self.session, self.subject), path)
