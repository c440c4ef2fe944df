"""Tests of numbered work in worker processes."""

from __future__ import annotations

import os
import signal

import pytest

from unsuplmk.batches.parallel import ordered
from unsuplmk.errors import UserError

# forking a process that has threads is deprecated since Python 3.12, and what torch does on Linux
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")


def slow_first(number: int) -> tuple[int, int]:
    if number == 0:
        sum(range(3_000_000))
    return number, os.getpid()


def refused(number: int) -> int:
    if number == 3:
        raise UserError("frame 3 is broken")
    return number


def killed(number: int) -> int:
    if number == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


@pytest.mark.parametrize("workers", [0, 2])
def test_results_come_in_order_from_as_many_processes_as_were_asked_for(workers: int) -> None:
    found = list(ordered(slow_first, range(12), workers))
    assert [number for number, _ in found] == list(range(12))
    processes = {process for _, process in found}
    assert len(processes) == max(workers, 1)
    assert (os.getpid() in processes) == (not workers)


@pytest.mark.parametrize("workers", [0, 2])
def test_the_users_errors_arrive_as_they_were_raised_after_what_came_before(workers: int) -> None:
    results = ordered(refused, range(5), workers)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(UserError, match=r"^frame 3 is broken$"):
        next(results)


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_a_worker_that_is_killed_is_said_to_be() -> None:
    with pytest.raises(UserError, match="a worker process was killed; where memory is short"):
        list(ordered(killed, range(8), 1))
