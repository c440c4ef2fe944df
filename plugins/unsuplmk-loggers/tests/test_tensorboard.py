"""The stage `tensorboard`: the contract, and its event files read back by TensorBoard itself."""

from __future__ import annotations

import json
import resource
import tomllib
from pathlib import Path
from typing import Any

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import plugin_data_pb2

from tests.processes import Interrupts
from tests.small import settings
from unsuplmk.errors import UserError
from unsuplmk.job import Job
from unsuplmk.testing import contract

STAGES = {"preview": {"every": 3, "rows": 2}, "health": {"every": 4}, "tensorboard": {}}

test_tensorboard = contract("stage", "tensorboard")


def events(folder: Path) -> Any:
    """All that TensorBoard finds in a folder."""
    everything = {"scalars": 0, "images": 0, "tensors": 0}
    return EventAccumulator(str(folder), everything).Reload()  # type: ignore[arg-type]


def curves(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """Steps and values of every curve, in the order of the files."""
    found = events(folder)
    return {tag: [(one.step, one.value) for one in found.Scalars(tag)] for tag in found.Tags()["scalars"]}


def log(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "log.jsonl").read_text("utf-8").splitlines()]


def wanted(run: Path) -> dict[str, list[tuple[int, Any]]]:
    """The curves that the log has, with the names that they are to have; values to single precision."""
    names = {
        "loss": "loss",
        "learning_rate": "training/learning_rate",
        "images/s": "training/images_per_second",
        **{name: f"loss/{name}" for name in ("pixel", "equivariance", "separation")},
        **{name: f"stages/{name}" for name in ("spread", "dead", "merged", "border", "agreement")},
    }
    found: dict[str, list[tuple[int, Any]]] = {}
    for line in log(run):
        for name in names.keys() & line.keys():
            found.setdefault(names[name], []).append((line["step"], pytest.approx(line[name], rel=1e-6)))
    return found


def test_the_curves_have_the_numbers_of_the_log_at_its_steps(tmp_path: Path) -> None:
    run = Job(settings(stage=STAGES, log_every=2)).run(tmp_path / "run")
    found = curves(run / "tensorboard")
    assert found == wanted(run)
    assert [step for step, _ in found["loss"]] == [2, 4, 6, 8]
    assert [step for step, _ in found["stages/agreement"]] == [4, 8]


def test_the_contact_sheets_are_shown_at_their_steps_as_they_are(tmp_path: Path) -> None:
    run = Job(settings(stage=STAGES, log_every=5)).run(tmp_path / "run")
    shown = events(run / "tensorboard").Images("preview")
    assert [one.step for one in shown] == [3, 6, 8]
    for one in shown:
        assert one.encoded_image_string == (run / "preview" / f"{one.step:06d}.png").read_bytes()
        assert (one.width, one.height) == (648, 340)


def test_settings_and_warnings_are_text(tmp_path: Path) -> None:
    values = settings(
        stage={"health": {"every": 2}, "tensorboard": {}}, bottleneck={"name": "gaussian", "sharpness": 1e-3}
    )
    run = Job(values).run(tmp_path / "run")
    found = events(run / "tensorboard")
    (text,) = (one.tensor_proto.string_val[0].decode() for one in found.Tensors("config/text_summary"))
    assert tomllib.loads(text.removeprefix("```toml\n").removesuffix("```"))["loss"]["pixel"]["weight"] == 20
    said = [(one.step, one.tensor_proto.string_val[0].decode()) for one in found.Tensors("warnings/text_summary")]
    assert said == [(line["step"], line["warning"]) for line in log(run) if "warning" in line]
    assert said[0][1].startswith("all landmarks lie at the image centre")
    content = found.SummaryMetadata("_hparams_/session_start_info").plugin_data.content
    parameters = plugin_data_pb2.HParamsPluginData.FromString(content).session_start_info.hparams  # type: ignore
    assert parameters["loss.pixel.weight"].number_value == 20
    assert parameters["encoder.name"].string_value == "convnet"


def test_a_resumed_run_goes_on_with_the_same_curves(tmp_path: Path) -> None:
    run = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        Job(settings(stage=STAGES)).run(run, console=Interrupts(after=5))
    assert curves(run / "tensorboard") == wanted(run)
    Job(settings(stage=STAGES)).run(run, resume=True)
    found = curves(run / "tensorboard")
    assert found == wanted(run)
    assert [step for step, _ in found["loss"]] == [*range(1, 9)]
    shown = events(run / "tensorboard").Images("preview")
    assert [one.step for one in shown] == [3, 5, 6, 8]


class Dies(Interrupts):
    """Stops the process's training as a bug would: nothing is finished, and nothing saved."""

    def update(self, number: int, figures: object) -> None:
        if number == self.after:
            raise RuntimeError("gone")


def test_what_is_done_twice_is_shown_once(tmp_path: Path) -> None:
    run = tmp_path / "run"
    with pytest.raises(RuntimeError, match="gone"):
        Job(settings(stage=STAGES, save_every=4)).run(run, console=Dies(after=7))
    assert [step for step, _ in curves(run / "tensorboard")["loss"]] == [*range(1, 7)]  # on the disk, unfinished
    Job(settings(stage=STAGES, save_every=4)).run(run, resume=True)
    assert log(run)[-1]["step"] == 8
    found = curves(run / "tensorboard")
    assert found == wanted(run)
    assert [step for step, _ in found["loss"]] == [*range(1, 9)]
    shown = events(run / "tensorboard")
    assert [one.step for one in shown.Images("preview")] == [3, 6, 8]
    assert len(shown.Tensors("config/text_summary")) == 1


def test_the_folder_may_be_elsewhere(tmp_path: Path) -> None:
    stage = {"tensorboard": {"folder": str(tmp_path / "all" / "mine")}}
    run = Job(settings(stage=stage, steps=2)).run(tmp_path / "run")
    assert curves(tmp_path / "all" / "mine") == wanted(run)
    assert not (run / "tensorboard").exists()


def test_a_folder_that_cannot_be_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    stage = {"tensorboard": {"folder": str(tmp_path / "file" / "mine")}}
    with pytest.raises(UserError, match=r"cannot write event files to .*mine: Not a directory"):
        Job(settings(stage=stage, steps=2)).run(tmp_path / "run")


class Fills(Interrupts):
    """Makes the disk full for files that are as long as the event file is, and frees it again."""

    def __init__(self, after: int, until: int, folder: Path) -> None:
        super().__init__(after)
        self.until, self.folder = until, folder
        self.said: list[str] = []

    def update(self, number: int, figures: object) -> None:
        if number in (self.after, self.until):
            (file,) = self.folder.iterdir()
            _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
            length = file.stat().st_size + 1 if number == self.after else most
            resource.setrlimit(resource.RLIMIT_FSIZE, (length, most))

    def warn(self, text: str) -> None:
        self.said.append(text)


def test_a_full_disk_is_one_warning_and_the_training_goes_on(tmp_path: Path) -> None:
    console = Fills(3, 7, tmp_path / "run" / "tensorboard")
    values = settings(stage={"tensorboard": {}}, save_every=100)
    run = Job(values).run(tmp_path / "run", console=console)
    assert console.said == ["nothing more is written for TensorBoard: File too large"]
    assert [line["step"] for line in log(run) if "loss" in line] == [*range(1, 9)]
    assert sum("warning" in line for line in log(run)) == 1
    assert [step for step, _ in curves(run / "tensorboard")["loss"]] == [1, 2]
