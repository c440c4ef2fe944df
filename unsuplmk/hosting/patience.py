"""How long the code of others may take: a word on stderr after a while, and an end to it after a limit."""

from __future__ import annotations

import math
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, TypeVar, final

from unsuplmk.errors import UserError

SECONDS = "UNSUPLMK_PLUGIN_SECONDS"
"""The environment variable that sets the limit."""
LIMIT, NOTICE = 60.0, 10.0
"""Seconds until something is given up, and until it is named."""
OURS = frozenset(
    {
        *("unsuplmk", "torch", "torchvision", "numpy", "scipy", "accelerate", "albumentations", "cv2"),
        *("PIL", "av", "pydantic", "pydantic_core", "jaxtyping", "safetensors", "click", "rich"),
    }
)
"""Packages whose import is never broken off: half of torch cannot be had again in the same process."""

Answer = TypeVar("Answer")


@final
class GivenUpError(Exception):
    """Work was broken off, since it took too long; the message says how long."""


@final
class _Interrupt(BaseException):
    """Breaks work off, past its own `except Exception`."""


def limit() -> float:
    """Seconds that a plugin's import, or one of its hooks, may take; infinite for as long as it likes.

    Raises:
        UserError: The environment says something that is no number of seconds.
    """
    text = os.environ.get(SECONDS, "").strip() or str(LIMIT)
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not seconds > 0:
        raise UserError(f"{SECONDS}={text!r} must be a number of seconds above 0, or inf for no limit")
    return seconds if seconds < threading.TIMEOUT_MAX else math.inf


def bounded(work: Callable[[], Answer], what: str, way_out: str) -> Answer:
    """What `work` returns, unless it takes too long.

    It is named on stderr after ten seconds. It is broken off at the limit on the main thread of a Unix process, by a
    timer signal; elsewhere nothing can do that, and the notice is all.

    Args:
        work: To be done; imports of our own dependencies that it sets off are left to end.
        what: What it is doing, as in "importing plugin x".
        way_out: What the user can do about it.

    Raises:
        GivenUpError: It was broken off.
        UserError: As `limit`.
    """
    seconds = limit()
    breakable = math.isfinite(seconds) and _breakable()
    until = f"given up after {seconds:g} s" if breakable else "nothing here can break it off"
    wait = min(NOTICE, seconds / 2)
    line = f"unsuplmk: still {what} after {wait:g} s; {until}; {way_out}"
    done = threading.Event()
    if os.environ.get("RANK", "0") == "0":  # of several processes one speaks
        threading.Thread(target=_tell, args=(line, wait, done, threading.get_ident()), daemon=True).start()
    try:
        return _broken_off(work, seconds) if breakable else work()
    finally:
        done.set()


def _tell(line: str, wait: float, done: threading.Event, worker: int) -> None:
    """Print a line after a while, and not before imports of our own dependencies have ended."""
    while not done.wait(wait):
        if not _importing_ours(sys._current_frames().get(worker)):
            print(line, file=sys.stderr, flush=True)
            return
        wait = 1.0


def _breakable() -> bool:
    """Whether a timer signal can be had here, and whoever has one already can be given it back."""
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        return False
    handler = signal.getsignal(signal.SIGALRM)
    return callable(handler) or (handler is not None and not signal.getitimer(signal.ITIMER_REAL)[0])


def _broken_off(work: Callable[[], Answer], seconds: float) -> Answer:
    """`work`, broken off by SIGALRM; a timer that runs already still goes off when it is due."""
    interrupt = _Interrupt()
    start = time.monotonic()
    before: Any = signal.getsignal(signal.SIGALRM)
    outer, interval = signal.getitimer(signal.ITIMER_REAL)
    outer_due = start + outer if outer else math.inf

    def strike(number: int, frame: FrameType | None) -> None:
        nonlocal outer_due
        now = time.monotonic()
        if now >= outer_due:
            outer_due = now + interval if interval else math.inf
            again(now)
            before(number, frame)
        elif now >= start + seconds and not _importing_ours(frame):
            signal.setitimer(signal.ITIMER_REAL, seconds)  # once more, should the work swallow this
            raise interrupt
        else:
            again(now)

    def again(now: float) -> None:
        ours = start + seconds - now
        signal.setitimer(signal.ITIMER_REAL, max(min(ours if ours > 0 else 1.0, outer_due - now), 1e-3))

    signal.signal(signal.SIGALRM, strike)
    try:
        again(start)
        return work()
    except _Interrupt as error:
        if error is not interrupt:
            raise
        raise GivenUpError(f"given up after {seconds:g} s") from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if outer_due < math.inf:
            signal.setitimer(signal.ITIMER_REAL, max(outer_due - time.monotonic(), 1e-3), interval)


def _importing_ours(frame: FrameType | None) -> bool:
    """Whether the work is in the middle of importing one of our dependencies."""
    while frame is not None and frame.f_code is not bounded.__code__:
        name = str(frame.f_globals.get("__name__", ""))
        if frame.f_code.co_name == "<module>" and name.partition(".")[0] in OURS:
            return True
        frame = frame.f_back
    return False
