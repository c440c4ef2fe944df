"""`unsuplmk report` writes one file, or says in one line why it cannot."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.report.runs import Page, train
from unsuplmk.cli import cli
from unsuplmk.errors import UserError


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(tmp_path_factory.mktemp("runs") / "run", steps=1, stage={})


def invoke(*args: object) -> Result:
    done = CliRunner().invoke(cli, [str(arg) for arg in args])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def test_it_goes_into_the_run_folder_and_takes_the_place_of_the_last(run: Path) -> None:
    for _ in range(2):
        done = invoke("report", run, "--images", "1")
        assert done.stdout == f"report: {run / 'report.html'}\n"
        assert not done.stderr
    assert "Landmarks" in Page((run / "report.html").read_text("utf-8")).titles
    assert not [path for path in run.iterdir() if ".part" in path.name]


def test_it_shows_other_frames_and_goes_elsewhere_when_told(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "r.html"
    invoke("report", run, "puppets", "--dataset.clips", "2", "--images", "2", "--crop", "whole", "--out", out)
    found = Page(out.read_text("utf-8"))
    assert "frames of puppets" in found.text
    assert "In 20 frames" in found.text


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        (["nowhere"], "nowhere does not exist"),
        (["{folder}"], "is not a run folder"),
        (["{run}", "nowhere"], "no file or folder 'nowhere'"),
        (["{run}", "--out", "report.pdf"], "cannot write a report to report.pdf: it is an HTML file"),
        (["{run}", "--crop", "whol"], "no crop named 'whol'; did you mean 'whole'?"),
        (["{run}", "--device", "gpu"], "no device named 'gpu'"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(args: list[str], reason: str, run: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        invoke("report", *(arg.format(run=run, folder=tmp_path) for arg in args))
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(os.name == "nt", reason="needs modes of folders")
def test_a_read_only_folder_is_one_line_before_anything_is_computed(unprivileged: Path) -> None:
    out = unprivileged / "report.html"
    unprivileged.chmod(0o555)
    code = f"""
import os
from pathlib import Path
from unsuplmk.errors import UserError
from unsuplmk.report.page import check
if os.getuid() == 0:  # who may write everywhere
    os.setuid(65534)
try:
    check(Path({str(out)!r}))
except UserError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    reason = f"{unprivileged} is read-only for you; choose another file with --out"
    assert done.stdout == f"cannot write {out}: {reason}\n", done.stderr
