"""The contract sees what cannot be compiled or exported, and what then gives other values."""

# ruff: noqa: ANN001, ANN201

from __future__ import annotations

import pytest
import torch
from jaxtyping import config
from torch import Tensor, nn

from tests.testing.faults import faults
from unsuplmk import registry
from unsuplmk.interfaces import Encoder, Generator, Loss, Quality
from unsuplmk.testing import Part, bottleneck
from unsuplmk.testing.compiled import assert_compiles
from unsuplmk.testing.part import images
from unsuplmk.types import Landmarks

GRAPH, EXPORT = "compiles_in_one_graph", "exports_with_any_batch_size"


class Printing(Encoder):
    """In two graphs."""

    def __init__(self, landmarks: int) -> None:
        super().__init__()
        self.head = nn.Conv2d(3, landmarks, 8, 8)

    def forward(self, image):
        torch._dynamo.graph_break()
        return self.head(image)


class Remembering(Encoder):
    """Exported, it has the size of the batch built in."""

    def __init__(self, landmarks: int) -> None:
        super().__init__()
        self.head = nn.Conv2d(3, landmarks, 8, 8)

    def forward(self, image):
        if torch.compiler.is_exporting():
            image = image.reshape(2, *image.shape[1:])
        return self.head(image)


class Looking(registry.find("bottleneck", "gaussian").cls):
    """Decides by the scores' values."""

    def __init__(self, landmarks: int) -> None:
        super().__init__(landmarks)

    def locate(self, heatmaps):
        return super().locate(heatmaps if heatmaps.max() < 1e6 else heatmaps / 1e6)


class Cut(Generator):
    """In two graphs."""

    def __init__(self, maps: int) -> None:
        super().__init__()
        self.inner = registry.build("generator", "renderer", maps, width=4)

    def forward(self, pair, source, target, render):
        torch._dynamo.graph_break()
        return self.inner(pair, source, target, render)


class Two(Loss):
    """Another value once it is compiled."""

    needs = frozenset({"reconstruction"})

    def forward(self, step):
        difference = (step.reconstruction.image - step.pair.target).square().mean()
        return difference * 2 if torch.compiler.is_compiling() else difference


class Twofold(Quality):
    """Another figure once it is compiled."""

    better = "lower"

    def forward(self, prediction, target, weight):
        weight = torch.ones_like(target[:, :1]) if weight is None else weight
        square = (prediction.float() - target.float()).square().mean(1, keepdim=True)
        figures = (square * weight).sum((1, 2, 3)) / weight.sum((1, 2, 3))
        return figures * 2 if torch.compiler.is_compiling() else figures


def test_an_encoder_whose_graph_is_cut_has_this_one_fault_and_the_line_is_named() -> None:
    found = faults("encoder", Printing, GRAPH)
    assert list(found) == [GRAPH]
    assert "test_compiled.py:" in found[GRAPH]
    assert "torch._dynamo.graph_break()" in found[GRAPH]


def test_an_encoder_that_is_exported_for_one_batch_size_has_this_one_fault() -> None:
    found = faults("encoder", Remembering, GRAPH, EXPORT)
    assert list(found) == [EXPORT]
    assert found[EXPORT].startswith("it cannot be exported with any batch size: ")


def test_a_bottleneck_that_looks_at_values_can_neither_be_compiled_nor_exported() -> None:
    part = Part("bottleneck", "looking", Looking)
    with pytest.raises(AssertionError, match=r"does not compile in one graph: .*heatmaps.max"):
        bottleneck.compiles_in_one_graph(part)
    with pytest.raises(AssertionError, match="cannot be exported"):
        bottleneck.exports_with_any_batch_size(part)


@pytest.mark.parametrize(
    ("kind", "cls", "check", "message"),
    [
        ("generator", Cut, GRAPH, "does not compile in one graph"),
        ("loss", Two, "compiles_to_the_same_value", "compiled, it gives other values"),
        ("quality", Twofold, "compiles_to_the_same_figures", "compiled, it gives other values"),
    ],
)
def test_a_part_that_compiles_badly_has_this_one_fault(kind: str, cls: type, check: str, message: str) -> None:
    found = faults(kind, cls, check)
    assert list(found) == [check]
    assert message in found[check]


def test_checks_of_annotations_are_off_while_the_compiler_looks_and_on_again_afterwards() -> None:
    seen = []

    def run(module: nn.Module, image: Tensor) -> tuple[Tensor]:
        seen.append(config.jaxtyping_disable)
        return (module(image),)

    def fail(module: nn.Module, image: Tensor) -> tuple[Tensor]:
        raise RuntimeError("a fault of its own")

    before, init = config.jaxtyping_disable, Landmarks.__init__
    assert_compiles(nn.Identity, run, images(), whole=False)
    assert seen[0] is True
    assert config.jaxtyping_disable == before
    assert Landmarks.__init__ is init
    with pytest.raises(RuntimeError, match="a fault of its own"):
        assert_compiles(nn.Identity, fail, images())
    assert config.jaxtyping_disable == before
    assert Landmarks.__init__ is init
