"""The documentation builds strictly, and what it shows works."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docpages import PAGES, ROOT, blocks, commands, label
from unsuplmk import hookspecs, registry, testing
from unsuplmk.cli.commands import OURS


@pytest.mark.parametrize("page", PAGES, ids=label)
def test_every_python_block_is_an_example_that_is_tested(page: Path) -> None:
    examples = [path.read_text("utf-8") for path in ROOT.glob("examples/**/*.py")]
    for block in blocks(page, "python"):
        included = re.fullmatch(r'--8<-- "((?:examples|unsuplmk/templates|plugins)/.+\.py)"\n', block.written)
        if included:
            assert (ROOT / included[1]).is_file(), block
        else:
            assert block.written in examples, f"{block} shows Python that is no file in examples/:\n{block.written}"


@pytest.mark.parametrize("page", PAGES, ids=label)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text("utf-8")):
        assert (page.parent / link).exists(), link


def test_the_readme_shows_both_commands() -> None:
    shown = [command.text for command in commands(ROOT / "README.md")]
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
    reference = (tmp_path / "cli" / "index.html").read_text("utf-8")
    assert all(f'<h2 id="{name}">' in reference for name in OURS)
    assert all(f'<h3 id="datasets-{action}">' in reference for action in ("about", "check", "get"))
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
