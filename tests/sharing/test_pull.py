"""Tests of shared runs that are put into a folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.hubserver import Hub, serve
from tests.sharedruns import client, contents, files, give_names, run_folder
from tests.small import settings
from unsuplmk import config
from unsuplmk.detector import Detector
from unsuplmk.errors import UserError
from unsuplmk.sharing import hub
from unsuplmk.sharing.pull import pull


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    run = run_folder(tmp_path_factory.mktemp("runs") / "run")
    give_names(run)
    return {**contents(run), "README.md": b"# A card\n", "metrics.json": b"{}"}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Hub]:
    hub.fetch.cache_clear()
    with serve() as one, client(one.url, tmp_path / "cache"):
        yield one
    hub.fetch.cache_clear()


def whole(shared: dict[str, bytes]) -> dict[str, bytes]:
    return {name: content for name, content in shared.items() if name != "state.pt"}


def test_a_run_of_the_hub_is_here_afterwards_less_what_no_detector_needs(
    server: Hub, shared: dict[str, bytes], tmp_path: Path
) -> None:
    server.hold("me/mouse", {**shared, "state.pt": b"code", "preview/1.png": b"x", "log.jsonl": b"x"})
    sizes = pull("hf:me/mouse", tmp_path / "new" / "run")
    assert contents(tmp_path / "new" / "run") == whole(shared)
    assert sizes == {name: len(content) for name, content in sorted(whole(shared).items())}
    assert not [path for path in (tmp_path / "new" / "run").iterdir() if path.is_symlink()]
    assert Detector.load(tmp_path / "new" / "run", "cpu").named is not None
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["run"]


def test_a_shared_folder_does_the_same(shared: dict[str, bytes], tmp_path: Path) -> None:
    files({**shared, "preview/1.png": b"x"}, tmp_path / "shared")
    pull(f"folder:{tmp_path / 'shared'}", tmp_path / "run")
    assert contents(tmp_path / "run") == whole(shared)


def test_an_empty_folder_is_taken_and_any_other_is_kept(shared: dict[str, bytes], tmp_path: Path) -> None:
    source = f"folder:{files(shared, tmp_path / 'shared')}"
    (tmp_path / "empty").mkdir()
    pull(source, tmp_path / "empty")
    mine = files({"mine.txt": b"x"}, tmp_path / "mine")
    with pytest.raises(UserError, match="is there already: choose another --out"):
        pull(source, mine)
    assert contents(mine) == {"mine.txt": b"x"}


def test_a_plain_path_is_asked_back(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="say where from: hf:OWNER/NAME for the hub, or folder:runs/mouse"):
        pull("runs/mouse", tmp_path / "run")
    with pytest.raises(UserError, match=r"there is no folder .*nothing"):
        pull(f"folder:{tmp_path / 'nothing'}", tmp_path / "run")


@pytest.mark.parametrize("name", ["config.toml", "model.safetensors", "README.md"])
def test_a_link_in_a_shared_folder_is_not_followed(shared: dict[str, bytes], tmp_path: Path, name: str) -> None:
    folder = files(shared, tmp_path / "shared")
    (tmp_path / "secret").write_bytes(shared[name])
    (folder / name).unlink()
    (folder / name).symlink_to(tmp_path / "secret")
    with pytest.raises(UserError, match=rf"{name} is a symbolic link: it is not followed"):
        pull(f"folder:{folder}", tmp_path / "run")
    assert not (tmp_path / "run").exists()
    assert not list(tmp_path.glob(".run*"))


def test_what_is_no_detector_leaves_nothing_behind(shared: dict[str, bytes], tmp_path: Path) -> None:
    other = contents(run_folder(tmp_path / "other", landmarks=5))
    odd = config.to_toml(settings(crop={"name": "boxes", "file": "/etc/passwd"}), {})
    faults = {
        "no detector of unsuplmk: it has no config.toml": {"README.md": b"x"},
        "it has no model.safetensors": {"config.toml": shared["config.toml"]},
        "does not fit": {**shared, "model.safetensors": other["model.safetensors"]},
        "is not a safetensors file of ours": {**shared, "model.safetensors": b"\x80\x04."},
        "names.json is damaged": {**shared, "names.json": b"{"},
        "names a file elsewhere, crop.file: /etc/passwd": {**shared, "config.toml": odd.encode()},
    }
    for number, (reason, content) in enumerate(faults.items()):
        folder = files(content, tmp_path / f"shared{number}")
        with pytest.raises(UserError, match=reason) as caught:
            pull(f"folder:{folder}", tmp_path / "run")
        assert ".part" not in str(caught.value)
        assert not list(tmp_path.glob("*run*"))


def test_a_folder_that_cannot_be_written_is_one_line(shared: dict[str, bytes], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(UserError, match=r"cannot write .*; nothing was left there"):
        pull(f"folder:{files(shared, tmp_path / 'shared')}", tmp_path / "file" / "run")


def test_a_pulled_run_finds_the_same_landmarks(server: Hub, shared: dict[str, bytes], tmp_path: Path) -> None:
    server.hold("me/mouse", shared)
    pull("hf:me/mouse", tmp_path / "run")
    images = torch.rand(2, 3, 32, 32)
    one, other = (Detector.load(run, "cpu").detect(images).xy for run in ("hf:me/mouse", tmp_path / "run"))
    assert torch.equal(one, other)
