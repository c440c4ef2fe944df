"""Tracks as a NumPy archive: everything that tracks hold, losslessly and without pickle."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import ClassVar, final
from zipfile import BadZipFile

import numpy as np

from unsuplmk.errors import UserError
from unsuplmk.interfaces import Format
from unsuplmk.types import Tracks

KEYS = ("xy", "score", "names", "size", "fps", "source")


@final
class Npz(Format):
    """NumPy archive with the arrays `xy`, `score`, `names`, `size`, `fps` and `source`."""

    suffixes: ClassVar[tuple[str, ...]] = (".npz",)

    def read(self, path: Path) -> Tracks:
        """Read tracks; an archive that holds pickled objects is refused, and nothing of it is run."""
        try:
            with path.open("rb") as file:  # NumPy, given a name, leaves a broken archive open
                archive = np.load(file, allow_pickle=False)
                if not isinstance(archive, np.lib.npyio.NpzFile):
                    raise ValueError("it holds a single array")
                values = {key: archive[key] for key in KEYS if key in archive.files}
        except (OSError, ValueError, EOFError, RuntimeError, BadZipFile, zlib.error) as error:
            raise UserError(f"cannot read {path} as tracks: {' '.join(str(error).split())}") from None
        missing = [key for key in KEYS if key not in values]
        if missing:
            raise UserError(f"{path} holds no tracks: it lacks {', '.join(missing)}; needed are {', '.join(KEYS)}")
        try:
            return Tracks(
                xy=values["xy"].astype(np.float64),
                score=values["score"].astype(np.float64),
                names=tuple(map(str, values["names"])),
                size=values["size"].astype(np.int64),
                fps=float(values["fps"]),
                source=tuple(map(str, values["source"])),
            )
        except (ValueError, TypeError) as error:
            raise UserError(f"{path} holds no tracks: {error}") from None

    def write(self, tracks: Tracks, path: Path) -> None:
        """Write tracks, compressed."""
        with path.open("wb") as file:  # given a name, NumPy would add .npz to one that ends otherwise
            np.savez_compressed(
                file,
                xy=tracks.xy,
                score=tracks.score,
                names=np.array(tracks.names, dtype=np.str_),
                size=tracks.size,
                fps=np.float64(tracks.fps),
                source=np.array(tracks.source, dtype=np.str_),
            )
