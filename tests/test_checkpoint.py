"""The run folder survives full disks, and refuses what is not ours."""

from __future__ import annotations

import errno
import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.small import settings
from unsuplmk import checkpoint
from unsuplmk.errors import UserError
from unsuplmk.job import Job


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Job(settings(steps=2)).run(tmp_path_factory.mktemp("runs") / "run")


def test_a_write_that_fails_keeps_what_was_there_and_leaves_no_litter(tmp_path: Path) -> None:
    path = tmp_path / "state.pt"
    path.write_text("before")

    def half(temporary: Path) -> None:
        temporary.write_text("ha")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(UserError, match=r"No space left.*is kept"):
        checkpoint.write_atomically(path, half)
    assert path.read_text() == "before"
    assert [f.name for f in tmp_path.iterdir()] == ["state.pt"]


def test_what_is_written_may_be_read_by_whom_the_user_lets(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    checkpoint.write_atomically(path, lambda part: save_file({"x": torch.zeros(2)}, part))
    plain = tmp_path / "plain"
    plain.touch()
    assert path.stat().st_mode == plain.stat().st_mode


def test_saving_to_a_full_disk_is_one_clear_error(run: Path) -> None:
    model = checkpoint.load_model(run)
    if not Path("/dev/full").exists():
        pytest.skip("/dev/full is a Linux device")
    with pytest.raises(UserError, match="cannot write"):
        checkpoint.write_atomically(run / "x.pt", lambda _: torch.save(model.state_dict(), "/dev/full"))


def test_a_state_that_holds_code_is_refused_and_nothing_in_it_runs(run: Path, tmp_path: Path) -> None:
    class Payload:
        def __reduce__(self) -> tuple:
            return (Path.touch, (tmp_path / "executed",))

    config = checkpoint.load_config(run)
    kept = (run / "state.pt").read_bytes()
    try:
        (run / "state.pt").write_bytes(pickle.dumps({"number": Payload()}))
        with pytest.raises(UserError, match="nothing in it was run"):
            checkpoint.load_state(run, config)
    finally:
        (run / "state.pt").write_bytes(kept)
    assert not (tmp_path / "executed").exists()


def test_a_file_of_somebody_elses_tensors_is_not_a_training_state(run: Path) -> None:
    kept = (run / "state.pt").read_bytes()
    try:
        torch.save({"epoch": 3, "weights": torch.zeros(2)}, run / "state.pt")
        with pytest.raises(UserError, match="not a training state of ours"):
            checkpoint.load_state(run, checkpoint.load_config(run))
    finally:
        (run / "state.pt").write_bytes(kept)


def test_weights_that_are_not_safetensors_or_do_not_fit_are_refused(run: Path, tmp_path: Path) -> None:
    copy = tmp_path / "run"
    copy.mkdir()
    (copy / "config.toml").write_bytes((run / "config.toml").read_bytes())
    with pytest.raises(UserError, match=r"no model.safetensors"):
        checkpoint.load_model(copy)
    (copy / "model.safetensors").write_bytes(pickle.dumps({"weights": 1}))
    with pytest.raises(UserError, match="not a safetensors file"):
        checkpoint.load_model(copy)
    weights = load_file(run / "model.safetensors")
    first = next(iter(weights))
    save_file({**weights, first: torch.zeros(1, 2, 3)}, copy / "model.safetensors")
    with pytest.raises(UserError, match="does not fit"):
        checkpoint.load_model(copy)


def test_a_folder_that_is_not_a_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not exist"):
        checkpoint.load_config(tmp_path / "nothing")
    with pytest.raises(UserError, match="not a run folder"):
        checkpoint.load_config(tmp_path)


def test_the_config_in_the_folder_is_complete_and_names_versions(run: Path) -> None:
    text = (run / "config.toml").read_text("utf-8")
    assert "sharpness" in text
    assert f'torch = "{torch.__version__.partition("+")[0]}' in text
    assert checkpoint.load_config(run) == settings(steps=2).resolved()
