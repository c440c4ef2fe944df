"""A rehearsal refuses what the run would refuse before its first step, and leaves nothing behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.small import settings
from unsuplmk import checkpoint
from unsuplmk.errors import UserError
from unsuplmk.job import Job
from unsuplmk.training.rehearsal import rehearse


def test_what_can_run_passes_and_nothing_is_written(tmp_path: Path) -> None:
    rehearse(settings(), tmp_path / "run", processes=2)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "changes",
    [
        {"device": "tpu"},
        {"data": "no-such-folder/"},
        {"batch": 3, "devices": 2},
        {"generator": {"name": "identity"}},
        {"loss": {"vgg16": {"weights": "nowhere.pth"}}},
        {"stage": {"preview": {"rows": 0}}},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_the_error_is_the_runs_own(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(UserError) as of_the_run:
        Job(settings(**changes)).run(tmp_path / "run")
    with pytest.raises(UserError) as beforehand:
        rehearse(settings(**changes), tmp_path / "run")
    assert str(beforehand.value) == str(of_the_run.value)
    assert not list(tmp_path.iterdir())


def test_one_image_a_process_is_refused_where_a_norm_would_see_one_number(tmp_path: Path) -> None:
    narrow = settings(size=16, batch=2, encoder={"name": "hourglass", "width": 8, "depth": 2})
    rehearse(narrow, tmp_path / "run")
    with pytest.raises(UserError, match="one image a process"):
        rehearse(narrow, tmp_path / "run", processes=2)


def test_another_machines_devices_are_not_asked_for_here(tmp_path: Path) -> None:
    for device in ("auto", "cuda", "mps", "cpu"):
        rehearse(settings(device=device), tmp_path / "run")


def test_a_taken_folder_is_refused_and_a_begun_run_may_go_on_until_it_is_done(tmp_path: Path) -> None:
    checkpoint.create(tmp_path / "begun", settings().resolved())
    with pytest.raises(UserError, match=r"holds another run.*--resume"):
        rehearse(settings(), tmp_path / "begun")
    rehearse(settings(), tmp_path / "begun", resume=True)
    with pytest.raises(UserError, match="batch = 4, not 2"):
        rehearse(settings(batch=2), tmp_path / "begun", resume=True)
    done = Job(settings(steps=1)).run(tmp_path / "done")
    with pytest.raises(UserError, match="has done its 1 steps"):
        rehearse(settings(steps=1), done, resume=True)
    rehearse(settings(steps=2), done, resume=True)


def test_more_processes_than_this_machine_has_count(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--batch 4 cannot be shared by 8 processes"):
        rehearse(settings(), tmp_path / "run", processes=8)
