"""Tests of the network that predicts at single pixels."""

import numpy as np
import torch
from torch import Tensor, nn

from unsuplmk.ops import greyvgg
from unsuplmk.ops.hypercolumn import Hypercolumn


def trained(width: float = 0.1, steps: int = 3) -> Hypercolumn:
    """With running statistics that are not those of a fresh one."""
    torch.manual_seed(0)
    network = Hypercolumn(width, 5)
    for _ in range(steps):
        network(torch.rand(4, 3, 32, 32), torch.randint(32, (4, 6, 2)))
    return network.eval()


def images(count: int = 2) -> Tensor:
    return torch.rand(count, 3, 32, 48, generator=torch.Generator().manual_seed(1))


def test_the_folded_network_has_the_features_of_the_one_that_was_trained() -> None:
    network, grey = trained(), images().mean(1, keepdim=True) - greyvgg.GREY
    folded = greyvgg.build(network.folded(), "test")
    assert len(folded) == len(network.trunk)
    x, y = grey, grey
    with torch.no_grad():
        for index, (theirs, ours) in enumerate(zip(network.trunk, folded, strict=True)):
            x, y = theirs(x), ours(y)
            if index in greyvgg.taps().values():
                assert x.std() > 0.05
                torch.testing.assert_close(y, x, rtol=1e-3, atol=1e-4)


def test_its_shape_is_vgg16s_times_the_width() -> None:
    shapes = [len(weight) for name, weight in Hypercolumn(0.125, 5).folded().items() if name.endswith("weight")]
    assert shapes == [8, 8, 16, 16, 32, 32, 32, 64, 64, 64, 64, 64, 64]
    assert min(len(value) for value in Hypercolumn(0.01, 5).folded().values()) == 4


def test_a_pixel_sees_the_cell_of_each_block_that_it_lies_in() -> None:
    network, image = trained(), images()
    x, features = image.mean(1, keepdim=True) - greyvgg.GREY, []
    with torch.no_grad():
        for index, layer in enumerate(network.trunk):
            x = layer(x)
            if index in (3, 8, 15, 22, 29):
                features.append(x.numpy())
        pixels = torch.tensor([[[0, 0], [47, 31], [17, 30]], [[5, 9], [16, 15], [40, 2]]])
        found = network(image, pixels)
        for row in range(2):
            for n, (across, down) in enumerate(pixels[row].tolist()):
                cells = [f[row, :, down // 2**level, across // 2**level] for level, f in enumerate(features)]
                expected = network.head(torch.from_numpy(np.concatenate(cells)))
                torch.testing.assert_close(found[row, n], expected, rtol=1e-4, atol=1e-5)


def test_it_sees_no_colour() -> None:
    image, pixels = images(), torch.randint(32, (2, 6, 2))
    network = trained()
    torch.testing.assert_close(network(image, pixels), network(image.flip(1), pixels), rtol=1e-4, atol=1e-5)


def test_every_weight_of_it_learns() -> None:
    network = trained().train()
    network(images(), torch.randint(32, (2, 50, 2))).square().sum().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_the_batch_norms_have_no_gain_as_in_the_published_network() -> None:
    norms = [module for module in Hypercolumn(0.1, 5).modules() if isinstance(module, nn.BatchNorm2d)]
    assert len(norms) == 13
    assert not any(norm.affine for norm in norms)
