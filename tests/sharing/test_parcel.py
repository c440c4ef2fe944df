"""Tests of what is shared of a run."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from tests.sharedruns import contents, give_names, run_folder
from unsuplmk.errors import UserError
from unsuplmk.sharing import modelcard
from unsuplmk.sharing.parcel import Parcel, parcel

SECRETS = ("state.pt", "log.jsonl", "preview/000100.png", "report.html", "slurm-7.out", "tensorboard/events", ".hidden")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = run_folder(tmp_path / "run", data="/home/me/mice/*.mp4")
    for name in SECRETS:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"secret")
    return folder


def test_the_detector_its_names_its_figures_and_a_card_go_and_nothing_else(run: Path) -> None:
    assert list(parcel(run, "hf:me/mouse").files) == ["config.toml", "model.safetensors", "README.md"]
    give_names(run)
    (run / "metrics.json").write_text("{}")
    whole = ["config.toml", "model.safetensors", "names.json", "metrics.json", "README.md"]
    assert list(parcel(run, "hf:me/mouse").files) == whole


def test_looking_changes_nothing(run: Path) -> None:
    before = contents(run)
    parcel(run, "hf:me/mouse", more=("preview",))
    assert contents(run) == before


def test_what_is_asked_for_by_name_goes_as_it_is(run: Path) -> None:
    found = parcel(run, "hf:me/mouse", more=("preview", "log", "state.pt")).files
    assert set(found) - set(parcel(run, "hf:me/mouse").files) == {"preview/000100.png", "log.jsonl", "state.pt"}
    assert found["log.jsonl"] == run / "log.jsonl"


@pytest.mark.parametrize("word", ["pictures", "../run", "/etc", ".hidden", "", "config.toml"])
def test_what_is_not_there_cannot_be_asked_for(run: Path, word: str) -> None:
    with pytest.raises(UserError, match=r"--with .* means nothing in .*, which has log.jsonl, preview, report.html"):
        parcel(run, "hf:me/mouse", more=(word,))


def test_a_word_that_means_several_files_is_refused(run: Path) -> None:
    (run / "log.txt").write_text("x")
    with pytest.raises(UserError, match=r"means several: log.jsonl, log.txt"):
        parcel(run, "hf:me/mouse", more=("log",))


def test_what_a_link_leads_to_is_not_sent(run: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    (run / "preview" / "1.png").symlink_to(tmp_path / "secret")
    with pytest.raises(UserError, match=r"1.png is a symbolic link"):
        parcel(run, "hf:me/mouse", more=("preview",))


def config_of(found: Parcel) -> dict[str, object]:
    content = found.files["config.toml"]
    assert isinstance(content, bytes)
    return tomllib.loads(content.decode())


def test_the_config_says_nothing_of_this_machine_and_is_otherwise_the_same(run: Path) -> None:
    found = parcel(run, "hf:me/mouse")
    assert found.notes["config.toml"] == ("data: /home/me/mice/*.mp4 -> *.mp4",)
    before = tomllib.loads((run / "config.toml").read_text())
    assert config_of(found) == {**before, "data": "*.mp4"}
    for content in found.files.values():
        assert b"/home/me" not in (content if isinstance(content, bytes) else content.read_bytes())


def test_a_folder_that_is_called_as_a_dataset_does_not_become_it(tmp_path: Path) -> None:
    run = run_folder(tmp_path / "run", data="/home/me/puppets")
    assert config_of(parcel(run, "hf:me/mouse"))["data"] == "./puppets"
    own = run_folder(tmp_path / "own")
    assert config_of(parcel(own, "hf:me/mouse"))["data"] == "puppets"


def test_figures_are_cleaned_and_untouched_where_there_is_nothing_to_clean(run: Path) -> None:
    give_names(run, {"skipped": ["/home/me/a.png: cannot be read"]})
    (run / "metrics.json").write_text('{"a":0.1}')
    found = parcel(run, "hf:me/mouse")
    assert found.files["metrics.json"] == run / "metrics.json"
    names = found.files["names.json"]
    assert isinstance(names, bytes)
    assert json.loads(names)["fitted"] == {"skipped": ["a.png: cannot be read"]}
    before = json.loads((run / "names.json").read_text())
    assert json.loads(names)["weights"] == before["weights"]


def test_sizes_are_those_of_what_goes(run: Path) -> None:
    found = parcel(run, "hf:me/mouse")
    assert found.size("model.safetensors") == (run / "model.safetensors").stat().st_size
    assert found.size("README.md") == len(found.card.encode())


def test_a_card_is_made_anew_as_long_as_nobody_edited_it(run: Path) -> None:
    first = parcel(run, "hf:me/mouse", licence="mit")
    (run / "README.md").write_text(first.card)
    second = parcel(run, "hf:me/cat")
    assert "hf:me/cat" in second.card
    assert modelcard.licence_of(second.card) == "mit"  # as the first said
    (run / "README.md").write_text("# Mine\n")
    third = parcel(run, "hf:me/cat")
    assert third.card == "# Mine\n"
    assert third.edited
    assert third.notes["README.md"] == ("your own text, kept as it is",)
    with pytest.raises(UserError, match="is your own text and is sent as it is: write `license: mit` between"):
        parcel(run, "hf:me/cat", licence="mit")


def test_a_run_that_nobody_could_use_is_not_shared(run: Path, tmp_path: Path) -> None:
    other = run_folder(tmp_path / "other", landmarks=5)
    (run / "names.json").write_text("{")
    with pytest.raises(UserError, match=r"names.json is damaged"):
        parcel(run, "hf:me/mouse")
    (run / "names.json").unlink()
    (run / "model.safetensors").write_bytes((other / "model.safetensors").read_bytes())
    with pytest.raises(UserError, match="does not fit"):
        parcel(run, "hf:me/mouse")
    (run / "model.safetensors").unlink()
    with pytest.raises(UserError, match=r"has no model.safetensors"):
        parcel(run, "hf:me/mouse")
    with pytest.raises(UserError, match="is not a run folder"):
        parcel(tmp_path, "hf:me/mouse")
