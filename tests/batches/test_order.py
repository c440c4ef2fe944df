"""Tests of the order of frames in an epoch."""

from __future__ import annotations

import pickle
import tracemalloc
from collections.abc import Iterator

import numpy as np
import pytest

from unsuplmk.batches import order as orders
from unsuplmk.batches.order import BLOCK, FULL, WINDOW, Order
from unsuplmk.errors import UserError
from unsuplmk.frames.clips import Clips


def epoch_of(order: Order, number: int) -> np.ndarray:
    return order(number * len(order), (number + 1) * len(order))


@pytest.fixture
def small_windows(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Sets of a few hundred frames are treated as large ones are."""
    for name, value in (("FULL", 50), ("BLOCK", 8), ("WINDOW", 4)):
        monkeypatch.setattr(orders, name, value)
    for cached in (orders._whole, orders._windows, orders._window):
        cached.cache_clear()
    yield
    for cached in (orders._whole, orders._windows, orders._window):
        cached.cache_clear()


def test_small_sets_are_one_permutation_an_epoch_by_pcg64() -> None:
    order = Order((range(0, 4), range(4, 5), range(5, 12)), several=True, seed=3)
    starts = np.array([0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11])
    for number in range(3):
        expected = np.random.Generator(np.random.PCG64([3, number])).permutation(starts)
        assert np.array_equal(epoch_of(order, number), expected)


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.usefixtures("small_windows")
def test_every_frame_comes_once_an_epoch_whatever_the_last_block_and_the_lone_frames(several: bool) -> None:
    random = np.random.default_rng(0)
    for trial in range(40):
        clips = Clips(random.integers(1, 4, random.integers(30, 200)))
        order = Order(clips, several, seed=trial)
        expected = [i for clip in clips for i in clip if len(clip) > 1 or not several]
        first, second = epoch_of(order, 0), epoch_of(order, 1)
        assert np.sort(first).tolist() == expected
        assert np.sort(second).tolist() == expected
        assert not np.array_equal(first, second)


@pytest.mark.usefixtures("small_windows")
def test_a_window_reads_a_few_blocks_only_and_the_epoch_all_over() -> None:
    found = epoch_of(Order(Clips([1024]), several=True, seed=1), 0)
    for window in np.split(found, 32):
        blocks, counts = np.unique(window // 8, return_counts=True)
        assert (len(blocks), set(counts.tolist())) == (4, {8})
        assert np.ptp(window) > 64
        assert len(set((window[:8] // 8).tolist())) > 1


@pytest.mark.usefixtures("small_windows")
def test_seeds_and_epochs_decide_alone() -> None:
    first, again, other = (Order(Clips([300]), several=True, seed=seed) for seed in (5, 5, 6))
    assert np.array_equal(epoch_of(first, 2), epoch_of(again, 2))
    assert not np.array_equal(epoch_of(first, 2), epoch_of(other, 2))
    assert not np.array_equal(epoch_of(first, 2), epoch_of(first, 3))


@pytest.mark.usefixtures("small_windows")
def test_a_batch_may_go_on_in_the_next_window_and_epoch() -> None:
    order = Order(Clips([100, 1, 21]), several=True, seed=1)
    whole = np.concatenate([epoch_of(order, number) for number in range(3)])
    single = [int(order(place, place + 1)[0]) for place in range(len(whole))]
    assert single == whole.tolist()
    assert np.array_equal(order(70, 300), whole[70:300])


def test_the_clip_of_a_frame_is_found() -> None:
    order = Order((range(0, 4), range(4, 5), range(5, 12)), several=False, seed=0)
    assert [order.clip(frame) for frame in (0, 3, 4, 5, 11)] == [
        *(range(0, 4), range(0, 4), range(4, 5), range(5, 12), range(5, 12))
    ]


def test_lone_frames_only_are_refused_where_several_are_needed() -> None:
    with pytest.raises(UserError, match="each of the 3 clips has one frame"):
        Order(Clips.singles(3), several=True, seed=0)
    assert len(Order(Clips.singles(3), several=False, seed=0)) == 3


@pytest.mark.parametrize("several", [False, True])
def test_fifty_million_frames_take_a_few_megabytes(several: bool) -> None:
    count = 50_000_000
    clips = Clips([300] * (count // 300) + [count % 300])
    tracemalloc.start()
    order = Order(clips, several, seed=0)
    random = np.random.default_rng(0)
    for place in random.integers(0, 3 * count, 30).tolist():
        order(place, place + 64)
    frames = np.concatenate([order(step * 64, step * 64 + 64) for step in range(1000)])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(set(frames.tolist())) == 64_000
    assert peak < 40e6  # a permutation would take 400 MB; the blocks of four epochs take 6 MB each


def test_an_epoch_of_a_million_frames_has_each_once_and_reads_near_by() -> None:
    order = Order(Clips([1_000_003]), several=True, seed=0)
    found = epoch_of(order, 1)
    assert np.array_equal(np.sort(found), np.arange(1_000_003))
    assert len(set((found[: BLOCK * WINDOW // 2] // BLOCK).tolist())) <= 1.1 * WINDOW
    assert len(order) > FULL


def test_it_can_be_sent_to_another_process() -> None:
    order = Order(Clips([9, 1, 400_000]), several=True, seed=2)
    sent = pickle.loads(pickle.dumps(order))
    assert np.array_equal(sent(0, 50), order(0, 50))
