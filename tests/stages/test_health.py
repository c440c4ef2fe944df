"""Tests of the health stage."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import final

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from unsuplmk import checkpoint, registry
from unsuplmk.config import Config
from unsuplmk.console import Silent
from unsuplmk.job import Job, Training
from unsuplmk.model import Outcome
from unsuplmk.training.average import Average
from unsuplmk.types import Landmarks, Pair, Reconstruction

SMALL = {
    "landmarks": 6,
    "size": 32,
    "batch": 4,
    "ema": 0.0,
    "device": "cpu",
    "precision": "float32",
    "encoder": {"name": "convnet", "width": 4},
    "generator": {"name": "renderer", "width": 4},
}


def training(folder: Path, **settings: object) -> Training:
    """A training that stands still at step 10, without a warp."""
    config = Config(**{**SMALL, **settings}).resolved()  # type: ignore[arg-type]
    model = checkpoint.assemble(config, losses=False)
    found = Training(config, folder, model, Average(model, 0.0), config.build("pairs"), Silent(), (), 10)
    found.pair = Pair(torch.zeros(8, 3, 32, 32), torch.zeros(8, 3, 32, 32))
    return found


def place(found: Training, xy: torch.Tensor) -> None:
    """Let these be the landmarks of the step."""
    landmarks = Landmarks(xy, torch.ones(xy.shape[:2]), torch.zeros(*xy.shape[:2], 4, 4))
    found.outcome = Outcome(torch.zeros(()), {}, Reconstruction(found.pair.target), landmarks)


def warnings(folder: Path) -> list[str]:
    file = folder / "log.jsonl"
    return [json.loads(line)["warning"] for line in file.read_text().splitlines()] if file.exists() else []


def alive() -> torch.Tensor:
    return 1.6 * torch.rand(8, 6, 2, generator=torch.Generator().manual_seed(0)) - 0.8


def test_figures_go_to_the_log_on_the_stages_own_steps_only(tmp_path: Path) -> None:
    found, stage = training(tmp_path), registry.build("stage", "health", every=5)
    place(found, alive())
    found.number = 9
    stage.step(found)
    assert found.figures == {}
    found.number = 10
    stage.step(found)
    assert set(found.figures) == {"spread", "dead", "merged", "border"}
    assert found.figures["dead"] == found.figures["merged"] == 0
    assert warnings(tmp_path) == []


def test_nothing_is_said_of_landmarks_without_places(tmp_path: Path) -> None:
    found, stage = training(tmp_path, bottleneck={"name": "code"}), registry.build("stage", "health", every=5)
    place(found, torch.zeros(8, 6, 2))  # all at the centre: otherwise a collapse
    stage.step(found)
    assert found.figures == {}
    assert warnings(tmp_path) == []


def test_each_trouble_is_named_once_and_a_new_one_is_named_too(tmp_path: Path) -> None:
    found, stage = training(tmp_path), registry.build("stage", "health", every=5)
    xy = alive()
    xy[:, 5], xy[:, 0] = xy[:, 2], torch.tensor([0.5, 0.5])
    place(found, xy)
    for _ in range(3):
        stage.step(found)
    said = warnings(tmp_path)
    assert len(said) == 2
    assert said[0].startswith("landmarks 2 and 5 have merged")
    assert said[1].startswith("landmark 0 does not move")
    assert found.figures["merged"] == 2
    xy[:, 4] = xy[:, 2]
    place(found, xy)
    stage.step(found)
    assert [line.partition(":")[0] for line in warnings(tmp_path)[2:]] == ["landmarks 2, 4 and 5 have merged"]


@pytest.mark.parametrize(("shift", "where"), [(0.0, "at the image centre"), (0.5, "in one place")])
def test_a_collapse_is_one_warning_with_what_helps(tmp_path: Path, shift: float, where: str) -> None:
    found, stage = training(tmp_path, loss={"pixel": {}}), registry.build("stage", "health", every=1)
    place(found, 0.01 * alive() + shift)
    stage.step(found)
    stage.step(found)
    (said,) = warnings(tmp_path)
    assert said.startswith(f"all landmarks lie {where}: raise --bottleneck.sharpness")
    assert "add --loss separation" in said
    assert "equivariance" not in said  # it needs a warp, which these pairs have not


@final
class Listener:
    """Keeps what a job says."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def start(self, total: int, done: int, title: str) -> None:
        """Nothing."""

    def update(self, number: int, figures: Mapping[str, float]) -> None:
        """Nothing."""

    def note(self, text: str) -> None:
        """Nothing."""

    def warn(self, text: str) -> None:
        self.warnings.append(text)

    def finish(self) -> None:
        """Nothing."""


def test_a_real_run_logs_the_agreement_under_the_warp_and_trains_as_without_the_stage(tmp_path: Path) -> None:
    frames = np.random.default_rng(0).integers(0, 256, (8, 32, 32, 3), np.uint8)
    weights = []
    for name, stage in (("with", {"health": {"every": 1}}), ("without", {})):
        config = Config(**SMALL, steps=4, log_every=1, stage=stage)  # type: ignore[arg-type]
        listener = Listener()
        folder = Job(config, frames).run(tmp_path / name, console=listener)
        weights.append(load_file(folder / "model.safetensors"))
        lines = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
        assert [line["warning"] for line in lines if "warning" in line] == listener.warnings
        logged = [line for line in lines if "agreement" in line]
        assert len(logged) == (4 if stage else 0)
        assert all(0 <= line["agreement"] < 100 and line["spread"] > 0 for line in logged)
    for key, value in weights[0].items():
        torch.testing.assert_close(value, weights[1][key], rtol=0, atol=0)


@pytest.mark.parametrize(
    ("losses", "cure"),
    [(["pixel", "separation"], "lower --loss.separation.weight"), (["pixel"], "crop tighter")],
)
def test_landmarks_that_fled_to_the_border_are_not_to_be_driven_further(
    tmp_path: Path, losses: list[str], cure: str
) -> None:
    found, stage = training(tmp_path, loss=losses), registry.build("stage", "health", every=5)
    xy = alive()
    xy[:, :4, 0] = 0.99
    xy[:, 1] = xy[:, 0]
    place(found, xy)
    stage.step(found)
    first, second = warnings(tmp_path)[:2]
    assert first.startswith("67 % of the landmarks lie on the border: ")
    assert cure in first
    assert second == "landmarks 0 and 1 have merged there, too"
    stage.step(found)
    assert len([line for line in warnings(tmp_path) if "border" in line]) == 1
