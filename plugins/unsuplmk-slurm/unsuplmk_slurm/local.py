"""The job's script run on this machine, with stand-ins for the commands of Slurm that it calls."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType

STANDINS = Path(__file__).with_name("standins.sh")


def run(script: Path, processes: int) -> int:
    """Run the script until it no longer queues itself again, and return its exit status.

    Ctrl-C and SIGTERM end the job as `scancel` would; SIGUSR1 is the notice that its time is nearly over.

    Args:
        script: The file.
        processes: How many the job has.
    """
    with TemporaryDirectory() as name:
        state = Path(name)
        standing = {
            "BASH_ENV": str(STANDINS),
            "UNSUPLMK_LOCAL": name,
            "SLURM_JOB_ID": str(os.getpid()),
            "SLURM_JOB_NODELIST": "localhost",
            "SLURM_NTASKS": str(processes),
        }
        while True:
            (state / "requeue").unlink(missing_ok=True)
            # a session of its own: Ctrl-C reaches it through us alone, once
            job = subprocess.Popen(["bash", str(script)], env={**os.environ, **standing}, start_new_session=True)
            with _passed_on(job, state):
                code = job.wait()
            if not (state / "requeue").exists():
                return code if code >= 0 else 128 - code


@contextmanager
def _passed_on(job: subprocess.Popen[bytes], state: Path) -> Iterator[None]:
    """Signals that come here mean the job."""

    def cancel(_: int, __: FrameType | None) -> None:
        (state / "cancelled").touch()
        os.killpg(job.pid, signal.SIGTERM)  # as Slurm: to the script and to all that it started

    def notice(_: int, __: FrameType | None) -> None:
        job.send_signal(signal.SIGUSR1)

    handlers = {signal.SIGINT: cancel, signal.SIGTERM: cancel, signal.SIGUSR1: notice}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
