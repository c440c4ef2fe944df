"""Tests of the perceptual distance."""

from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tests.processes import results
from unsuplmk.errors import UserError
from unsuplmk.ops.perceptual import IMAGENET_MEAN, IMAGENET_SD, Perceptual

TAPS = {"fine": 1, "coarse": 4}
LAYERS = ("input", "fine", "coarse")


def network() -> nn.Sequential:
    torch.manual_seed(0)
    layers = [nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.Conv2d(4, 5, 3, padding=1), nn.ReLU(inplace=True), nn.Conv2d(5, 6, 3))


def images(count: int, batch: int = 2) -> list[Tensor]:
    generator = torch.Generator().manual_seed(1)
    return [torch.rand(batch, 3, 12, 16, generator=generator) for _ in range(count)]


def sizes(prediction: Tensor, target: Tensor, weight: Tensor | None) -> np.ndarray:
    """Mean masked squared difference of every layer, in float64."""
    double, found = deepcopy(network()).double(), []
    a, b = prediction.double(), target.double()
    mask = np.ones((len(a), 1, *a.shape[-2:])) if weight is None else weight.double().numpy()
    found.append((np.square((a - b).numpy()) * mask).mean())
    mean, sd = (torch.tensor(value, dtype=torch.float64).view(3, 1, 1) for value in (IMAGENET_MEAN, IMAGENET_SD))
    a, b = (a - mean) / sd, (b - mean) / sd
    with torch.no_grad():
        for index, layer in enumerate(double):
            a, b = layer(a), layer(b)
            if index in TAPS.values():
                h, w = a.shape[-2:]
                small = mask.reshape(len(mask), 1, h, mask.shape[2] // h, w, mask.shape[3] // w).mean((3, 5))
                found.append((np.square((a - b).numpy()) * small).mean())
    return np.array(found)


def test_the_first_measurement_sets_the_scale_so_that_the_first_value_is_one() -> None:
    prediction, target = images(2)
    perceptual = Perceptual(network(), TAPS, LAYERS)
    assert float(perceptual(prediction, target, None)) == pytest.approx(1, abs=1e-6)
    np.testing.assert_allclose(perceptual.scale.numpy(), sizes(prediction, target, None), rtol=1e-5)


@pytest.mark.parametrize("masked", [False, True])
def test_each_layer_is_divided_by_its_running_size_with_the_new_measurement_in_it(masked: bool) -> None:
    perceptual = Perceptual(network(), TAPS, LAYERS)
    weight = torch.rand(2, 1, 12, 16, generator=torch.Generator().manual_seed(2)) if masked else None
    running: np.ndarray | None = None
    for prediction, target in zip(images(4), images(8)[4:], strict=True):
        measured = sizes(prediction, target, weight)
        running = measured if running is None else running + 0.01 * (measured - running)
        value = perceptual(prediction, target, weight)
        assert float(value) == pytest.approx((measured / running).mean(), rel=1e-4)
    np.testing.assert_allclose(perceptual.scale.numpy(), running, rtol=1e-4)


def test_evaluation_blends_but_remembers_nothing() -> None:
    (a, b, c), perceptual = images(3), Perceptual(network(), TAPS, LAYERS)
    perceptual(a, b, None)
    before = perceptual.scale.clone()
    perceptual.eval()
    first, second = perceptual(a, c, None), perceptual(a, c, None)
    assert torch.equal(first, second)
    assert torch.equal(perceptual.scale, before)
    measured, running = sizes(a, c, None), before.double().numpy()
    assert float(first) == pytest.approx((measured / (running + 0.01 * (measured - running))).mean(), rel=1e-4)
    fresh = Perceptual(network(), TAPS, LAYERS).eval()
    fresh(a, b, None)
    assert not bool(fresh.measured)


def test_the_gradient_is_that_of_the_sizes_over_a_constant_scale_and_flows_through_the_prediction_only() -> None:
    prediction, target = images(2)
    perceptual = Perceptual(network(), TAPS, LAYERS)
    perceptual(prediction, images(3)[2], None)
    prediction, target = prediction.requires_grad_(), target.requires_grad_()
    perceptual(prediction, target, None).backward()
    assert target.grad is None
    assert all(parameter.grad is None for parameter in perceptual.parameters())
    made, wanted = perceptual.features(prediction), perceptual.features(target.detach())
    terms = [(a - b).square().mean() / size for a, b, size in zip(made, wanted, perceptual.scale.tolist(), strict=True)]
    (expected,) = torch.autograd.grad(sum(terms, torch.zeros(())) / 3, prediction)
    assert prediction.grad is not None
    torch.testing.assert_close(prediction.grad, expected)


def test_a_smaller_prediction_is_compared_with_the_shrunk_target() -> None:
    _, target = images(2)
    blocks = target.view(2, 3, 6, 2, 8, 2).mean((3, 5))
    perceptual = Perceptual(network(), TAPS, LAYERS)
    perceptual(torch.zeros_like(blocks), blocks, None)
    assert float(perceptual.eval()(blocks, target, None)) == pytest.approx(0, abs=1e-10)


def test_identical_images_give_zero_even_when_nothing_was_measured_before() -> None:
    (image,) = images(1)
    assert float(Perceptual(network(), TAPS, LAYERS)(image, image, None)) == 0


def test_training_leaves_the_network_as_it_was() -> None:
    prediction, target = images(2)
    perceptual = Perceptual(network(), TAPS, LAYERS).train()
    before = deepcopy(perceptual.network.state_dict())
    perceptual(prediction.requires_grad_(), target, None).backward()
    assert not list(filter(lambda parameter: parameter.requires_grad, perceptual.parameters()))
    assert all(torch.equal(value, before[key]) for key, value in perceptual.network.state_dict().items())


@pytest.mark.parametrize(
    ("layers", "count", "kept"),
    [(("input",), 1, 0), (("fine",), 1, 2), (("coarse", "input"), 2, 5), (("fine", "fine"), 1, 2)],
)
def test_only_the_chosen_layers_are_compared_and_nothing_deeper_is_computed(
    layers: Sequence[str], count: int, kept: int
) -> None:
    prediction, target = images(2)
    perceptual = Perceptual(network(), TAPS, layers)
    assert len(list(perceptual.network.children())) == kept
    assert float(perceptual(prediction, target, None)) == pytest.approx(1, abs=1e-6)
    chosen = [("input", "fine", "coarse").index(name) for name in sorted(set(layers), key=LAYERS.index)]
    assert len(chosen) == count
    np.testing.assert_allclose(perceptual.scale.numpy(), sizes(prediction, target, None)[chosen], rtol=1e-5)


def test_no_layers_are_refused() -> None:
    with pytest.raises(UserError, match="at least one of its layers: input, fine, coarse"):
        Perceptual(network(), TAPS, ())


def test_given_scales_are_where_the_running_ones_start_whatever_the_order_of_the_layers() -> None:
    prediction, target = images(2)
    perceptual = Perceptual(network(), TAPS, ("coarse", "input", "fine"), initial=(3.0, 1.0, 2.0))
    assert bool(perceptual.measured)
    assert perceptual.scale.tolist() == [1, 2, 3]
    measured = sizes(prediction, target, None)
    running = np.array([1, 2, 3]) + 0.01 * (measured - [1, 2, 3])
    assert float(perceptual(prediction, target, None)) == pytest.approx((measured / running).mean(), rel=1e-4)
    np.testing.assert_allclose(perceptual.scale.numpy(), running, rtol=1e-5)


@pytest.mark.parametrize("initial", [(1.0,), (1.0, 1.0, 0.0), (1.0, 1.0, 1.0, 1.0)])
def test_given_scales_that_do_not_fit_are_refused(initial: tuple[float, ...]) -> None:
    with pytest.raises(UserError, match=r"one number above 0 for each of its 3 layers \(input, fine, coarse\)"):
        Perceptual(network(), TAPS, LAYERS, initial=initial)


def test_a_picked_mask_is_not_averaged() -> None:
    prediction, target = images(2)
    weight = torch.rand(2, 1, 12, 16, generator=torch.Generator().manual_seed(2))
    perceptual = Perceptual(network(), TAPS, ("coarse",), initial=(1.0,), mask="pick").eval()
    (made,), (wanted,) = perceptual.features(prediction), perceptual.features(target)
    size = float(((made - wanted).square() * weight[..., ::2, ::2]).mean())
    assert float(perceptual(prediction, target, weight)) == pytest.approx(size / (0.99 + 0.01 * size), rel=1e-5)


def test_the_gradient_may_flow_through_the_running_scale() -> None:
    prediction, target = images(2)
    prediction.requires_grad_()
    perceptual = Perceptual(network(), TAPS, LAYERS, initial=(0.1, 0.2, 0.3), through_scale=True)
    made, wanted = perceptual.features(prediction), perceptual.features(target)
    found = [(a - b).square().mean() for a, b in zip(made, wanted, strict=True)]
    terms = [m / (0.99 * w + 0.01 * m) for m, w in zip(found, (0.1, 0.2, 0.3), strict=True)]
    (expected,) = torch.autograd.grad(sum(terms, torch.zeros(())) / 3, prediction)
    value = perceptual(prediction, target, None)
    (gradient,) = torch.autograd.grad(value, prediction)
    assert value.item() == pytest.approx(sum(term.item() for term in terms) / 3, rel=1e-5)
    torch.testing.assert_close(gradient, expected)


def test_the_first_measurement_teaches_even_through_the_scale() -> None:
    prediction, target = images(2)
    gradients = []
    for through in (False, True):
        perceptual = Perceptual(network(), TAPS, LAYERS, through_scale=through)
        gradients += torch.autograd.grad(perceptual(prediction.requires_grad_(), target, None), prediction)
    assert gradients[0].abs().sum() > 0
    torch.testing.assert_close(*gradients)


def test_a_grey_network_sees_the_mean_of_the_three_channels() -> None:
    (image,) = images(1)
    layer = nn.Conv2d(1, 4, 1)
    perceptual = Perceptual(nn.Sequential(layer), {"fine": 0}, ("fine",), mean=[0.4] * 3, sd=[1.0] * 3, grey=True)
    torch.testing.assert_close(perceptual.features(image)[0], layer(image.mean(1, keepdim=True) - 0.4))


LINES = """
from torch import nn
from unsuplmk.ops.perceptual import Perceptual

share, result = slice(rank * 4 // world, (rank + 1) * 4 // world), []
for through in (False, True):
    torch.manual_seed(0)
    layers = [nn.Conv2d(3, 4, 3, padding=1), nn.ReLU()]
    perceptual = Perceptual(nn.Sequential(*layers), {"fine": 1}, ("input", "fine"), through_scale=through)
    prediction, values = torch.rand(3, 4, 3, 8, 8), []
    prediction.requires_grad_()
    for image, target in zip(prediction, torch.rand(3, 4, 3, 8, 8)):
        values.append(perceptual(image[share], target[share], None))
    sum(values).backward()
    result += [torch.stack(values).detach(), prediction.grad, perceptual.scale]
"""


def test_two_processes_share_the_scale_and_together_give_what_one_gives(tmp_path: Path) -> None:
    alone: dict[str, object] = {"torch": torch, "rank": 0, "world": 1}
    exec(LINES, alone)
    expected: list[Tensor] = alone["result"]  # type: ignore[assignment]
    shares = results(LINES, tmp_path)
    for through, first in ((False, 0), (True, 3)):
        values, gradient, scale = expected[first : first + 3]
        mine, other = (share[first : first + 3] for share in shares)
        assert torch.equal(mine[0], other[0]) == through
        torch.testing.assert_close((mine[0] + other[0]) / 2, values)
        torch.testing.assert_close((mine[1] + other[1]) / 2, gradient)
        torch.testing.assert_close(mine[2], scale)
        torch.testing.assert_close(other[2], scale)
    assert not torch.equal(expected[1], expected[4])


def test_a_module_that_gives_a_list_of_maps_is_measured_as_the_sequence_with_these_taps() -> None:
    class Maps(nn.Module):
        """The sequence's tapped outputs, and one more that nobody asks for."""

        def __init__(self) -> None:
            super().__init__()
            self.layers = network()

        def forward(self, x: Tensor) -> list[Tensor]:
            fine = self.layers[1](self.layers[0](x))
            coarse = self.layers[4](self.layers[3](self.layers[2](fine)))
            return [fine, fine + 1, coarse]

    sequence = Perceptual(network(), TAPS, LAYERS)
    listed = Perceptual(Maps(), {"fine": 0, "unused": 1, "coarse": 2}, LAYERS)
    assert not any(weight.requires_grad for weight in listed.network.parameters())
    for prediction, target in zip(images(2), images(4)[2:], strict=True):
        assert torch.equal(listed(prediction, target, None), sequence(prediction, target, None))
    assert torch.equal(listed.scale, sequence.scale)


@pytest.mark.parametrize(
    ("layers", "least"),
    [
        ((nn.Conv2d(3, 4, 3, padding=1), nn.MaxPool2d(2), nn.MaxPool2d(2)), 4),
        ((nn.Conv2d(3, 4, 3, stride=2), nn.MaxPool2d(3, 2, ceil_mode=True), nn.MaxPool2d(3, 2, ceil_mode=True)), 9),
        ((nn.Conv2d(3, 4, 3, padding="same"), nn.Conv2d(4, 4, 5, padding="valid")), 5),
    ],
)
def test_the_smallest_image_is_known_and_a_smaller_one_is_refused(layers: Sequence[nn.Module], least: int) -> None:
    loss = Perceptual(nn.Sequential(*layers), {"deep": len(layers) - 1}, ["deep"])
    image = torch.rand(1, 3, least, least)
    assert loss(image, image, None) == 0
    with pytest.raises(UserError, match=f"see images of {least} px and more, not of {least - 1}"):
        loss(image[..., 1:, :], image[..., 1:, :], None)
    with pytest.raises(RuntimeError, match=r"[Oo]utput size is too small|can't be greater"):
        loss.network(image[..., 1:, 1:])
