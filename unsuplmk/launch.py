"""One process or several: who starts them, and what each of them knows.

`--devices N` starts N processes here by PyTorch's elastic launch; under `torchrun` or Slurm they are there
already. Only this module and `job.py` know that accelerate does the rest.
"""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, TypeVar, cast, final

from unsuplmk.errors import UserError

if TYPE_CHECKING:
    import torch
    from accelerate import Accelerator

Network = TypeVar("Network", bound="torch.nn.Module")

DEVICES = ("cuda", "mps", "cpu")
"""What one may train on, fastest first."""


def launched() -> bool:
    """Whether a launcher such as torchrun has started this process as one of a group."""
    return "RANK" in os.environ and "WORLD_SIZE" in os.environ


def spread(entry: Callable[..., None], devices: int, *arguments: Any) -> None:
    """Run `entry(*arguments)` in `devices` processes, or here if one is asked for or they are there already.

    Raises:
        UserError: One of the processes raised it.
    """
    if devices == 1 or launched():
        entry(*arguments)
        return
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    # with the shared store a restart in place fails at random under gloo
    os.environ.setdefault("TORCH_DISABLE_SHARE_RDZV_TCP_STORE", "1")
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // devices)))
    with tempfile.TemporaryDirectory() as folder:
        said = Path(folder) / "error.txt"
        settings = LaunchConfig(
            min_nodes=1,
            max_nodes=1,
            nproc_per_node=devices,
            run_id="unsuplmk",
            rdzv_backend="c10d",
            rdzv_endpoint="localhost:0",
            max_restarts=0,
        )
        try:
            elastic_launch(settings, _entry)(entry, said, *arguments)
        except ChildFailedError as error:
            if said.exists():
                raise UserError(said.read_text("utf-8")) from None
            raise RuntimeError(f"a training process failed: {error}") from error


def _entry(entry: Callable[..., None], said: Path, *arguments: Any) -> None:
    try:
        entry(*arguments)
    except UserError as error:
        said.write_text(str(error), "utf-8")
        raise SystemExit(2) from None  # the launcher then ends the other processes


def known(device: str) -> None:
    """Make sure that a name means a device, here or elsewhere.

    Raises:
        UserError: It does not.
    """
    if device not in ("auto", *DEVICES):
        raise UserError(f"no device named {device!r}; known: auto, {', '.join(DEVICES)}")


def resolve(device: str) -> str:
    """The device that a name means; auto is the fastest one here.

    Raises:
        UserError: There is no such device here.
    """
    import torch

    known(device)
    has = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if device == "auto":
        return next(name for name in DEVICES if has[name])
    if not has[device]:
        raise UserError(f"no {device} device here; available: {', '.join(name for name in DEVICES if has[name])}")
    return device


def engine(device: str) -> Accelerator:
    """accelerate on the device that was asked for.

    Raises:
        UserError: There is no such device here.
    """
    from accelerate import Accelerator

    # precision stays out of accelerate: its state lasts as long as the process, and the next job may want another
    return Accelerator(cpu=resolve(device) == "cpu", mixed_precision="no")


def autocast(device: str, precision: str) -> torch.autocast:
    """The context of the forward pass: bfloat16 where it is asked for, or where `auto` finds it faster."""
    import torch

    return torch.autocast(device, torch.bfloat16, enabled=lowers(device, precision))


def lowers(device: str, precision: str) -> bool:
    """Whether the forward pass is in bfloat16."""
    return precision == "bfloat16" or (precision == "auto" and fast_bfloat16(device))


def fast_bfloat16(device: str) -> bool:
    """Whether the device multiplies bfloat16 faster than float32."""
    import torch

    if device == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    # x86 with AVX512-BF16 or AMX: twice float32 in oneDNN; elsewhere it is emulated
    return device == "cpu" and bool(torch.cpu._is_avx512_bf16_supported())


def synchronised(model: Network, world: int) -> Network:
    """Batch norm over all processes, where there are several and the device can (CUDA)."""
    import torch

    if world > 1 and torch.cuda.is_available():
        return cast("Network", torch.nn.SyncBatchNorm.convert_sync_batchnorm(model))
    return model


@final
class Interruption(AbstractContextManager["Interruption"]):
    """Ctrl-C and SIGTERM ask the loop to save and stop; a second Ctrl-C stops at once.

    A second SIGTERM does not: schedulers repeat it, and send SIGKILL when they mean it.
    """

    def __init__(self) -> None:
        self.asked = ""
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Interruption:
        """Listen; only the main thread of a process can."""
        import threading

        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._ask)
        return self

    def __exit__(self, *_: object) -> None:
        """Give the signals back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _ask(self, number: int, _: FrameType | None) -> None:
        if self.asked and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.asked = self.asked or signal.Signals(number).name
