"""The job's script, read and run by bash: what it starts, and when it queues itself again."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from unsuplmk_slurm import local
from unsuplmk_slurm.script import Allocation, Errand, script
from unsuplmk_slurm.values import Gpus

ODD = ("it's", 'a "quoted" b', "50% $HOME `id`", "büro\tx", "two\nlines", "*", "", "\\")

RUN = """#!/bin/bash
# stands for Python: notes its words and ranks, and then does what the file `do` says
printf '%s\\0' "$@" "$RANK,$LOCAL_RANK,$WORLD_SIZE" END >>calls
. ./do
"""
ALONE = ",,"
"""The ranks of a process that is no rank."""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with spaces and quotes in its name, and an executable in it that stands for Python."""
    place = tmp_path / 'it\'s a "büro" 50%'
    (place / "run.slurm").mkdir(parents=True)
    python = place / "python"
    python.write_text(RUN, "utf-8")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    return place


def errand(place: Path, *words: str, resume: bool = False, settings: str | None = None) -> Errand:
    return Errand(words, Path("run"), resume, settings, place / "run.slurm", place)


def written(asked: Allocation, errand: Errand) -> Path:
    file = errand.folder / "job.sh"
    file.write_text(script(asked, errand), "utf-8")
    return file


def calls(place: Path) -> list[list[str]]:
    """Of each start, the words after `run` and, as one word more, its rank, local rank and the number of all."""
    found = [call.split("\0")[:-1] for call in (place / "calls").read_text("utf-8").split("END\0")[:-1]]
    assert all(call[:4] == ["-P", "-m", "unsuplmk", "run"] for call in found)
    return [call[4:] for call in found]


def do(place: Path, lines: str) -> None:
    (place / "do").write_text(lines, "utf-8")


def when(condition: Callable[[], bool], then: Callable[[], None]) -> threading.Thread:
    """Does something as soon as a condition holds, beside the test."""

    def wait() -> None:
        end = time.monotonic() + 60
        while not condition() and time.monotonic() < end:
            time.sleep(0.02)
        then()

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    return thread


def header(text: str) -> dict[str, str]:
    """The options for sbatch: those before the first line that is no comment, unquoted."""
    lines = text.split("\n\n")[0].splitlines()
    assert lines[0] == "#!/bin/bash"
    words = [shlex.split(line.removeprefix("#SBATCH "))[0] for line in lines[1:]]
    return {name: value for name, _, value in (word.partition("=") for word in words)}


def test_slurm_is_asked_for_what_was_asked_for_and_for_nothing_else(place: Path) -> None:
    asked = Allocation(
        name="a mouse",
        processes=4,
        nodes=2,
        gpus=Gpus(4, "a100"),
        cpus=8,
        memory="32G",
        time="8:00:00",
        notice=300,
        partition="gpu",
        account="lab",
        qos="high",
        constraint="a|b",
        more=("--exclude=node[1-3]", "--exclusive"),
    )
    always = {"--open-mode": "append", "--requeue": "", "--output": f"{place}/run.slurm/%j.log".replace("50%", "50%%")}
    assert header(script(asked, errand(place))) == {
        **always,
        "--job-name": "a mouse",
        "--ntasks-per-node": "4",
        "--nodes": "2",
        "--gres": "gpu:a100:4",
        "--cpus-per-task": "8",
        "--mem": "32G",
        "--time": "8:00:00",
        "--signal": "B:USR1@300",
        "--partition": "gpu",
        "--account": "lab",
        "--qos": "high",
        "--constraint": "a|b",
        "--exclude": "node[1-3]",
        "--exclusive": "",
    }
    assert header(script(Allocation("mouse", gpus=Gpus(2)), errand(place))) == {
        **always,
        "--job-name": "mouse",
        "--nodes": "1",
        "--ntasks-per-node": "1",
        "--gres": "gpu:2",
        "--signal": "B:USR1@120",
    }


def test_the_words_arrive_as_they_were_given_in_the_folder_where_they_were_given(place: Path) -> None:
    do(place, "pwd >where")
    assert local.run(written(Allocation("x"), errand(place, *ODD)), 1) == 0
    assert calls(place) == [[*ODD, ALONE]]
    assert (place / "where").read_text("utf-8") == f"{place}\n"


def test_several_processes_know_their_rank_and_where_they_meet(place: Path) -> None:
    do(place, 'echo "$MASTER_ADDR:$MASTER_PORT" >meet.$RANK; sleep 0.1')
    assert local.run(written(Allocation("x", processes=2), errand(place, "a b")), 2) == 0
    assert sorted(calls(place)) == [["a b", "0,0,2"], ["a b", "1,1,2"]]
    address, port = (place / "meet.0").read_text().strip().split(":")
    assert address == "localhost"
    assert 10000 <= int(port) < 30000
    assert (place / "meet.0").read_text() == (place / "meet.1").read_text()


def test_a_run_that_was_begun_goes_on_with_its_own_settings_and_another_starts_afresh(place: Path) -> None:
    do(place, "true")
    file = written(Allocation("x"), errand(place, "data", "--config", "mouse.toml", settings="size = 64\nEND\n"))
    assert local.run(file, 1) == 0
    assert (place / "run.slurm/settings.toml").read_text() == "size = 64\nEND\n"
    (place / "run").mkdir()
    (place / "run/config.toml").touch()
    assert local.run(file, 1) == 0
    given = ["data", "--config", "mouse.toml", "--config"]
    assert calls(place) == [
        [*given, f"{place}/run.slurm/settings.toml", ALONE],
        [*given, "run", "--resume", ALONE],
    ]


def test_a_run_that_was_to_go_on_is_given_the_same_words_each_time(place: Path) -> None:
    do(place, "true")
    (place / "run").mkdir()
    (place / "run/config.toml").touch()
    assert local.run(written(Allocation("x"), errand(place, "--resume", "--steps", "9", resume=True)), 1) == 0
    assert calls(place) == [["--resume", "--steps", "9", ALONE]]


def test_lines_of_the_setup_run_first_and_one_that_fails_ends_the_job(place: Path) -> None:
    do(place, 'echo "$LOADED" >loaded')
    assert local.run(written(Allocation("x", setup=("export LOADED='a b'",)), errand(place)), 1) == 0
    assert (place / "loaded").read_text() == "a b\n"
    (place / "loaded").unlink()
    assert local.run(written(Allocation("x", setup=("false", "true")), errand(place)), 1) == 1
    assert not (place / "loaded").exists()


@pytest.mark.parametrize("code", [0, 1, 2, 137])
def test_a_run_that_ends_by_itself_ends_the_job_with_its_status(place: Path, code: int) -> None:
    do(place, f"exit {code}")
    assert local.run(written(Allocation("x"), errand(place)), 1) == code
    assert len(calls(place)) == 1


SAVES = """
mkdir -p run; touch run/config.toml
[ -e run/state.pt ] && exit 0
trap 'touch run/state.pt; exit 130' TERM
touch ready
for i in {1..600}; do sleep 0.05; done
"""
"""A run that saves when it is told to stop, and has nothing left to do the next time."""


def test_a_run_saves_before_its_time_is_over_is_queued_again_and_ends(
    place: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    do(place, SAVES)
    when((place / "ready").exists, lambda: os.kill(os.getpid(), signal.SIGUSR1))
    assert local.run(written(Allocation("x"), errand(place, "data")), 1) == 0
    assert calls(place) == [["data", ALONE], ["data", "--config", "run", "--resume", ALONE]]
    assert "Queued again: the run was told to make room" in capfd.readouterr().err


def test_a_run_that_slurm_tells_to_stop_is_queued_again_as_long_as_the_job_goes_on(place: Path) -> None:
    """As when the job is preempted with a time of grace: Slurm leaves it to the script."""
    do(place, SAVES.replace("touch ready", "touch ready; kill $$"))
    assert local.run(written(Allocation("x"), errand(place)), 1) == 0
    assert len(calls(place)) == 2


def test_a_cancelled_job_saves_and_is_not_queued_again(place: Path) -> None:
    do(place, SAVES)
    when((place / "ready").exists, lambda: os.kill(os.getpid(), signal.SIGTERM))
    assert local.run(written(Allocation("x"), errand(place)), 1) == 130
    assert (place / "run/state.pt").exists()
    assert len(calls(place)) == 1


def test_a_limit_too_short_for_a_step_does_not_go_round_for_ever(
    place: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    do(place, "touch ready; exec sleep 30")  # SIGTERM ends it before it can save
    when((place / "ready").exists, lambda: os.kill(os.getpid(), signal.SIGUSR1))
    assert local.run(written(Allocation("x"), errand(place)), 1) == 143
    assert len(calls(place)) == 1
    assert "the time was over before the first step" in capfd.readouterr().err


def test_where_slurm_does_not_queue_it_again_the_log_says_how_to_go_on(
    place: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing = place / "standins.sh"
    refusing.write_text(f"{local.STANDINS.read_text('utf-8')}\nscontrol() {{ return 1; }}\n", "utf-8")
    monkeypatch.setattr(local, "STANDINS", refusing)
    do(place, SAVES.replace("touch ready", "touch ready; kill $$"))
    assert local.run(written(Allocation("x"), errand(place)), 1) == 130
    way = capfd.readouterr().err.splitlines()[-1].removeprefix("Slurm does not queue it again; to go on: ")
    assert shlex.split(way) == ["sbatch", f"{place}/run.slurm/job.sh"]


def test_a_signal_that_comes_as_the_run_ends_does_not_undo_its_end(place: Path) -> None:
    do(place, "trap 'exit 0' TERM; touch ready; for i in {1..600}; do sleep 0.05; done")
    when((place / "ready").exists, lambda: os.kill(os.getpid(), signal.SIGUSR1))
    assert local.run(written(Allocation("x"), errand(place)), 1) == 0
    assert len(calls(place)) == 1


def test_bash_finds_no_fault_in_any_form_of_the_script(place: Path) -> None:
    for processes in (1, 3):
        for settings in (None, "a = 1", "END\nEND_\n"):
            for resume in (False, True):
                text = script(
                    Allocation("x", processes, 2, cpus=2), errand(place, *ODD, resume=resume, settings=settings)
                )
                done = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True)
                assert (done.returncode, done.stderr) == (0, "")
