"""The part under test, and the small inputs that the checks share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from unsuplmk import registry
from unsuplmk.errors import UserError
from unsuplmk.types import Image, Landmarks

Module = TypeVar("Module", bound=nn.Module)
LANDMARKS = 5
HEIGHT, WIDTH = 64, 96
"""Of test images: not square, and each a multiple of 32, so that any usual stride divides them."""
SIDES = (16, 32, 72, 88)
"""Of images that a run may ask for too: the smallest, and multiples of 8 that are none of 16."""


class UndecidedError(Exception):
    """A check that cannot be made here: it counts as skipped, with this reason."""


@dataclass(frozen=True)
class Part:
    """A class that is a part of some kind, and the options to test it with.

    Args:
        kind: Kind of the part.
        name: Name that it is registered under.
        cls: The class.
        options: Where they differ from the defaults.
        path: What it reads, if it takes a path.
    """

    kind: str
    name: str
    cls: type
    options: Mapping[str, Any] = field(default_factory=dict)
    path: str = ""

    @classmethod
    def find(cls, kind: str, name: str, options: Mapping[str, Any], path: str | Path = "") -> Part:
        """The registered part of this name.

        Raises:
            UserError: There is none.
        """
        return cls(kind, name, registry.find(kind, name).cls, options, str(path))

    def build(self, *wired: Any, seed: int = 0) -> Any:
        """A new instance, whose initial weights follow from the seed."""
        torch.manual_seed(seed)
        path = (self.path,) if self.path else ()
        return self.cls(*path, *wired, **dict(registry.options(self.cls)(**self.options)))


@contextmanager
def refusal_allowed(what: str) -> Iterator[None]:
    """UserError ends the block, and is well: it says what would work. Other errors are the part's fault.

    Raises:
        AssertionError: Another error came.
    """
    try:
        yield
    except UserError:
        pass
    except AssertionError:
        raise
    except Exception as error:
        said = f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"
        raise AssertionError(f"{what} end in {said}; raise UserError, which says what would work") from error


def images(batch: int = 2, height: int = HEIGHT, width: int = WIDTH, seed: int = 0) -> Image:
    """Smooth random images in [0, 1]."""
    coarse = torch.rand(batch, 3, 6, 6, generator=torch.Generator().manual_seed(seed))
    return F.interpolate(coarse, (height, width), mode="bicubic", align_corners=False).clamp(0, 1)


def landmarks(batch: int = 2, count: int = LANDMARKS, seed: int = 0) -> Landmarks:
    """Random points well inside the image."""
    xy = 1.6 * torch.rand(batch, count, 2, generator=torch.Generator().manual_seed(seed)) - 0.8
    return Landmarks(xy, torch.ones(batch, count), torch.zeros(batch, count, 8, 12))


def stirred(module: Module) -> Module:
    """The module with a little noise on every weight, so that no gradient is zero by initialisation alone."""
    torch.manual_seed(1)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(0.01 * torch.randn_like(parameter))
    return module


def assert_gradients(module: nn.Module, output: Tensor) -> None:
    """A loss on the output moves every parameter of the module."""
    torch.manual_seed(2)
    (output * torch.randn_like(output)).sum().backward()
    for name, parameter in module.named_parameters():
        if parameter.requires_grad:
            assert parameter.grad is not None, f"no gradient reaches {name}: it is never used"
            assert parameter.grad.isfinite().all(), f"the gradient of {name} is not finite"
            assert parameter.grad.abs().sum() > 0, f"the gradient of {name} is zero everywhere"


def assert_image_like(value: Tensor, shape: tuple[int, ...], what: str) -> None:
    """Finite, of this shape, in floating point."""
    assert tuple(value.shape) == shape, f"{what} has shape {tuple(value.shape)}, not {shape}"
    assert value.is_floating_point(), f"{what} is {value.dtype}, not floating point"
    assert value.isfinite().all(), f"{what} holds values that are not finite"
