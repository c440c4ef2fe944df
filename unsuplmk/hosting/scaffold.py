"""Writes the project of a new plugin: a part of each kind asked for that works, its tests and its description.

What is written are the files of `unsuplmk/templates`, with the plugin's name in place of the word `example`.
"""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from unsuplmk import __version__
from unsuplmk.errors import UserError
from unsuplmk.hookspecs import PROJECT
from unsuplmk.registry import KINDS, flag

TEMPLATES = Path(__file__).parents[1] / "templates"
COMMAND = "command"
"""What a plugin may bring beside parts."""
IGNORED = "__pycache__/\n*.egg-info/\n.pytest_cache/\n.ruff_cache/\n.venv/\nbuild/\ndist/\n"


def offered() -> tuple[str, ...]:
    """All that a plugin can be begun with."""
    return (*KINDS, COMMAND)


def distribution(name: str) -> str:
    """The distribution and the folder of a plugin."""
    return f"{PROJECT}-{name}"


def package(name: str) -> str:
    """The Python package of a plugin."""
    return distribution(name).replace("-", "_")


def class_name(name: str) -> str:
    """The class of a part: `my-loss` is `MyLoss`."""
    return "".join(word.capitalize() for word in name.split("-"))


def module(kind: str) -> ast.Module:
    """The template of a kind, parsed."""
    return ast.parse(_text(f"{kind}.py"))


def commands(name: str, kind: str) -> list[str]:
    """Command lines that use a part, as its module shows them; the first needs nothing but the plugin."""
    lines = (ast.get_docstring(module(kind)) or "").splitlines()
    return [_renamed(line.strip(), name) for line in lines if line.startswith(f"    {PROJECT} ")]


def files(name: str, kinds: Sequence[str]) -> dict[str, str]:
    """The text of every file, by its path in the project's folder.

    Args:
        name: Of the plugin and of all its parts; `unsuplmk.hosting.naming` says whether it will do.
        kinds: What it brings, each once.
    """
    several = len(kinds) > 1
    texts = {
        "README.md": _readme(kinds),
        "pyproject.toml": _text("project.toml").format(description=_description(kinds), core=_core()),
        ".gitignore": IGNORED,
        "unsuplmk_example/__init__.py": _door(kinds),
        "unsuplmk_example/py.typed": "",
    }
    for kind in kinds:
        texts[f"unsuplmk_example/{kind}.py"] = _text(f"{kind}.py")
        texts[f"tests/test_example{'_' + kind if several else ''}.py"] = _text(f"tests/{kind}.py")
    return {_renamed(path, name): _renamed(text, name) for path, text in texts.items()}


def write(texts: Mapping[str, str], folder: Path) -> None:
    """Write files to a folder that is not there yet, or empty: all of them or none.

    Raises:
        UserError: There is something at that place, or it cannot be written.
    """
    temporary = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    try:
        if os.path.lexists(folder) and (not folder.is_dir() or any(folder.iterdir())):
            raise UserError(f"{folder} is there already, and is left as it is: choose another name or another --path")
        shutil.rmtree(temporary, ignore_errors=True)  # of a process that was killed, whose number came again
        for name, text in texts.items():
            (temporary / name).parent.mkdir(parents=True, exist_ok=True)
            (temporary / name).write_text(text, "utf-8", newline="\n")
        if folder.is_dir():
            folder.rmdir()
        temporary.rename(folder)
    except OSError as error:
        why = error.strerror or error
        raise UserError(f"cannot write {folder}: {why}. Free some space or choose another --path") from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _text(template: str) -> str:
    return (TEMPLATES / template).read_text("utf-8")


def _renamed(text: str, name: str) -> str:
    """A template's text with a name in place of `example`: with underscores in identifiers, as a class in capitals."""
    text = re.sub(r"(?<=_)example(?![a-z0-9])|\bexample(?=_)", name.replace("-", "_"), text)
    return re.sub(r"\bexample\b", name, re.sub(r"\bExample\b", class_name(name), text))


def _core() -> str:
    """The versions of the core that the plugin asks for: before its next minor one, nothing of what it uses changes."""
    major, minor = map(int, re.findall(r"\d+", __version__)[:2])
    return f"{PROJECT}>={major}.{minor},<{major}.{minor + 1}"


def _about(kind: str) -> str:
    """The first line of a template: what it is called and does."""
    return (ast.get_docstring(module(kind)) or "").partition("\n")[0]


def _description(kinds: Sequence[str]) -> str:
    return json.dumps(" ".join(_about(kind).replace("`", "") for kind in kinds))  # TOML's strings are JSON's


def _door(kinds: Sequence[str]) -> str:
    """The module that the entry point names: a hook for each kind, which imports the part when it is called."""
    parts = [kind for kind in kinds if kind != COMMAND]
    lines = ['"""The plugin\'s door: what it brings, imported when asked for, so that the command line stays quick."""']
    lines += ["", "from collections.abc import Mapping"] * bool(parts)
    lines += ["", "import click"] * (COMMAND in kinds)
    lines += ["", "from unsuplmk.hookspecs import hookimpl"]
    for kind in parts:
        lines += ["", "", "@hookimpl", f"def {KINDS[kind].hook}() -> Mapping[str, type]:"]
        lines += [f'    """{_about(kind).partition(":")[0]}."""']
        lines += [f"    from unsuplmk_example.{kind} import Example", "", '    return {"example": Example}']
    if COMMAND in kinds:
        lines += ["", "", "@hookimpl", "def register_commands(cli: click.Group) -> None:"]
        lines += [f'    """{_about(COMMAND).partition(":")[0]}."""']
        lines += ["    from unsuplmk_example.command import command", "", "    cli.add_command(command)"]
    return "\n".join((*lines, ""))


def _readme(kinds: Sequence[str]) -> str:
    rows = [row for kind in kinds if kind != COMMAND for row in _options(kind)]
    table = ["| option | default | |", "|---|---|---|", *rows, ""] * bool(rows)
    more = ["`unsuplmk example --help` lists the options of the command."] * (COMMAND in kinds)
    return _text("README.md").format(
        brings="\n".join(f"- {_about(kind)[0].lower()}{_about(kind)[1:]}" for kind in kinds),
        commands="\n".join(line for kind in kinds for line in commands("example", kind)),
        options="\n".join((*table, *more)).rstrip(),
    )


def _options(kind: str) -> list[str]:
    """A row of a table for each option of a template's class."""
    (cls,) = (node for node in module(kind).body if isinstance(node, ast.ClassDef) and node.name == "Example")
    (constructor,) = (node for node in cls.body if isinstance(node, ast.FunctionDef) and node.name == "__init__")
    help_lines = dict(re.findall(r"^    (\w+): (.+)$", ast.get_docstring(cls) or "", re.MULTILINE))
    given = zip(constructor.args.kwonlyargs, constructor.args.kw_defaults, strict=True)
    return [
        f"| `{flag(kind, 'example', option.arg)}` | `{ast.unparse(default)}` | {help_lines[option.arg]} |"
        for option, default in given
        if default is not None
    ]
