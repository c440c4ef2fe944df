"""The script that the README shows is the one that the command prints."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from unsuplmk.cli import cli

README = Path(__file__).parents[1] / "README.md"
COMMAND = "--partition gpu --gpus 4 --time 8:00:00 -- videos/ --encoder hourglass --out runs/mouse"


def shown(text: str, here: Path) -> str:
    return text.replace(str(here), "/home/me").replace(sys.executable, "/home/me/.venv/bin/python")


def test_the_script_in_the_readme_is_what_the_command_prints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("videos").mkdir()
    Image.new("RGB", (64, 64)).save("videos/frame.png")
    text = README.read_text("utf-8")
    assert f"unsuplmk slurm {COMMAND}\n" in text
    done = CliRunner().invoke(cli, ["slurm", "--dry-run", *COMMAND.split()])
    block = re.search(r"```bash\n(.*?)```", text, re.DOTALL)
    assert block is not None
    assert block[1] == shown(done.stdout, tmp_path)
