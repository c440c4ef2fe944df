"""Slurm's queue: a script submitted, and whether an earlier job of the same run is still in it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from unsuplmk.errors import UserError


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


def refuse_queued(script: Path) -> None:
    """Make sure that none of the user's jobs works on the same run, or waits to.

    Args:
        script: That such a job was submitted with.

    Raises:
        UserError: One does.
    """
    if shutil.which("squeue") is None:
        return
    command = ["squeue", "-h", "-u", str(os.getuid()), "-o", "%i %T %o"]
    for line in subprocess.run(command, capture_output=True, text=True).stdout.splitlines():
        job, state, its = line.split(" ", 2)
        if Path(its).resolve() == script.resolve():
            raise UserError(
                f"job {job} of this run is {state.lower()}: wait for it, end it with scancel {job}, "
                "or choose another --out"
            )


def submit(script: Path) -> str:
    """Submit a script, and return the number of the job.

    Raises:
        UserError: Slurm refuses it; the message is Slurm's own.
    """
    done = subprocess.run(["sbatch", "--parsable", str(script)], capture_output=True, text=True)
    if done.returncode:
        reasons = (line.removeprefix("sbatch: ").removeprefix("error: ") for line in done.stderr.splitlines())
        raise UserError(f"Slurm refuses the job: {'; '.join(reasons) or f'sbatch left with {done.returncode}'}")
    return done.stdout.strip().partition(";")[0]  # a cluster's name may follow
