"""A size that a part does not take is refused before anything is read; what fails at every size stays a fault."""

from __future__ import annotations

from pathlib import Path
from typing import final

import pytest
import torch
from torch import Tensor, nn

from unsuplmk.bottlenecks.gaussian import Gaussian
from unsuplmk.checkpoint import assemble
from unsuplmk.config import Config
from unsuplmk.encoders.convnet import Convnet
from unsuplmk.errors import UserError
from unsuplmk.generators.renderer import Renderer
from unsuplmk.interfaces import Encoder, Generator
from unsuplmk.job import Job
from unsuplmk.model import Model
from unsuplmk.training.trial import check_size
from unsuplmk.types import Landmarks, Pair, Reconstruction, Render


@final
class Patches(Encoder):
    """Cuts the image into patches of 32 px, and insists."""

    def __init__(self, landmarks: int) -> None:
        super().__init__()
        self.head = nn.Conv2d(3, landmarks, 32, 32)

    def forward(self, image: Tensor) -> Tensor:
        assert image.shape[-1] % 32 == 0, f"{image.shape[-1]} is not a multiple of 32"
        return self.head(image)


@final
class Folding(Generator):
    """Insists on multiples of 16 by the way it reshapes."""

    def forward(self, pair: Pair, source: Landmarks, target: Landmarks, render: Render) -> Reconstruction:
        folded = pair.source.unflatten(-1, (16, -1))
        return Reconstruction(folded.flatten(-2))


@final
class Broken(Encoder):
    """Works at no size."""

    def forward(self, image: Tensor) -> Tensor:
        raise RuntimeError("a fault of its own")


def _refusal(model: Model, size: int) -> str:
    with pytest.raises(UserError) as refused:
        check_size(model, Config(size=size, encoder={"name": "mine"}, generator={"name": "mine"}))
    return str(refused.value)


def test_the_nearest_sizes_that_work_are_named() -> None:
    said = _refusal(Model(Patches(3), Gaussian(3), Renderer(3, width=2)), 72)
    assert said == (
        "--encoder mine takes no images of 72 px (72 is not a multiple of 32); --size 64 or --size 96 would do"
    )
    said = _refusal(Model(Convnet(3, width=2), Gaussian(3), Folding()), 88)
    assert said.startswith("--generator mine takes no images of 88 px")
    assert said.endswith("; --size 80 or --size 96 would do")


def test_heatmaps_must_divide_the_image_evenly() -> None:
    said = _refusal(Model(Convnet(3, width=2, stride=16), Gaussian(3), Renderer(3, width=2)), 72)
    assert "its heatmaps of 5x5 cells do not divide them evenly); --size 64 or --size 80 would do" in said


def test_what_works_at_no_size_keeps_its_traceback() -> None:
    with pytest.raises(RuntimeError, match="a fault of its own"):
        check_size(Model(Broken(), Gaussian(3), Renderer(3, width=2)), Config(size=72))


def test_a_trial_leaves_no_trace() -> None:
    model = Model(Convnet(3, width=2), Gaussian(3), Renderer(3, width=2)).train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    torch.manual_seed(0)
    check_size(model, Config(size=88))
    drawn = torch.rand(())
    torch.manual_seed(0)
    assert torch.equal(drawn, torch.rand(()))
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert model.training


def test_a_run_is_refused_before_its_data_are_read(tmp_path: Path) -> None:
    settings = Config(size=72, data=str(tmp_path / "missing.mp4"), encoder={"name": "convnet", "stride": 16})
    with pytest.raises(UserError, match=r"--encoder convnet takes no images of 72 px .*; --size 64 or --size 80 would"):
        Job(settings).run(tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_one_image_at_a_time_is_refused_where_batch_norm_is_left_with_one_number(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="one image a process, at --size 32"):
        Job(Config(size=32, batch=1, data=str(tmp_path / "missing.mp4"))).run(tmp_path / "run")


def narrow(size: int, width: int, norm: str = "group") -> Config:
    encoder = {"name": "hourglass", "width": width, "norm": norm}
    return Config(size=size, encoder=encoder).resolved()


def test_a_group_norm_that_would_see_one_number_a_group_is_refused_with_what_works() -> None:
    config = narrow(64, 16)
    with pytest.raises(UserError) as refused:
        check_size(assemble(config, losses=False), config)
    assert str(refused.value) == (
        "--encoder hourglass takes no images of 64 px (a group norm of 8 channels would see one number a group, and "
        "give zeros); --size 128 or --encoder.norm batch would do"
    )
    for other in (narrow(128, 16), narrow(64, 16, "batch"), narrow(64, 32)):
        check_size(assemble(other, losses=False), other)


def test_such_a_norm_gives_zeros_and_passes_no_gradient_to_what_stands_before_it() -> None:
    torch.manual_seed(0)
    x = torch.rand(2, 8, 1, 1, requires_grad=True)
    found = nn.GroupNorm(8, 8)(x)
    (found * torch.arange(8.0).view(8, 1, 1)).sum().backward()
    assert found.abs().max() < 1e-4  # but for rounding
    assert x.grad is not None
    assert x.grad.abs().max() < 1e-2  # of gradients up to 7


def test_the_part_that_has_the_norm_is_named_even_where_no_size_helps() -> None:
    @final
    class Pooled(Encoder):
        """Normalises one number a channel, at every size."""

        def __init__(self, landmarks: int) -> None:
            super().__init__()
            self.norm, self.head = nn.GroupNorm(3, 3), nn.Conv2d(3, landmarks, 1)

        def forward(self, image: Tensor) -> Tensor:
            return self.head(image + self.norm(image.mean((-2, -1), keepdim=True)))

    said = _refusal(Model(Pooled(3), Gaussian(3), Renderer(3, width=2)), 64)
    assert said.startswith("--encoder mine takes no images of 64 px (a group norm of 3 channels would see one number")
    assert said.endswith("; other options of it would do")


def test_a_trial_leaves_no_hooks() -> None:
    model = Model(Convnet(3, width=4, norm="group"), Gaussian(3), Renderer(3, width=4, norm="group"))
    check_size(model, Config(size=64))
    assert not [part for part in model.modules() if part._forward_pre_hooks]
