"""What Slurm's options may be set to, checked before Slurm is asked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, final

import click

FORMS = (
    r"(?P<minutes>\d+)",
    r"(?P<minutes>\d+):(?P<seconds>\d\d)",
    r"(?P<hours>\d+):(?P<minutes>\d\d):(?P<seconds>\d\d)",
    r"(?P<days>\d+)-(?P<hours>\d+)(?::(?P<minutes>\d\d)(?::(?P<seconds>\d\d))?)?",
)
"""How Slurm writes a span of time."""
LENGTHS = {"days": 86400, "hours": 3600, "minutes": 60, "seconds": 1}


@final
class Span(click.ParamType):
    """A span of time, kept as it is written."""

    name = "TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The same text, if Slurm would take it."""
        if not seconds(value):
            self.fail(f"{value!r} is no span of time; as in 30 (minutes), 8:00:00 or 2-12 (days-hours)", param, ctx)
        return value


def seconds(span: str) -> int:
    """How long a span of time is; 0 for what is none, or is none for Slurm."""
    found = next((match for form in FORMS if (match := re.fullmatch(form, span, re.ASCII))), None)
    return sum(LENGTHS[unit] * int(number) for unit, number in found.groupdict("0").items()) if found else 0


def spoken(span: str) -> str:
    """A span of time in words: `8 h`, `1 h 30 min`; Slurm's 8:00 is 8 minutes."""
    hours, rest = divmod(seconds(span), 3600)
    minutes, left = divmod(rest, 60)
    words = (f"{number} {unit}" for number, unit in ((hours, "h"), (minutes, "min"), (left, "s")) if number)
    return " ".join(words)


@final
class Memory(click.ParamType):
    """An amount of memory, kept as it is written."""

    name = "SIZE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The same text, if Slurm would take it."""
        if not re.fullmatch(r"0|[1-9]\d*([KMGT]B?)?", value, re.ASCII | re.IGNORECASE):
            self.fail(f"{value!r} is no amount of memory; as in 32G or 500M; 0 is all that a node has", param, ctx)
        return value


@dataclass(frozen=True)
class Gpus:
    """GPUs of each node.

    Args:
        count: How many; 0 for none.
        model: What Slurm calls them here; empty for whatever there is.
    """

    count: int = 0
    model: str = ""


@final
class GpusType(click.ParamType):
    """`N` or `MODEL:N`."""

    name = "[MODEL:]N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Gpus:
        """The GPUs that the text means."""
        if isinstance(value, Gpus):
            return value
        match = re.fullmatch(r"(?:([A-Za-z][\w.-]*):)?(\d{1,3})", value, re.ASCII)
        if not match:
            self.fail(f"{value!r} is no number of GPUs; as in 4 or a100:4", param, ctx)
        return Gpus(int(match[2]), match[1] or "")


@final
class Line(click.ParamType):
    """Text that must stay on one line of the script."""

    name = "TEXT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The same text, unless it is empty or would not stay on its line."""
        if not value.strip() or not value.isprintable():
            self.fail(f"{value!r} is empty or has more than one line", param, ctx)
        return value


@final
class Extra(click.ParamType):
    """A further option of sbatch, in one word."""

    name = "OPTION"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The same text, if it looks like a long option."""
        if not re.fullmatch(r"--[a-z][a-z-]*(=.+)?", value, re.ASCII) or not value.isprintable():
            self.fail(f"{value!r} is no option in one word; as in --exclude=node3 or --exclusive", param, ctx)
        return value
