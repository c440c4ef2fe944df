"""`prepare` on the command line, and training on what it wrote."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from tests.layouts import listing
from tests.small import settings
from unsuplmk.batches.data import open_data
from unsuplmk.cli import cli
from unsuplmk.datasets.prepared import Prepared
from unsuplmk.errors import UserError
from unsuplmk.job import Job

FIGURES = ("puppets", "--dataset.clips", 4, "--dataset.length", 4, "--dataset.side", 48)


def invoke(*args: object) -> Result:
    done = CliRunner().invoke(cli, [str(arg) for arg in args])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def test_it_ends_with_what_is_there_and_the_command_that_trains_on_it(
    tmp_path: Path, parse_command: Callable[[str], None]
) -> None:
    out = tmp_path / "some frames"
    done = invoke("prepare", *FIGURES, "--out", out, "--size", 32, "--fit", "stretch", "--shard-frames", 6)
    first, _, then = done.stdout.splitlines()
    assert f"'{out}'" in first
    assert "16 frames of 32 px in 4 clips; 3 shards" in first
    assert "--size 32 --fit stretch" in then
    parse_command(then.strip().removeprefix("unsuplmk "))
    assert len(Prepared(out)) == 16


def test_json_holds_the_counts(tmp_path: Path) -> None:
    found = json.loads(invoke("prepare", *FIGURES, "--out", tmp_path / "p", "--size", 32, "--json").stdout)
    assert found == {
        "out": str(tmp_path / "p"),
        **{"frames": 16, "clips": 4, "skipped": 0, "shards": 1},
        "bytes": (tmp_path / "p/00000.arrow").stat().st_size,
    }


def test_options_of_the_dataset_are_its_own(tmp_path: Path) -> None:
    table = listing.write(tmp_path)
    invoke("prepare", table, "--dataset.split", "test", "--out", tmp_path / "p", "--size", 16)
    made = Prepared(tmp_path / "p")
    assert (len(made), made.points) == (1, ("nose", "tail"))
    with pytest.raises(UserError, match="no rows of split 'tset'"):
        invoke("prepare", table, "--dataset.split", "tset", "--out", tmp_path / "q")


@pytest.mark.parametrize(("words", "pixels"), [(("--lossless",), True), (("--raw",), True), (("--quality", 5), False)])
def test_pixels_are_kept_where_that_is_asked_for(tmp_path: Path, words: tuple[object, ...], pixels: bool) -> None:
    invoke("prepare", *FIGURES, "--out", tmp_path / "p", "--size", 48, *words)
    source = open_data("puppets", {"clips": 4, "length": 4, "side": 48})
    assert np.array_equal(Prepared(tmp_path / "p").read(9), source.read(9)) == pixels


def test_it_goes_on_and_says_what_does_not_fit(tmp_path: Path) -> None:
    command = ("prepare", *FIGURES, "--out", tmp_path / "p", "--size", 32)
    invoke(*command)
    with pytest.raises(UserError, match="add --resume"):
        invoke(*command)
    assert "16 frames" in invoke(*command, "--resume").stdout
    with pytest.raises(UserError, match="begun with quality 95, not 90"):
        invoke(*command, "--quality", 90, "--resume")
    with pytest.raises(UserError, match="give one of them"):
        invoke(*command, "--raw", "--lossless")
    assert invoke("prepare", "puppets").exit_code == 2


def test_what_a_crop_cuts_out_is_prepared(tmp_path: Path) -> None:
    source = open_data("puppets", {"clips": 4, "length": 4, "side": 48})
    rows = ["file,left,top,width,height", *(f"{source.name(i)},8,4,32,32" for i in range(15))]
    (tmp_path / "boxes.csv").write_text("\n".join(rows) + "\n")
    command = ("prepare", *FIGURES, "--out", tmp_path / "p", "--size", 32, "--lossless", "--crop", "boxes")
    invoke(*command, "--crop.file", tmp_path / "boxes.csv", "--crop.margin", 0)
    made = Prepared(tmp_path / "p")
    assert len(made) == 15
    assert np.array_equal(made.read(9), source.read(9)[4:36, 8:40])
    assert made.annotation(9) == pytest.approx(source.annotation(9) - (8, 4), abs=1e-4)
    with pytest.raises(UserError, match="begun with crop"):
        invoke("prepare", *FIGURES, "--out", tmp_path / "p", "--size", 32, "--lossless", "--resume")


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_training_on_prepared_frames_is_training_on_the_frames(tmp_path: Path) -> None:
    invoke("prepare", *FIGURES, "--out", tmp_path / "p", "--size", 32, "--lossless", "--shard-frames", 6)
    plain = Job(settings()).run(tmp_path / "plain")
    made = settings(data=str(tmp_path / "p"), dataset={}, workers=1)
    shards = Job(made).run(tmp_path / "shards")

    def losses(run: Path) -> list[float]:
        return [json.loads(line)["loss"] for line in (run / "log.jsonl").read_text().splitlines()]

    assert losses(shards) == losses(plain)
    assert len(losses(plain)) == 8
