"""`unsuplmk slurm`: every fault is named before anything is submitted, and what is printed is what is submitted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from unsuplmk import config
from unsuplmk.cli import cli
from unsuplmk.errors import UserError

SBATCH = """#!/bin/sh
# stands for sbatch: keeps the script it gets, and answers as it is told
echo "$@" >>"$SLURM/submitted"
for last; do :; done
cp "$last" "$SLURM/script"
[ -e "$SLURM/refusal" ] && { cat "$SLURM/refusal" >&2; exit 1; }
echo "$(cat "$SLURM/number")"
"""
SQUEUE = """#!/bin/sh
# stands for squeue -h -u USER -o '%i %T %o'
[ "$*" = "-h -u $(id -u) -o %i %T %o" ] && [ -e "$SLURM/queue" ] && cat "$SLURM/queue"
"""
SMALL = ("--size", "32", "--encoder", "convnet", "--device", "cpu")


@pytest.fixture(autouse=True)
def slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the stand-ins for Slurm's commands read and write; the tests run in a folder beside it."""
    slurm, here = tmp_path / "slurm", tmp_path / "my büro"
    (slurm / "bin").mkdir(parents=True)
    here.mkdir()
    for name, text in {"sbatch": SBATCH, "squeue": SQUEUE}.items():
        (slurm / "bin" / name).write_text(text, "utf-8")
        (slurm / "bin" / name).chmod(0o755)
    (slurm / "number").write_text("4711")
    monkeypatch.setenv("SLURM", str(slurm))
    monkeypatch.setenv("PATH", f"{slurm / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.chdir(here)
    return slurm


def invoke(*args: str) -> Result:
    done = CliRunner().invoke(cli, ["slurm", *args], terminal_width=100)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def test_what_is_printed_is_what_is_submitted(slurm: Path) -> None:
    args = ("--partition", "gpu", "--time", "8:00:00", "--setup", "module load cuda", "--", *SMALL, "--out", "runs/a")
    printed = invoke("--dry-run", *args).stdout
    assert not (slurm / "submitted").exists()
    assert not list(Path.cwd().iterdir())
    done = invoke(*args)
    assert done.exit_code == 0
    assert (slurm / "script").read_text("utf-8") == printed == Path("runs/a.slurm/job.sh").read_text("utf-8")
    assert (slurm / "submitted").read_text("utf-8") == f"--parsable {Path.cwd()}/runs/a.slurm/job.sh\n"
    assert done.stdout.splitlines()[0] == "Job 4711: 1 process on 1 node, 8 h at a stretch"
    assert f"  tail -F '{Path.cwd()}/runs/a.slurm/4711.log'" in done.stdout.splitlines()
    assert not Path("runs/a").exists()


def test_the_answer_as_json_says_where_everything_is(slurm: Path) -> None:
    (slurm / "number").write_text("4711;cluster")
    folder = f"{Path.cwd()}/runs/puppets-convnet-01"
    answer = json.loads(invoke("--json", "--", *SMALL).stdout)
    assert answer == {
        "job": "4711",
        "run": "runs/puppets-convnet-01",
        "script": f"{folder}.slurm/job.sh",
        "log": f"{folder}.slurm/4711.log",
    }
    answer = json.loads(invoke("--json", "--dry-run", "--", *SMALL).stdout)
    assert answer["run"] == "runs/puppets-convnet-02"  # the first is a waiting job's
    assert "--out runs/puppets-convnet-02)" in answer["script"]


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        (["--", "--encoder", "hourglas"], "did you mean 'hourglass'"),
        (["--", "no-such-folder/"], "no file or folder 'no-such-folder/'"),
        (["--", "--out", "taken"], "taken holds another run: add --resume"),
        (["--", "--resume", "--out", "nowhere"], "nowhere holds no run"),
        (["--", "--device", "gpu"], "no device named 'gpu'"),
        (["--", "--loss", "vgg16", "--loss.vgg16.weights", "nowhere.pth"], "nowhere.pth"),
        (["--", "--generator", "identity"], "identity"),
        (["--gpus", "3", "--", "--batch", "32"], "--batch 32 cannot be shared by 3 processes"),
        (["--gpus", "2", "--nodes", "3", "--", "--batch", "32"], "--batch 32 cannot be shared by 6 processes"),
        (["--gpus", "2", "--", "--devices", "4"], "--gpus 2 starts 2 processes on each node, and --devices 4 asks"),
        (["--gpus", "2", "--", "--device", "cpu"], "--gpus 2 and --device cpu exclude each other"),
        (["--time", "3:00", "--", "puppets"], "--time 3:00 is 3 min, and the run saves up to 180 s before the end"),
        (["--", "puppets", "--", "x"], "one -- is enough"),
        (["--dry-run", "--local"], "choose one of them"),
        (["--local", "--nodes", "2"], "--local is this machine alone"),
        (["--", "--out", "a\\b"], "no path with a backslash"),
        (["--", "--out", "a\nb"], "no path with a backslash or a line break"),
    ],
)
def test_what_cannot_work_is_one_line_and_nothing_is_submitted(args: list[str], reason: str, slurm: Path) -> None:
    Path("taken").mkdir()
    Path("taken/config.toml").write_text(config.to_toml(config.make({}), {}), "utf-8")
    with pytest.raises(UserError) as caught:
        invoke(*args)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (slurm / "submitted").exists()
    assert [path.name for path in Path.cwd().iterdir()] == ["taken"]


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        (["--time", "8h", "--", "puppets"], "'8h' is no span of time; as in 30 (minutes), 8:00:00 or 2-12"),
        (["--memory", "lots"], "'lots' is no amount of memory; as in 32G"),
        (["--gpus", "all"], "'all' is no number of GPUs; as in 4 or a100:4"),
        (["--nodes", "0"], "0 is not in the range"),
        (["--encoder", "hourglass"], "No such option '--encoder'"),
        (["--partiton", "gpu"], "Did you mean '--partition'? Options of `unsuplmk run` stand after --"),
        (["--", "--encoder.widht", "8"], "No such option '--encoder.widht'"),
        (["--", "--landmarks", "0"], "0 is not in the range"),
    ],
)
def test_a_wrong_option_is_a_usage_error(args: list[str], reason: str, slurm: Path) -> None:
    done = invoke(*args)
    assert done.exit_code == 2
    assert reason in " ".join(done.stderr.split())
    assert not (slurm / "submitted").exists()


def test_the_help_of_the_runs_options_stands_behind_the_dashes() -> None:
    assert "--partition" in invoke("--help").stdout
    said = invoke("--", "--encoder", "convnet", "--help").stdout
    assert said.startswith("Usage: unsuplmk run")
    assert "Encoder convnet:" in said


def test_gpus_that_were_asked_for_must_be_used() -> None:
    assert " --device cuda)\n" in invoke("--dry-run", "--gpus", "2", "--", "--out", "a").stdout
    assert "--ntasks-per-node=2\n" in invoke("--dry-run", "--gpus", "2", "--", "--out", "a", "--devices", "2").stdout
    assert "--device" not in invoke("--dry-run", "--", "--out", "a").stdout


def test_a_config_file_is_kept_as_it_was_when_the_job_was_submitted() -> None:
    Path("mouse.toml").write_text("landmarks = 7 # it's mine\n", "utf-8")
    text = invoke("--dry-run", "--", "--config", "mouse.toml", "--out", "a").stdout
    assert "<<'END'\nlandmarks = 7 # it's mine\nEND\n" in text
    assert "settings.toml" not in invoke("--dry-run", "--", "--config", "puppets", "--out", "a").stdout


def test_slurms_own_refusal_is_passed_on_and_leaves_nothing(slurm: Path) -> None:
    (slurm / "refusal").write_text(
        "sbatch: error: invalid partition specified: gpuu\n"
        "sbatch: error: Batch job submission failed: Invalid partition name specified\n"
    )
    with pytest.raises(UserError) as caught:
        invoke("--partition", "gpuu", "--", *SMALL, "--out", "a")
    assert str(caught.value) == (
        "Slurm refuses the job: invalid partition specified: gpuu; "
        "Batch job submission failed: Invalid partition name specified"
    )
    assert not list(Path.cwd().iterdir())


def test_two_jobs_never_work_on_one_run(slurm: Path) -> None:
    args = ("--", *SMALL, "--out", "a")
    invoke(*args)
    (slurm / "queue").write_text(f"7 RUNNING /other/job.sh\n4711 PENDING {Path.cwd()}/a.slurm/job.sh\n", "utf-8")
    with pytest.raises(UserError, match="job 4711 of this run is pending: wait for it, end it with scancel 4711"):
        invoke(*args)
    (slurm / "queue").write_text("7 RUNNING /other/job.sh\n")  # it was cancelled before it began
    assert invoke(*args).exit_code == 0


def test_without_slurm_the_error_says_what_works(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    with pytest.raises(UserError, match=r"no sbatch on this machine.*--dry-run prints.*--local runs it here"):
        invoke("--", *SMALL)
    assert invoke("--dry-run", "--", *SMALL).exit_code == 0


def test_the_door_loads_nothing_heavy() -> None:
    code = (
        "import click, sys; import unsuplmk_slurm; unsuplmk_slurm.register_commands(click.Group());"
        "print(*{'torch', 'numpy', 'pydantic'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not done.stdout.split()


def test_the_command_is_found_by_its_name() -> None:
    with click.Context(cli) as ctx:
        assert cli.get_command(ctx, "slurm") is not None
