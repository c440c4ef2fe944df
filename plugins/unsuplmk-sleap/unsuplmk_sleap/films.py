"""The pictures that labels are of: videos, lists of images, and frames that are embedded in the .slp file."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PureWindowsPath
from typing import Any

import numpy as np

from unsuplmk.errors import UserError
from unsuplmk.frames.media import read_image
from unsuplmk.frames.videos import Videos
from unsuplmk.ops.window import Window

STORED = frozenset([".slp", ".h5", ".hdf5", ".tif", ".tiff", ".seq"])
"""Files that sleap-io reads; everything else is a video."""


@dataclass(frozen=True)
class Film:
    """Where the frames of one video are.

    Args:
        files: The video, or an image a frame, in order.
        images: Whether they are images.
        dataset: What holds them in a file of `STORED`; may be empty.
        layout: Of the axes in such a file.
        part: Left, top, right, bottom of the part of each frame that the labels are of, px; nothing for all of it.
    """

    files: tuple[Path, ...]
    images: bool = False
    dataset: str = ""
    layout: str = "channels_last"
    part: tuple[int, ...] = ()

    @property
    def there(self) -> bool:
        """Whether any of its files is."""
        return any(file.is_file() for file in self.files[:100])

    @property
    def title(self) -> str:
        """What to call it, alike on every machine."""
        inside = (f"/{self.dataset}" if self.dataset else "") + (f"{list(self.part)}" if self.part else "")
        return (self.files[0].parent.name if self.images else self.files[0].name) + inside

    def name(self, frame: int) -> str:
        """What to call a frame."""
        if self.images and frame < len(self.files):
            return f"{self.files[frame]}{list(self.part) if self.part else ''}"
        return f"{self.files[0].parent / self.title}:{frame}"


def film(video: Any, labels: Path, given: str) -> Film:
    """Where the frames of a video of sleap-io's are.

    Args:
        video: Not opened.
        labels: The .slp file.
        given: The video itself, or a folder to look in; nothing for where the file says, or beside it.
    """
    metadata = video.backend_metadata
    part = tuple(map(int, metadata.get("crop") or ()))
    if isinstance(video.filename, list):
        return Film(tuple(_found(file, labels, given) for file in video.filename), images=True, part=part)
    embedded = Path(video.filename) == labels and not Path(given).is_file()
    file = labels if embedded else _found(video.filename, labels, given)
    if file.suffix.lower() not in STORED:
        return Film((file,), part=part)
    layout = metadata.get("input_format") or "channels_last"
    dataset = str(metadata.get("dataset") or "").removesuffix("/video")
    return Film((file,), dataset=dataset, layout=layout, part=part)


def _found(named: str, labels: Path, given: str) -> Path:
    name = PureWindowsPath(named).name  # of either system
    folders = [Path(given).expanduser()] if given else []
    if folders and not folders[0].is_dir():
        return folders[0]
    places = [*(folder / name for folder in folders), Path(named), labels.parent / name]
    return next((place for place in places if place.is_file()), places[0 if given else -1])


@dataclass
class Films:
    """Reads frames of films, in any thread."""

    films: Sequence[Film]
    _videos: Videos = field(default_factory=Videos)
    _stored: dict[int, Any] = field(default_factory=dict)
    _lock: Any = field(default_factory=threading.Lock)

    def read(self, number: int, frame: int) -> np.ndarray:
        """Frame `frame` of a film as RGB.

        Raises:
            UserError: It is not there, or cannot be read.
        """
        film, picture = self.films[number], self._whole(number, frame)
        if not film.part:
            return picture
        left, top, right, bottom = film.part
        return Window(left, top, right - left, bottom - top).cut(picture)

    def _whole(self, number: int, frame: int) -> np.ndarray:
        film = self.films[number]
        if film.images:
            if not 0 <= frame < len(film.files):
                raise UserError(f"no frame {frame}: there are {len(film.files)} images in {film.files[0].parent}")
            return read_image(film.files[frame])
        if film.files[0].suffix.lower() in STORED:
            return self._inside(number, frame)
        video = self._videos[film.files[0]]
        if not 0 <= frame < len(video):
            raise UserError(f"no frame {frame} in {film.files[0]}, which has {len(video)}")
        return video.read(frame)

    def rate(self, number: int) -> float:
        """Frames a second; NaN where it is not known."""
        film = self.films[number]
        if film.images or film.files[0].suffix.lower() in STORED:
            return math.nan
        return self._videos[film.files[0]].fps or math.nan

    def _inside(self, number: int, frame: int) -> np.ndarray:
        """A frame that sleap-io reads: its readers are not made for threads."""
        import sleap_io

        film = self.films[number]
        if not film.files[0].is_file():
            raise UserError(f"no file {film.files[0]}")
        try:
            with self._lock:
                if number not in self._stored:
                    options = {"dataset": film.dataset or None, "input_format": film.layout}
                    self._stored[number] = sleap_io.Video.from_filename(str(film.files[0]), **options)
                picture = np.asarray(self._stored[number][frame])
        except Exception as error:  # KeyError and IndexError for a frame that is not there, OSError, cv2.error ...
            reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
            raise UserError(f"cannot read frame {film.name(frame)}: it is not stored there ({reason})") from None
        if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[-1] not in (1, 3):
            found = f"{picture.dtype} {picture.shape}"
            raise UserError(f"cannot read frame {film.name(frame)}: it is {found}, not 8-bit grey or RGB")
        return np.ascontiguousarray(np.broadcast_to(picture, (*picture.shape[:2], 3)))

    def __reduce__(self) -> tuple[Any, ...]:
        return Films, (self.films,)
