"""From the command's options and the run that they are for to what Slurm is asked for, or one clear error."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from unsuplmk.errors import UserError
from unsuplmk_slurm.script import Allocation
from unsuplmk_slurm.values import Gpus, seconds, spoken

if TYPE_CHECKING:
    from unsuplmk.cli.request import Request
    from unsuplmk.config import Config

EARLY = 60
"""Slurm may send its notice so many seconds before it is due."""


def allocation(given: dict[str, Any], config: Config, run: Path) -> Allocation:
    """What Slurm is asked for.

    Args:
        given: The command's options, by name.
        config: The run's settings.
        run: Its folder, which the job is named after.

    Raises:
        UserError: The options do not go together, or not with the settings.
    """
    gpus: Gpus = given["gpus"]
    time, notice = given["time"] or "", given["notice"]
    if time and seconds(time) <= notice + EARLY:
        raise UserError(
            f"--time {time} is {spoken(time)}, and the run saves up to {notice + EARLY} s before the end: "
            "give it more, or a smaller --notice"
        )
    if gpus.count and config.device in ("cpu", "mps"):
        raise UserError(f"--gpus {gpus.count} and --device {config.device} exclude each other: leave out one of them")
    if gpus.count and config.devices not in (1, gpus.count):
        raise UserError(
            f"--gpus {gpus.count} starts {gpus.count} processes on each node, and --devices {config.devices} asks for "
            f"{config.devices}: write --devices {gpus.count} after --, or ask for {config.devices} GPUs"
        )
    return Allocation(
        name=given["job_name"] or run.absolute().name,
        processes=gpus.count or config.devices,
        nodes=given["nodes"],
        gpus=gpus,
        cpus=given["cpus"] or 0,
        memory=given["memory"] or "",
        time=time,
        notice=notice,
        partition=given["partition"] or "",
        account=given["account"] or "",
        qos=given["qos"] or "",
        constraint=given["constraint"] or "",
        more=given["sbatch"],
        setup=given["setup"],
    )


def words(given: tuple[str, ...], asked: Allocation, request: Request, run: Path) -> tuple[str, ...]:
    """The words of `unsuplmk run` with what the job must not leave to chance: the folder, and the GPUs asked for."""
    out = () if request.out else ("--out", str(run))
    device = ("--device", "cuda") if asked.gpus.count and request.config.device == "auto" else ()
    return (*given, *out, *device)
