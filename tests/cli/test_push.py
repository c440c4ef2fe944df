"""`unsuplmk push`, in this process to a folder, and in processes of its own to a hub that the environment names."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from tests.hubserver import TOKEN, serve
from tests.sharedruns import contents, run_folder
from unsuplmk.cli import cli
from unsuplmk.errors import UserError
from unsuplmk.frames.media import write_image


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = run_folder(tmp_path / "run", data="/home/me/mice/*.mp4")
    (folder / "preview").mkdir()
    (folder / "preview" / "1.png").write_bytes(b"a picture of somebody")
    return folder


def call(*args: object) -> Result:
    return CliRunner().invoke(cli, [*map(str, args)], catch_exceptions=False)


def test_a_dry_run_says_what_would_go_and_changes_nothing(run: Path, tmp_path: Path) -> None:
    before = contents(run)
    text = call("push", run, "me/mouse", "--dry-run").stdout  # no hub is asked
    size = (run / "model.safetensors").stat().st_size
    assert f"model.safetensors    {size:>14,} bytes\n" in text
    assert "  data: /home/me/mice/*.mp4 -> *.mp4\n" in text
    assert "would go to hf:me/mouse (a new repository is private)" in text
    assert "preview" not in text
    assert contents(run) == before
    call("push", run, f"folder:{tmp_path / 'shared'}", "--dry-run")
    assert not (tmp_path / "shared").exists()


def test_pictures_go_only_when_they_are_named(run: Path, tmp_path: Path) -> None:
    names = {"README.md", "config.toml", "model.safetensors"}
    assert call("push", run, f"folder:{tmp_path / 'one'}").exit_code == 0
    assert set(contents(tmp_path / "one")) == names
    call("push", run, f"folder:{tmp_path / 'two'}", "--with", "preview")
    assert set(contents(tmp_path / "two")) == names | {"preview/1.png"}


def test_the_card_stays_in_the_run_without_this_machines_paths(run: Path, tmp_path: Path) -> None:
    call("push", run, f"folder:{tmp_path / 'shared'}", "--licence", "mit")
    text = (run / "README.md").read_text()
    assert text == (tmp_path / "shared" / "README.md").read_text()
    assert "license: mit" in text
    assert str(tmp_path) not in text
    (run / "README.md").write_text("# Mine\n")
    assert "your own text, kept as it is" in call("push", run, f"folder:{tmp_path / 'other'}").stdout
    assert (run / "README.md").read_text() == (tmp_path / "other" / "README.md").read_text() == "# Mine\n"


def test_json_has_the_same(run: Path, tmp_path: Path) -> None:
    found = json.loads(call("push", run, f"folder:{tmp_path / 'shared'}", "--json").stdout)
    assert found["to"] == found["done"] == str(tmp_path / "shared")
    sizes = {name: len(content) for name, content in contents(tmp_path / "shared").items()}
    assert {one["file"]: one["bytes"] for one in found["files"]} == sizes
    assert json.loads(call("push", run, "me/mouse", "--json", "--dry-run").stdout)["done"] is None


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--licence", "My Own"], "--licence takes an identifier in lower case"),
        (["--message", " "], "--message must not be empty"),
        (["--with", "pictures"], "--with pictures means nothing"),
    ],
)
def test_bad_options_are_one_line(run: Path, words: list[str], reason: str) -> None:
    with pytest.raises(UserError, match=reason):
        call("push", run, "me/mouse", *words)


def test_a_run_is_not_pushed_onto_itself_nor_from_the_hub(run: Path) -> None:
    with pytest.raises(UserError, match="is the run itself"):
        call("push", run, f"folder:{run}")
    with pytest.raises(UserError, match="is on the hub and is not changed from here"):
        call("push", "hf:me/cat", "me/mouse")


def test_from_a_push_to_a_prediction_without_a_network(run: Path, tmp_path: Path) -> None:
    write_image(tmp_path / "frame.png", np.zeros((32, 32, 3), np.uint8))
    own = {"HF_TOKEN": TOKEN, "HF_HUB_DISABLE_XET": "1", "HF_HOME": str(tmp_path / "home")}
    rest = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "HUGGING"))}

    def process(*words: object, **more: str) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-m", "unsuplmk", *map(str, words)]
        return subprocess.run(line, env={**rest, **own, **more}, cwd=tmp_path, capture_output=True, text=True)

    with serve() as hub:
        own["HF_ENDPOINT"] = hub.url
        pushed = process("push", run, "me/mouse")
        assert pushed.returncode == 0, pushed.stderr
        assert pushed.stdout.endswith(f"{hub.url}/me/mouse/commit/{hub.repositories['me/mouse'].sha()}\n")
        assert set(hub.repositories["me/mouse"].files) == {
            *(".gitattributes", "config.toml", "model.safetensors", "README.md")
        }
        first = process("predict", "hf:me/mouse", "frame.png", "--out", "first.csv")
        assert first.returncode == 0, first.stderr
    second = process("predict", "hf:me/mouse", "frame.png", "--out", "second.csv", HF_HUB_OFFLINE="1")
    assert second.returncode == 0, second.stderr
    assert (tmp_path / "first.csv").read_text() == (tmp_path / "second.csv").read_text()
