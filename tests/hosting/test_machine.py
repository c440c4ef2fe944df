"""A run's config says what it really ran on, also where it went on elsewhere."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.report.runs import written
from tests.small import settings
from unsuplmk import checkpoint, config
from unsuplmk.hosting import machine
from unsuplmk.job import Job

CPU = {"device": "cpu", "processes": 1, "precision": "float32"}
CUDA = {"device": "cuda (Some GPU)", "processes": 2, "precision": "bfloat16"}


def recorded(folder: Path) -> Any:
    return tomllib.loads((folder / "config.toml").read_text("utf-8")).get("machine")


def test_a_run_on_the_device_that_was_found_says_which_it_was(tmp_path: Path) -> None:
    folder = Job(settings(device="auto", steps=1, data="puppets")).run(tmp_path / "run")
    (entry,) = recorded(folder)
    assert entry["device"].partition(" ")[0] == ("cuda" if torch.cuda.is_available() else "cpu")
    assert {**entry, "device": ""} == {"step": 0, "device": "", "processes": 1, "precision": "float32"}
    assert checkpoint.load_config(folder) == settings(device="auto", steps=1).resolved()
    going_on = Job(settings(device="auto", steps=2, data="puppets"))
    assert recorded(going_on.run(folder, resume=True)) == [entry]


@pytest.mark.parametrize(("asked", "found"), [("float32", "float32"), ("bfloat16", "bfloat16")])
def test_the_precision_is_the_one_of_the_forward_pass(asked: str, found: str) -> None:
    assert machine.here(torch.device("cpu"), 3, asked) == {"device": "cpu", "processes": 3, "precision": found}


def test_a_run_that_went_on_elsewhere_has_both_machines(tmp_path: Path) -> None:
    folder = written(tmp_path / "run")
    before = config.read(str(folder))
    machine.record(folder, CPU, 0)
    machine.record(folder, CPU, 40)
    assert recorded(folder) == [{"step": 0, **CPU}]
    machine.record(folder, CUDA, 1500)
    assert machine.told(config.read(str(folder))) == (
        "cpu, 1 process, float32; from step 1,500: cuda (Some GPU), 2 processes, bfloat16"
    )
    machine.record(folder, CPU, 1500)  # the other was gone before its first checkpoint
    assert recorded(folder) == [{"step": 0, **CPU}]
    assert {key: value for key, value in config.read(str(folder)).items() if key != "machine"} == before


def test_an_older_run_has_no_machine_and_one_that_goes_on_has_it_from_there(tmp_path: Path) -> None:
    folder = written(tmp_path / "run")
    assert machine.told(config.read(str(folder))) == ""
    machine.record(folder, CPU, 20)
    assert machine.told(config.read(str(folder))) == "from step 20: cpu, 1 process, float32"
    assert checkpoint.load_config(folder) == settings().resolved()


@pytest.mark.parametrize("odd", ["here", [1], [{"device": "cpu"}], {"step": 0}])
def test_a_record_of_somebody_else_is_no_reason_to_fail(odd: object) -> None:
    assert machine.told({"machine": odd}) == ""
