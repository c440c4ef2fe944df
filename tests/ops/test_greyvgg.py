"""Tests of the grey-input VGG-16."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torchvision.models.vgg import cfgs, make_layers

from tests.conftest import grey_network
from unsuplmk.errors import UserError
from unsuplmk.ops import greyvgg


def test_layers_sizes_and_places_are_those_of_torchvisions_vgg16_but_for_the_grey_input() -> None:
    with torch.device("meta"):
        whole = make_layers(cfgs["D"])
        state = {f"{name}.bias": torch.zeros(n, device="cpu") for name, n in greyvgg.CHANNELS.items()}
        inputs = [1, *greyvgg.CHANNELS.values()]
        for (name, outputs), n in zip(greyvgg.CHANNELS.items(), inputs, strict=False):
            state[f"{name}.weight"] = torch.zeros(1, device="cpu").expand(outputs, n, 3, 3)
    ours = greyvgg.build(state, "test")
    assert [type(layer) for layer in ours] == [type(layer) for layer in whole][:-1]  # less the last pooling
    for mine, theirs in zip(list(ours)[1:], list(whole)[1:], strict=False):
        assert {k: v.shape for k, v in mine.state_dict().items()} == {
            k: v.shape for k, v in theirs.state_dict().items()
        }
    assert all(isinstance(ours[index], nn.ReLU) for index in greyvgg.taps().values())
    assert len(ours) - 1 == max(greyvgg.taps().values())
    assert greyvgg.ENDS == ("conv1_2", "conv2_2", "conv3_3", "conv4_3", "conv5_3")


def test_folding_gives_one_convolution_that_equals_the_pair() -> None:
    torch.manual_seed(0)
    convolution, norm = nn.Conv2d(3, 5, 3, bias=False), nn.BatchNorm2d(5, affine=False).eval()
    norm.running_mean, norm.running_var = torch.randn(5), torch.rand(5) + 0.1
    image = torch.rand(2, 3, 8, 8)
    weight, bias = greyvgg.fold(convolution, norm)
    torch.testing.assert_close(torch.conv2d(image, weight, bias), norm(convolution(image)))
    assert not weight.requires_grad


def test_a_file_is_read_up_to_the_layer_that_is_needed(tmp_path: Path) -> None:
    state = grey_network(3)
    save_file(state, tmp_path / "net.safetensors")
    found = greyvgg.read(tmp_path / "net.safetensors", "conv2_1")
    assert list(found) == [f"conv{n}.{what}" for n in ("1_1", "1_2", "2_1") for what in ("weight", "bias")]
    assert all(torch.equal(value, state[key]) for key, value in found.items())
    with pytest.raises(UserError, match="no weights file"):
        greyvgg.read(tmp_path / "other.safetensors", "conv1_1")


def test_widths_that_do_not_follow_from_one_another_are_refused() -> None:
    state = grey_network(3)
    state["conv1_2.weight"] = torch.zeros(3, 7, 3, 3)
    with pytest.raises(UserError, match=r"here: conv1_2 .* \(3, 7, 3, 3\) .*not \(n, 3, 3, 3\)"):
        greyvgg.build(state, "here")
