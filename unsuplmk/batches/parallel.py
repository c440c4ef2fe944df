"""Numbered work done by worker processes, its results in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, TypeVar, final

from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset

from unsuplmk.errors import UserError

Result = TypeVar("Result")


def ordered(work: Callable[[int], Result], numbers: Sequence[int], workers: int) -> Iterator[Result]:
    """`work(number)` for one number after another.

    A process that the workers belong to may be killed: they end by themselves.

    Args:
        work: What is done; other processes get a copy.
        numbers: What it is called with, in this order.
        workers: Processes that do it ahead of time; 0 does it here, when it is asked for.

    Raises:
        UserError: The work raised it, or a worker was killed.
    """
    if not workers:
        return map(work, numbers)
    # batch_size=None: an item is a whole result; results come in the order of the sampler
    loader = DataLoader(
        _Calls(work),
        sampler=numbers,  # type: ignore[arg-type]
        batch_size=None,
        collate_fn=_as_it_is,
        num_workers=workers,
        worker_init_fn=_single_threaded,
    )
    return _results(iter(loader))


def _results(found: Iterator[Any]) -> Iterator[Any]:
    while True:
        try:
            result = next(found)
        except StopIteration:
            return
        except RuntimeError as error:
            if "exited unexpectedly" not in str(error) and "killed by signal" not in str(error):
                raise
            raise UserError("a worker process was killed; where memory is short, use fewer --workers") from None
        if isinstance(result, UserError):
            raise result
        yield result


@final
class _Calls(TorchDataset, Generic[Result]):
    """Calls instead of items; the user's errors are results, since torch would wrap their text in a traceback."""

    def __init__(self, work: Callable[[int], Result]) -> None:
        self._work = work

    def __getitem__(self, index: int) -> Result | UserError:
        try:
            return self._work(index)
        except UserError as error:
            return error


def _as_it_is(result: Any) -> Any:
    return result


def _single_threaded(worker: int) -> None:
    import cv2

    cv2.setNumThreads(0)  # a forked child must not touch the parent's thread pool
