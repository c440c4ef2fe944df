"""The words after `unsuplmk run`, parsed for commands that have the run done elsewhere."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from unsuplmk import config
from unsuplmk.cli.request import next_folder, parse
from unsuplmk.errors import UserError


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_words_become_settings_a_folder_and_whether_to_go_on(folder: Path) -> None:
    asked = parse(["puppets", "--encoder", "hourglass", "--encoder.width", "16", "--steps", "7", "--out", "runs/a"])
    assert (asked.config.data, asked.config.steps, asked.config.encoder["width"]) == ("puppets", 7, 16)
    assert asked.config.encoder["stacks"] >= 1  # written out in full
    assert (asked.out, asked.resume, asked.origin) == (Path("runs/a"), False, "")
    assert (parse([]).out, parse(["--config", "puppets"]).origin) == (None, "puppets")
    assert not list(folder.iterdir())


def test_a_run_that_goes_on_has_its_own_settings(folder: Path) -> None:
    (folder / "a").mkdir()
    (folder / "a" / "config.toml").write_text(config.to_toml(config.make({"landmarks": 7}), {}), "utf-8")
    asked = parse(["--resume", "--out", "a", "--steps", "9"])
    assert (asked.config.landmarks, asked.config.steps, asked.resume) == (7, 9, True)
    with pytest.raises(UserError, match="--resume: b holds no run"):
        parse(["--resume", "--out", "b"])


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--encoder", "hourglas"], "did you mean 'hourglass'"),
        (["--encoder.widht", "8"], "No such option '--encoder.widht'"),
        (["--landmarks", "0"], "0 is not in the range"),
        (["a", "b"], "unexpected extra argument"),
    ],
)
def test_errors_are_those_of_the_command(words: list[str], reason: str) -> None:
    with pytest.raises((UserError, click.UsageError)) as caught:
        parse(words)
    assert reason in (caught.value.message if isinstance(caught.value, click.UsageError) else str(caught.value))


def test_help_is_the_commands_and_ends_there(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(click.exceptions.Exit):
        parse(["--encoder", "convnet", "-h"])
    said = capsys.readouterr().out
    assert said.startswith("Usage: unsuplmk run ")
    assert "Encoder convnet:" in said


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ("puppets", "puppets"),
        ("some/Mouse Videos/", "mouse-videos"),
        ("clips/fly_1.mp4", "fly-1"),
        ("clips/**/*.png", "clips"),
        ("*.png", "data"),
        (".", "here"),
    ],
)
def test_a_run_is_named_after_its_data_and_encoder_with_the_next_free_number(
    data: str, name: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "here").mkdir()
    monkeypatch.chdir(folder / "here")
    chosen = config.make({"data": data})
    assert next_folder(chosen) == Path("runs") / f"{name}-hourglass-01"
    next_folder(chosen).mkdir(parents=True)
    assert next_folder(chosen) == Path("runs") / f"{name}-hourglass-02"


def test_a_folder_may_be_taken_for_other_reasons_than_being_there() -> None:
    reserved = {Path("runs/puppets-hourglass-01"), Path("runs/puppets-hourglass-02")}
    assert next_folder(config.make({}), reserved.__contains__) == Path("runs/puppets-hourglass-03")
