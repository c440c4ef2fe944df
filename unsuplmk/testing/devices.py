"""Whether a part's tensors lie where its input lies: told without a second device, and tried on one that is there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar, final

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.func import functional_call

from unsuplmk.errors import UserError
from unsuplmk.testing.part import UndecidedError

Module = TypeVar("Module", bound=nn.Module)
Move = Callable[[Tensor], Tensor]
"""Brings an input to the device that is tried."""
Run = Callable[[Module, Move], Sequence[Tensor]]
"""Uses a part on inputs that it moves, and gives what came out."""

TOLERANCE = 0.02
"""Of the largest value: convolutions of accelerators round more coarsely than the CPU's."""


def assert_follows_its_input(build: Callable[[], Module], run: Run[Module]) -> None:
    """Everything happens on the device of the input, and on a real accelerator it gives the CPU's values.

    Tensors without contents know their device, so that a mixture is found on a machine without an accelerator.

    Args:
        build: Makes the part, on the CPU, the same each time.
        run: Uses it.

    Raises:
        AssertionError: Two devices are mixed, or the values differ.
        UndecidedError: The part looks at its tensors' values, and there is no accelerator to try it on.
    """
    real = torch.accelerator.is_available()
    try:
        _imagine(build(), run, "cuda")
    except UndecidedError:
        if not real:
            raise
    if real:
        compare(build, run, torch.accelerator.current_accelerator() or torch.device("cpu"))


def compare(build: Callable[[], Module], run: Run[Module], device: torch.device) -> None:
    """The same values on the device as on the CPU, but for rounding; in evaluation mode.

    Raises:
        AssertionError: They differ.
    """
    with torch.no_grad():
        here = run(build().eval(), lambda tensor: tensor)
        there = run(build().eval().to(device), lambda tensor: tensor.to(device))
    _assert_on(there, device.type)
    for a, b in zip(here, there, strict=True):
        miss, bound = (a - b.cpu()).abs().max(), TOLERANCE * (a.abs().max() + 1e-3)
        assert miss <= bound, f"on {device.type} values are up to {miss:.3g} from the CPU's"


def _imagine(module: Module, run: Run[Module], device: str) -> None:
    call = _Call(module, run)
    with FakeTensorMode(allow_non_fake_inputs=True), torch.no_grad():
        state = {name: torch.empty_like(tensor, device=device) for name, tensor in _tensors(call).items()}
        try:
            found = functional_call(call, state, (lambda tensor: tensor.to(device),))
        except UserError:
            raise
        except Exception as error:  # tensors without contents have many ways to say that they have none
            mixed = "devices" in str(error)
            assert not mixed, (
                "two devices are mixed: make new tensors where the input is (device=image.device), "
                "and keep constants in buffers"
            )
            raise UndecidedError(f"without an accelerator nobody can tell: {_line(error)}") from error
    _assert_on(found, device)


def _assert_on(found: Sequence[Tensor], device: str) -> None:
    for tensor in found:
        assert tensor.device.type == device, f"the input is on {device}, what comes out is on {tensor.device.type}"


def _tensors(module: nn.Module) -> dict[str, Tensor]:
    return {**dict(module.named_parameters()), **dict(module.named_buffers())}


def _line(error: Exception) -> str:
    return f"{type(error).__name__}: {(str(error).splitlines() or [''])[0][:160]}"


@final
class _Call(nn.Module):
    """The part and its use as one call, in which its tensors can be replaced."""

    def __init__(self, module: nn.Module, run: Callable[..., Sequence[Tensor]]) -> None:
        super().__init__()
        self.module, self.run = module, run

    def forward(self, move: Move) -> Sequence[Tensor]:
        return self.run(self.module, move)
