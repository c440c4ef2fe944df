"""Tests of the perceptual loss by a colourisation network."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from tests.golden import needs_golden, pictures, stored
from tests.steps import step
from unsuplmk.errors import UserError
from unsuplmk.losses.selfsup import Selfsup
from unsuplmk.ops.greyvgg import CHANNELS

LAYERS = ("input", "conv1_2", "conv2_2", "conv3_2", "conv4_2", "conv5_2")
INITIAL = (100.0, 1.6, 2.3, 1.8, 2.8, 100.0)


@pytest.fixture(scope="module")
def golden_network(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The reference's random weights: golden/README.md."""
    random, state, inputs = np.random.RandomState(0), {}, 1
    for name, outputs in list(CHANNELS.items())[:-1]:
        drawn = (random.randn(outputs, inputs, 3, 3) * np.sqrt(2 / (9 * inputs))).astype(np.float32)
        state |= {f"{name}.weight": torch.from_numpy(drawn), f"{name}.bias": torch.zeros(outputs)}
        inputs = outputs
    path = tmp_path_factory.mktemp("golden") / "network.safetensors"
    save_file(state, path)
    return str(path)


@needs_golden
@pytest.mark.parametrize("behaviour", ["eval", "train"])
def test_with_the_references_settings_it_gives_the_references_loss(golden_network: str, behaviour: str) -> None:
    values, (_, target, mask) = stored("imm_official_forward"), pictures()
    initial = tuple(float(values[f"init:SelfSupReconstructionLoss/{name}_agg"]) for name in LAYERS)
    assert initial == pytest.approx(INITIAL)
    loss = Selfsup(weights=golden_network, initial=initial, mask="pick", through_scale=True)
    loss.train(behaviour == "train")
    made = torch.from_numpy(values[f"{behaviour}_pred"]).permute(0, 3, 1, 2) / 255
    with torch.no_grad():
        found = 6000 * float(loss(step(target / 255, made, weight=mask)))
    expected = float(values[f"{behaviour}_loss"]) - float(values[f"{behaviour}_reg"])
    assert found == pytest.approx(expected, rel=1e-5)
    moved = loss.perceptual.scale[1:] != torch.tensor(initial[1:])
    assert moved.all() if behaviour == "train" else not moved.any()


def test_the_published_file_gives_what_the_same_network_gives_with_its_batch_norms(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    random, layers, inputs = np.random.default_rng(0), [], 1
    with h5py.File(tmp_path / "vgg16.caffemodel.h5", "w") as file:
        for name in ("conv1_1", "conv1_2", "conv2_1", "conv2_2"):
            outputs = 3 * int(name[4])
            weight, bias, mean = (random.normal(size=s) for s in ((outputs, inputs, 3, 3), (outputs,), (outputs,)))
            variance, scale = random.uniform(0.5, 2, outputs), random.uniform(0.5, 2, 1)
            arrays = {name: (weight, bias), f"batch_{name}": (mean * scale, variance * scale, scale)}
            for group, members in arrays.items():
                for number, array in enumerate(members):
                    file[f"data/{group}/{number}"] = array.astype(np.float32)
            layers.append((weight, bias, mean, variance))
            inputs = outputs
        file["data/fc6/0"] = np.zeros((2, 2), np.float32)
    loss = Selfsup(weights=str(tmp_path / "vgg16.caffemodel.h5"), layers=("conv1_2", "conv2_2"))
    image = torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    x = image.double().mean(1, keepdim=True) - 114.451 / 255
    expected = []
    for number, arrays in enumerate(layers):
        weight, bias, mean, variance = map(torch.from_numpy, arrays)
        x = torch.nn.functional.conv2d(x, weight, bias, padding=1)
        x = torch.relu(torch.nn.functional.batch_norm(x, mean, variance, eps=1e-5))
        if number % 2:
            expected.append(x)
            x = torch.nn.functional.max_pool2d(x, 2)
    for found, wanted in zip(loss.perceptual.features(image), expected, strict=True):
        torch.testing.assert_close(found.double(), wanted, rtol=1e-4, atol=1e-5)


def test_a_layer_of_the_published_file_without_batch_norm_is_taken_as_it_is(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    weight, bias = torch.rand(5, 1, 3, 3), torch.rand(5)
    with h5py.File(tmp_path / "vgg.h5", "w") as file:
        file["data/conv1_1/0"], file["data/conv1_1/1"] = weight.numpy(), bias.numpy()
        file["data/conv1_2/0"] = torch.rand(5, 5, 3, 3).numpy()
    convolution, _, second, _ = Selfsup(weights=str(tmp_path / "vgg.h5"), layers=("conv1_2",)).perceptual.network
    assert torch.equal(convolution.weight, weight)
    assert torch.equal(convolution.bias, bias)
    assert not second.bias.any()


def test_a_colour_changes_the_input_layer_and_nothing_behind_it(network_weights: Mapping[str, Path]) -> None:
    loss = Selfsup(weights=str(network_weights["selfsup"]))
    red, green = torch.zeros(2, 1, 3, 32, 32)
    red[:, 0], green[:, 1] = 0.6, 0.6
    (first, *grey), (other, *same) = loss.perceptual.features(red), loss.perceptual.features(green)
    assert not torch.equal(first, other)
    for a, b in zip(grey, same, strict=True):
        torch.testing.assert_close(a, b)
    assert [f.shape[1] for f in grey] == [4, 8, 12, 16, 20]


def test_only_what_is_compared_is_read_and_run(network_weights: Mapping[str, Path]) -> None:
    weights = str(network_weights["selfsup"])
    assert len(Selfsup(weights=weights, layers=("conv2_2", "input")).perceptual.network) == 9
    assert len(Selfsup(weights=weights, layers=("input",)).perceptual.network) == 0


def test_no_weights_are_refused_with_both_ways_to_have_some() -> None:
    with pytest.raises(UserError, match=r"vgg16\.caffemodel\.h5.*unsuplmk colorise"):
        Selfsup()


def test_initial_sizes_that_do_not_fit_are_refused(network_weights: Mapping[str, Path]) -> None:
    with pytest.raises(UserError, match=r"1 initial sizes.* each of its 6 layers"):
        Selfsup(weights=str(network_weights["selfsup"]), initial=(1.0,))


def test_another_networks_file_is_refused_by_name(network_weights: Mapping[str, Path], tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"vgg16\.safetensors lacks 24 of 24 tensors, first conv1_1\.weight"):
        Selfsup(weights=str(network_weights["vgg16"]))
    colour = {"conv1_1.weight": torch.zeros(4, 3, 3, 3), "conv1_1.bias": torch.zeros(4)}
    rest = {"conv1_2.weight": torch.zeros(4, 4, 3, 3), "conv1_2.bias": torch.zeros(4)}
    save_file({**colour, **rest}, tmp_path / "colour.safetensors")
    with pytest.raises(UserError, match=r"conv1_1 has weights of shape \(4, 3, 3, 3\).*no VGG-16 with grey input"):
        Selfsup(weights=str(tmp_path / "colour.safetensors"), layers=("conv1_2",))


def test_a_damaged_or_foreign_published_file_is_refused_in_one_line(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    (tmp_path / "text.h5").write_text("not HDF5")
    with pytest.raises(UserError, match=r"text\.h5 is not a readable HDF5 file"):
        Selfsup(weights=str(tmp_path / "text.h5"))
    with pytest.raises(UserError, match=r"no weights file .*absent\.h5"):
        Selfsup(weights=str(tmp_path / "absent.h5"))
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["data/conv1/0"] = np.zeros((4, 1, 3, 3))
    with pytest.raises(UserError, match=r"other\.h5 has no /data/conv1_1"):
        Selfsup(weights=str(tmp_path / "other.h5"))
    with h5py.File(tmp_path / "zero.h5", "w") as file:
        file["data/conv1_1/0"], file["data/conv1_1/1"] = np.ones((4, 1, 3, 3)), np.ones(4)
        for number, array in enumerate((np.zeros(4), np.zeros(4), np.zeros(1))):
            file[f"data/batch_conv1_1/{number}"] = array
        file["data/conv1_2/0"], file["data/conv1_2/1"] = np.ones((4, 4, 3, 3)), np.ones(4)
    with pytest.raises(UserError, match=r"zero\.h5: conv1_1 holds numbers that are not finite"):
        Selfsup(weights=str(tmp_path / "zero.h5"), layers=("conv1_2",))
