"""Training end to end on small data: it learns, resumes exactly, shares its work, and stops cleanly."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from tests.processes import Interrupts
from tests.small import settings
from unsuplmk import checkpoint, registry
from unsuplmk.config import load, make
from unsuplmk.datasets.arrays import Arrays
from unsuplmk.errors import UserError
from unsuplmk.interfaces import Generator, Stage
from unsuplmk.job import Job, Training
from unsuplmk.plugins import host
from unsuplmk.types import Landmarks, Pair, Reconstruction, Render


def losses(folder: Path) -> list[float]:
    lines = [json.loads(line) for line in (folder / "log.jsonl").read_text("utf-8").splitlines()]
    return [line["loss"] for line in lines if "loss" in line]


def test_a_run_folder_holds_config_weights_state_and_log(tmp_path: Path) -> None:
    folder = Job(settings()).run(tmp_path / "run")
    assert {"config.toml", "model.safetensors", "state.pt", "log.jsonl"} <= {f.name for f in folder.iterdir()}
    assert len(losses(folder)) == 8
    model = checkpoint.load_model(folder)
    assert model.locate(torch.rand(2, 3, 32, 32)).xy.shape == (2, 4, 2)


def test_the_same_seed_gives_the_same_run_and_another_seed_another(tmp_path: Path) -> None:
    first, second = (losses(Job(settings()).run(tmp_path / name)) for name in ("a", "b"))
    assert first == second
    assert losses(Job(settings(seed=1)).run(tmp_path / "c")) != first


@pytest.mark.parametrize("pairs", ["warped", "video"])
def test_a_resumed_run_has_the_losses_and_weights_of_an_unbroken_one(tmp_path: Path, pairs: str) -> None:
    whole = Job(settings(pairs=pairs)).run(tmp_path / "whole")
    # the learning rate's course depends on the number of steps, so the break is made by an interruption
    broken = tmp_path / "broken"
    with pytest.raises(KeyboardInterrupt, match="--resume"):
        Job(settings(pairs=pairs)).run(broken, console=Interrupts(after=4))
    assert len(losses(broken)) == 4
    Job(settings(pairs=pairs)).run(broken, resume=True)
    assert losses(broken) == losses(whole)
    ours, theirs = load_file(broken / "model.safetensors"), load_file(whole / "model.safetensors")
    assert all(torch.equal(ours[key], theirs[key]) for key in theirs)


def test_a_run_sees_what_is_cropped_and_sees_the_same_when_it_is_resumed(tmp_path: Path) -> None:
    boxes = ["file,left,top,width,height", *(f"puppets/train/{i // 4:04}/{i % 4:03},8,8,24,24" for i in range(15))]
    (tmp_path / "boxes.csv").write_text("\n".join(boxes) + "\n", "utf-8")
    crop = {"name": "boxes", "file": str(tmp_path / "boxes.csv")}
    whole = Job(settings(crop=crop)).run(tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        Job(settings(crop=crop)).run(tmp_path / "broken", console=Interrupts(after=4))
    Job(settings(crop=crop)).run(tmp_path / "broken", resume=True)
    assert losses(tmp_path / "broken") == losses(whole)
    assert losses(whole) != losses(Job(settings()).run(tmp_path / "plain"))
    with pytest.raises(UserError, match="was begun with crop"):
        Job(settings(crop="whole", steps=20)).run(tmp_path / "broken", resume=True)


def test_a_run_folder_from_before_there_were_crops_is_one_of_whole_frames(tmp_path: Path) -> None:
    folder = Job(settings(steps=2)).run(tmp_path / "run")
    text = (folder / "config.toml").read_text("utf-8")
    assert '[crop]\nname = "whole"\n' in text
    (folder / "config.toml").write_text(text.replace('[crop]\nname = "whole"\n', ""), "utf-8")
    assert checkpoint.load_config(folder).crop == {"name": "whole"}
    Job(settings(steps=4)).run(folder, resume=True)
    assert len(losses(folder)) == 4


def test_a_killed_run_goes_on_from_its_last_checkpoint(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    values = settings(steps=400, save_every=5)
    script = (
        "from unsuplmk import config; from unsuplmk.job import Job; "
        f"Job(config.make({values.dump()!r})).run({str(folder)!r})"
    )
    process = subprocess.Popen([sys.executable, "-c", script], env={**os.environ, "OMP_NUM_THREADS": "1"})
    while not (folder / "state.pt").exists():
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    done = torch.load(folder / "state.pt", weights_only=True)["number"]
    # `steps` may change on resuming, so that this test need not wait for 400
    Job(settings(steps=done + 2, save_every=5)).run(folder, resume=True)
    assert torch.load(folder / "state.pt", weights_only=True)["number"] == done + 2
    assert [json.loads(line)["step"] for line in (folder / "log.jsonl").read_text().splitlines()] == list(
        range(1, done + 3)
    )


def test_a_run_that_was_killed_before_its_first_checkpoint_starts_anew_on_resuming(tmp_path: Path) -> None:
    whole = Job(settings(steps=2)).run(tmp_path / "whole")
    checkpoint.create(tmp_path / "killed", settings(steps=2).resolved())
    assert losses(Job(settings(steps=2)).run(tmp_path / "killed", resume=True)) == losses(whole)


def test_two_processes_train_as_one_does(tmp_path: Path) -> None:
    losses_of = {}
    weights_of = {}
    for devices in (1, 2):
        folder = Job(settings(devices=devices, steps=5, clip=1.0)).run(tmp_path / str(devices))
        losses_of[devices] = losses(folder)
        weights_of[devices] = load_file(folder / "model.safetensors")
    # stated tolerance: 1e-4 relative in the loss; sums are taken in another order
    assert np.allclose(losses_of[1], losses_of[2], rtol=1e-4)
    for key, value in weights_of[1].items():
        assert torch.allclose(value, weights_of[2][key], atol=2e-4), key


def test_a_batch_that_processes_cannot_share_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="multiple of 2"):
        Job(settings(devices=2, batch=3)).run(tmp_path / "run")


def test_a_loss_that_becomes_nan_stops_the_run_and_keeps_the_last_checkpoint(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with pytest.raises(UserError, match=r"pixel.*NaN or infinite by step.*learning-rate"):
        Job(settings(steps=60, learning_rate=1e30, clip=0, warmup=0, save_every=1, schedule="constant")).run(folder)
    assert all(torch.isfinite(value).all() for value in load_file(folder / "model.safetensors").values())


def test_a_folder_that_holds_something_is_refused(tmp_path: Path) -> None:
    Job(settings(steps=1)).run(tmp_path / "run")
    with pytest.raises(UserError, match=r"holds another run.*--resume"):
        Job(settings(steps=1)).run(tmp_path / "run")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(UserError, match="not a run"):
        Job(settings(steps=1)).run(tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"


def test_resuming_with_other_settings_or_nothing_to_resume_is_refused(tmp_path: Path) -> None:
    folder = Job(settings(steps=2)).run(tmp_path / "run")
    with pytest.raises(UserError, match=r"batch = 4, not 2"):
        Job(settings(steps=4, batch=2)).run(folder, resume=True)
    with pytest.raises(UserError, match="was begun with dataset"):
        Job(settings(dataset={"clips": 5, "length": 4, "side": 48})).run(folder, resume=True)
    with pytest.raises(UserError, match="has done its 2 steps"):
        Job(settings(steps=2)).run(folder, resume=True)
    with pytest.raises(UserError, match="does not exist"):
        Job(settings()).run(tmp_path / "nowhere", resume=True)


def test_unknown_devices_and_unmet_needs_are_refused_before_training(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no device named 'tpu'"):
        Job(settings(device="tpu")).run(tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_arrays_in_memory_can_be_trained_on_and_the_run_does_not_claim_other_data(tmp_path: Path) -> None:
    frames = np.random.default_rng(0).integers(0, 255, (6, 40, 40, 3), dtype=np.uint8)
    folder = Job(settings(steps=1), data=frames).run(tmp_path / "run")
    assert len(losses(folder)) == 1
    config = tomllib.loads((folder / "config.toml").read_text("utf-8"))
    assert (config["data"], config["dataset"]) == ("data given in Python (arrays)", {})
    with pytest.raises(UserError, match=r"data given in Python \(arrays\) cannot be read again: name files"):
        Job(make(load(str(folder))).model_copy(update={"steps": 2})).run(folder, resume=True)
    Job(settings(steps=2), data=frames).run(folder, resume=True)
    assert len(losses(folder)) == 2


def test_a_dataset_is_recorded_by_its_class_and_a_path_as_it_is(tmp_path: Path) -> None:
    frames = np.zeros((2, 40, 40, 3), np.uint8)
    assert Job(settings(), Arrays(frames)).config.data == "data given in Python (Arrays)"
    job = Job(settings(), tmp_path)
    assert (job.config.data, job.data, job.config.dataset) == (str(tmp_path), None, {"fps": 0.0})


def test_bfloat16_trains_and_agrees_roughly_with_float32(tmp_path: Path) -> None:
    exact = losses(Job(settings(steps=3)).run(tmp_path / "exact"))
    low = losses(Job(settings(steps=3, precision="bfloat16")).run(tmp_path / "low"))
    assert np.allclose(exact, low, rtol=0.05)
    assert exact != low


def test_a_stage_is_told_every_line_of_the_log_with_its_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, Any]] = []

    class Listener(Stage):
        """Keeps what it is told, and says a word itself."""

        def start(self, training: Training) -> None:
            training.warn("before anybody listens")
            told.append(("start", training.number))

        def step(self, training: Training) -> None:
            told.append(("step", training.number))
            training.log(own=float(training.number))
            if training.number == 4:
                training.warn("half of it")

        def line(self, training: Training, line: Mapping[str, object]) -> None:
            told.append(("line", dict(line)))

        def finish(self, training: Training) -> None:
            training.warn("after all is said")
            told.append(("finish", training.number))

    component = registry.Component(registry.KINDS["stage"], "listener", Listener, host().plugins["unsuplmk"])
    monkeypatch.setitem(registry._table("stage"), "listener", [component])
    folder = Job(settings(stage={"listener": {}}, log_every=3, steps=8)).run(tmp_path / "run")
    logged = [json.loads(line) for line in (folder / "log.jsonl").read_text("utf-8").splitlines()]
    assert [line for what, line in told if what == "line"] == logged[1:-1]
    assert [line.get("warning") for line in (logged[0], logged[-1])] == ["before anybody listens", "after all is said"]
    assert [(what, line["step"] if what == "line" else line) for what, line in told] == [
        ("start", 0), *(("step", i) for i in (1, 2, 3)), ("line", 3), ("step", 4), ("line", 4), ("line", 4),
        ("step", 5), ("step", 6), ("line", 6), ("step", 7), ("step", 8), ("line", 8), ("finish", 8),
    ]  # fmt: skip
    assert [line["own"] for line in logged if "loss" in line] == [3, 4, 6, 8]


def test_a_stage_that_cannot_be_built_leaves_no_folder_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Needy(Stage):
        """Lacks a package."""

        def __init__(self) -> None:
            raise UserError("needs what is not installed")

    component = registry.Component(registry.KINDS["stage"], "needy", Needy, host().plugins["unsuplmk"])
    monkeypatch.setitem(registry._table("stage"), "needy", [component])
    with pytest.raises(UserError, match="not installed"):
        Job(settings(stage={"needy": {}})).run(tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_generator_loads_its_first_weights_once_when_a_run_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads: list[float] = []

    class Primed(Generator):
        """Scales the source by a weight that it starts from."""

        def __init__(self, maps: int) -> None:
            super().__init__()
            self.scale = torch.nn.Parameter(torch.zeros(1))

        def initialise(self) -> None:
            loads.append(self.scale.item())
            torch.nn.init.constant_(self.scale, 7.0)

        def forward(self, pair: Pair, source: Landmarks, target: Landmarks, render: Render) -> Reconstruction:
            return Reconstruction(pair.source * self.scale)

    component = registry.Component(registry.KINDS["generator"], "primed", Primed, host().plugins["unsuplmk"])
    monkeypatch.setitem(registry._table("generator"), "primed", [component])
    config = settings(generator="primed", learning_rate=1e-9, steps=8)
    with pytest.raises(KeyboardInterrupt):
        Job(config).run(tmp_path / "run", console=Interrupts(after=4))
    Job(config).run(tmp_path / "run", resume=True)
    checkpoint.load_model(tmp_path / "run")
    assert loads == [0]  # neither resuming nor using the run asks again
    assert load_file(tmp_path / "run" / "model.safetensors")["generator.scale"].item() == pytest.approx(7, abs=1e-3)
