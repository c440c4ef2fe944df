"""The files that `input_pipeline.py` reads: drawn puppets as JPEG files, as shards and as a video."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

LARGE, SIZE = 256, 128
LENGTH, FILM = 10, 600
MILLION, TINY = 1_000_000, 4


def written(folder: Path, frames: int, workers: int) -> dict[str, float]:
    """Write JPEG files in a folder a clip, videos, and shards; returns KiB an image of each."""
    from unsuplmk.batches.data import open_data
    from unsuplmk.batches.parallel import ordered
    from unsuplmk.batches.preparation import write
    from unsuplmk.frames.media import write_image, write_video
    from unsuplmk.frames.prepare import Fit

    drawn = open_data("puppets", {"clips": -(-frames // LENGTH), "length": LENGTH, "side": LARGE})
    file = [folder / f"jpeg/{index // LENGTH:05}/{index % LENGTH:03}.jpg" for index in range(frames)]

    def keep(index: int) -> None:
        file[index].parent.mkdir(parents=True, exist_ok=True)
        write_image(file[index], drawn.read(index))

    for _ in ordered(keep, range(frames), workers):
        pass
    film = open_data("puppets", {"clips": 1, "length": FILM, "side": LARGE})
    (folder / "video").mkdir()
    write_video(folder / "video/film.mp4", map(film.read, range(FILM)), 25)
    for encoding in ("jpeg", "png", "raw"):
        write(open_data(folder / "jpeg"), folder / f"shards-{encoding}", Fit(SIZE), encoding=encoding, workers=workers)
    _million(folder / "million")
    os.sync()
    used = {"jpeg folder": _size(folder / "jpeg") / frames, "video": _size(folder / "video") / FILM}
    used |= {f"shards {kind}": _size(folder / f"shards-{kind}") / frames for kind in ("jpeg", "png", "raw")}
    return {name: round(size / 1024, 2) for name, size in used.items()}


def _million(folder: Path) -> None:
    """Shards of a million frames of a few pixels, in clips of 50."""
    import pyarrow as pa

    from unsuplmk.batches.shards import MAGIC, VERSION, Contents, Shard, schema

    folder.mkdir()
    each, fixed = 4096, {"format": MAGIC, "version": VERSION, "complete": True, "data": "", "options": {}, "fit": "pad"}
    about = {**fixed, "size": TINY, "encoding": "raw", "quality": 0, "points": (), "source_frames": MILLION}
    contents = Contents(**about, shard_frames=each, frames=MILLION, clips=MILLION // 50)
    shards = []
    for number, start in enumerate(range(0, MILLION, each)):
        index = np.arange(start, min(start + each, MILLION))
        names = [f"clip {i // 50:05}/frame {i % 50:03}.jpg" for i in index.tolist()]
        pixels = [bytes(3 * TINY**2)] * len(index)
        columns = [pixels, index // 50, names, index / 25, pa.nulls(len(index), pa.string())]
        path = folder / f"{number:05}.arrow"
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, schema(contents)) as writer:
            arrays = [pa.array(column, kind.type) for column, kind in zip(columns, schema(contents), strict=True)]
            writer.write_batch(pa.record_batch(arrays, schema=schema(contents)))
        shards.append(Shard(file=path.name, frames=len(index), bytes=path.stat().st_size, sha256=""))
    np.save(folder / "clips.npy", np.arange(50, MILLION + 1, 50))
    done = contents.model_copy(update={"shards": tuple(shards)})
    (folder / "prepared.json").write_text(done.model_dump_json(), "utf-8")


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
