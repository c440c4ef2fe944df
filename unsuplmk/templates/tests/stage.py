"""The stage `example`: the contract of stages, and what is its own."""

import json
from pathlib import Path

import numpy as np

import unsuplmk
from unsuplmk.testing import contract

test_example = contract("stage", "example", every=1)


def test_the_log_says_how_far_landmarks_move_from_the_second_look_on(tmp_path: Path) -> None:
    frames = list(np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3), np.uint8))
    small = {"size": 32, "batch": 2, "encoder": {"name": "convnet", "width": 4}, "device": "cpu", "log_every": 1}
    config = unsuplmk.Config(landmarks=2, steps=6, stage={"example": {"every": 2}}, **small)
    log = unsuplmk.Job(config, frames).run(tmp_path / "run") / "log.jsonl"
    lines = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    drift = {line["step"]: line["drift"] for line in lines if "drift" in line}
    assert min(drift.values()) > 0
    assert len(drift) == 2
