"""`unsuplmk pull`, and other commands that are given a run on the hub."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from tests.hubserver import Hub, serve
from tests.sharedruns import client, contents, run_folder
from tests.small import settings
from unsuplmk import config
from unsuplmk.cli import cli
from unsuplmk.errors import UserError
from unsuplmk.frames.media import write_image
from unsuplmk.sharing import hub


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Hub]:
    hub.fetch.cache_clear()
    with serve() as one, client(one.url, tmp_path / "cache"):
        one.hold("me/mouse", contents(run_folder(tmp_path / "run")))
        yield one
    hub.fetch.cache_clear()


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """Pictures of noise with two points each, in two splits."""
    folder = tmp_path / "labels"
    folder.mkdir()
    rng = np.random.default_rng(0)
    rows = ["file,split,nose_x,nose_y,tail_x,tail_y"]
    for number in range(24):
        write_image(folder / f"{number}.png", rng.integers(0, 255, (32, 32, 3), dtype=np.uint8))
        points = ",".join(f"{value:.2f}" for value in rng.uniform(1, 30, 4))
        rows.append(f"{number}.png,{'train' if number < 18 else 'test'},{points}")
    (folder / "points.csv").write_text("\n".join(rows) + "\n")
    return folder


def call(*args: object) -> Result:
    return CliRunner().invoke(cli, [*map(str, args)], catch_exceptions=False)


def test_what_is_taken_over_is_listed(server: Hub, tmp_path: Path) -> None:
    text = call("pull", "hf:me/mouse", "--out", tmp_path / "new").stdout
    size = (tmp_path / "new" / "model.safetensors").stat().st_size
    assert f"model.safetensors    {size:>14,} bytes\n" in text
    assert text.splitlines()[-1].startswith(f"{tmp_path / 'new'}: hf:me/mouse, ")
    found = json.loads(call("pull", "hf:me/mouse", "--out", tmp_path / "other", "--json").stdout)
    assert found["from"] == "hf:me/mouse"
    assert found["files"] == {name: len(content) for name, content in contents(tmp_path / "other").items()}


def test_a_run_on_the_hub_is_judged_and_its_figures_are_not_kept_there(
    server: Hub, labels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = call("evaluate", "hf:me/mouse", labels)
    assert "Warning: hf:me/mouse is on the hub: the figures are not kept" in done.stderr
    assert not (tmp_path / "hf:me").exists()
    assert not (hub.resolve("hf:me/mouse") / "metrics.json").exists()
    with pytest.raises(UserError, match="is on the hub and is not changed from here: `unsuplmk pull hf:me/mouse"):
        call("name", "hf:me/mouse", labels)


def test_looking_at_a_command_line_fetches_nothing_unless_it_must(server: Hub) -> None:
    call("predict", "hf:me/mouse", "--help")
    assert server.asked == []


def test_options_of_the_crop_that_a_run_on_the_hub_was_trained_with_are_known(
    server: Hub, labels: Path, tmp_path: Path
) -> None:
    text = config.to_toml(settings(crop={"name": "boxes", "file": "boxes.csv"}), {})
    server.repositories["me/mouse"].files["config.toml"] = text.encode()
    rows = [f"labels/{number}.png,4,4,16,16" for number in range(24)]
    (tmp_path / "mine.csv").write_text("\n".join(["file,left,top,width,height", *rows]) + "\n")
    words = ("predict", "hf:me/mouse", labels, "--out", tmp_path / "out.csv")
    assert "in 24 frames" in call(*words, "--crop.file", tmp_path / "mine.csv").stdout
