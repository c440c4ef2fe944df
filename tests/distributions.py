"""Real distributions with plugins in them, as an installer leaves them, and `unsuplmk` run beside them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from unsuplmk import plugins, registry
from unsuplmk.cli.commands import of_plugins
from unsuplmk.plugins import WITHOUT

REPOSITORY = Path(__file__).parents[1]
HEADER = """
from unsuplmk.hookspecs import hookimpl
from unsuplmk.interfaces import Encoder

"""
ENCODER = """
class {name}(Encoder):
    '''{summary}

    Args:
        gain: How strong.
    '''
    def __init__(self, landmarks: int, *, gain: float = 1.5) -> None:
        super().__init__()
    def forward(self, image):
        return image

@hookimpl
def register_encoders():
    return {{"{key}": {name}}}
"""
COMMAND = """
import click, sys
from unsuplmk.hookspecs import hookimpl

@hookimpl
def register_commands(cli):
    @cli.command()
    def greet():
        click.echo(f"hello, torch {'torch' in sys.modules}")
"""
GOOD = "from unsuplmk.hookspecs import hookimpl\n@hookimpl\ndef register_losses(): return {}\n"


def install(
    folder: Path, name: str, code: str, entry: str = "", version: str = "1.2", requires: tuple[str, ...] = ()
) -> None:
    """A module, and a .dist-info with an entry point and what it asks for."""
    module = f"{name.replace('-', '_')}_module"
    (folder / f"{module}.py").write_text(code)
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir()
    asked = "".join(f"Requires-Dist: {line}\n" for line in requires)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{asked}")
    (info / "entry_points.txt").write_text(f"[unsuplmk]\n{entry or name} = {module}\n")


def others() -> str:
    """The distributions that are installed here anyway, as the environment leaves them out."""
    return ",".join(sorted({plugins.named(distribution) for distribution, _ in plugins.installed()}))


def command(folder: Path, *args: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`unsuplmk` in a process of its own, with the distributions of a folder and no others."""
    path = os.pathsep.join((str(folder), str(REPOSITORY)))
    variables = {**os.environ, WITHOUT: others(), "PYTHONPATH": path, "OMP_NUM_THREADS": "1", **environment}
    line = [sys.executable, "-m", "unsuplmk", *args]
    return subprocess.run(line, capture_output=True, text=True, env=variables, cwd=folder, timeout=120)


@contextmanager
def present(*folders: Path) -> Iterator[None]:
    """Within, the distributions of these folders are installed in this process, beside those that are anyway."""
    before, modules = list(sys.path), set(sys.modules)
    sys.path[:0] = [str(folder) for folder in folders]
    try:
        _forget()
        yield
    finally:
        sys.path[:] = before
        for name in set(sys.modules) - modules:
            if name.endswith("_module"):
                del sys.modules[name]
        _forget()


def _forget() -> None:
    plugins.host.cache_clear()
    registry._table.cache_clear()
    of_plugins.cache_clear()
