"""What a class declares of itself: the parameters of its constructor, and what its docstring says of each."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any


def constructor(cls: type) -> Callable[..., Any]:
    """The nearest constructor that is written out; that of object if there is none."""
    return next((c.__dict__["__init__"] for c in cls.__mro__ if "__init__" in c.__dict__), object.__init__)


def parameters(cls: type) -> Mapping[str, inspect.Parameter]:
    """The parameters of a class's own constructor, without self, by name."""
    own = constructor(cls)
    if own is object.__init__ or own.__module__.startswith("torch."):  # nn.Module's takes *args, which says nothing
        return {}
    found = dict(inspect.signature(own).parameters)
    found.pop("self", None)
    return found


def positional(cls: type) -> tuple[str, ...]:
    """Names of the parameters that may be given by position."""
    fixed = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return tuple(name for name, parameter in parameters(cls).items() if parameter.kind in fixed)


def documented(cls: type) -> dict[str, str]:
    """The `Args:` section of a class's Google-style docstring: name -> text."""
    section = re.search(r"^Args:\n((?:[ \t]+.*\n?|\n)+)", inspect.getdoc(cls) or "", re.MULTILINE)
    if not section:
        return {}
    lines: dict[str, str] = {}
    name = ""
    for line in inspect.cleandoc(section[1]).splitlines():
        start = re.match(r"(\w+):\s*(.*)", line)
        if start:
            name, lines[start[1]] = start[1], start[2]
        elif name:
            lines[name] = f"{lines[name]} {line.strip()}".strip()
    return lines
