"""Images a second from a JPEG folder, shards and video, beside a plain PIL loader; memory over a million frames.

    python benchmarks/input_pipeline.py --out benchmarks/results/input_pipeline.json

All read the same drawn puppets, 256 px, reduced to 128 px. The plain loader is what one writes first: PIL opens,
converts and resizes in a PyTorch DataLoader. It has as many worker processes as ours. Each figure is the median of
several rounds, in which the variants take turns, each in a process of its own; files are in the page cache but where
`cold` is said.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import version
from itertools import count, cycle
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from learning_curve import cpu
from pipeline_data import FILM, LARGE, MILLION, SIZE, TINY, written

BATCH = 64
WARM, LONG = 1.0, 4.0

Rates = dict[str, float]
"""Images a second, and a second of all processors together: other work on the machine disturbs only the first."""


def main() -> None:
    """Write the data, let the variants take turns, write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--frames", type=int, default=4000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--variant", choices=[*VARIANTS, "memory"])
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    if given.variant:
        variant = memory if given.variant == "memory" else VARIANTS[given.variant]
        print(json.dumps(variant(given.folder, given.workers)))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sizes = written(folder, given.frames, given.workers)
        found: dict[str, list[Rates]] = {variant: [] for variant in VARIANTS}
        for _ in range(given.rounds):
            for variant, rates in found.items():
                rates.append(alone(variant, folder, given.workers))
                print(variant, rates[-1], flush=True)
        flat = alone("memory", folder, given.workers)
    result = {
        "command": "python benchmarks/input_pipeline.py",
        "sizes": {"frames": given.frames, "drawn": LARGE, "size": SIZE, "batch": BATCH, "workers": given.workers},
        "rounds": given.rounds,
        "images_per": {variant: summary(rates, found["plain"]) for variant, rates in found.items()},
        "kib_per_image": sizes,
        "million_frames": flat,
        "hardware": f"{os.cpu_count()} cores, {cpu()}",
        "versions": versions(),
    }
    print(json.dumps(result, indent=1))
    if given.out:
        given.out.write_text(json.dumps(result, indent=1) + "\n", "utf-8")


def summary(rates: list[Rates], plain: list[Rates]) -> dict[str, float]:
    """Medians, and their ratios to the plain loader's."""
    middle, base = ({key: median(rate[key] for rate in some) for key in plain[0]} for some in (rates, plain))
    ratios = {f"{key}_to_plain": round(middle[key] / base[key], 3) for key in base}
    return {**{key: round(value, 1) for key, value in middle.items()}, **ratios}


def alone(variant: str, folder: Path, workers: int) -> Any:
    """What a variant finds in a process of its own."""
    command = [sys.executable, __file__, "--folder", str(folder), "--workers", str(workers), "--variant", variant]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def rate(images: Iterable[int]) -> Rates:
    """Of an endless stream that says how many images it gave, after it has become warm."""
    start = time.perf_counter()
    clock: Clock | None = None
    for given in images:
        if clock is None:
            clock = Clock() if time.perf_counter() - start > WARM else None
        elif clock.add(given) > LONG:
            return clock.rates()
    raise AssertionError("the stream ended")


def first_pass(images: Iterable[int]) -> Rates:
    """Of a stream, from the first call to its end."""
    clock = Clock()
    for given in images:
        clock.add(given)
    return clock.rates()


class Clock:
    """Counts images, seconds, and the processors' seconds of this process and those that it has started."""

    def __init__(self) -> None:
        self.total, self.since, self.spent = 0, time.perf_counter(), spent()

    def add(self, images: int) -> float:
        """Count; returns the seconds so far."""
        self.total += images
        return time.perf_counter() - self.since

    def rates(self) -> Rates:
        """What was counted, a second."""
        seconds, busy = time.perf_counter() - self.since, spent() - self.spent
        return {"second": self.total / seconds, "cpu_second": self.total / busy}


def spent() -> float:
    """Processors' seconds of this process, of children that have ended, and of those that run."""
    times, ticks = os.times(), os.sysconf("SC_CLK_TCK")
    total = times.user + times.system + times.children_user + times.children_system
    for file in Path("/proc/self/task").glob("*/children"):
        for child in file.read_text("utf-8").split():
            fields = Path(f"/proc/{child}/stat").read_text("utf-8").rpartition(")")[2].split()
            total += (int(fields[11]) + int(fields[12])) / ticks
    return total


class Plain:
    """A JPEG folder as one reads it first, for PyTorch's loader."""

    def __init__(self, folder: Path) -> None:
        self.files = sorted(folder.glob("*/*.jpg"))

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> np.ndarray:
        from PIL import Image

        with Image.open(self.files[index]) as image:
            return np.asarray(image.convert("RGB").resize((SIZE, SIZE)))


def plain(folder: Path, workers: int, *, once: bool = False) -> Rates:
    """PIL in a DataLoader."""
    from torch.utils.data import DataLoader

    loader = DataLoader(Plain(folder / "jpeg"), batch_size=BATCH, shuffle=True, num_workers=workers, drop_last=True)
    if once:
        return first_pass(len(batch) for batch in loader)
    return rate(len(batch) for epoch in count() for batch in loader)


def packing(folder: Path, workers: int) -> Rates:
    """The first look at a folder: decoded into memory."""
    from unsuplmk.batches.data import open_data, pack
    from unsuplmk.frames.prepare import Fit

    dataset = open_data(folder / "jpeg")
    Fit(SIZE)(dataset.read(0))  # imports
    return first_pass(len(pack(dataset, Fit(SIZE)).frames) for _ in range(1))


def preparing(folder: Path, workers: int) -> Rates:
    """A folder written as shards."""
    from unsuplmk.batches.data import open_data
    from unsuplmk.batches.preparation import write
    from unsuplmk.frames.prepare import Fit

    dataset = open_data(folder / "jpeg")
    with tempfile.TemporaryDirectory(dir=folder) as out:
        fit, each = Fit(SIZE), -(-len(dataset) // (2 * workers))
        write(open_data(folder / "jpeg/00000"), Path(out) / "few", fit)  # imports
        whole = (write(dataset, Path(out) / "all", fit, workers=workers, shard_frames=each).frames for _ in range(1))
        return first_pass(whole)


def stream(data: Path, workers: int, stop: int = 10**9) -> Iterator[int]:
    """What training reads of a folder or of shards: images a step."""
    from unsuplmk import registry
    from unsuplmk.batches.data import batches, open_data, pack
    from unsuplmk.frames.prepare import Fit

    frames = pack(open_data(data), Fit(SIZE))
    found = batches(frames, registry.build("pairs", "warped"), batch=BATCH, seed=0, start=0, stop=stop, workers=workers)
    return (len(step[0]) for step in found)


def shards(encoding: str) -> Callable[[Path, int], Rates]:
    """Training from shards of an encoding."""
    return lambda folder, workers: rate(stream(folder / f"shards-{encoding}", workers))


def forget(folder: Path) -> None:
    """Drop the pages of a folder's files from the cache."""
    for path in folder.rglob("*.*"):
        if path.is_file():
            handle = os.open(path, os.O_RDONLY)
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(handle)


def cold(folder: Path, workers: int) -> Rates:
    """One pass of the plain loader over files that are not in the cache."""
    forget(folder / "jpeg")
    return plain(folder, workers, once=True)


def cold_shards(folder: Path, workers: int) -> Rates:
    """One pass over shards that are not in the cache."""
    forget(folder / "shards-jpeg")
    steps = len(Plain(folder / "jpeg")) // BATCH
    return first_pass(stream(folder / "shards-jpeg", workers, steps))


def video(folder: Path, order: Iterable[int]) -> Rates:
    """Frames of a video, made square, in an order; this process alone."""
    from unsuplmk.frames.media import Video
    from unsuplmk.frames.prepare import Fit

    fit, film = Fit(SIZE), Video(folder / "video/film.mp4")
    return rate(len(fit(film.read(index))) // SIZE for index in order)


def in_order(folder: Path, workers: int) -> Rates:
    """A video from its start, again and again."""
    return video(folder, cycle(range(FILM)))


def anywhere(folder: Path, workers: int) -> Rates:
    """A video at random."""
    random = np.random.default_rng(0)
    return video(folder, (int(random.integers(FILM)) for _ in count()))


def memory(folder: Path, workers: int) -> dict[str, float]:
    """MiB of this process alone before a million frames are opened, after, and after a walk through three epochs."""
    from unsuplmk import registry
    from unsuplmk.batches.data import batches, open_data, pack
    from unsuplmk.frames.prepare import Fit

    def private() -> float:
        status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text("utf-8").splitlines())
        return round(int(status["RssAnon"].split()[0]) / 1024, 1)

    pairs, steps = registry.build("pairs", "warped"), 3 * MILLION // BATCH
    small = pack(open_data(folder / "shards-jpeg"), Fit(SIZE))
    list(batches(small, pairs, batch=BATCH, seed=0, start=0, stop=20))  # imports, buffers
    found = {"before": private()}
    frames = pack(open_data(folder / "million"), Fit(TINY))
    list(batches(frames, pairs, batch=BATCH, seed=0, start=0, stop=20))
    found["opened"] = private()
    for start in range(0, steps, steps // 150):
        for _ in batches(frames, pairs, batch=BATCH, seed=0, start=start, stop=start + 10):
            pass
    found["read"] = private()
    names = [frames.names[index] for index in range(MILLION)]
    order = np.random.default_rng(0).permutation(MILLION)
    found["with a list of names and a permutation"] = private()
    return found if len(names) == len(order) else {}


def versions() -> dict[str, str]:
    """Of what decides the figures."""
    from unsuplmk import checkpoint

    libraries = ("pyarrow", "opencv-python-headless", "pillow", "av")
    return {**checkpoint.versions(), **{library: version(library) for library in libraries}}


VARIANTS = {
    "plain": plain,
    "pack, once": packing,
    "pack, then": lambda folder, workers: rate(stream(folder / "jpeg", workers)),
    "shards jpeg": shards("jpeg"),
    "shards png": shards("png"),
    "shards raw": shards("raw"),
    "prepare, once": preparing,
    "plain, cold": cold,
    "shards jpeg, cold": cold_shards,
    "video in order": in_order,
    "video at random": anywhere,
}

if __name__ == "__main__":
    main()
