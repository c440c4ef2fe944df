"""The command line is looked through for recipe and components; signature < file < command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from unsuplmk.cli.choice import choose, parts, scan
from unsuplmk.errors import UserError

FILE = """
landmarks = 7
data = "puppets"
[encoder]
name = "hourglass"
width = 16
[loss.pixel]
weight = 3.0
norm = "l1"
[loss.separation]
[dataset]
clips = 9
"""


@pytest.fixture
def recipe(tmp_path: Path) -> str:
    (tmp_path / "my.toml").write_text(FILE, "utf-8")
    return str(tmp_path / "my.toml")


def test_options_take_the_next_word_and_switches_do_not() -> None:
    given, words = scan(["a", "--x", "1", "--y=2=3", "--on", "b", "--x", "4", "--", "--c"], {"on"})
    assert given == {"x": ["1", "4"], "y": ["2=3"], "on": [""]}
    assert words == ["a", "b", "--c"]


def test_without_arguments_it_is_the_defaults() -> None:
    chosen = choose([])
    assert (chosen.data, chosen.encoder["name"]) == ("puppets", "hourglass")
    assert set(chosen.loss) == {"compact", "equivariance", "separation"}


def test_a_file_is_above_the_defaults_and_the_command_line_above_the_file(recipe: str) -> None:
    chosen = choose(["--config", recipe])
    assert (chosen.landmarks, chosen.encoder, chosen.steps) == (7, {"name": "hourglass", "width": 16}, 20_000)
    assert choose([f"--config={recipe}", "--encoder", "convnet"]).encoder == {"name": "convnet"}


def test_a_component_named_again_keeps_the_options_of_the_file(recipe: str) -> None:
    assert choose(["--config", recipe, "--encoder", "hourglass"]).encoder["width"] == 16
    chosen = choose(["--config", recipe, "--loss", "pixel", "--loss", "vgg16"])
    assert chosen.loss == {"pixel": {"weight": 3.0, "norm": "l1"}, "vgg16": {}}


def test_other_data_leaves_the_options_of_the_files_dataset_behind(recipe: str) -> None:
    assert choose(["--config", recipe]).dataset == {"clips": 9}
    assert choose(["puppets", "--config", recipe]).dataset == {"clips": 9}
    other = choose(["--config", recipe, "my/folder"])
    assert (other.data, other.dataset) == ("my/folder", {})


@pytest.mark.parametrize(
    "args",
    [
        ["folder"],
        ["--resume", "--out", "RUN", "folder"],
        ["--compile", "folder", "--steps", "3"],
        ["--no-compile", "folder"],
        ["--pairs", "views", "--pairs.ring", "folder"],
        ["--pairs", "views", "--pairs.no-ring", "folder", "--encoder.width=8"],
        ["--encoder.width", "8", "--loss.compact.weight", "2", "folder"],
        ["--", "folder"],
    ],
)
def test_the_data_is_found_among_options_and_switches(
    args: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "RUN").mkdir()
    (tmp_path / "RUN/config.toml").write_text("landmarks = 3\n", "utf-8")
    assert choose(args).data == "folder"


def test_every_chosen_component_is_listed_with_its_place_and_its_options(recipe: str) -> None:
    found = {part.path: (part.component.name, dict(part.given)) for part in parts(choose(["--config", recipe]))}
    assert found[("encoder",)] == ("hourglass", {"width": 16})
    assert found[("loss", "pixel")] == ("pixel", {"weight": 3.0, "norm": "l1"})
    assert found[("dataset",)] == ("puppets", {"clips": 9})
    assert found[("stage", "health")] == ("health", {})
    assert found[("pairs",)] == ("warped", {})


def test_what_lies_on_disk_hides_a_dataset_of_the_same_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert ("dataset", "puppets") in {(*part.path, part.component.name) for part in parts(choose([]))}
    (tmp_path / "puppets").mkdir()
    assert ("dataset", "files") in {(*part.path, part.component.name) for part in parts(choose([]))}


def test_resuming_starts_from_the_runs_own_settings(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("landmarks = 3\n[versions]\ntorch = '2'\n", "utf-8")
    assert choose(["--resume", "--out", str(tmp_path)]).landmarks == 3


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        (["--encoder", "hourglas"], "no encoder named 'hourglas'; did you mean 'hourglass'"),
        (["--loss", "pixl"], "no loss named 'pixl'; did you mean 'pixel'"),
        (["--stage", "previw"], "no stage named 'previw'; did you mean 'preview'"),
        (["--config", "im"], "no recipe named 'im'; did you mean 'imm'"),
        (["--config", "no.toml"], "cannot read config no.toml"),
        (["--loss.vgg16.weight", "2"], "--loss.vgg16.weight: loss 'vgg16' is not chosen; add --loss vgg16"),
        (["--loss", "pixel", "--loss.separation.weight", "2"], "loss 'separation' is not chosen"),
        (["--loss.vg16.weight", "2"], "no loss named 'vg16'; did you mean 'vgg16'"),
        (["--resume"], "add --out RUN"),
        (["--resume", "--out", "nothing/here"], "nothing/here holds no run"),
    ],
)
def test_what_is_not_there_is_refused_with_what_would_work(args: list[str], reason: str) -> None:
    with pytest.raises(UserError) as caught:
        parts(choose(args))
    assert reason in str(caught.value)


def test_a_fault_in_the_file_is_reported_with_the_files_name(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("landmark = 7\n", "utf-8")
    with pytest.raises(UserError, match=r"no key of .*bad\.toml named 'landmark'; did you mean 'landmarks'"):
        choose(["--config", str(tmp_path / "bad.toml")])
