"""What a run would refuse before its first step, found out beforehand: for a run that will start elsewhere."""

from __future__ import annotations

from pathlib import Path

from unsuplmk import checkpoint, job, launch, registry
from unsuplmk.batches.data import open_data
from unsuplmk.config import Config
from unsuplmk.training.wiring import wire


def rehearse(config: Config, folder: Path, *, resume: bool = False, processes: int | None = None) -> None:
    """Check what the run will need; nothing is written, and the devices may be another machine's.

    Networks that the losses need are fetched now, since the machine that trains may have no way to do so.

    Args:
        config: The run's settings.
        folder: Its folder.
        resume: Whether it goes on with what the folder holds.
        processes: How many will share the batch; None for `config.devices`.

    Raises:
        UserError: As of `Job.run`, unless the reason shows only on the device or in a frame.
    """
    config = config.resolved()
    launch.known(config.device)
    processes = processes or config.devices
    job.share(config.batch, processes)
    if resume:
        job.refuse_finished(folder, config, checkpoint.load_state(folder, config))
    else:
        checkpoint.vacant(folder)
    wire(config, processes)
    for name, options in config.stage.items():
        registry.build("stage", name, **options)
    open_data(config.data, config.dataset)
