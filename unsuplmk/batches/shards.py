"""Prepared data: square frames in Arrow files, one row a frame, read in any order through memory maps.

A folder holds `prepared.json` (`Contents`), `clips.npy` (one past the last frame of each clip, int64) and Arrow IPC
files, the shards, with a column of each:

- `image`: a JPEG or PNG file, or the bytes of a uint8 array (size, size, 3), as `encoding` in prepared.json says;
- `clip`: number of the clip in the data that was prepared; `name`: the frame's name there;
- `seconds`: when it was taken; null where that is not known;
- `tags`: what else is known of it, a JSON object; null for nothing;
- `points`: x0, y0, x1, ... in pixels of the square, NaN for missing points, where the data has annotations.

Whatever reads Arrow reads them:

    pyarrow.ipc.open_file(pyarrow.memory_map("FOLDER/00000.arrow")).read_all()
    datasets.load_dataset("arrow", data_files="FOLDER/*.arrow").cast_column("image", datasets.Image())
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, final

import numpy as np
from jaxtyping import Shaped, UInt8
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from unsuplmk.errors import UserError

CONTENTS, CLIPS = "prepared.json", "clips.npy"
MAGIC, VERSION = "unsuplmk prepared data", 1
OPEN = 1024
"""Shards that a process keeps mapped; each takes a few kilobytes."""

Encoding = Literal["jpeg", "png", "raw"]


@final
class Shard(BaseModel):
    """A file of frames."""

    model_config = ConfigDict(frozen=True)
    file: Annotated[str, Field(pattern=r"^\d+\.arrow$")]
    frames: Annotated[int, Field(ge=0)]
    bytes: int
    sha256: str


@final
class Contents(BaseModel):
    """What a folder of prepared data holds: the text of `prepared.json`.

    Attributes:
        data: What was prepared, as it was named, with its `options`, and what was cut out of it.
        source_frames: Frames of that; those that could not be read are left out.
        shard_frames: Frames of it that go into one shard.
        complete: Whether all shards are there; only then are the counts.
    """

    model_config = ConfigDict(frozen=True)
    format: str
    version: int
    complete: bool = False
    data: str
    options: dict[str, Any]
    crop: dict[str, Any] = {}
    size: Annotated[int, Field(ge=1)]
    fit: Literal["pad", "crop", "stretch"]
    encoding: Encoding
    quality: int
    points: tuple[str, ...]
    source_frames: int
    shard_frames: int
    fps: float = 0.0
    frames: int = 0
    clips: int = 0
    skipped: int = 0
    shards: tuple[Shard, ...] = ()

    @classmethod
    def read(cls, folder: Path) -> Contents:
        """Read a folder's.

        Raises:
            UserError: It has none, or one of another format or version.
        """
        path = folder / CONTENTS
        try:
            found = cls.model_validate_json(path.read_bytes())
        except OSError as error:
            raise UserError(f"{folder} holds no prepared data: {CONTENTS}: {error.strerror}") from None
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            raise UserError(f"{path} is not what unsuplmk prepare writes: {where} {first['msg']}".strip()) from None
        if found.format != MAGIC:
            raise UserError(f"{path} is not what unsuplmk prepare writes: its format is {found.format!r}")
        if found.version != VERSION:
            raise UserError(f"{path} has version {found.version}, and this unsuplmk reads {VERSION}: prepare it again")
        return found


def require_pyarrow() -> Any:
    """The pyarrow module, which is an optional dependency.

    Raises:
        UserError: It is not installed.
    """
    try:
        import pyarrow
        import pyarrow.ipc
    except ImportError:
        raise UserError("prepared data needs pyarrow, which is not installed: pip install pyarrow") from None
    return pyarrow


def schema(contents: Contents) -> Any:
    """The columns of a shard."""
    arrow = require_pyarrow()
    raw = contents.encoding == "raw"
    columns = {
        "image": arrow.binary(3 * contents.size**2) if raw else arrow.binary(),
        "clip": arrow.int64(),
        "name": arrow.string(),
        "seconds": arrow.float64(),
        "tags": arrow.string(),
    }
    if contents.points:
        columns["points"] = arrow.list_(arrow.float32(), 2 * len(contents.points))
    return arrow.schema(columns)


@final
class Shards:
    """The rows of all shards of a folder, by number.

    Args:
        folder: What `unsuplmk prepare` wrote.

    Raises:
        UserError: A file is missing, truncated, or of another version.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.contents = folder, Contents.read(folder)
        if not self.contents.complete:
            raise UserError(f"{folder} is not complete: go on with the same unsuplmk prepare, and --resume")
        for shard in self.contents.shards:
            _measure(folder / shard.file, shard)
        self._ends = np.cumsum([shard.frames for shard in self.contents.shards])
        self._opened = lru_cache(OPEN)(self._open)

    def __len__(self) -> int:
        return self.contents.frames

    def ends(self) -> np.ndarray:
        """One past the last frame of each clip, mapped from the file.

        Raises:
            UserError: The file is missing or damaged.
        """
        path = self.folder / CLIPS
        try:
            ends = np.asarray(np.load(path, mmap_mode="r"))  # still mapped, but indexed as fast as any array
        except (OSError, ValueError) as error:
            raise UserError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from None
        if ends.shape != (self.contents.clips,) or ends.dtype != np.int64 or ends[-1] != len(self):
            raise UserError(f"{path} does not fit {CONTENTS}: make it again with unsuplmk prepare --resume")
        return ends

    def cell(self, index: int, column: str) -> Any:
        """What row `index` holds, as Python's own type.

        Raises:
            UserError: The shard cannot be read.
        """
        number, row = self._where(index)
        return self._opened(number)[column][row].as_py()

    def image(self, index: int) -> UInt8[np.ndarray, "size size 3"]:
        """The frame of row `index`.

        Raises:
            UserError: It cannot be decoded.
        """
        number, row = self._where(index)
        side = self.contents.size
        found = decoded(self._opened(number)["image"][row].as_buffer(), self.contents.encoding, side)
        if found is None:
            file = self.folder / self.contents.shards[number].file
            raise UserError(f"{file}: row {row} is no picture of {side} x {side} px; {_again(file)}")
        return found

    def images(self, indices: Shaped[np.ndarray, "count"]) -> UInt8[np.ndarray, "count size size 3"]:
        """The frames of several rows."""
        side = self.contents.size
        frames = np.empty((len(indices), side, side, 3), np.uint8)
        for frame, index in zip(frames, indices.tolist(), strict=True):
            frame[:] = self.image(index)
        return frames

    def _where(self, index: int) -> tuple[int, int]:
        if not 0 <= index < len(self):
            raise IndexError(f"frame {index} of {len(self)} in {self.folder}")
        number = int(np.searchsorted(self._ends, index, side="right"))
        return number, index - (int(self._ends[number - 1]) if number else 0)

    def _open(self, number: int) -> dict[str, Any]:
        """The columns of a shard."""
        shard = self.contents.shards[number]
        path = self.folder / shard.file
        table = mapped(path)
        if table.num_rows != shard.frames or not table.schema.equals(schema(self.contents)):
            raise UserError(f"{path} does not fit {CONTENTS}; {_again(path)}")
        return {name: table.column(name) for name in table.column_names}

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_opened": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, _opened=lru_cache(OPEN)(self._open))


def mapped(path: Path) -> Any:
    """A shard as a pyarrow table whose memory is the file.

    Raises:
        UserError: It is missing or damaged.
    """
    arrow = require_pyarrow()
    try:
        with arrow.memory_map(str(path)) as source:  # the table keeps the map, and the descriptor is free again
            return arrow.ipc.open_file(source).read_all()
    except (arrow.ArrowException, OSError) as error:
        raise UserError(f"cannot read shard {path}: {' '.join(str(error).split())}; {_again(path)}") from None


def decoded(data: Any, encoding: Encoding, side: int) -> UInt8[np.ndarray, "size size 3"] | None:
    """The frame that a cell holds; None if it is damaged."""
    import cv2

    content = np.frombuffer(data, np.uint8)
    if encoding == "raw":
        return content.reshape(side, side, 3)
    bgr = cv2.imdecode(content, cv2.IMREAD_COLOR) if len(content) else None
    return None if bgr is None or bgr.shape != (side, side, 3) else cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)


def encoded(square: UInt8[np.ndarray, "size size 3"], encoding: Encoding, quality: int) -> bytes:
    """A frame as a cell holds it; JPEG keeps colours at full resolution, since the squares are small."""
    import cv2

    if encoding == "raw":
        return square.tobytes()
    full = (cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444)
    suffix, options = (".jpg", full) if encoding == "jpeg" else (".png", ())
    return cv2.imencode(suffix, cv2.cvtColor(square, cv2.COLOR_RGB2BGR), options)[1].tobytes()


def _measure(path: Path, shard: Shard) -> None:
    """See that a shard is there and as long as it was."""
    try:
        size = path.stat().st_size
    except OSError as error:
        raise UserError(f"no shard {path}: {error.strerror}; {_again(path)}") from None
    if size != shard.bytes:
        raise UserError(f"shard {path} has {size:,} bytes and not {shard.bytes:,}: it is truncated; {_again(path)}")


def _again(path: Path) -> str:
    return f"unsuplmk prepare DATA --out {path.parent} --resume makes it again"
