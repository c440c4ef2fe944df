"""Tests of the previews."""

import json
from pathlib import Path

import numpy as np
import pytest

from unsuplmk.config import Config
from unsuplmk.frames.media import read_image
from unsuplmk.job import Job

FRAMES = np.random.default_rng(0).integers(0, 256, (8, 32, 32, 3), np.uint8)


def config(**preview: int) -> Config:
    return Config(
        landmarks=3,
        size=32,
        steps=5,
        batch=4,
        log_every=1,
        device="cpu",
        precision="float32",
        encoder={"name": "convnet", "width": 4},
        generator={"name": "renderer", "width": 4},
        stage={"preview": preview},
    )


def sheets(run: Path) -> list[str]:
    return sorted(file.name for file in (run / "preview").iterdir())


def test_a_sheet_is_drawn_every_so_many_steps_and_at_the_end(tmp_path: Path) -> None:
    run = Job(config(every=2, rows=3), FRAMES).run(tmp_path / "run")
    assert sheets(run) == ["000002.png", "000004.png", "000005.png"]
    pictures = [read_image(run / "preview" / name) for name in sheets(run)]
    assert {picture.shape for picture in pictures} == {(20 + 3 * 160, 4 * 162, 3)}
    source = (slice(None), slice(0, 162))
    np.testing.assert_array_equal(pictures[0][source], pictures[2][source])  # the same frames, warped alike
    assert (pictures[0] != pictures[2]).any()


def test_the_last_step_is_drawn_once(tmp_path: Path) -> None:
    run = Job(config(every=5), FRAMES).run(tmp_path / "run")
    assert sheets(run) == ["000005.png"]


@pytest.mark.parametrize("every", [1, 5])
def test_a_preview_that_cannot_be_written_is_a_warning_and_training_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, every: int
) -> None:
    def full(path: Path, rgb: np.ndarray) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("unsuplmk.stages.preview.write_image", full)
    run = Job(config(every=every), FRAMES).run(tmp_path / "run")
    said = [json.loads(line).get("warning", "") for line in (run / "log.jsonl").read_text().splitlines()]
    assert sum("no preview at step" in line and "No space left" in line for line in said) == 5 // every
    assert (run / "model.safetensors").exists()
