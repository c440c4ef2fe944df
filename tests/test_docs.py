"""The documentation builds strictly, and what it shows works."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from unsuplmk import config, hookspecs, registry, testing
from unsuplmk.cli.commands import OURS

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md")), *sorted(ROOT.glob("plugins/*/README.md"))]


def _blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def _commands() -> list[tuple[str, str]]:
    blocks = [(page.name, line) for page in PAGES for block in _blocks(page, "sh") for line in block.splitlines()]
    return [(name, line.removeprefix("unsuplmk ")) for name, line in blocks if line.startswith("unsuplmk ")]


@pytest.mark.parametrize(("page", "command"), _commands())
def test_every_command_that_is_shown_parses(
    page: str,
    command: str,
    parse_command: Callable[[str], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    if "--resume" in command:  # there has to be a run
        run = tmp_path / command.split()[command.split().index("--out") + 1]
        run.mkdir(parents=True)
        (run / "config.toml").write_text(config.to_toml(config.Config(), {}), "utf-8")
    parse_command(command)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name + "/" + page.name)
def test_every_python_block_is_an_example_that_is_tested(page: Path) -> None:
    examples = [path.read_text("utf-8") for path in ROOT.glob("examples/**/*.py")]
    for block in _blocks(page, "python"):
        included = re.fullmatch(r'--8<-- "((?:examples|unsuplmk/templates|plugins)/.+\.py)"\n', block)
        if included:
            assert (ROOT / included[1]).is_file(), block
        else:
            assert block in examples, f"{page.name} shows Python that is no file in examples/:\n{block}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name + "/" + page.name)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text("utf-8")):
        assert (page.parent / link).exists(), link


def test_the_readme_shows_both_commands() -> None:
    shown = [line for block in _blocks(ROOT / "README.md", "sh") for line in block.splitlines()]
    assert "make demo" in shown
    assert "make test" in shown


def test_the_site_builds_strictly_and_has_every_component_command_and_hook(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    components = (tmp_path / "components" / "index.html").read_text("utf-8")
    for kind in registry.KINDS:
        for name, component in registry.components(kind).items():
            assert f'<h3 id="{kind}-{name}"' in components, f"no section about the {kind} {name}"
            for option in registry.options(component.cls).model_fields:
                assert registry.flag(kind, name, option) in components, f"{kind} {name} is shown without {option}"
    commands = (tmp_path / "cli" / "index.html").read_text("utf-8")
    assert all(f'<h2 id="{name}">' in commands for name in OURS)
    assert all(f'<h3 id="datasets-{action}">' in commands for action in ("about", "check", "get"))
    datasets = (tmp_path / "datasets" / "index.html").read_text("utf-8")
    for name, component in registry.components("dataset").items():
        if component.cls.card.title:  # type: ignore[attr-defined]
            assert f'<h3 id="{name}' in datasets, f"no section about the dataset {name}"
            assert f"unsuplmk inspect {name}" in re.sub("<[^>]+>", "", datasets)
    hooks = (tmp_path / "plugins" / "hooks" / "index.html").read_text("utf-8")
    specified = {name for name in vars(hookspecs) if name.startswith("register_")}
    assert set(re.findall(r'<h2 id="(register_\w+)"', hooks)) == specified
    for kind in registry.KINDS:
        page = (tmp_path / "plugins" / kind / "index.html").read_text("utf-8")
        assert f"unsuplmk plugins new NAME --kind {kind}" in re.sub("<[^>]+>", "", page)
        assert all(f"<code>{check.__name__}</code>" in page for check in testing.checks(kind)), kind
        assert all(f"<code>{name}</code>" in page for name in registry.components(kind)), kind


def test_the_page_of_each_kind_shows_its_base_class_and_the_template_that_authors_start_from() -> None:
    for kind in registry.KINDS.values():
        page = (ROOT / "docs" / "plugins" / f"{kind.name}.md").read_text("utf-8")
        assert f"::: unsuplmk.interfaces.{kind.base}\n" in page, kind.name
        assert f'--8<-- "unsuplmk/templates/{kind.name}.py"\n' in page, kind.name
