"""What a stage must do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from unsuplmk.config import Config
from unsuplmk.errors import UserError
from unsuplmk.job import Job
from unsuplmk.testing.part import Part, images

STEPS = 3
SMALL: Mapping[str, Any] = {"width": 4}


def leaves_the_training_as_it_is(part: Part) -> None:
    """A run with it ends with the same weights as one without: it draws no random numbers and moves nothing."""
    without, beside = _run({}), _run(_table(part))
    for name, value in without.items():
        assert torch.equal(value, beside[name]), f"with the stage a run ends with other weights: {name}"


def goes_on_when_a_run_is_resumed(part: Part) -> None:
    """A run that ends early and is resumed comes to the same weights, and the log has a line for every step."""
    with TemporaryDirectory() as name:
        folder = Path(name) / "run"
        _job(_table(part), STEPS - 1).run(folder)
        try:
            _job(_table(part), STEPS).run(folder, resume=True)
        except UserError:
            raise
        except Exception as error:
            raise AssertionError(f"a run with it cannot be resumed: {type(error).__name__}: {error}") from error
        resumed = load_file(folder / "model.safetensors")
        lines = [json.loads(line) for line in (folder / "log.jsonl").read_text("utf-8").splitlines()]
    steps = sorted({line["step"] for line in lines})
    assert steps == list(range(1, STEPS + 1)), f"the log of a resumed run has the steps {steps}, not 1 to {STEPS}"
    for name, value in _run(_table(part)).items():
        assert torch.equal(value, resumed[name]), f"resumed, a run with the stage ends with other weights: {name}"


def _table(part: Part) -> dict[str, Any]:
    return {part.name: dict(part.options)}


def _run(stages: dict[str, Any]) -> dict[str, Tensor]:
    """The weights that a few steps of a real run give."""
    with TemporaryDirectory() as folder:
        return load_file(_job(stages, STEPS).run(Path(folder) / "run") / "model.safetensors")


def _job(stages: dict[str, Any], steps: int) -> Job:
    config = Config(
        landmarks=3,
        size=32,
        steps=steps,
        batch=2,
        ema=0.0,
        schedule="constant",  # which does not look ahead to the last step
        device="cpu",
        precision="float32",
        log_every=1,
        encoder={"name": "convnet", **SMALL},
        generator={"name": "renderer", **SMALL},
        stage=stages,
    )
    return Job(config, [(255 * image).byte().permute(1, 2, 0).numpy() for image in images(4, 32, 32)])


CHECKS = (leaves_the_training_as_it_is, goes_on_when_a_run_is_resumed)
