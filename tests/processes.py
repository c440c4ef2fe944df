"""Processes: the same lines in several that make one group, and a signal sent to this one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import torch

START = """
import sys
import torch
import torch.distributed as dist

folder, rank, world = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
torch.set_num_threads(1)
dist.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=world)
torch.manual_seed(0)
"""
END = """
torch.save(result, f"{folder}/{rank}.pt")
dist.destroy_process_group()
"""


def results(lines: str, folder: Path, world: int = 2) -> list[Any]:
    """What each process has in `result` after `lines`; they know `rank` and `world`, and torch's seed is 0."""
    environment = {**os.environ, "GLOO_SOCKET_IFNAME": "lo", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-W", "error", "-c", f"{START}\n{lines}\n{END}", str(folder)]
    started = [
        subprocess.Popen([*command, str(rank), str(world)], env=environment, stderr=subprocess.PIPE, text=True)
        for rank in range(world)
    ]
    for process in started:
        _, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors
    return [torch.load(folder / f"{rank}.pt", weights_only=True) for rank in range(world)]


class Interrupts:
    """A console that sends this process SIGTERM, as a scheduler would."""

    def __init__(self, after: int) -> None:
        self.after = after

    def start(self, total: int, done: int, title: str) -> None: ...

    def update(self, number: int, figures: object) -> None:
        if number == self.after:
            os.kill(os.getpid(), signal.SIGTERM)

    def note(self, text: str) -> None: ...

    def warn(self, text: str) -> None: ...

    def finish(self) -> None: ...
