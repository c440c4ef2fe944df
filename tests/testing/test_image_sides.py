"""The contract sees parts that end in an error of torch where a run may ask for them; UserError is welcome."""

# ruff: noqa: ANN001, ANN201

from __future__ import annotations

from dataclasses import replace

import pytest
from torch import nn

from tests.testing.faults import faults
from unsuplmk import registry
from unsuplmk.encoders.convnet import Convnet
from unsuplmk.errors import UserError
from unsuplmk.generators.renderer import Renderer
from unsuplmk.interfaces import Encoder, Loss
from unsuplmk.types import Pair

CHECK = "takes_any_side_or_says_which"


class Patches(Encoder):
    """Insists on multiples of 16."""

    def __init__(self, landmarks: int) -> None:
        super().__init__()
        self.head = nn.Conv2d(3, landmarks, 16, 16)

    def forward(self, image):
        return self.head(image.unflatten(-1, (-1, 16)).flatten(-2))


class Polite(Patches):
    """Says so."""

    def forward(self, image):
        if image.shape[-1] % 16:
            raise UserError(f"images of {image.shape[-1]} px cannot be cut into patches of 16; take --size 64 or 80")
        return super().forward(image)


class Rounding(Patches):
    """Rounds the number of cells up."""

    def __init__(self, landmarks: int) -> None:
        super().__init__(landmarks)
        self.inner = Convnet(landmarks, width=2, stride=16)
        del self.head

    def forward(self, image):
        return self.inner(image)


class Growing(registry.find("generator", "renderer").cls):
    """Rebuilds more than there was."""

    def __init__(self, maps: int) -> None:
        super().__init__(maps, width=4)

    def forward(self, pair, source, target, render):
        made = super().forward(pair, source, target, render)
        pad = -made.image.shape[-1] % 16
        return replace(made, image=nn.functional.pad(made.image, (0, pad, 0, pad)))


class Folded(Renderer):
    """Insists on multiples of 16."""

    def __init__(self, maps: int) -> None:
        super().__init__(maps, width=4)

    def forward(self, pair, source, target, render):
        folded = pair.source.unflatten(-1, (-1, 16)).flatten(-2)
        return super().forward(replace(pair, source=folded), source, target, render)


class Pyramid(Loss):
    """Halves the images until nothing is left."""

    needs = frozenset({"reconstruction"})

    def forward(self, step):
        difference = (step.reconstruction.image - step.pair.target).square()
        for _ in range(5):
            difference = nn.functional.avg_pool2d(difference, 2)
        return difference.mean()


class Halves(registry.find("pairs", "warped").cls):
    """Insists on multiples of 32."""

    def __init__(self) -> None:
        super().__init__()

    def forward(self, frames):
        (image,) = frames
        return super().forward((image.unflatten(-1, (-1, 32)).flatten(-2),))


class Cropping(registry.find("pairs", "single").cls):
    """Cuts off what is beyond a multiple of 16."""

    def forward(self, frames):
        (image,) = frames
        side = image.shape[-1] // 16 * 16
        return Pair(*[image[..., :side, :side]] * 2)


class Coarse(registry.find("bottleneck", "gaussian").cls):
    """Pools the scores until few or none are left."""

    def __init__(self, landmarks: int) -> None:
        super().__init__(landmarks)

    def locate(self, heatmaps):
        return replace(super().locate(nn.functional.avg_pool2d(heatmaps, 4, 1)), heatmaps=heatmaps)


@pytest.mark.parametrize(
    ("kind", "cls", "sentence"),
    [
        ("encoder", Patches, "images of 72 px end in RuntimeError: "),
        ("encoder", Rounding, "heatmaps of 5x5 do not divide images of 72x72 evenly"),
        ("generator", Folded, "images of 72 px end in RuntimeError: "),
        ("generator", Growing, "images of 72 px are rebuilt as 80 x 80 px"),
        ("loss", Pyramid, "images of 16 px end in RuntimeError: "),
        ("pairs", Halves, "images of 16 px end in RuntimeError: "),
        ("pairs", Cropping, "of images of 72 px the source is (2, 3, 64, 64)"),
    ],
)
def test_a_side_that_ends_in_an_error_of_torch_is_the_only_fault(kind: str, cls: type, sentence: str) -> None:
    found = faults(kind, cls)
    assert list(found) == [CHECK]
    assert found[CHECK].startswith(sentence)


def test_heatmaps_of_few_cells_that_end_in_an_error_of_torch_are_a_fault() -> None:
    found = faults("bottleneck", Coarse)["takes_heatmaps_of_any_size"]
    assert found.startswith("heatmaps of 2x2 cells end in RuntimeError: ")


def test_a_side_that_is_refused_in_a_line_is_no_fault() -> None:
    assert not faults("encoder", Polite)
