"""Runs the demo's own script, and writes what it was told and what it said: the transcript of the first run."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from unsuplmk import __version__
from unsuplmk.checkpoint import write_atomically

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "examples" / "demo.sh"
TRANSCRIPT = ROOT / "docs" / "transcripts" / "first-run.txt"
BIN = Path(sys.executable).parent
TRACE = "+ "
"""What bash puts before the commands that it runs; it repeats the first letter inside $(...). Root cannot choose it."""


def record(folder: Path, demo: Path = DEMO, out: Path = TRANSCRIPT) -> None:
    """Run the demo in `folder`, and write its commands, what they printed, and how long each took.

    A section of the demo begins with a line `== Title`. It gets markers, by the title's first word, so that a page can
    show one section. Paths of this machine are left out; everything else stands as it was printed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    about = list(_machine())  # how busy it is before the demo makes it so
    lines = list(_told(_said(folder, demo), [f"{BIN}/", f"{ROOT}/", f"{folder.resolve()}/"]))
    out.parent.mkdir(exist_ok=True)
    text = "\n".join((*about, *lines)) + "\n"
    write_atomically(out, lambda path: path.write_text(text, "utf-8"))


def commands(text: str) -> list[str]:
    """The commands in a transcript, in their order."""
    return [line.removeprefix("$ ") for line in text.splitlines() if line.startswith("$ ")]


def _said(folder: Path, demo: Path) -> Iterator[str]:
    """Every line of bash's trace and of the programs, as it comes."""
    settings = {**os.environ, "PS4": TRACE, "PYTHONUNBUFFERED": "1", "COLUMNS": "80"}
    bash = ["bash", "-x", str(demo), str(BIN)]
    with subprocess.Popen(
        bash, cwd=folder, env=settings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            sys.stdout.write(line)
            yield line.rstrip()
    if process.returncode:
        sys.exit(f"{demo} ended with {process.returncode}")


def _told(lines: Iterator[str], paths: list[str]) -> Iterator[str]:
    """The trace as commands, without what bash did besides, and a section for each title."""
    section, started, blank = "", 0.0, False
    for line in lines:
        if not line:
            blank = bool(section)  # kept for what follows, which may be another section
            continue
        traced = re.match(r"\++ ", line) is not None
        if started and traced:  # whatever comes next, the command is done
            yield f"[{time.monotonic() - started:.0f} s]"
            started = 0.0
        if line.startswith("== "):
            yield from [f"# --8<-- [end:{section}]"] * bool(section) + [""]
            section = re.findall(r"\w+", line)[0].lower()
            yield f"# --8<-- [start:{section}]"
        elif traced:
            command = line.lstrip(TRACE)
            if not command.startswith(f"{BIN}/"):
                continue
            line, started = f"$ {command}", time.monotonic()
        elif blank:
            yield ""
        blank = False
        for path in paths:
            line = line.replace(path, "")
        yield line
    yield f"# --8<-- [end:{section}]"


def _machine() -> Iterator[str]:
    """What ran: lines with # in a transcript are not of the programs."""
    from importlib.metadata import version

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    shared = ", shared with other work" if hasattr(os, "getloadavg") and os.getloadavg()[0] > 1 else ""
    yield f"# {cores} cores of {_processor()}, no GPU{shared}; {_threads()}"
    yield (
        f"# {platform.system()}, Python {platform.python_version()}, torch {version('torch')}, unsuplmk {__version__}; "
        "the seconds are those of the command above"
    )


def _threads() -> str:
    import torch

    count = torch.get_num_threads()
    return f"{count} thread{'s' * (count > 1)}"


def _processor() -> str:
    try:
        about = Path("/proc/cpuinfo").read_text("utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    names = re.findall(r"^model name\s*:\s*(.+)$", about, re.MULTILINE)
    return f"an {names[0]}" if names else platform.machine()


if __name__ == "__main__":
    record(Path(sys.argv[1]))
