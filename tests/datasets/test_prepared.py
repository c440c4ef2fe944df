"""Tests of the dataset that reads prepared data."""

from __future__ import annotations

import json
import math
import threading
import tracemalloc
from pathlib import Path
from random import Random

import numpy as np
import pyarrow as pa
import pytest

from tests.prepared import Rich
from unsuplmk.batches.data import batches, open_data, pack
from unsuplmk.batches.pack import Pack
from unsuplmk.batches.preparation import write
from unsuplmk.batches.shards import MAGIC, Contents, Shard, schema
from unsuplmk.datasets.prepared import Prepared
from unsuplmk.errors import UserError
from unsuplmk.frames.lazy import Decoded
from unsuplmk.frames.prepare import Fit
from unsuplmk.interfaces import PairSource
from unsuplmk.types import Image, Pair


class Neighbours(PairSource):
    """A frame and one of its clip within two seconds."""

    clips = True

    def clock(self, seconds: object) -> None:
        self.seconds = seconds

    def frames(self, index: int, clip: range, rng: Random) -> tuple[int, ...]:
        return (index, rng.choice(range(max(clip.start, index - 2), min(clip.stop, index + 3))))

    def forward(self, frames: tuple[Image, ...]) -> Pair:
        return Pair(*frames)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(Rich(), tmp_path / "p", Fit(16), shard_frames=4, encoding="png")
    return tmp_path / "p"


def test_it_knows_all_that_the_data_knew(folder: Path) -> None:
    source, made = Rich(), Prepared(folder)
    assert len(made) == 17
    assert made.clips == source.clips
    assert (made.fps, made.points, made.fit) == (25.0, source.points, Fit(16))
    for index in (16, 0, 9, 2, 3):
        assert np.array_equal(made.read(index), Fit(16)(source.read(index)))
        assert made.name(index) == source.name(index)
        assert made.tags(index) == source.tags(index)
        assert math.isnan(made.seconds(3)) if index == 3 else made.seconds(index) == index / 25


@pytest.mark.parametrize("mode", ["pad", "crop", "stretch"])
def test_annotations_are_in_pixels_of_the_square(tmp_path: Path, mode: str) -> None:
    write(Rich(), tmp_path / "p", Fit(16, mode))  # type: ignore[arg-type]
    made, (x, y) = Prepared(tmp_path / "p"), (8, 3.5)
    expected = {  # 24 x 16 px become 16 x 11 with 2 px above, the middle 16 x 16, or 16 x 16
        "pad": ((x + 0.5) * 16 / 24 - 0.5, (y + 0.5) * 11 / 16 - 0.5 + 2),
        "crop": (x - 4, y),
        "stretch": ((x + 0.5) * 16 / 24 - 0.5, y),
    }[mode]
    assert made.annotation(8)[0] == pytest.approx(expected, abs=1e-5)
    assert np.isnan(made.annotation(9)[1]).all()


def test_the_folder_is_recognised_and_one_of_splits_too(folder: Path, tmp_path: Path) -> None:
    assert isinstance(open_data(folder), Prepared)
    for split, clips in (("train", (3,)), ("test", (2,)), ("val", (4,))):
        write(Rich(clips), tmp_path / "splits" / split, Fit(16))
    found = {split: len(open_data(tmp_path / "splits", {"split": split})) for split in ("train", "test", "val")}
    assert found == {"train": 3, "test": 2, "val": 4}
    assert len(open_data(tmp_path / "splits")) == 3
    with pytest.raises(UserError, match="has no split 'dev'; there are: test, train, val"):
        Prepared(tmp_path / "splits", split="dev")
    with pytest.raises(UserError, match="is one split only"):
        Prepared(folder, split="test")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="holds no prepared data"):
        Prepared(tmp_path / "empty")
    assert not Prepared.recognises(tmp_path)
    assert not Prepared.recognises(tmp_path / ("x" * 5000))
    assert not Prepared.recognises(tmp_path / "\0")


def test_training_decodes_what_it_needs_and_nothing_before(folder: Path) -> None:
    said: list[str] = []
    made = pack(Prepared(folder), Fit(16), report=said.append)
    assert not said
    assert not isinstance(made.frames, np.ndarray)
    whole = pack(Rich(), Fit(16))
    assert (made.clips, tuple(made.names), made.skipped) == (whole.clips, whole.names, ())
    assert np.array_equal(made.frames[:], whole.frames)
    assert made.seconds(9) == whole.seconds(9) == 9 / 25


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
@pytest.mark.parametrize("workers", [0, 2])
def test_batches_are_those_of_frames_in_memory_with_workers_ranks_and_a_later_start(folder: Path, workers: int) -> None:
    made, whole = pack(Prepared(folder), Fit(16)), pack(Rich(), Fit(16))

    def drawn(frames: Pack, **options: int) -> list[np.ndarray]:
        stream = batches(frames, Neighbours(), seed=5, **options)
        return [np.stack([image.numpy() for image in step], 1) for step in stream]

    expected = drawn(whole, batch=6, start=0, stop=9)
    found = drawn(made, batch=6, start=4, stop=9, workers=workers)
    assert all(map(np.array_equal, found, expected[4:]))
    shares = [drawn(made, batch=3, start=0, stop=9, rank=rank, world=2, workers=workers) for rank in range(2)]
    for step, share in zip(expected, zip(*shares, strict=True), strict=True):
        assert np.array_equal(step, np.concatenate(share))


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
@pytest.mark.parametrize("workers", [0, 1])
def test_a_picture_that_is_damaged_is_named_in_one_line(folder: Path, workers: int) -> None:
    path = folder / "00001.arrow"
    path.write_bytes(bytes(path.stat().st_size))
    frames = Pack(Decoded(Prepared(folder), 17, Fit(16)), (range(17),), ("",) * 17, ())
    stream = batches(frames, Neighbours(), batch=16, seed=0, start=0, stop=4, workers=workers)
    with pytest.raises(UserError, match=r"^cannot read shard .*00001\.arrow[^\n]*$"):
        list(stream)


def test_another_size_or_fit_is_told(folder: Path) -> None:
    said: list[str] = []
    assert pack(Prepared(folder), Fit(32, "crop"), report=said.append).frames[np.array([1, 2])].shape == (2, 32, 32, 3)
    assert "frames of 16 px are scaled to 32 px" in said[0]
    assert "prepared with --fit pad" in said[1]


def test_the_pair_source_is_told_the_clock_of_the_frames_that_are_left() -> None:
    pairs = Neighbours()
    batches(pack(Rich(broken=[1, 4]), Fit(16), report=str), pairs, batch=2, seed=0, start=0, stop=1)
    assert callable(pairs.seconds)
    assert [pairs.seconds(i) for i in (0, 1, 3)] == [0, 2 / 25, 5 / 25]
    assert math.isnan(pairs.seconds(2))


def test_threads_may_read_at_once(folder: Path) -> None:
    made = Prepared(folder)
    expected = [made.read(i) for i in range(17)]
    fresh, wrong = Prepared(folder), list[int]()

    def read(seed: int) -> None:
        for index in np.random.default_rng(seed).integers(0, 17, 200).tolist():
            if not np.array_equal(fresh.read(index), expected[index]):
                wrong.append(index)

    threads = [threading.Thread(target=read, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


MILLION = 1_000_000


@pytest.fixture(scope="module")
def million(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A million frames of 4 x 4 px that hold their number, in clips of 50, in 100 shards, as others may write them."""
    folder, side, each = tmp_path_factory.mktemp("million"), 4, 10_000
    contents = Contents(
        format=MAGIC, version=1, complete=True, data="", options={}, size=side, fit="pad", encoding="raw", quality=0,
        points=(), source_frames=MILLION, shard_frames=each, frames=MILLION, clips=MILLION // 50,
        shards=tuple(Shard(file=f"{k:05}.arrow", frames=each, bytes=0, sha256="") for k in range(MILLION // each)),
    )  # fmt: skip
    shards = []
    for number, shard in enumerate(contents.shards):
        index = np.arange(number * each, (number + 1) * each)
        pixels = np.zeros((each, side * side * 3), np.uint8)
        pixels[:, :3] = index[:, None] >> np.array([0, 8, 16]) & 255
        flat = pa.FixedSizeBinaryArray.from_buffers(pa.binary(48), each, [None, pa.py_buffer(pixels)])
        none = pa.nulls(each, pa.string())
        columns = [flat, index // 50, [f"{i}.jpg" for i in index.tolist()], index / 25, none]
        with pa.OSFile(str(folder / shard.file), "wb") as sink, pa.ipc.new_file(sink, schema(contents)) as writer:
            writer.write_batch(pa.record_batch([*map(pa.array, columns)], schema=schema(contents)))
        size = (folder / shard.file).stat().st_size
        shards.append(shard.model_copy(update={"bytes": size}))
    np.save(folder / "clips.npy", np.arange(50, MILLION + 1, 50))
    done = contents.model_copy(update={"shards": tuple(shards)})
    (folder / "prepared.json").write_text(json.dumps(done.model_dump(mode="json")))
    return folder


def numbers(image: np.ndarray) -> np.ndarray:
    """The number of each frame (batch, 3, 4, 4)."""
    return image[:, :, 0, 0].astype(np.int64) @ (1, 256, 65536)


def private() -> int:
    """Bytes of this process that are no file's."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["RssAnon"].split()[0]) * 1024


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="needs /proc")
def test_memory_stays_flat_over_a_million_frames(million: Path) -> None:
    frames = pack(Prepared(million), Fit(4))
    pairs, batch = Neighbours(), 128
    list(batches(frames, pairs, batch=batch, seed=0, start=0, stop=5))
    before = private()
    tracemalloc.start()
    frames = pack(Prepared(million), Fit(4))
    seen = set()
    for start in range(0, 4 * MILLION // batch, 4 * MILLION // batch // 20):
        for source, target in batches(frames, pairs, batch=batch, seed=0, start=start, stop=start + 2):
            first, second = numbers(source.numpy()), numbers(target.numpy())
            assert (first // 50 == second // 50).all()
            assert (abs(first - second) <= 2).all()
            seen |= set((first // 10_000).tolist())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(seen) == 100  # all shards were read
    assert peak < 8e6  # a permutation alone would take 8 MB, names 60 MB
    assert private() - before < 40e6
    assert pa.total_allocated_bytes() < 1e6


def test_each_of_a_million_frames_comes_once_an_epoch_shared_by_ranks(million: Path) -> None:
    frames = pack(Prepared(million), Fit(4))
    order = np.zeros(MILLION, np.int64)
    from unsuplmk.batches.data import Plan

    plan = Plan(frames, Neighbours(), 2000, seed=3)
    for step in range(MILLION // 2000):
        for rank in range(2):
            chosen = plan._order(step * 2000 + rank * 1000, step * 2000 + (rank + 1) * 1000)
            order[chosen] += 1
    assert (order == 1).all()
    options = {"seed": 3, "start": 250, "stop": 253}
    whole = [numbers(step[0].numpy()) for step in batches(frames, Neighbours(), batch=2000, **options)]
    parts = [
        [numbers(step[0].numpy()) for step in batches(frames, Neighbours(), batch=1000, rank=rank, world=2, **options)]
        for rank in range(2)
    ]
    for step, (first, second) in zip(whole, zip(*parts, strict=True), strict=True):
        assert np.array_equal(step, np.concatenate([first, second]))
        assert len(set((step // 64).tolist())) > 500  # from all over the window
