"""What a run really ran on, whatever `--device auto` meant there: kept in its config, told by report and model card."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import tomli_w
import torch

from unsuplmk import launch
from unsuplmk.checkpoint import CONFIG, write_atomically

MACHINE = "machine"
"""The tables of the config, one for each machine that a run was on: it may go on elsewhere than it began."""


def here(device: torch.device, processes: int, precision: str) -> dict[str, Any]:
    """What a job runs on.

    Args:
        device: Of this process.
        processes: How many share the batch.
        precision: What the config asks for.
    """
    name = f" ({torch.cuda.get_device_name(device)})" if device.type == "cuda" else ""
    low = launch.lowers(device.type, precision)
    return {"device": device.type + name, "processes": processes, "precision": "bfloat16" if low else "float32"}


def record(folder: Path, machine: Mapping[str, Any], step: int) -> None:
    """Add a machine to a run's config, unless the run was on such a one before; what it sets stays as it is.

    Args:
        folder: The run's.
        machine: From `here`.
        step: Steps that were done before; what was recorded from there on came to nothing.

    Raises:
        UserError: It cannot be written.
    """
    values = tomllib.loads((folder / CONFIG).read_text("utf-8"))
    before = [table for table in _tables(values) if table["step"] < step]
    now = [] if before and {**before[-1], **machine} == before[-1] else [{"step": step, **machine}]
    text = tomli_w.dumps({**values, MACHINE: [*before, *now]})
    write_atomically(folder / CONFIG, lambda path: path.write_text(text, "utf-8"))


def told(config: Mapping[str, Any]) -> str:
    """What a config records of its machines, in words; empty where it was written without.

    Args:
        config: The file as it stands.
    """
    said = []
    for table in _tables(config):
        count = table.get("processes", 1)
        words = f"{table.get('device')}, {count} {'process' if count == 1 else 'processes'}, {table.get('precision')}"
        said.append(f"from step {table['step']:,}: {words}" if table["step"] else words)
    return "; ".join(said)


def _tables(config: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    tables = config.get(MACHINE)
    for table in tables if isinstance(tables, list) else ():
        if isinstance(table, Mapping) and isinstance(table.get("step"), int):
            yield table
