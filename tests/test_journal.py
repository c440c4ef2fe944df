"""An interrupted prediction goes on where it stopped, and gives what an unbroken one gives."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from unsuplmk import checkpoint
from unsuplmk.cli import main
from unsuplmk.config import Config
from unsuplmk.datasets.arrays import Arrays
from unsuplmk.detector import Detector
from unsuplmk.errors import UserError
from unsuplmk.frames.media import write_video
from unsuplmk.interfaces import Dataset
from unsuplmk.journal import Found, Journal

FRAMES, BATCH = 300, 1


def run(folder: Path, seed: int = 0) -> Path:
    torch.manual_seed(seed)
    config = Config(landmarks=3, size=64).resolved()
    checkpoint.create(folder, config)
    checkpoint.save(folder, checkpoint.assemble(config, losses=False), {})
    return folder


def noise(frames: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (frames, 40, 56, 3), dtype=np.uint8)


class Counted(Dataset):
    """Counts what is read, and is interrupted at a frame."""

    def __init__(self, frames: np.ndarray, stop: int = -1) -> None:
        self.arrays, self.stop = Arrays(frames), stop
        self.seen: list[int] = []

    def __len__(self) -> int:
        return len(self.arrays)

    @property
    def clips(self) -> Sequence[range]:
        return self.arrays.clips

    def name(self, index: int) -> str:
        return self.arrays.name(index)

    def read(self, index: int) -> np.ndarray:
        if index == self.stop:
            raise KeyboardInterrupt
        self.seen.append(index)
        return self.arrays.read(index)


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "unsuplmk", "predict", *map(str, words), "--device", "cpu", "--batch", str(BATCH)]


def predict(folder: Path, film: Path, out: Path) -> None:
    with pytest.raises(SystemExit) as left:
        main(command(folder, film, "--out", out)[3:])
    assert left.value.code == 0


def test_a_killed_prediction_of_a_video_goes_on_and_equals_an_unbroken_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, film = run(tmp_path / "run"), tmp_path / "film.mp4"
    write_video(film, iter(noise(FRAMES)), 25.0)
    out, whole = tmp_path / "out.csv", tmp_path / "whole.csv"
    journal = tmp_path / ".out.csv.part"
    with subprocess.Popen(command(folder, film, "--out", out)) as started:
        until = time.monotonic() + 240
        while len(list(journal.glob("[0-9]*.npz"))) < 2 and started.poll() is None and time.monotonic() < until:
            time.sleep(0.005)
        started.kill()
    assert started.returncode == -signal.SIGKILL
    assert not out.exists()
    predict(folder, film, out)
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("going on after frame"))
    assert 32 <= int(line.split()[4]) < FRAMES
    predict(folder, film, whole)
    assert "going on" not in capsys.readouterr().out
    assert out.read_bytes() == whole.read_bytes()
    assert not list(tmp_path.glob(".*.part*"))


def test_ctrl_c_says_how_to_go_on(tmp_path: Path) -> None:
    folder, film = run(tmp_path / "run"), tmp_path / "film.mp4"
    write_video(film, iter(noise(FRAMES)), 25.0)
    journal = tmp_path / ".out.csv.part"
    # what a shell starts in the background ignores Ctrl-C, and so would its children
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from unsuplmk.cli import main; main()"
    )
    words = [sys.executable, "-c", code, *command(folder, film, "--out", tmp_path / "out.csv")[3:]]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as started:
        until = time.monotonic() + 240
        while not list(journal.glob("[0-9]*.npz")) and started.poll() is None and time.monotonic() < until:
            time.sleep(0.005)
        started.send_signal(signal.SIGINT)
        _, said = started.communicate(timeout=120)
    assert started.returncode == 130
    assert f"frames are in {journal}: the same command goes on after them" in said
    assert "Traceback" not in said
    assert list(journal.glob("[0-9]*.npz"))


def test_only_what_was_not_found_yet_is_read_again(tmp_path: Path) -> None:
    detector, frames = Detector.load(run(tmp_path / "run"), "cpu"), noise(20)
    whole = detector.predict(frames)
    journal = Journal(tmp_path / "part", every=2)
    with pytest.raises(KeyboardInterrupt):
        detector.predict(Counted(frames, stop=14), batch=3, journal=journal)
    assert journal.kept == 12
    said: list[str] = []
    data = Counted(frames)
    found = detector.predict(data, batch=5, journal=Journal(tmp_path / "part", report=said.append))
    assert data.seen == list(range(12, 20))
    assert said == [f"going on after frame 12 of 20, from {tmp_path / 'part'}"]
    np.testing.assert_allclose(found.xy, whole.xy, atol=1e-4)
    assert found.source == whole.source


def test_a_journal_of_other_weights_or_files_is_put_aside(tmp_path: Path) -> None:
    frames, said = noise(6), []
    Detector.load(run(tmp_path / "one"), "cpu").predict(frames, 2, journal=Journal(tmp_path / "part", every=1))
    other = Detector.load(run(tmp_path / "two", seed=1), "cpu")
    data = Counted(frames)
    found = other.predict(data, 2, journal=Journal(tmp_path / "part", every=1, report=said.append))
    assert data.seen == list(range(6))
    assert said == [f"{tmp_path / 'part'} is of another prediction, of other weights, input or crop: dropped"]
    np.testing.assert_allclose(found.xy, other.predict(frames).xy, atol=1e-4)


def part(start: int, stop: int) -> Found:
    count = stop - start
    size = np.full((count, 2), 8)
    return Found(start, stop, np.arange(start, stop), np.zeros((count, 1, 2)), np.ones((count, 1)), size, size)


def test_a_file_of_the_source_that_has_changed_is_not_gone_on_with(tmp_path: Path) -> None:
    film = tmp_path / "a.mp4"
    film.write_bytes(b"1")
    first = Journal(tmp_path / "part", film, every=1)
    assert first.resume("key", 9) == []
    first.add(part(0, 4))
    assert [one.stop for one in Journal(tmp_path / "part", film).resume("key", 9)] == [4]
    film.write_bytes(b"22")
    assert Journal(tmp_path / "part", film).resume("key", 9) == []


def test_a_damaged_file_ends_what_is_gone_on_with_and_another_file_in_the_folder_is_kept(tmp_path: Path) -> None:
    first = Journal(tmp_path / "part", every=1)
    first.resume("key", 9)
    for start in (0, 3, 6):
        first.add(part(start, start + 3))
    middle = sorted((tmp_path / "part").glob("*.npz"))[1]
    middle.write_bytes(middle.read_bytes()[:100])
    (tmp_path / "part" / "mine.txt").write_text("")
    said: list[str] = []
    again = Journal(tmp_path / "part", report=said.append)
    assert [one.stop for one in again.resume("key", 9)] == [3]
    assert said[0] == f"{middle} is damaged: going on without it"
    again.remove()
    assert [path.name for path in (tmp_path / "part").iterdir()] == ["mine.txt"]


def test_something_else_in_the_journals_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "part").write_text("")
    with pytest.raises(UserError, match="but it is a file"):
        Journal(tmp_path / "part")
