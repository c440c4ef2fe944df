"""The page of commands has a task for each command."""

from __future__ import annotations

import re
from pathlib import Path

from unsuplmk.cli.commands import OURS, of_plugins

PAGE = Path(__file__).parents[1] / "docs" / "commands.md"


def test_every_command_has_a_section_that_shows_it_and_leads_further() -> None:
    sections = dict(re.findall(r"^### (\S+)\n(.*?)(?=^##|\Z)", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL))
    assert set(sections) == {*OURS, *of_plugins()} - {"template"}
    for name, text in sections.items():
        shown = re.search(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
        assert shown, name
        assert all(line.startswith(f"unsuplmk {name}") for line in shown[1].splitlines()), name
        assert "](" in text or name in ("info", "components"), name
