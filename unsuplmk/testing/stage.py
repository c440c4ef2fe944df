"""What a stage must do."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from unsuplmk.config import Config
from unsuplmk.job import Job
from unsuplmk.testing.part import Part, images

STEPS = 3
SMALL: Mapping[str, Any] = {"width": 4}


def leaves_the_training_as_it_is(part: Part) -> None:
    """A run with it ends with the same weights as one without: it draws no random numbers and moves nothing."""
    without, beside = _run({}), _run({part.name: dict(part.options)})
    for name, value in without.items():
        assert torch.equal(value, beside[name]), f"with the stage a run ends with other weights: {name}"


def _run(stages: dict[str, Any]) -> dict[str, Tensor]:
    """The weights that a few steps of a real run give."""
    config = Config(
        landmarks=3,
        size=32,
        steps=STEPS,
        batch=2,
        ema=0.0,
        device="cpu",
        precision="float32",
        log_every=1,
        encoder={"name": "convnet", **SMALL},
        generator={"name": "renderer", **SMALL},
        stage=stages,
    )
    frames = [(255 * image).byte().permute(1, 2, 0).numpy() for image in images(4, 32, 32)]
    with TemporaryDirectory() as folder:
        return load_file(Job(config, frames).run(Path(folder) / "run") / "model.safetensors")


CHECKS = (leaves_the_training_as_it_is,)
