"""Slurm's queue: a script submitted, and whether an earlier job of the same run is still in it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from unsuplmk.errors import UserError

JOBS = "jobs"
"""File of the job folder with the number of each job that was submitted."""


def needs_slurm() -> None:
    """Make sure that jobs can be submitted from here.

    Raises:
        UserError: They cannot.
    """
    if shutil.which("sbatch") is None:
        raise UserError(
            "no sbatch on this machine: submit from a login node of the cluster; "
            "--dry-run prints the job's script anywhere, --local runs it here"
        )


def refuse_queued(folder: Path) -> None:
    """Make sure that no earlier job works on the same run.

    Raises:
        UserError: One does, or waits to.
    """
    jobs = folder / JOBS
    if not jobs.is_file() or shutil.which("squeue") is None:
        return
    for job in jobs.read_text("utf-8").split():
        found = subprocess.run(["squeue", "-h", "-j", job, "-o", "%T"], capture_output=True, text=True)
        state = found.stdout.strip()  # an error where Slurm has forgotten the job
        if found.returncode == 0 and state:
            raise UserError(
                f"job {job} of this run is {state.lower()}: wait for it, end it with scancel {job}, "
                "or choose another --out"
            )


def submit(script: Path) -> str:
    """Submit a script, note the job beside it, and return its number.

    Raises:
        UserError: Slurm refuses it; the message is Slurm's own.
    """
    done = subprocess.run(["sbatch", "--parsable", str(script)], capture_output=True, text=True)
    if done.returncode:
        reasons = (line.removeprefix("sbatch: ").removeprefix("error: ") for line in done.stderr.splitlines())
        raise UserError(f"Slurm refuses the job: {'; '.join(reasons) or f'sbatch left with {done.returncode}'}")
    job = done.stdout.strip().partition(";")[0]  # a cluster's name may follow
    with (script.parent / JOBS).open("a", encoding="utf-8") as file:
        file.write(f"{job}\n")
    return job
