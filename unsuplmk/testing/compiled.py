"""Whether a part can be compiled and exported, and stays the same."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import is_dataclass
from inspect import unwrap
from typing import Any

import torch
from jaxtyping import config
from torch import Tensor, nn
from torch._dynamo.exc import TorchDynamoException

from unsuplmk import types

SEED = 7


def assert_compiles(
    build: Callable[[], Any], run: Callable[..., Sequence[Tensor]], *inputs: Any, whole: bool = True
) -> None:
    """`torch.compile` gives the same values; what is done with the graph afterwards is the compiler's business.

    Args:
        build: Makes the part, the same each time.
        run: Uses it: `run(part, *inputs)`.
        inputs: What it is used on.
        whole: All of it must be one graph, as `fullgraph=True` wants; otherwise it may be cut.

    Raises:
        AssertionError: It cannot be traced, or the values differ.
    """
    with _plain():
        first, second = build(), build()  # which draw numbers of their own
        torch.manual_seed(SEED)
        expected = run(first, *inputs)
        torch.manual_seed(SEED)
        try:
            found = torch.compile(run, backend="eager", fullgraph=whole)(second, *inputs)
        except TorchDynamoException as error:
            raise AssertionError(f"it does not compile in one graph: {_reason(error)}") from None
        finally:
            torch.compiler.reset()
    _assert_same(found, expected, "compiled")


def assert_exports(module: nn.Module, inputs: Callable[[int], Tensor]) -> None:
    """`torch.export` with any batch size gives the same values.

    Args:
        module: Takes one tensor and gives tensors; in evaluation mode.
        inputs: A batch of this size.

    Raises:
        AssertionError: It cannot be exported, the size of the batch is built in, or the values differ.
    """
    batch = {0: torch.export.Dim("batch", min=1)}
    with _plain(), torch.no_grad():
        expected = {size: module(inputs(size)) for size in (1, 3)}
        try:
            program = torch.export.export(module, (inputs(2),), dynamic_shapes=(batch,)).module()
            found = {size: program(inputs(size)) for size in expected}
        except Exception as error:  # the exporter raises errors of many kinds
            raise AssertionError(f"it cannot be exported with any batch size: {_reason(error)}") from None
    for size, values in expected.items():
        _assert_same(found[size], values, "exported")


def _assert_same(found: Sequence[Tensor], expected: Sequence[Tensor], how: str) -> None:
    for a, b in zip(found, expected, strict=True):
        assert a.shape == b.shape, f"{how}, it gives {tuple(a.shape)} in place of {tuple(b.shape)}"
        assert torch.allclose(a, b, rtol=1e-3, atol=1e-4), f"{how}, it gives other values"


def _reason(error: Exception) -> str:
    """The error's first line, and the author's line that it is about, where the error names one."""
    text = str(error)
    first = next((line.strip() for line in text.splitlines() if line.strip()), type(error).__name__)
    places = re.findall(r'File "([^"]+)", line (\d+), in [^\n]+\n\s*([^\n]+)', text)
    mine = [place for place in places if "/torch/" not in place[0].replace("\\", "/")]
    where = " at {}:{}: {}".format(*mine[-1]) if mine else ""
    return f"{first[:200]}{where}"


@contextmanager
def _plain() -> Iterator[None]:
    """No checks of annotations while code runs (jaxtyping's), through whose wrappers no compiler sees; no warnings."""
    hooked = {
        cls: cls.__init__
        for cls in vars(types).values()
        if isinstance(cls, type) and is_dataclass(cls) and hasattr(cls.__init__, "__wrapped__")
    }
    before = config.jaxtyping_disable
    config.update("jaxtyping_disable", True)
    for cls, init in hooked.items():
        cls.__init__ = unwrap(init)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the compiler's remarks are not about the part
            yield
    finally:
        config.update("jaxtyping_disable", before)
        for cls, init in hooked.items():
            cls.__init__ = init
