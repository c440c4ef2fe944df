"""`unsuplmk plugins new`: a plugin's project that works as it stands."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from pathlib import Path

import click

from unsuplmk.errors import UserError


@click.command
@click.argument("name")
@click.option(
    "--kind",
    "kinds",
    metavar="KIND",
    multiple=True,
    help="What it brings: a kind that `unsuplmk components` lists, or command; may be repeated.",
)
@click.option(
    "--path",
    "parent",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    default=Path(),
    help="Where to put the project.  [default: here]",
)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def new(name: str, kinds: tuple[str, ...], parent: Path, as_json: bool) -> None:
    """Begin a plugin: write a project with a part called NAME.

    The folder unsuplmk-NAME holds a part of each kind that works, its tests and its description: rename, change and
    publish it. The commands that install, test and use it are printed.
    """
    from unsuplmk.cli.commands import OURS, of_plugins
    from unsuplmk.hosting import naming, scaffold

    chosen = tuple(dict.fromkeys(kinds))
    if not chosen:
        raise UserError(f"say what {name} is to be, --kind encoder for example; kinds: {', '.join(scaffold.offered())}")
    naming.check(name, chosen, [*OURS, *of_plugins()] if scaffold.COMMAND in chosen else ())
    folder, files = parent / scaffold.distribution(name), scaffold.files(name, chosen)
    scaffold.write(files, folder)
    following = [
        f"{_tool('pip')} install -e {shlex.quote(f'{folder}[dev]')}",
        f"{_python()} -m pytest {shlex.quote(str(folder))}",  # a pytest in PATH may be of another Python
        scaffold.commands(name, chosen[0])[0].replace("unsuplmk", _tool("unsuplmk"), 1),
    ]
    if as_json:
        paths = [str(folder / path) for path in files]
        click.echo(json.dumps({"folder": str(folder), "files": paths, "commands": following}, indent=2))
        return
    parts = " and ".join(f"{kind} {name!r}, {scaffold.package(name)}/{kind}.py" for kind in chosen)
    click.echo(f"{folder} brings {parts}. To install, test and use it:\n")
    for line in following:
        click.echo(f"    {line}")


def _tool(tool: str) -> str:
    """How a shell calls a tool of this Python: by its name alone only where that finds this Python's."""
    return f"{_python()} -m {tool}" if _python() != Path(sys.executable).name else tool


def _python() -> str:
    """How a shell calls this Python."""
    name = Path(sys.executable).name
    found = shutil.which(name)
    return name if found and Path(found).parent == Path(sys.executable).parent else shlex.quote(sys.executable)
