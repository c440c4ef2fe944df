"""Training says what it does: plain lines in files, one line on a terminal, nothing beside the main process."""

from __future__ import annotations

import os
import pickle
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from unsuplmk.cli.progress import Clock, Live, Plain, progress, spoken
from unsuplmk.console import Console, Silent

FIGURES = {"images/s": 312.4, "loss": 0.03123, "pixel": 0.02, "learning_rate": 1e-3}


def test_figures_are_said_with_the_pace_first_and_three_digits() -> None:
    assert spoken(FIGURES) == "312 images/s  loss 0.0312  pixel 0.02  learning_rate 0.001"


def test_plain_progress_writes_one_line_for_each_line_of_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    console = Plain()
    console.start(200, 20, "10 landmarks")
    console.update(21, {})
    console.update(22, FIGURES)
    console.note("a note")
    console.warn("careful")
    console.finish()
    out, err = capsys.readouterr()
    assert out == ""
    lines = err.splitlines()
    assert lines[0] == "10 landmarks: step 20 of 200"
    assert lines[1].startswith("step 22/200  ")
    assert lines[1].endswith(spoken(FIGURES))
    assert lines[2:] == ["a note", "Warning: careful"]


def test_the_time_left_follows_from_the_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    clock = Clock(1000, 500)
    assert clock.left(500) == "--:--"
    now = 110.0
    assert clock.left(600) == "00:40"  # 100 steps in 10 s, 400 to go
    now = 110.0 + 3600
    assert clock.left(601) == "3:57:41"  # 101 steps in 3610 s, 399 to go: 14,261 s


def test_a_terminal_gets_one_updating_line_with_everything_in_it() -> None:
    code = f"""
from unsuplmk.cli.progress import progress
console = progress()
console.note("before")
console.start(200, 20, "10 landmarks")
console.update(110, {FIGURES!r})
console.warn("landmark 3 [b] is dead")
console.finish()
print(type(console).__name__)
"""
    leader, follower = pty.openpty()
    environment = {**os.environ, "COLUMNS": "120", "TERM": "xterm"}
    line = [sys.executable, "-c", code]
    root = Path(__file__).parents[2]
    done = subprocess.run(
        line, stderr=follower, stdout=subprocess.PIPE, text=True, env=environment, cwd=root, check=True
    )
    os.close(follower)
    text = os.read(leader, 100_000).decode()
    os.close(leader)
    assert done.stdout == "Live\n"
    for part in ("before", "10 landmarks", "110/200", "left", "312 images/s", "loss 0.0312", "landmark 3 [b] is dead"):
        assert part in text


def test_without_a_terminal_progress_is_plain_and_beside_the_main_process_silent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert isinstance(progress(), Plain)
    monkeypatch.setenv("RANK", "1")
    assert isinstance(progress(), Silent)


@pytest.mark.parametrize("console", [Live(), Plain()])
def test_progress_can_be_sent_to_the_process_that_trains(console: Console) -> None:
    assert isinstance(console, Console)
    assert type(pickle.loads(pickle.dumps(console))) is type(console)
