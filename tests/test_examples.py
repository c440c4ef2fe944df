"""Every example runs, as a reader would run it."""

from __future__ import annotations

import gzip
import os
import runpy
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from unsuplmk.batches.augment import Augmentation
from unsuplmk.frames.media import read_image

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
    assert "16 passed" in said


def test_a_training_loop_of_ones_own_in_plain_torch(tmp_path: Path) -> None:
    assert "torch.Size([4, 10, 2])" in _run(sys.executable, EXAMPLES / "plain_torch.py", cwd=tmp_path)


@pytest.mark.slow
def test_digits_of_the_original_file_are_trained_on_and_swapped(tmp_path: Path) -> None:
    digits = np.random.default_rng(0).integers(0, 256, (42, 28, 28), dtype=np.uint8)
    images = tmp_path / "images.gz"
    images.write_bytes(gzip.compress(struct.pack(">4i", 2051, *digits.shape) + digits.tobytes()))
    command = (sys.executable, EXAMPLES / "digits.py", tmp_path / "out", "--steps", "2", "--mnist", images)
    said = _run(*command, cwd=tmp_path).splitlines()
    assert [line.split(",")[0] for line in said[-2:]] == ["geometry kept", "style kept"]
    assert read_image(tmp_path / "out" / "digits.png").shape == (7 * 100 + 4, 7 * 100 + 4, 3)


def test_the_digits_that_the_example_reads_and_draws_are_digits(tmp_path: Path) -> None:
    example = runpy.run_path(str(EXAMPLES / "digits.py"))
    digits = np.random.default_rng(0).integers(0, 256, (3, 28, 28), dtype=np.uint8)
    images, labels = tmp_path / "images.gz", tmp_path / "labels.gz"
    images.write_bytes(gzip.compress(struct.pack(">4i", 2051, *digits.shape) + digits.tobytes()))
    read = example["mnist"](images)
    np.testing.assert_array_equal(read[:, 2:-2, 2:-2], digits)
    assert read.shape == (3, 32, 32)
    labels.write_bytes(gzip.compress(struct.pack(">2i", 2049, 8) + bytes(8)))
    with pytest.raises(SystemExit, match="its magic number is 2049, not 2051"):
        example["mnist"](labels)
    rng = np.random.default_rng(0)
    drawn = example["drawn"](20, rng)
    moved = np.stack([example["moved"](drawn[0], rng) for _ in range(20)])
    for digits in (drawn, moved):
        ink = (digits > 127).mean((1, 2))
        assert ((ink > 0.03) & (ink < 0.5)).all()
    assert len(np.unique(drawn, axis=0)) > 10
    assert len(np.unique(moved, axis=0)) == 20


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


def test_the_pipeline_of_the_example_can_be_trained_and_fitted_with(tmp_path: Path) -> None:
    _run(sys.executable, EXAMPLES / "augment.py", tmp_path / "augment.json", cwd=tmp_path)
    change = Augmentation(tmp_path / "augment.json")
    picture = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    image, points, _ = change.carry(picture, np.array([(20.0, 30.0)]), 0)
    assert image.shape == picture.shape
    assert not np.array_equal(image, picture)
    assert 1 < np.linalg.norm(points - (20, 30)) < 64
    assert change.mirrors


def test_the_commands_of_the_demo_parse(parse_command: Callable[[str], None]) -> None:
    subprocess.run(["bash", "-n", EXAMPLES / "demo.sh"], check=True)
    start = '"$bin/unsuplmk" '
    lines = (EXAMPLES / "demo.sh").read_text("utf-8").splitlines()
    commands = [line.removeprefix(start) for line in lines if line.startswith(start)]
    assert [command.split()[0] for command in commands] == [
        *("run", "evaluate", "predict", "predict", "render", "render", "report")
    ]
    for command in commands:
        parse_command(command)


def test_the_reconstructions_of_a_run_are_judged_in_python(tmp_path: Path) -> None:
    train = ("run", "--steps", "2", "--batch", "2", "--size", "32", "--landmarks", "3", "--encoder.width", "8")
    _run(sys.executable, "-m", "unsuplmk", *train, "--out", "run", cwd=tmp_path)
    said = _run(sys.executable, EXAMPLES / "reconstruct.py", tmp_path / "run", cwd=tmp_path)
    assert "'ssim'" in said
    assert "'pairs': 50" in said
