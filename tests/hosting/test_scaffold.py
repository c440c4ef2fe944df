"""The projects of new plugins work as they are written, for every kind."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from importlib.metadata import entry_points
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

from unsuplmk import registry, testing
from unsuplmk.errors import UserError
from unsuplmk.hosting import scaffold

ROOT = Path(__file__).parents[2]
LONG = "a-plugin-of-several-kinds-with-a-long-name"
PLUGINS = {**{f"my-{kind}": (kind,) for kind in scaffold.offered()}, LONG: ("tracker", "format", "command")}
"""Name -> kinds: one of each, and one of several."""
LISTING = """
import json, re
from pathlib import Path
import pytest
from click.testing import CliRunner
from unsuplmk.cli import cli

READMES = sorted(Path(__file__).parent.glob("*/README.md"))

@pytest.mark.parametrize("readme", READMES, ids=lambda readme: readme.parent.name)
def test_the_commands_that_are_shown_parse(readme, parse_command):
    shown = re.findall(r"^```sh\\n(.*?)^```", readme.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    ours = [line for block in shown for line in block.splitlines() if line.startswith("unsuplmk ")]
    assert ours
    for line in ours:
        parse_command(line.removeprefix("unsuplmk "))

def test_each_plugin_is_listed_with_what_it_brings_and_no_problem():
    listed = json.loads(CliRunner().invoke(cli, ["plugins", "--json"], catch_exceptions=False).output)["plugins"]
    ours = {{row["name"]: row for row in listed if row["name"] in {plugins}}}
    assert {{name: row["brings"] for name, row in ours.items()}} == {plugins}
    assert not [row["problems"] for row in ours.values() if row["problems"]]
"""


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the project of every plugin."""
    folder = tmp_path_factory.mktemp("projects")
    for name, kinds in PLUGINS.items():
        scaffold.write(scaffold.files(name, kinds), folder / scaffold.distribution(name))
    return folder


def run(*line: object, cwd: Path, path: Path | None = None) -> str:
    """What a command says; with the plugins of a path, and none else."""
    others = ",".join(entry.name for entry in entry_points(group="unsuplmk"))
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "UNSUPLMK_WITHOUT": others}
    if path:
        environment["PYTHONPATH"] = str(path)
    done = subprocess.run([str(word) for word in line], cwd=cwd, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_every_kind_of_plugin_installs_passes_its_tests_and_is_listed(projects: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    wheels = [next(WheelBuilder(str(folder)).build(directory=str(tmp_path))) for folder in projects.iterdir()]
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", site)
    run(*pip, *wheels, cwd=tmp_path)
    work = tmp_path / "work"
    shutil.copytree(projects, work)
    shutil.copy(ROOT / "tests" / "conftest.py", work)
    brought = {name: [f"{kind} {name}" for kind in kinds] for name, kinds in PLUGINS.items()}
    (work / "test_listing.py").write_text(LISTING.format(plugins=brought), "utf-8")
    shapes = f"--jaxtyping-packages={','.join(map(scaffold.package, PLUGINS))},beartype.beartype"
    options = ("-q", "-W", "error", "-p", "no:cacheprovider", "--junitxml", "log.xml")
    run(sys.executable, "-m", "pytest", *options, shapes, cwd=work, path=site)
    modules = (case.attrib["classname"] for case in ElementTree.parse(work / "log.xml").iter("testcase"))
    cases = Counter(module.rpartition(".")[2] for module in modules)
    assert cases.pop("test_listing") == len(PLUGINS) + 1
    for name, kinds in PLUGINS.items():
        for kind in kinds:
            module = f"test_{name}_{kind}" if len(kinds) > 1 else f"test_{name}"
            contract = len(testing.checks(kind)) if kind in registry.KINDS else 0
            assert cases.pop(module.replace("-", "_")) > contract, "the contract, and a test of its own"
    assert not cases


def test_what_is_written_is_linted_and_formatted_by_ruffs_own_rules_and_by_ours(projects: Path) -> None:
    ruff = (sys.executable, "-m", "ruff")
    run(*ruff, "check", "--no-cache", ".", cwd=projects)
    run(*ruff, "format", "--no-cache", "--check", ".", cwd=projects)
    ours = ("--config", ROOT / "pyproject.toml", "--ignore", "I001")  # imports are sorted by what is in the folder
    run(*ruff, "check", "--no-cache", *ours, ".", cwd=projects)


@pytest.mark.parametrize("kind", scaffold.offered())
def test_a_template_has_nothing_left_of_its_own_name(kind: str) -> None:
    texts = scaffold.files("my-glow", [kind])
    assert "unsuplmk_my_glow/__init__.py" in texts
    assert "tests/test_my_glow.py" in texts
    for path, text in texts.items():
        assert "example" not in (path + text).lower(), path
        assert "{" not in texts["README.md"]


@pytest.mark.parametrize("kind", registry.KINDS)
def test_a_template_is_short_and_declares_an_option_with_a_range_and_help(kind: str) -> None:
    text = (scaffold.TEMPLATES / f"{kind}.py").read_text("utf-8")
    assert len(text.splitlines()) <= 85
    assert "Field(g" in text
    table = re.findall(
        r"^\| `(--.+?)` \| `(.+?)` \| (.+) \|$", scaffold.files("glow", [kind])["README.md"], re.MULTILINE
    )
    assert table
    assert all(option.startswith(f"--{kind}.") and help_line.endswith(".") for option, _, help_line in table)


@pytest.mark.parametrize("kind", scaffold.offered())
def test_a_template_uses_the_public_door_only(kind: str) -> None:
    door = {
        "unsuplmk",
        *(f"unsuplmk.{name}" for name in ("card", "errors", "interfaces", "registry", "testing", "types")),
    }
    door |= {"unsuplmk.ops.draws", "unsuplmk.ops.masking"}
    for file in (f"{kind}.py", f"tests/{kind}.py"):
        used: set[str] = set()
        for node in ast.parse((scaffold.TEMPLATES / file).read_text("utf-8")).body:
            inside = [] if isinstance(node, ast.If) else list(ast.walk(node))  # a stage names the class of its argument
            used |= {f"{one.module}.{one.names[0].name}" if one.module == "unsuplmk.ops" else str(one.module)
                     for one in inside if isinstance(one, ast.ImportFrom)}  # fmt: skip
        assert {name for name in used if name.startswith("unsuplmk")} <= door, file


def test_the_plugin_asks_for_this_version_of_the_core_and_no_later_minor_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scaffold, "__version__", "1.9.2.dev3")
    project = tomllib.loads(scaffold.files("glow", ["loss"])["pyproject.toml"])["project"]
    assert project["dependencies"] == ["unsuplmk>=1.9,<1.10"]
    assert project["entry-points"] == {"unsuplmk": {"glow": "unsuplmk_glow"}}


def test_the_template_plugin_is_what_the_command_writes() -> None:
    folder = ROOT / "plugins" / "unsuplmk-template"
    texts = scaffold.files("template", ["encoder"])
    for path, text in texts.items():
        assert (folder / path).read_text("utf-8") == text, f"write it anew: {path}"
    there = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    made = {path for path in there if {"__pycache__", ".pytest_cache", ".ruff_cache"} & set(path.parts)}
    assert {path.as_posix() for path in there - made} == set(texts)


@pytest.mark.parametrize("builder", [SdistBuilder, WheelBuilder])
def test_a_release_of_the_core_has_all_templates(builder: type) -> None:
    included = {Path(file.path) for file in builder(str(ROOT)).recurse_included_files()}
    templates = {path for path in scaffold.TEMPLATES.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert len(templates) == 2 * len(scaffold.offered()) + 2
    assert templates <= included


def test_what_is_there_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "notes.txt").write_text("mine", "utf-8")
    (tmp_path / "file").write_text("mine", "utf-8")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    for name in ("there", "file", "dangling"):
        with pytest.raises(UserError, match=f"{name} is there already, and is left as it is"):
            scaffold.write({"a.txt": "a"}, tmp_path / name)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dangling", "file", "there"]
    assert [path.name for path in (tmp_path / "there").iterdir()] == ["notes.txt"]


def test_an_empty_folder_is_filled_and_missing_ones_above_are_made(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "empty", tmp_path / "new" / "deep"):
        scaffold.write({"a/b.txt": "text"}, folder)
        assert (folder / "a" / "b.txt").read_text("utf-8") == "text"
        assert not list(folder.parent.glob(".*"))


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot write .*project: File name too long"):
        scaffold.write({"a.txt": "a", f"{'b' * 300}.txt": "b"}, tmp_path / "project")
    assert not list(tmp_path.iterdir())
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(UserError, match=r"cannot write .*project: Not a directory"):
        scaffold.write({"a.txt": "a"}, tmp_path / "file" / "project")
