"""The documentation's pages as they are shown: their fenced blocks, and the commands in those of a shell."""

from __future__ import annotations

import re
import shlex
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGES = (ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md")), *sorted(ROOT.glob("plugins/*/README.md")))
INCLUDED = re.compile(r'^--8<-- "(?P<path>[^":]+)(?::(?P<section>[a-z][\w-]*)|:(?P<first>\d*):(?P<last>\d*))?"$')
FENCE = re.compile(r"^(?P<indent>\s*)(?P<ticks>`{3,}|~{3,})\s*(?P<language>[^\s`]*)")


@dataclass(frozen=True)
class Block:
    """What stands between two fences.

    Args:
        page: The file.
        line: Where its text begins.
        language: As the first fence says, empty if it says none.
        written: As it stands in the page, without the fences' indent.
    """

    page: Path
    line: int
    language: str
    written: str

    @property
    def text(self) -> str:
        """As the site shows it, with what it includes."""
        return "".join(f"{one}\n" for line in self.written.splitlines() for one in _included(line))

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


@dataclass(frozen=True)
class Command:
    """A line that a reader would type.

    Args:
        page: The file that shows it.
        line: Where.
        text: The line; those that go on after a backslash are one.
    """

    page: Path
    line: int
    text: str

    @property
    def words(self) -> list[str]:
        """As a shell splits them, without a comment."""
        return shlex.split(self.text, comments=True)

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}: {self.text}"


def label(page: Path) -> str:
    """A page's name in a test's name."""
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path, *languages: str) -> list[Block]:
    """The blocks of a page in these languages, or in any; those in lists and quotes of notes, which are indented, too.

    Raises:
        ValueError: A block does not end.
    """
    found, opened = [], None
    lines = page.read_text("utf-8").splitlines()
    for number, line in enumerate(lines, 1):
        fence = FENCE.match(line)
        if opened is None:
            opened = (number, fence) if fence else None
        elif line.strip() == opened[1]["ticks"]:
            text = textwrap.dedent("".join(f"{one}\n" for one in lines[opened[0] : number - 1]))
            found.append(Block(page, opened[0] + 1, opened[1]["language"], text))
            opened = None
    if opened:
        raise ValueError(f"{page}:{opened[0]}: the block does not end")
    return [block for block in found if block.language in languages or not languages]


def commands(page: Path) -> list[Command]:
    """What a reader of a page types, in its order: the lines of `sh` blocks, and those after $ in transcripts."""
    found: list[Command] = []
    for block in blocks(page, "sh", "console"):
        lines = list(_lines(block)) if block.language == "sh" else list(_typed(block))
        typed = {command.text for command in found} if block.language == "console" else ()
        found += [command for command in lines if command.text not in typed]  # a transcript may show them again
    return found


def _included(line: str) -> list[str]:
    """A line, or what it includes: a file, a section or some lines of it. It stays where none of that is there."""
    named = INCLUDED.match(line)
    if not named or not (ROOT / named["path"]).is_file():
        return [line]
    lines = (ROOT / named["path"]).read_text("utf-8").splitlines()
    if named["section"]:
        mark = re.compile(rf"\[(start|end):{named['section']}\]")
        places = [number for number, one in enumerate(lines) if mark.search(one)]
        return lines[places[0] + 1 : places[1]] if len(places) == 2 else [line]
    return lines[int(named["first"] or 1) - 1 : int(named["last"] or len(lines))]


def _lines(block: Block) -> Iterator[Command]:
    begun, start = "", 0
    for number, line in enumerate(block.text.splitlines(), block.line):
        start = start if begun else number
        begun += line.strip()
        if begun.endswith("\\"):
            begun = begun[:-1]
        elif begun:
            if not begun.startswith("#"):
                yield Command(block.page, start, begun)
            begun = ""
    assert not begun, f"{block} ends in a backslash"


def _typed(block: Block) -> Iterator[Command]:
    for line in block.text.splitlines():
        if line.startswith("$ "):
            yield Command(block.page, block.line, line.removeprefix("$ "))
