"""A real run of two processes, interrupted as Slurm would and gone on with by the job's script."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from tests.small import settings
from unsuplmk import config
from unsuplmk.job import Job
from unsuplmk_slurm import local
from unsuplmk_slurm.script import Allocation, Errand, script

STEPS = 30


def logged(run: Path) -> list[dict[str, float]]:
    text = (run / "log.jsonl").read_text("utf-8") if (run / "log.jsonl").exists() else ""
    return [json.loads(line) for line in text.splitlines() if line.endswith("}")]


@pytest.mark.slow
def test_a_run_of_two_processes_that_is_interrupted_ends_as_an_unbroken_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    plan = settings(steps=STEPS, save_every=1000)
    whole = Job(plan).run(tmp_path / "whole")

    def notice() -> None:
        while len(logged(tmp_path / "run")) < 3:
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGUSR1)

    threading.Thread(target=notice, daemon=True).start()
    errand = Errand(
        words=("--config", "small.toml", "--out", "run"),
        run=Path("run"),
        resume=False,
        settings=config.to_toml(plan, {}),
        folder=tmp_path,
        start=tmp_path,
    )
    file = tmp_path / "job.sh"
    file.write_text(script(Allocation("x", processes=2), errand), "utf-8")
    assert local.run(file, 2) == 0
    said = capfd.readouterr().err
    assert "saved: go on with --resume" in said
    assert said.count("Queued again") == 1
    assert torch.load(tmp_path / "run/state.pt", weights_only=True)["number"] == STEPS
    assert [line["step"] for line in logged(tmp_path / "run")] == list(range(1, STEPS + 1))
    # as of two processes against one, sums are taken in another order
    losses = [[line["loss"] for line in logged(run)] for run in (whole, tmp_path / "run")]
    assert np.allclose(losses[0][:9], losses[1][:9], rtol=1e-4)
    assert np.allclose(losses[0], losses[1], rtol=5e-3)
    for key, value in load_file(whole / "model.safetensors").items():
        assert torch.allclose(value, load_file(tmp_path / "run/model.safetensors")[key], atol=2e-3), key
