"""The code of others is named when it takes long, and broken off when it takes too long."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator

import pytest

from unsuplmk.errors import UserError
from unsuplmk.hosting import patience
from unsuplmk.hosting.patience import GivenUpError, bounded

NO_SIGNAL = not hasattr(signal, "setitimer")
needs_signals = pytest.mark.skipif(NO_SIGNAL, reason="Windows has no timer signals")


@pytest.fixture(autouse=True)
def limit(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A short limit, and proof that no timer and no handler of ours is left."""
    monkeypatch.setenv(patience.SECONDS, "0.4")
    before = None if NO_SIGNAL else signal.getsignal(signal.SIGALRM)
    yield
    if not NO_SIGNAL:
        assert signal.getsignal(signal.SIGALRM) is before
        assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_quick_work_gives_its_answer_and_nothing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert bounded(lambda: 7, "counting", "wait") == 7
    with pytest.raises(KeyError, match="its own"):
        bounded(lambda: {}["its own"], "looking", "wait")
    time.sleep(0.3)
    assert capsys.readouterr() == ("", "")


@needs_signals
def test_work_that_hangs_is_named_then_broken_off_even_if_it_catches_everything_usual(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def work() -> None:
        try:
            time.sleep(30)
        except Exception:
            time.sleep(30)

    start = time.monotonic()
    with pytest.raises(GivenUpError, match=r"^given up after 0\.4 s$"):
        bounded(work, "importing plugin 'x'", "leave it out")
    assert 0.3 < time.monotonic() - start < 5
    said = "unsuplmk: still importing plugin 'x' after 0.2 s; given up after 0.4 s; leave it out\n"
    assert capsys.readouterr().err == said


@needs_signals
def test_work_that_swallows_the_end_is_ended_once_more() -> None:
    def work() -> None:
        try:
            time.sleep(30)
        except BaseException:
            time.sleep(30)

    with pytest.raises(GivenUpError):
        bounded(work, "hiding", "")


@needs_signals
@pytest.mark.parametrize(("due", "inside"), [(0.1, True), (0.6, False)])
def test_a_timer_that_was_running_goes_off_when_it_is_due(due: float, inside: bool) -> None:
    struck: list[float] = []
    start = time.monotonic()
    before = signal.signal(signal.SIGALRM, lambda *_: struck.append(time.monotonic() - start))
    signal.setitimer(signal.ITIMER_REAL, due)
    try:
        with pytest.raises(GivenUpError):
            bounded(lambda: time.sleep(30), "sleeping", "")
        assert len(struck) == inside
        while not struck and time.monotonic() - start < 5:
            time.sleep(0.02)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert due <= struck[0] < due + 1
    assert len(struck) == 1


@needs_signals
def test_of_work_within_work_the_one_is_broken_off_whose_time_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    reached: list[str] = []

    def outer() -> None:
        monkeypatch.setenv(patience.SECONDS, "20")
        try:
            bounded(lambda: time.sleep(30), "the inner", "")
        except GivenUpError:
            reached.append("the inner one was blamed")

    with pytest.raises(GivenUpError, match=r"0\.4"):
        bounded(outer, "the outer", "")
    assert not reached


@needs_signals
def test_an_import_of_our_own_dependencies_is_left_to_end() -> None:
    def work() -> str:
        exec(compile("import time\ntime.sleep(0.8)", "torch/slow.py", "exec"), {"__name__": "torch.slow"})
        return "imported"

    assert bounded(work, "importing", "") == "imported"
    with pytest.raises(GivenUpError):
        bounded(lambda: (work(), time.sleep(30)), "importing", "")


def test_another_thread_is_only_told(capsys: pytest.CaptureFixture[str]) -> None:
    answers: list[str] = []
    work = threading.Thread(target=lambda: answers.append(bounded(lambda: time.sleep(0.6) or "done", "waiting", "x")))
    work.start()
    work.join()
    assert answers == ["done"]
    assert capsys.readouterr().err == "unsuplmk: still waiting after 0.2 s; nothing here can break it off; x\n"


def test_of_several_processes_one_speaks(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv(patience.SECONDS, "0.2")
    bounded(lambda: time.sleep(0.15), "waiting", "")
    assert not capsys.readouterr().err


@pytest.mark.parametrize("text", ["soon", "0", "-3", "nan"])
def test_a_limit_that_is_no_time_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(patience.SECONDS, text)
    with pytest.raises(UserError, match=f"UNSUPLMK_PLUGIN_SECONDS='{text}' must be a number of seconds above 0"):
        patience.limit()


def test_the_limit_is_a_minute_and_may_be_lifted(monkeypatch: pytest.MonkeyPatch) -> None:
    for text, seconds in {"": 60.0, "7.5": 7.5, "inf": float("inf"), "1e300": float("inf")}.items():
        monkeypatch.setenv(patience.SECONDS, text)
        assert patience.limit() == seconds
    assert bounded(lambda: 1, "counting", "") == 1
