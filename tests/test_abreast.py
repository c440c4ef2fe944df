"""Tests of work shared out among threads."""

from __future__ import annotations

import platform
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest
import torch

from unsuplmk.abreast import MOST, abreast, shares


@pytest.fixture(autouse=True)
def five_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(5)
    yield
    torch.set_num_threads(before)


def threads_of_torch(item: int) -> tuple[int, int]:
    time.sleep(0.002 * (item % 3))
    return item, torch.get_num_threads()


@pytest.mark.parametrize(("copies", "each"), [(1, 5), (2, 2), (5, 1), (7, 1)])
def test_results_are_in_order_each_made_with_a_share_of_torchs_threads(copies: int, each: int) -> None:
    before = threading.active_count()
    with abreast([threads_of_torch] * copies) as give:
        waiting = [give(item) for item in range(20)]
        assert torch.get_num_threads() == 5
        assert [result() for result in waiting] == [(item, each) for item in range(20)]
    assert torch.get_num_threads() == 5
    assert threading.active_count() == before
    new: list[int] = []
    later = threading.Thread(target=lambda: new.append(torch.get_num_threads()))
    later.start()
    later.join()
    assert new == [5]  # threads that come later have the old number, too


def test_no_copy_serves_two_threads_at_once_and_all_of_them_work() -> None:
    calls: list[int] = []

    def copy(number: int) -> Callable[[int], int]:
        busy = threading.Lock()

        def work(item: int) -> int:
            assert busy.acquire(blocking=False)
            calls.append(number)
            time.sleep(0.005)
            busy.release()
            return item

        return work

    with abreast([copy(number) for number in range(3)]) as give:
        assert [result() for result in [give(item) for item in range(12)]] == list(range(12))
    assert set(calls) == {0, 1, 2}


def test_an_exception_arrives_ends_the_threads_and_leaves_torchs_number_alone() -> None:
    before, done = threading.active_count(), []

    def work(item: int) -> None:
        if item == 0:
            raise ZeroDivisionError("a bug in a network")
        time.sleep(0.01)
        done.append(item)

    def all_of(items: range) -> None:
        with abreast([work] * 2) as give:
            for result in [give(item) for item in items]:
                result()

    with pytest.raises(ZeroDivisionError, match="a bug in a network"):
        all_of(range(100))
    assert len(done) < 99  # what was not begun is dropped
    assert threading.active_count() == before
    assert torch.get_num_threads() == 5


def test_there_are_as_many_shares_as_threads_up_to_a_bound_and_one_under_autocast() -> None:
    assert shares() == 5
    torch.set_num_threads(40)
    assert shares() == MOST
    with torch.autocast("cpu", torch.bfloat16):  # which other threads would not know of
        assert shares() == 1


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries have other ways")
def test_memory_that_a_pass_frees_is_there_for_the_next_in_a_thread_too() -> None:
    code = """
import resource
import sys
import threading
import torch
from unsuplmk import registry
from unsuplmk.abreast import keep_memory

torch.set_num_threads(1)
network = registry.build("encoder", "hourglass", 10).eval()
images = torch.rand(4, 3, 128, 128)

@torch.inference_mode()
def faults():
    for _ in range(12):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        network(images)
        print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)

blocks, last = [bytearray(100_000) for _ in range(1000)], bytearray(100_000)
del blocks  # what is free now is large enough for blocks that the system must not be asked for
if sys.argv[1] == "keep":
    keep_memory()
thread = threading.Thread(target=faults)
thread.start()
thread.join()
"""
    kept, lost = (
        subprocess.run([sys.executable, "-c", code, word], capture_output=True, text=True, check=True).stdout.split()
        for word in ("keep", "lose")
    )
    assert max(map(int, kept[6:])) < min(map(int, lost[6:])) / 5
