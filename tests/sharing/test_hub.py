"""Tests of runs on the hub: addresses, what is fetched, and what is said when it cannot be had; no test leaves here."""

from __future__ import annotations

import io
import pickle
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.hubserver import Hub, serve
from tests.sharedruns import client, contents, give_names, run_folder
from tests.small import settings
from unsuplmk import checkpoint, config
from unsuplmk.detector import Detector
from unsuplmk.errors import UserError
from unsuplmk.sharing import hub
from unsuplmk.sharing.hub import Address
from unsuplmk.sharing.parcel import parcel
from unsuplmk.sharing.push import to_hub


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of a run."""
    run = run_folder(tmp_path_factory.mktemp("runs") / "run")
    give_names(run)
    return contents(run)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Hub]:
    hub.fetch.cache_clear()
    with serve() as one, client(one.url, tmp_path / "cache"):
        yield one
    hub.fetch.cache_clear()


def test_an_address_has_an_owner_a_name_and_perhaps_a_revision() -> None:
    assert hub.address("hf:me/mouse") == Address("me/mouse")
    assert hub.address("hf:me/mouse-2.0@refs/pr/1") == Address("me/mouse-2.0", "refs/pr/1")
    assert str(hub.address("hf:me/mouse@v1")) == "hf:me/mouse@v1"
    assert hub.address("runs/mouse") is None
    for odd in ("hf:mouse", "hf:me/mouse/x", "hf:", "hf:../mouse", "hf:me/mouse@", "hf:me/mouse@a b", "hf://me/mouse"):
        with pytest.raises(UserError, match="is no repository on the hub: write hf:OWNER/NAME"):
            hub.address(odd)


def test_whatever_is_no_address_is_a_path(tmp_path: Path) -> None:
    assert hub.resolve(tmp_path) == tmp_path
    assert hub.resolve("runs/mouse") == Path("runs/mouse")
    assert hub.resolve("folder:runs/mouse") == Path("runs/mouse")
    assert hub.resolve("~/mouse") == Path.home() / "mouse"


def test_a_detector_is_loaded_by_its_address_from_no_more_than_it_needs(
    server: Hub, shared: dict[str, bytes], tmp_path: Path
) -> None:
    server.hold("me/mouse", {**shared, "preview/1.png": b"x", "sub/config.toml": b"x"})
    one = Detector.load("hf:me/mouse", "cpu")
    assert server.fetched() == {"config.toml", "model.safetensors", "names.json"}
    assert one.run == "hf:me/mouse"
    assert one.named is not None
    here = Detector.load(run_folder(tmp_path / "same"), "cpu")
    images = torch.rand(2, 3, 32, 32)
    torch.testing.assert_close(one.detect(images).xy, here.detect(images).xy)


def test_a_revision_is_kept_apart_from_the_newest_state(server: Hub, shared: dict[str, bytes]) -> None:
    one = server.hold("me/mouse", shared)
    first = one.sha()
    one.commits.append({**shared, "config.toml": config.to_toml(settings(data="newer"), {}).encode()})
    assert Detector.load("hf:me/mouse", "cpu").config.data == "newer"
    assert Detector.load(f"hf:me/mouse@{first}", "cpu").config.data == "puppets"


def test_in_one_process_an_address_means_the_same_state(server: Hub, shared: dict[str, bytes]) -> None:
    one = server.hold("me/mouse", shared)
    first = hub.resolve("hf:me/mouse")
    one.commits.append({**shared, "config.toml": b"landmarks = 9\n"})
    assert hub.resolve("hf:me/mouse") == first


def test_what_cannot_be_had_is_one_line_that_says_what_would_help(server: Hub, shared: dict[str, bytes]) -> None:
    server.hold("me/mouse", shared)
    with pytest.raises(UserError, match=r"no repository me/cat at http://\S+ that you may see: check the spelling"):
        hub.resolve("hf:me/cat")
    with pytest.raises(UserError, match="me/mouse has no branch, tag or commit 'v9': leave out what follows @"):
        hub.resolve("hf:me/mouse@v9")
    server.put("me/other", pytorch_model_bin=b"x")
    with pytest.raises(UserError, match=r"hf:me/other is no detector of unsuplmk: it has no config.toml"):
        hub.resolve("hf:me/other")
    server.put("me/half", config_toml=shared["config.toml"])
    with pytest.raises(UserError, match=r"it has no model.safetensors"):
        hub.resolve("hf:me/half")


def test_a_private_repository_asks_for_a_token(server: Hub, shared: dict[str, bytes], tmp_path: Path) -> None:
    server.hold("me/mouse", shared, private=True)
    with (
        client(server.url, tmp_path / "other", token="hf_wrong"),
        pytest.raises(UserError, match="if it is private, log in with `hf auth login`, or set HF_TOKEN"),
    ):
        hub.resolve("hf:me/mouse")
    assert (hub.resolve("hf:me/mouse") / "config.toml").is_file()


@pytest.mark.parametrize(
    ("status", "words"), [(401, "does not know you: log in"), (403, "you may not do that"), (500, "try again later")]
)
def test_what_the_hub_refuses_is_one_line(server: Hub, shared: dict[str, bytes], status: int, words: str) -> None:
    server.hold("me/mouse", shared)
    server.refused["/revision/"] = status
    with pytest.raises(UserError, match=words) as caught:
        hub.resolve("hf:me/mouse")
    assert "\n" not in str(caught.value)


def test_terms_that_were_not_accepted_are_named(server: Hub, shared: dict[str, bytes]) -> None:
    server.hold("me/mouse", shared)
    server.refused["/revision/"], server.code = 403, "GatedRepo"
    with pytest.raises(UserError, match="me/mouse is for those who accepted its terms: accept them at http"):
        hub.resolve("hf:me/mouse")


def test_without_its_client_the_hub_is_one_line_and_folders_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.fetch.cache_clear()
    run_folder(tmp_path / "run")
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(UserError, match=r"the hub needs huggingface_hub .*: pip install 'huggingface_hub>=1.0'"):
        Detector.load("hf:me/mouse", "cpu")
    with pytest.raises(UserError, match="pip install 'huggingface_hub"):
        to_hub(parcel(tmp_path / "run", ""), Address("me/mouse"), public=False, message="x", report=print)
    assert Detector.load(f"folder:{tmp_path / 'run'}", "cpu").config.landmarks == 4


def test_a_download_that_breaks_off_for_good_is_one_line_and_the_next_try_has_it(
    server: Hub, shared: dict[str, bytes]
) -> None:
    server.hold("me/mouse", {name: shared[name] for name in ("config.toml", "model.safetensors")})
    server.drops = [0] * 40
    with pytest.raises(UserError, match=r"me/mouse at http\S+ cannot be had") as caught:
        hub.resolve("hf:me/mouse")
    assert "\n" not in str(caught.value)
    server.drops.clear()
    assert (hub.resolve("hf:me/mouse") / "model.safetensors").read_bytes() == shared["model.safetensors"]


def test_a_download_that_breaks_off_goes_on_where_it_was(server: Hub, shared: dict[str, bytes]) -> None:
    server.hold("me/mouse", {name: shared[name] for name in ("config.toml", "model.safetensors")})
    server.drops = [100, 100]
    folder = hub.resolve("hf:me/mouse")
    assert (folder / "model.safetensors").read_bytes() == shared["model.safetensors"]


def test_without_a_network_a_run_comes_from_the_cache_or_the_line_says_so(
    server: Hub, shared: dict[str, bytes], tmp_path: Path
) -> None:
    server.hold("me/mouse", shared)
    folder = hub.resolve("hf:me/mouse")
    hub.fetch.cache_clear()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens
        nowhere = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with client(nowhere, tmp_path / "cache"):
            assert hub.resolve("hf:me/mouse") == folder
            with pytest.raises(
                UserError, match=r"me/cat at .* cannot be had, nor is it in the cache.*a network?"
            ) as one:
                hub.resolve("hf:me/cat")
            assert "\n" not in str(one.value)
        hub.fetch.cache_clear()
        with client(nowhere, tmp_path / "cache", offline=True):
            assert Detector.load("hf:me/mouse", "cpu").named is not None
            with pytest.raises(UserError, match="HF_HUB_OFFLINE is set: unset it, or give the folder of a run"):
                hub.resolve("hf:me/cat")


def test_a_cache_that_cannot_be_written_is_one_line(server: Hub, shared: dict[str, bytes], tmp_path: Path) -> None:
    server.hold("me/mouse", shared)
    (tmp_path / "file").write_text("x")
    with (
        client(server.url, tmp_path / "file" / "cache"),
        pytest.raises(UserError, match=r"me/mouse cannot be put into the cache .*: Not a directory; HF_HOME sets"),
    ):
        hub.resolve("hf:me/mouse")


def test_half_a_run_in_the_cache_is_not_taken_for_a_whole(
    server: Hub, shared: dict[str, bytes], tmp_path: Path
) -> None:
    server.hold("me/mouse", shared)
    folder = hub.resolve("hf:me/mouse")
    (folder / "model.safetensors").unlink()
    hub.fetch.cache_clear()
    with client(server.url, tmp_path / "cache", offline=True), pytest.raises(UserError, match=r"as a whole|no model"):
        hub.resolve("hf:me/mouse")


class Trap:
    """Unpickled, it writes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.path,)


def test_a_pickle_in_a_repository_is_neither_fetched_nor_run(
    server: Hub, shared: dict[str, bytes], tmp_path: Path
) -> None:
    sprung, buffer = tmp_path / "sprung", io.BytesIO()
    torch.save({"number": Trap(sprung)}, buffer)
    odd = {"state.pt": buffer.getvalue(), "pytorch_model.bin": pickle.dumps(Trap(sprung)), "../up": b"x"}
    server.hold("me/mouse", {**shared, **odd})
    Detector.load("hf:me/mouse", "cpu")
    assert server.fetched() == {"config.toml", "model.safetensors", "names.json"}
    assert not sprung.exists()
    server.hold("me/trap", {**shared, "model.safetensors": buffer.getvalue()})
    with pytest.raises(UserError, match=r"^model\.safetensors of hf:me/trap is not a safetensors file of ours"):
        Detector.load("hf:me/trap", "cpu")
    assert not sprung.exists()


@pytest.mark.parametrize("path", ["/etc/passwd", "~/.ssh/id", "../secret.csv", "a/../../secret.csv", "C:\\secret.csv"])
def test_a_config_that_names_a_file_elsewhere_is_refused(server: Hub, shared: dict[str, bytes], path: str) -> None:
    text = config.to_toml(settings(crop={"name": "boxes", "file": path}), {})
    server.hold("me/mouse", {**shared, "config.toml": text.encode()})
    with pytest.raises(UserError, match=r"names a file elsewhere, crop.file: .* which is not opened"):
        Detector.load("hf:me/mouse", "cpu")


def test_where_the_training_images_lay_is_no_reason_to_refuse(server: Hub, shared: dict[str, bytes]) -> None:
    text = config.to_toml(settings(data="/home/somebody/mice"), {})
    server.hold("me/mouse", {**shared, "config.toml": text.encode()})
    assert Detector.load("hf:me/mouse", "cpu").config.data == "/home/somebody/mice"


def test_a_config_that_is_none_is_one_line(server: Hub, shared: dict[str, bytes]) -> None:
    server.hold("me/mouse", {**shared, "config.toml": b"\xff\xfe<html>"})
    with pytest.raises(UserError, match=r"hf:me/mouse is no detector of unsuplmk: its config.toml cannot be read"):
        Detector.load("hf:me/mouse", "cpu")


def test_what_is_wrong_with_a_fetched_run_is_said_of_its_address_and_not_of_the_cache(
    server: Hub, shared: dict[str, bytes], tmp_path: Path
) -> None:
    one = server.hold("me/mouse", {**shared, "names.json": b"{}"})
    with pytest.raises(
        UserError, match=r"^names\.json of hf:me/mouse is damaged .* `unsuplmk name hf:me/mouse LABELS`"
    ):
        Detector.load("hf:me/mouse", "cpu").named  # noqa: B018
    first = one.sha()
    one.commits.append({**shared, "config.toml": shared["config.toml"].replace(b"landmarks = 4", b"landmarks = 5")})
    with pytest.raises(
        UserError, match=r"^model\.safetensors of hf:me/mouse@main does not fit config\.toml of hf:me/mo"
    ):
        Detector.load("hf:me/mouse@main", "cpu")
    server.hold("me/odd", {**shared, "config.toml": b"landmark = 5\n"})
    with pytest.raises(UserError, match=r"config\.toml of hf:me/odd named 'landmark'; did you mean 'landmarks'"):
        Detector.load("hf:me/odd", "cpu")
    assert hub.told(hub.resolve(f"hf:me/mouse@{first}") / "sub" / "a.txt") == f"sub/a.txt of hf:me/mouse@{first}"
    assert hub.told(tmp_path / "config.toml") == str(tmp_path / "config.toml")


def test_a_part_of_a_plugin_that_is_not_here_is_named_with_its_distribution(
    server: Hub, shared: dict[str, bytes]
) -> None:
    text = shared["config.toml"].decode().replace('name = "convnet"', 'name = "tiny"')
    text = text.replace("[plugins]", '[plugins]\n"encoder tiny" = "unsuplmk-tiny 1.0"')
    server.hold("me/mouse", {**shared, "config.toml": text.encode()})
    with pytest.raises(
        UserError, match=r"^hf:me/mouse needs encoder 'tiny' of unsuplmk-tiny 1.0, which is not installed: pip install"
    ):
        Detector.load("hf:me/mouse", "cpu")


def test_what_is_on_the_hub_is_not_written_to() -> None:
    with pytest.raises(UserError, match="is on the hub and is not changed from here: `unsuplmk pull hf:me/mouse"):
        hub.writable("hf:me/mouse")


def test_a_fault_of_ours_keeps_its_traceback() -> None:
    with pytest.raises(ZeroDivisionError), hub.explained(Address("me/mouse")):
        _ = 1 / 0


def test_a_run_is_fetched_once_however_many_ask(server: Hub, shared: dict[str, bytes]) -> None:
    server.hold("me/mouse", shared)
    threads = [threading.Thread(target=hub.resolve, args=("hf:me/mouse",)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert checkpoint.load_config(hub.resolve("hf:me/mouse")).landmarks == 4
