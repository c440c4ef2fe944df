"""Tests of reading weights files: what is wrong with one is said in one line that names it."""

import hashlib
import os
import pickle
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from unsuplmk.errors import UserError
from unsuplmk.ops.weights import load, read

OFFICIAL, OPTION = "VGG16_Weights.IMAGENET1K_V1", "--loss.vgg16.weights"


def network(seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 2, 3))


def state(prefix: str = "features.") -> dict[str, torch.Tensor]:
    return {f"{prefix}{key}": value for key, value in network(seed=1).state_dict().items()}


def write(path: Path, tensors: dict[str, torch.Tensor]) -> Path:
    save_file(tensors, path) if path.suffix == ".safetensors" else torch.save(tensors, path)
    return path


def fill(path: Path | str, net: nn.Module | None = None) -> None:
    load(net or network(), "features.", str(path), OFFICIAL, OPTION)


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_both_kinds_of_file_fill_the_network_in_float32(tmp_path: Path, suffix: str, dtype: torch.dtype) -> None:
    given = {key: value.to(dtype) for key, value in state().items()}
    given["classifier.0.weight"] = torch.zeros(5)  # the rest of the file does not matter
    net = network()
    fill(write(tmp_path / f"net{suffix}", given), net)
    for key, value in net.state_dict().items():
        assert value.dtype == torch.float32
        assert torch.equal(value, given[f"features.{key}"].float())


def test_an_old_torch_file_is_read_too(tmp_path: Path) -> None:
    torch.save(state(), tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    fill(tmp_path / "old.pth")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=rf"no weights file {tmp_path}/none\.pth"):
        fill(tmp_path / "none.pth")
    with pytest.raises(UserError, match="no weights file"):
        fill(tmp_path)


def test_another_networks_file_is_refused_with_what_it_lacks(tmp_path: Path) -> None:
    for suffix in (".pth", ".safetensors"):
        path = write(tmp_path / f"other{suffix}", state("conv."))
        with pytest.raises(UserError, match=r"lacks 4 of 4 tensors, first features\.0\.weight.* weights of vgg16") as e:
            fill(path)
        assert str(path) in str(e.value)


def test_tensors_of_another_shape_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "wide.pth", {**state(), "features.2.weight": torch.zeros(2, 8, 3, 3)})
    with pytest.raises(UserError, match=r"wide\.pth: features\.2\.weight has shape \(2, 8, 3, 3\), not \(2, 4, 3, 3\)"):
        fill(path)


def truncated(path: Path) -> None:
    whole = write(path, state()).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


def text(path: Path) -> None:
    path.write_text("<html>404 not found</html>")


def empty(path: Path) -> None:
    path.touch()


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
@pytest.mark.parametrize("damage", [truncated, text, empty])
def test_a_damaged_file_is_named(tmp_path: Path, damage: Callable[[Path], None], suffix: str) -> None:
    path = tmp_path / f"damaged{suffix}"
    damage(path)
    with pytest.raises(UserError, match=r"is not a readable weights file|holds more than tensors") as e:
        fill(path)
    assert str(path) in str(e.value)
    assert "\n" not in str(e.value)


@pytest.mark.parametrize(("content", "kind"), [(torch.ones(3), "Tensor"), ([1, 2], "list"), (3, "int")])
def test_a_file_of_something_else_is_refused(tmp_path: Path, content: object, kind: str) -> None:
    torch.save(content, tmp_path / "else.pth")
    with pytest.raises(UserError, match=rf"else\.pth holds a {kind}, not a state dict"):
        fill(tmp_path / "else.pth")


def test_numbers_in_place_of_tensors_are_missing_tensors(tmp_path: Path) -> None:
    torch.save(dict.fromkeys(state(), 3), tmp_path / "numbers.pth")
    with pytest.raises(UserError, match=r"numbers\.pth lacks 4 of 4 tensors"):
        fill(tmp_path / "numbers.pth")


class Payload:
    """Makes a folder when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, (str(self.path),)


def test_a_file_that_holds_code_is_refused_and_nothing_in_it_runs(tmp_path: Path) -> None:
    made = tmp_path / "made"
    torch.save({**state(), "features.0.weight": Payload(made)}, tmp_path / "evil.pth")
    (tmp_path / "plain.pth").write_bytes(pickle.dumps(Payload(made), protocol=2))
    for name in ("evil.pth", "plain.pth"):
        with pytest.raises(UserError, match=rf"{name} holds more than tensors and is refused, nothing in it was run"):
            fill(tmp_path / name)
        assert not made.exists()
    pickle.loads((tmp_path / "plain.pth").read_bytes())
    assert made.exists()  # it would have run


def test_a_name_with_a_checksum_is_verified(tmp_path: Path) -> None:
    path = write(tmp_path / "net.pth", state())
    checksum = hashlib.sha256(path.read_bytes()).hexdigest()
    assert read(path.rename(tmp_path / f"net-{checksum[:8]}.pth")).keys() == state().keys()
    wrong = write(tmp_path / "net-deadbeef.pth", state())
    with pytest.raises(UserError, match=r"net-deadbeef\.pth: its SHA-256 begins [0-9a-f]{8}, not deadbeef"):
        read(wrong)


def test_without_a_file_and_without_a_network_both_ways_out_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    for name in ("https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nothing listens there: no address outside is asked
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.setattr(urllib.request, "_opener", None)  # it would remember the proxy of an earlier test
    with pytest.raises(UserError, match=rf"cannot download {OFFICIAL}.*: give a file with {OPTION} FILE, or connect"):
        fill("")
    assert not list(tmp_path.rglob("*.pth"))


def test_weights_that_were_downloaded_before_need_no_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    cache = tmp_path / "hub/checkpoints"
    cache.mkdir(parents=True)
    write(cache / "vgg16-397923af.pth", state())
    net = network()
    fill("", net)
    assert torch.equal(net[0].weight, state()["features.0.weight"])
