"""Every example runs, as a reader would run it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"


def _run(*command: str | Path, cwd: Path, path: Path | None = None) -> str:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    if path:
        environment["PYTHONPATH"] = str(path)
    done = subprocess.run([str(word) for word in command], cwd=cwd, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_smallest_plugin_installs_and_keeps_the_contract_in_one_line(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLES / "smallest_plugin", tmp_path / "plugin")
    site = tmp_path / "site"
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--target", site)
    _run(*pip, tmp_path / "plugin", cwd=tmp_path)
    said = _run(sys.executable, "-m", "unsuplmk", "components", "encoder", "tiny", cwd=tmp_path, path=site)
    assert "One strided convolution" in said
    assert "unsuplmk-tiny 0.1.0" in said
    said = _run(sys.executable, "-m", "pytest", "-q", "plugin/tests", cwd=tmp_path, path=site)
    assert "10 passed" in said


def test_a_training_loop_of_ones_own_in_plain_torch(tmp_path: Path) -> None:
    assert "torch.Size([4, 10, 2])" in _run(sys.executable, EXAMPLES / "plain_torch.py", cwd=tmp_path)


@pytest.mark.slow
def test_the_five_lines_train_detect_and_write(tmp_path: Path) -> None:
    long, short = "steps=5000", "steps=2, batch=2, size=32"
    lines = (EXAMPLES / "five_lines.py").read_text("utf-8")
    assert long in lines
    (tmp_path / "lines.py").write_text(lines.replace(long, short), "utf-8")
    (tmp_path / "videos").mkdir()
    _run(
        sys.executable, EXAMPLES / "draw_puppets.py", tmp_path / "images", tmp_path / "videos" / "one.mp4", cwd=tmp_path
    )
    assert len(list((tmp_path / "images").glob("*/*.png"))) == 12
    _run(sys.executable, tmp_path / "lines.py", cwd=tmp_path)
    rows = (tmp_path / "one.csv").read_text("utf-8").splitlines()
    assert len(rows) == 3 + 75


def test_the_commands_of_the_demo_parse(parse_command: Callable[[str], None]) -> None:
    subprocess.run(["bash", "-n", EXAMPLES / "demo.sh"], check=True)
    start = '"$bin/unsuplmk" '
    lines = (EXAMPLES / "demo.sh").read_text("utf-8").splitlines()
    commands = [line.removeprefix(start) for line in lines if line.startswith(start)]
    assert [command.split()[0] for command in commands] == [
        *("run", "evaluate", "predict", "predict", "render", "render")
    ]
    for command in commands:
        parse_command(command)
