"""The stage `wandb`, offline: the contract, and what its client keeps of a run; nothing is sent."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import wandb
from wandb.proto import wandb_internal_pb2

from tests.processes import Interrupts
from tests.small import settings
from unsuplmk.errors import UserError
from unsuplmk.job import Job
from unsuplmk.testing import contract

OFFLINE = {"mode": "offline", "project": "toys", "tags": ["a", "b"], "group": "g"}
STAGES = {"preview": {"every": 3, "rows": 2}, "health": {"every": 4}, "wandb": OFFLINE}


@pytest.fixture(scope="module", autouse=True)
def nobody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The client's processes find no user's files, and leave none."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("WANDB")]:
            patch.delenv(name)
        for name in ("HOME", "WANDB_CACHE_DIR", "WANDB_CONFIG_DIR", "WANDB_DATA_DIR"):
            patch.setenv(name, str(home))
        patch.setenv("NETRC", str(home / "netrc"))
        yield
        wandb.teardown()


test_wandb = contract("stage", "wandb", mode="offline")


def pieces(path: Path) -> Iterator[bytes]:
    """The records of a log in LevelDB's format, as the client writes it: in blocks of 32 KiB, after seven bytes."""
    content, place, record = path.read_bytes(), 7, b""
    while place + 7 <= len(content):
        left = 32768 - place % 32768
        if left < 7:  # no header fits there
            place += left
            continue
        _, length, kind = struct.unpack_from("<IHB", content, place)
        record += content[place + 7 : place + 7 + length]
        place += 7 + length
        if kind in (1, 4):  # whole, or the last part
            yield record
            record = b""


def records(run: Path) -> list[list[Any]]:
    """What the client has kept: the records of each of its runs, in the order of their beginning."""
    parse = wandb_internal_pb2.Record.FromString  # type: ignore[attr-defined]
    for _ in range(200):  # its process writes on after a run has finished
        paths = sorted((run / "wandb").glob("offline-run-*/*.wandb"))
        found = [[parse(piece) for piece in pieces(path)] for path in paths]
        if all(these and these[-1].HasField("exit") for these in found):
            return found
        time.sleep(0.05)
    raise AssertionError("a run was not finished")


def history(these: list[Any]) -> list[dict[str, Any]]:
    """Steps and values."""
    rows = [one.history for one in these if one.WhichOneof("record_type") == "history"]
    return [
        {".".join(item.nested_key) or item.key: json.loads(item.value_json) for item in row.item}
        | {"_step": row.step.num}
        for row in rows
    ]


def log(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "log.jsonl").read_text("utf-8").splitlines()]


def assert_as_logged(rows: list[dict[str, Any]], run: Path) -> None:
    """Each line of figures is at its step, with its numbers."""
    at = {row["_step"]: row for row in rows if "loss" in row}
    lines = [line for line in log(run) if "loss" in line]
    assert list(at) == [line["step"] for line in lines]
    for line in lines:
        row = at[line["step"]]
        assert (row["loss"], row["loss/pixel"]) == (line["loss"], line["pixel"])
        assert row["training/learning_rate"] == line["learning_rate"]
        assert row["training/images_per_second"] == line["images/s"]
        assert row.get("stages/spread") == line.get("spread")


def test_the_history_has_the_numbers_of_the_log_and_the_contact_sheets(tmp_path: Path) -> None:
    run = Job(settings(stage=STAGES, log_every=2)).run(tmp_path / "run")
    (these,) = records(run)
    rows = history(these)
    assert_as_logged(rows, run)
    sheets = {row["_step"]: row["preview.path"] for row in rows if "preview.path" in row}
    assert list(sheets) == [3, 6, 8]
    (folder,) = (run / "wandb").glob("offline-run-*")
    for step, sheet in sheets.items():
        assert (folder / "files" / sheet).read_bytes() == (run / "preview" / f"{step:06d}.png").read_bytes()


def test_the_run_is_named_and_described(tmp_path: Path) -> None:
    stages = {"health": {"every": 2}, "wandb": OFFLINE}
    values = settings(stage=stages, bottleneck={"name": "gaussian", "sharpness": 1e-3})
    run = Job(values).run(tmp_path / "toy")
    (these,) = records(run)
    (about,) = (one.run for one in these if one.WhichOneof("record_type") == "run")
    assert (about.project, about.display_name, about.run_group, list(about.tags)) == ("toys", "toy", "g", ["a", "b"])
    config = {item.key: json.loads(item.value_json) for item in about.config.update}
    assert config["loss.pixel.weight"] == 20
    assert config["encoder.name"] == "convnet"
    said = [f"step {line['step']}: {line['warning']}" for line in log(run) if "warning" in line]
    assert said[0].startswith("step 2: all landmarks lie at the image centre")
    updates = [item for one in these if one.HasField("summary") for item in one.summary.update]
    assert [json.loads(item.value_json) for item in updates if item.key == "warnings"][-1] == "\n".join(said)


def test_a_resumed_run_is_the_same_run_there(tmp_path: Path) -> None:
    run = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        Job(settings(stage=STAGES)).run(run, console=Interrupts(after=5))
    kept = json.loads((run / "wandb.json").read_text("utf-8"))
    assert kept == {"id": kept["id"], "project": "toys", "entity": "", "url": None}
    Job(settings(stage=STAGES)).run(run, resume=True)
    assert json.loads((run / "wandb.json").read_text("utf-8")) == kept
    both = records(run)
    assert [one.run.run_id for these in both for one in these if one.WhichOneof("record_type") == "run"] == [
        kept["id"], kept["id"],
    ]  # fmt: skip
    assert_as_logged([row for these in both for row in history(these)], run)
    for these in both:
        (end,) = (one.exit.exit_code for one in these if one.WhichOneof("record_type") == "exit")
        assert end == 0


@pytest.mark.parametrize("content", ["", "[]", '{"project": "x"}'])
def test_a_damaged_name_of_the_run_is_one_line(tmp_path: Path, content: str) -> None:
    stage = {"wandb": {"mode": "disabled"}}
    run = Job(settings(stage=stage, steps=1)).run(tmp_path / "run")
    assert not (run / "wandb.json").exists()
    (run / "wandb.json").write_text(content)
    with pytest.raises(UserError, match=r"wandb\.json names no run of Weights & Biases: delete it"):
        Job(settings(stage=stage, steps=2)).run(run, resume=True)


class Ends(Interrupts):
    """Ends the client while it is in use, as an error of its own would."""

    def __init__(self, after: int) -> None:
        super().__init__(after)
        self.said: list[str] = []

    def update(self, number: int, figures: object) -> None:
        if number == self.after:
            wandb.teardown()

    def warn(self, text: str) -> None:
        self.said.append(text)


def test_a_client_that_fails_is_one_warning_and_the_training_goes_on(tmp_path: Path) -> None:
    console = Ends(3)
    run = Job(settings(stage={"wandb": {"mode": "offline"}})).run(tmp_path / "run", console=console)
    (said,) = console.said
    assert said.startswith("nothing more is sent to Weights & Biases: ")
    assert [line["step"] for line in log(run) if "loss" in line] == [*range(1, 9)]


def test_without_the_package_the_error_says_how_to_install_it() -> None:
    script = """
import sys
sys.modules["wandb"] = None
from unsuplmk import registry
from unsuplmk.errors import UserError
try:
    registry.build("stage", "wandb", mode="offline")
except UserError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "stage 'wandb' needs the package wandb: pip install 'unsuplmk-loggers[wandb]'\n"


def test_without_a_login_the_error_says_how_to_log_in(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no login .*: run `wandb login`, or choose --stage\.wandb\.mode offline"):
        Job(settings(stage={"wandb": {}})).run(tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_without_a_network_the_error_says_what_works_without_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = {"WANDB_API_KEY": "0" * 40, "WANDB_BASE_URL": "http://127.0.0.1:9", "WANDB_INIT_TIMEOUT": "2"}
    for name, value in nowhere.items():
        monkeypatch.setenv(name, value)
    wandb.teardown()  # which has read the environment that was
    try:
        with pytest.raises(UserError, match=r"no run can be begun .*choose --stage\.wandb\.mode offline") as raised:
            Job(settings(stage={"wandb": {}})).run(tmp_path / "run")
    finally:
        wandb.teardown()
    assert "\n" not in str(raised.value)
