"""A distribution's own metadata says which cores it suits; a core that it does not suit is named with the cure."""

from __future__ import annotations

import sys
from importlib.metadata import distributions
from pathlib import Path

import pytest

from tests.distributions import install
from unsuplmk.hosting.requires import core_range, misfit

LINES = {
    (): "",
    ("torch>=2",): "",
    ("unsuplmk",): "",
    ("unsuplmk>=0.1,<0.2",): ">=0.1,<0.2",
    ("Unsuplmk[video] (>=0.1) ; python_version >= '3'",): ">=0.1",
    ("unsuplmk>=9; python_version < '3'", "unsuplmk>=0.1"): ">=0.1",
    ("unsuplmk>=9; extra == 'dev'", "unsuplmk<0.2", "unsuplmk>=0.1"): ">=0.1,<0.2",
    (f"unsuplmk>=0.1; sys_platform == '{sys.platform}'",): ">=0.1",
    ("unsuplmk-timm>=9", "unsuplmk>=0.1,!=0.1.3"): ">=0.1,!=0.1.3",
    ("unsuplmk @ https://example.org/unsuplmk.whl",): "",
    ("not a requirement at all !!", "unsuplmk~=0.1.0"): "~=0.1.0",
}


@pytest.mark.parametrize("lines", LINES)
def test_only_what_is_asked_of_the_core_here_and_now_counts(lines: tuple[str, ...], tmp_path: Path) -> None:
    install(tmp_path, "asking", "", requires=lines)
    (distribution,) = distributions(path=[str(tmp_path)])
    assert core_range(distribution) == LINES[lines]


SUITS = [
    *(("", "0.1.0"), (">=0.1,<0.2", "0.1.0"), (">=0.1,<0.2", "0.1.9"), ("==0.1.*", "0.1.4"), ("~=0.1.0", "0.1.2")),
    *((">=0.1,<0.2", "0.1.0.dev0+x"), (">=0.1", "0.2.0rc1"), (">=0.2", "0.2.0.dev3"), (">=0.2.0.dev1", "0.2.0.dev3")),
    *((">=0.1,<0.2", "0.1.0+local"), ("==0.1.0", "0.1.0+cu128"), (">=0.1", "a build of my own")),
]


@pytest.mark.parametrize(("asked", "core"), SUITS)
def test_a_core_that_is_admitted_is_no_trouble_nor_is_one_in_development(asked: str, core: str) -> None:
    assert misfit("unsuplmk-tiny", asked, core) == ""


OLD = "pip install --upgrade unsuplmk-tiny"
REFUSED = [
    (">=0.3,<0.4", "0.1.0", 'pip install --upgrade "unsuplmk>=0.3,<0.4"'),
    ("<0.2", "0.2.0.dev1", OLD),
    (">=0.1,<0.2", "0.2.0", OLD),
    ("==0.1.*", "0.2.0", OLD),
    ("==0.3.*", "0.2.0", 'pip install --upgrade "unsuplmk==0.3.*"'),
    ("!=0.1.0", "0.1.0", OLD),
]


@pytest.mark.parametrize(("asked", "core", "cure"), REFUSED)
def test_a_core_that_is_not_admitted_is_named_with_the_command_that_helps(asked: str, core: str, cure: str) -> None:
    text = f"it asks for unsuplmk {asked}, and this is unsuplmk {core}: try {cure}"
    assert misfit("unsuplmk-tiny", asked, core) == text
