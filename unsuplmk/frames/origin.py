"""What the sources of tracks name: an image or a frame of a video, and which animal in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from unsuplmk.errors import UserError
from unsuplmk.frames.media import IMAGES

FRAME = re.compile(r"(?:(?P<file>.*):)?(?P<frame>\d{1,9})(?:#(?P<track>.+))?", re.DOTALL)
IMAGE = re.compile(
    rf"(?P<file>.+(?:{'|'.join(map(re.escape, sorted(IMAGES)))}))(?:#(?P<track>.+))?", re.IGNORECASE | re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a row of tracks comes from.

    Args:
        file: The image, or the video; nothing for one that nobody named.
        frame: Of the video; -1 for an image.
        track: Which of several animals; nothing where nobody says.
    """

    file: str
    frame: int
    track: str

    @property
    def picture(self) -> str:
        """The image, or `video.mp4:frame`, whichever animal it is."""
        if self.frame < 0:
            return self.file
        return f"{self.file}:{self.frame}" if self.file else str(self.frame)


def origins(sources: Sequence[str]) -> list[Origin]:
    """What each source names; what is neither a frame nor has an image's suffix is taken for an image."""
    return [_origin(source) for source in sources]


def once(found: Sequence[Origin], what: str) -> None:
    """Refuse several animals of one picture.

    Args:
        found: Of tracks.
        what: The file that has one row a picture, for the message.

    Raises:
        UserError: A picture has several rows.
    """
    seen: set[str] = set()
    for origin in found:
        if origin.picture in seen:
            raise UserError(
                f"{what} holds one animal, but {origin.picture} has several rows: coco, listing, npz, slp "
                "and nwb hold several, and --apart writes a file for each"
            )
        seen.add(origin.picture)


def joined(picture: str, track: str) -> str:
    """The source of a row, from its picture and its track, if it has one."""
    return f"{picture}#{track}" if track else picture


def _origin(source: str) -> Origin:
    frame = FRAME.fullmatch(source)
    if frame:
        return Origin(frame["file"] or "", int(frame["frame"]), frame["track"] or "")
    image = IMAGE.fullmatch(source)
    return Origin(image["file"], -1, image["track"] or "") if image else Origin(source, -1, "")
