"""Checks the commands of other programs that the documentation shows: make, pip, python and the like."""

from __future__ import annotations

import os
import re
import runpy
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.docpages import ROOT, Command
from tests.stage_set import Stage

PLAYED = ("examples/augment.py", "examples/draw_puppets.py")
"""Scripts that are quick enough to be run as they are shown."""

TOOLS: Mapping[str, str] = {
    "build": "the packaging user guide's, for the reader's own plugin",
    "twine": "the same",
}
"""Distributions that a page tells the reader to install and that none of ours depends on -> why."""

SBATCH = '#!/bin/sh\n# stands for sbatch: takes the script and answers with a number\n[ -f "$2" ] && echo 4711\n'


@contextmanager
def sandbox(folder: Path, downloads: Path) -> Iterator[Path]:
    """An empty folder to work in, with stand-ins for Slurm, and with torch's downloads in a folder of their own.

    Plugins that are installed within are forgotten at the end.
    """
    work, programs = folder / "work", folder / "programs"
    work.mkdir()
    programs.mkdir()
    for name, text in {"sbatch": SBATCH, "squeue": "#!/bin/sh\n"}.items():
        (programs / name).write_text(text, "utf-8")
        (programs / name).chmod(0o755)
    modules, path = set(sys.modules), list(sys.path)
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("TORCH_HOME", str(downloads))
        monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
        monkeypatch.chdir(work)
        try:
            yield work
        finally:
            for name in set(sys.modules) - modules:
                if str(getattr(sys.modules[name], "__file__", "")).startswith(str(folder)):
                    del sys.modules[name]
            if sys.path != path:
                sys.path[:] = path
                _look_again()


def check(command: Command, stage: Stage) -> None:
    """Check a command that is not ours.

    Raises:
        AssertionError: It would fail, or no program here is known by that name.
    """
    words = command.words
    found = PROGRAMS.get(words[0])
    assert found, f"{command}: tests/shell.py does not know how to check {words[0]!r}; add it to PROGRAMS"
    found(command, words, stage)


def _make(command: Command, words: Sequence[str], _: Stage) -> None:
    done = subprocess.run(["make", "-n", *words[1:]], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}: {done.stderr}"


def _python(command: Command, words: Sequence[str], stage: Stage) -> None:
    """A quick script is run; another has the options that are shown, and if it is an example, a test runs it."""
    if words[1] == "-m":
        return _module(command, words[2:], stage)
    file = ROOT / words[1]
    assert file.is_file(), f"{command}: there is no {words[1]}"
    if words[1] in PLAYED:
        copy = Path(words[1])
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, copy)
        code, said = script(copy, words[2:])
        assert code == 0, f"{command}\n{said}"
        return None
    asked = {word.partition("=")[0] for word in words if word.startswith("--")}
    if asked or not words[1].startswith("examples/"):
        code, said = script(file, ["--help"])
        assert code == 0, f"{command}: {words[1]} --help\n{said}"
        unknown = asked - set(re.findall(r"--[\w-]+", said))
        assert not unknown, f"{command}: {words[1]} has no {', '.join(sorted(unknown))}"
    if words[1].startswith("examples/"):
        tested = any(file.name in path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
        assert tested, f"{command}: no test runs {words[1]}; add it to PLAYED, or write one"
    return None


def script(file: Path, words: Sequence[str]) -> tuple[int, str]:
    """Run a script as `python FILE WORDS` does; its exit code and what it says."""
    said, code, modules = StringIO(), 0, set(sys.modules)
    with pytest.MonkeyPatch.context() as monkeypatch, redirect_stdout(said), redirect_stderr(said):
        monkeypatch.setattr(sys, "argv", [str(file), *words])
        monkeypatch.syspath_prepend(str(file.parent.resolve()))
        try:
            runpy.run_path(str(file), run_name="__main__")
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
    for name in set(sys.modules) - modules:
        if Path(str(getattr(sys.modules[name], "__file__", ""))).parent == file.parent.resolve():
            del sys.modules[name]  # other folders have modules of that name, too
    return code, said.getvalue()


def _module(command: Command, words: Sequence[str], stage: Stage) -> None:
    _pytest(command, words, stage) if words[0] == "pytest" else _tool(command, words, stage)


def _tool(command: Command, words: Sequence[str], _: Stage) -> None:
    """A program of another distribution."""
    assert words[0] in (*TOOLS, *_needed()), f"{command}: nothing of ours depends on {words[0]}"


def _pytest(command: Command, words: Sequence[str], _: Stage) -> None:
    """Its paths exist: ours are tested anyway, and those of a new plugin by tests/hosting/test_scaffold.py."""
    for word in words[1:]:
        there = word.startswith("-") or (ROOT / word).exists() or Path(word).exists()
        assert there, f"{command}: there is no {word}"


def _git(command: Command, words: Sequence[str], _: Stage) -> None:
    assert words[1] == "clone", f"{command}: only `git clone` is known"


def _torchrun(command: Command, words: Sequence[str], stage: Stage) -> None:
    """The launcher's own options, and those of the run that it starts, are parsed."""
    from torch.distributed.run import get_args_parser

    from unsuplmk.cli.request import parse

    given = get_args_parser().parse_args(words[1:])
    started = (given.module, given.training_script, given.training_script_args[0])
    assert started == (True, "unsuplmk", "run"), f"{command} starts {started}"
    for word in given.training_script_args[1:]:
        stage.provide(word.rstrip("/"))
    parse(given.training_script_args[1:])


def _pip(command: Command, words: Sequence[str], stage: Stage) -> None:
    """What is installed is ours, with an extra that it has, or needed by ours."""
    assert words[1] == "install", f"{command}: only `pip install` is known"
    wanted, ours = [word for word in words[2:] if not word.startswith("-")], _projects(ROOT)
    assert wanted, f"{command} installs nothing"
    for word in wanted:
        if "-e" in words:
            place, *extras = word.rstrip("]").split("[")
            new = Path(place, "pyproject.toml").is_file()
            folder = Path(place) if new else command.page.parent / place
            assert (folder / "pyproject.toml").is_file(), f"{command}: there is no project in {place}"
            (project,) = _projects(folder).values()
            assert set(extras) <= set(project), f"{command}: {place} has no extra {extras}"
            if new:
                _install(folder)
        elif (asked := Requirement(word)).name in ours:
            assert asked.extras <= set(ours[asked.name]), f"{command}: {asked.name} has no such extra"
        else:
            assert asked.name in (*TOOLS, *_needed()), f"{command}: nothing of ours needs {asked.name}"


def _projects(folder: Path) -> dict[str, dict[str, list[str]]]:
    """The distributions of a folder and its plugins: name -> its extras with what each needs; '' is without any."""
    found = {}
    for path in (folder / "pyproject.toml", *sorted(folder.glob("plugins/*/pyproject.toml"))):
        project = tomllib.loads(path.read_text("utf-8"))["project"]
        found[project["name"]] = {"": project.get("dependencies", []), **project.get("optional-dependencies", {})}
    return found


def _needed() -> set[str]:
    return {
        Requirement(line).name for extras in _projects(ROOT).values() for lines in extras.values() for line in lines
    }


def _install(folder: Path) -> None:
    """Make a project importable and its entry points known, as an editable installation does."""
    project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]
    about = folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    about.mkdir()
    needs = "".join(f"Requires-Dist: {line}\n" for line in project["dependencies"])
    text = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n{needs}"
    (about / "METADATA").write_text(text, "utf-8")
    points = "".join(
        f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in entries.items())
        for group, entries in project["entry-points"].items()
    )
    (about / "entry_points.txt").write_text(points, "utf-8")
    sys.path.insert(0, str(folder.resolve()))
    _look_again()


def _look_again() -> None:
    """Forget which plugins were found."""
    from unsuplmk import plugins, registry
    from unsuplmk.cli import commands

    for found in (plugins.host, registry._table, commands.of_plugins):
        found.cache_clear()


PROGRAMS: Mapping[str, Callable[[Command, Sequence[str], Stage], None]] = {
    "make": _make,
    "python": _python,
    "pip": _pip,
    "pytest": _pytest,
    "git": _git,
    "torchrun": _torchrun,
    **dict.fromkeys(("tensorboard", "twine"), _tool),
}
"""First word of a line -> what checks it."""
