"""Images and videos, read and written as RGB uint8 arrays."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float, UInt8

from unsuplmk.errors import UserError

if TYPE_CHECKING:
    from PIL import Image as PilImage

IMAGES = frozenset([".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp", ".ppm", ".pgm"])
"""Suffixes that are read as images."""
VIDEOS = frozenset([".mp4", ".avi", ".mov", ".webm", ".mkv", ".m4v", ".mpg", ".mpeg"])
"""Suffixes that are read as videos, and written."""
ANIMATIONS = frozenset([".gif"])
"""Suffixes that are read as videos, too."""

Frame = UInt8[np.ndarray, "height width 3"]


def natural(path: str | Path) -> list[tuple[int, int, str]]:
    """Sort key in which frame9 precedes frame10."""
    parts = re.split(r"(\d+)", str(path))
    return [(0, int(part), part) if part.isdecimal() else (1, 0, part) for part in parts if part]


def read_image(path: str | Path) -> Frame:
    """An image as RGB: upright as its EXIF orientation says, transparency over white, 16 bits scaled to 8.

    Of a file with several pictures (a TIFF's pages, an animated WebP) it is the first.

    Raises:
        UserError: The file is missing, truncated or no image; half a picture is never returned.
    """
    from PIL import ImageOps

    with _image(path) as image:
        image.load()
        upright = ImageOps.exif_transpose(image)
        return _rgb(upright)


def image_size(path: str | Path) -> tuple[int, int]:
    """(width, height) of what `read_image` gives, from the head of the file alone.

    Raises:
        UserError: The file is missing or no image.
    """
    from PIL.ExifTags import Base

    with _image(path) as image:
        width, height = image.size
        lying = image.getexif().get(Base.Orientation, 1) >= 5
    return (height, width) if lying else (width, height)


@contextmanager
def _image(path: str | Path) -> Iterator[PilImage.Image]:
    """An opened image; whatever goes wrong with it is an error that names it."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            yield image
    except FileNotFoundError:
        raise UserError(f"no image {path}") from None
    except UnidentifiedImageError:
        raise UserError(f"cannot read image {path}: its content is no image of a known format") from None
    except Exception as error:  # a decoder given a broken file raises anything: OSError, SyntaxError, IndexError ...
        reason = getattr(error, "strerror", None) or " ".join(str(error).split()) or type(error).__name__
        raise UserError(f"cannot read image {path}: {reason}") from None


def _rgb(image: PilImage.Image) -> Frame:
    from PIL import Image

    if image.mode == "F":
        raise ValueError("its pixels are floating-point numbers of unknown range; save it with 8 or 16 bits")
    if image.mode.startswith("I"):  # 16-bit grey: by the range of the type, so that frames of one clip agree
        grey = np.clip(np.asarray(image).astype(np.int64), 0, 65535)
        eight = ((grey + 128) // 257).astype(np.uint8)
        return np.repeat(eight[..., None], 3, axis=-1)
    if "A" in image.mode or "a" in image.mode or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return np.array(image.convert("RGB"))


def write_image(path: str | Path, rgb: Frame) -> None:
    """Write an image; the suffix chooses the format."""
    from PIL import Image

    try:
        Image.fromarray(np.ascontiguousarray(rgb)).save(path)
    except (OSError, ValueError) as error:
        raise UserError(f"cannot write image {path}: {error}") from None


def require_av() -> Any:
    """The PyAV module, which is an optional dependency.

    Raises:
        UserError: It is not installed.
    """
    try:
        import av
    except ImportError:
        raise UserError("videos need PyAV, which is not installed: pip install av") from None
    return av


class Video:
    """The frames of a video file, by number; reading them in order is fast, in any order exact.

    One object serves one thread. Each frame has the size that it was coded with: a video may change it on the way.

    Args:
        path: The video file.

    Raises:
        UserError: The file is missing, no video, or broken; or PyAV is not installed.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._av = require_av()
        if not os.path.isfile(self.path):  # which, unlike pathlib's, never raises
            raise UserError(f"no video {path}")
        self._container = self._open()
        self._stream = self._container.streams.video[0]
        self._stream.thread_type = "AUTO"
        rate = self._stream.average_rate or self._stream.guessed_rate
        self.fps = float(rate) if rate else 0.0
        self._times = self._index()
        self._by_time: bool | None = None  # whether times can be trusted for seeking: found out when first needed
        self._decoder: Iterator[Any] | None = None
        self._converter = self._av.video.reformatter.VideoReformatter()  # a frame's own costs as much as decoding it
        self._next = 0
        height, width = self.read(0).shape[:2]
        self.size = (width, height)

    def __len__(self) -> int:
        return len(self._times)

    def __iter__(self) -> Iterator[Frame]:
        return (self.read(i) for i in range(len(self)))

    def read(self, index: int) -> Frame:
        """Frame `index`.

        Raises:
            UserError: The frame cannot be decoded.
        """
        if not 0 <= index < len(self):
            raise IndexError(f"frame {index} of {len(self)} in {self.path}")
        try:
            frame = self._ahead(index) if self._near(index) else self._seek(index)
        except (self._av.error.FFmpegError, StopIteration) as error:
            self._decoder = None
            reason = "it is cut off or damaged there" if isinstance(error, StopIteration) else error.strerror or error
            raise UserError(f"cannot read frame {index} of {self.path}: {reason}") from None
        self._next = index + 1
        # rotation is counter-clockwise, as numpy's
        rgb = self._converter.reformat(frame, format="rgb24").to_ndarray()
        return np.ascontiguousarray(np.rot90(rgb, round(frame.rotation / 90)))

    def times(self) -> Float[np.ndarray, "frames"]:
        """When each frame is shown, in seconds since the first, so that a rate that varies is told right.

        By the rate where the file does not say it, or says it wrong; NaN where there is no rate either.
        """
        if None not in self._times and self._trusted():
            ticks = np.array(self._times, np.int64)
            return (ticks - ticks[0]) * float(self._stream.time_base)
        return np.arange(len(self)) / self.fps if self.fps else np.full(len(self), np.nan)

    def seconds(self, index: int) -> float:
        """When frame `index` is shown; see `times`.

        Raises:
            IndexError: There is no such frame.
        """
        return float(self.times()[range(len(self))[index]])

    def close(self) -> None:
        """Close the file."""
        self._decoder = None
        self._container.close()

    def _open(self) -> Any:
        try:
            container = self._av.open(str(self.path))
        except (self._av.error.FFmpegError, OSError) as error:
            raise UserError(f"cannot read video {self.path}: {self._reason(error)}") from None
        if not container.streams.video:
            container.close()
            raise UserError(f"cannot read video {self.path}: it holds no video stream")
        return container

    def _reason(self, error: Any) -> str:
        return "it holds no frames" if isinstance(error, self._av.error.EOFError) else str(error.strerror or error)

    def _index(self) -> list[int | None]:
        """The time of every frame in the order of showing, from the packets alone; None where there is none."""
        try:
            # a packet holds its bytes: no list of them, which would be the whole file
            times = [p.pts for p in self._container.demux(self._stream) if p.size and not p.is_discard]
        except self._av.error.FFmpegError as error:
            raise UserError(f"cannot read video {self.path}: {self._reason(error)}") from None
        if not times:
            raise UserError(f"cannot read video {self.path}: it holds no frames")
        return times if None in times else sorted(times)

    def _near(self, index: int) -> bool:
        """Whether decoding on from here is no slower than seeking."""
        return self._decoder is not None and self._next <= index <= self._next + 12

    def _ahead(self, index: int) -> Any:
        assert self._decoder is not None
        frame = next(self._decoder)
        for _ in range(index - self._next):
            frame = next(self._decoder)
        return frame

    def _seek(self, index: int) -> Any:
        """Decode from the key frame before `index`, or from the start where times cannot be trusted."""
        if index and self._trusted():
            time = self._times[index]
            self._restart(time)
            for frame in self._decoder or ():
                if frame.pts == time:
                    return frame
                if frame.pts is None or frame.pts > time:
                    break  # the key frame came too late, as in files with a broken seek table
        if self._decoder is not None and self._next <= index and not self._by_time:
            return self._ahead(index)
        self._restart(self._times[0])
        return self._ahead(index)

    def _restart(self, time: int | None) -> None:
        if time == self._times[0] or time is None:  # a fresh start does not depend on the file's seek table
            self._container.close()
            self._container = self._open()
            self._stream = self._container.streams.video[0]
            self._stream.thread_type = "AUTO"
        else:
            self._container.seek(time, stream=self._stream)
        self._decoder = self._container.decode(self._stream)
        self._next = 0

    def _trusted(self) -> bool:
        """Whether the first decoded frames carry the times of the index; AVI with B-frames does not."""
        if self._by_time is None:
            self._restart(None)
            first = [frame.pts for frame, _ in zip(self._decoder or (), range(32), strict=False)]
            self._by_time = None not in self._times and first == self._times[: len(first)]
            self._decoder = None
        return self._by_time


def write_video(path: str | Path, frames: Iterable[Frame], fps: float) -> None:
    """Write frames of one size as H.264 that every player shows; odd sides are padded by one pixel.

    Raises:
        UserError: There are no frames, their sizes differ, or the file cannot be written.
    """
    av = require_av()
    frames = iter(frames)
    first = next(frames, None)
    if first is None:
        raise UserError(f"no frames to write to {path}")
    height, width = first.shape[:2]
    try:
        with av.open(str(path), "w") as container:
            options = {"crf": "18", "preset": "fast"}
            stream = container.add_stream("libx264", rate=Fraction(fps).limit_denominator(100_000), options=options)
            stream.width, stream.height, stream.pix_fmt = width + width % 2, height + height % 2, "yuv420p"
            for rgb in chain([first], frames):
                if rgb.shape != first.shape:
                    raise UserError(
                        f"frames of one video must have one size: {rgb.shape[1]}x{rgb.shape[0]} after "
                        f"{width}x{height} in {path}"
                    )
                even = np.pad(rgb, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
                container.mux(stream.encode(av.VideoFrame.from_ndarray(even, format="rgb24")))
            container.mux(stream.encode())
    except (av.error.FFmpegError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"cannot write video {path}: {reason}") from None
