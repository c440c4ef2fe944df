"""Tests of the generator that deforms a template."""

import pytest
import torch
import torch.nn.functional as F

from unsuplmk.bottlenecks.code import Code
from unsuplmk.bottlenecks.gaussian import Gaussian
from unsuplmk.generators.template import Template
from unsuplmk.ops.flow import field
from unsuplmk.ops.thinplate import sample
from unsuplmk.types import Landmarks, Pair

NONE = Landmarks(torch.zeros(2, 0, 2), torch.zeros(2, 0), torch.zeros(2, 0, 4, 4))


def landmarks(count: int = 5, seed: int = 0) -> Landmarks:
    xy = 1.6 * torch.rand(2, count, 2, generator=torch.Generator().manual_seed(seed)) - 0.8
    return Landmarks(xy, torch.ones(2, count), torch.zeros(2, count, 4, 4))


def pair(height: int = 32, width: int = 32, seed: int = 0) -> Pair:
    generator = torch.Generator().manual_seed(seed)
    return Pair(*(torch.rand(2, 3, height, width, generator=generator) for _ in range(2)))


def wild(generator: Template, affine: float = 0.0) -> Template:
    torch.nn.init.normal_(generator.steps.weight)
    torch.nn.init.normal_(generator.affine.bias, std=affine)
    return generator.eval()


@pytest.mark.parametrize("paint", [16, 32, 64])
def test_it_begins_with_the_template_as_it_is(paint: int) -> None:
    made = Template(5, width=4, paint=paint)(pair(paint, paint), NONE, landmarks(), Gaussian(5).render)
    assert made.extra["template"].shape == (2, 3, paint, paint)
    assert float(made.extra["flow"].detach().abs().max()) < 1e-6
    torch.testing.assert_close(made.image, made.extra["template"], atol=1e-5, rtol=0)


@pytest.mark.parametrize(("height", "width", "shrink"), [(32, 48, 1), (64, 32, 2), (30, 30, 3)])
def test_the_image_is_as_large_as_asked(height: int, width: int, shrink: int) -> None:
    made = Template(5, width=4, shrink=shrink)(pair(height, width), NONE, landmarks(), Gaussian(5).render)
    assert made.image.shape == (2, 3, height // shrink, width // shrink)


def test_the_source_paints_and_the_target_deforms_and_neither_does_the_others_work() -> None:
    torch.manual_seed(0)
    generator = wild(Template(10, width=4), affine=0.1)
    made = generator(pair(), NONE, landmarks(), Code(5).render).extra
    repainted = generator(pair(seed=1), NONE, landmarks(), Code(5).render).extra
    moved = generator(pair(), NONE, landmarks(seed=1), Code(5).render).extra
    assert torch.equal(made["flow"], repainted["flow"])
    assert not torch.equal(made["template"], repainted["template"])
    assert torch.equal(made["template"], moved["template"])
    assert not torch.equal(made["flow"], moved["flow"])


def test_the_image_is_the_template_seen_along_the_flow() -> None:
    torch.manual_seed(0)
    made = wild(Template(5, width=4), affine=0.1)(pair(), NONE, landmarks(), Gaussian(5).render)
    expected = sample(made.extra["template"], field(made.extra["flow"], (32, 32)), "border")
    torch.testing.assert_close(made.image, expected)


def test_the_deformation_never_folds() -> None:
    torch.manual_seed(0)
    flow = wild(Template(5, width=4))(pair(), NONE, landmarks(), Gaussian(5).render).extra["flow"].detach()
    assert float(flow.std()) > 0.05
    places = field(flow, (flow.shape[-2], flow.shape[-1]))
    assert float(places[..., 0].diff(dim=2).min()) >= -1e-6
    assert float(places[..., 1].diff(dim=1).min()) >= -1e-6


def test_the_texture_passes_through_a_code_as_short_as_asked() -> None:
    """The template depends on the source through `texture` numbers: templates span no more dimensions."""
    torch.manual_seed(0)
    generator = Template(5, width=4, texture=3, paint=16).eval()
    features = torch.randn(40, generator.squeeze.in_features)
    templates = generator.pictures(generator.squeeze(features))
    assert int(torch.linalg.matrix_rank(templates - templates.mean(0), rtol=1e-4)) == 3


def test_the_deformation_learns_to_follow_landmarks_that_move_with_the_object() -> None:
    """A blob shifted at random. The template has it in the middle, and the source says nothing about the place."""
    torch.manual_seed(0)
    generator = Template(10, width=4, texture=4, paint=16, hidden=16)
    generator.pictures.bias.data = (blob(torch.zeros(1, 2)) - 0.5).flatten()
    optimiser = torch.optim.Adam([*generator.deform.parameters(), *generator.affine.parameters()], 1e-2)
    errors, still = [], []
    for _ in range(60):
        shift = 0.8 * torch.rand(16, 2) - 0.4
        target = blob(shift)
        code = Landmarks(F.pad(shift[:, None], (0, 0, 0, 4)), torch.ones(16, 5), torch.zeros(16, 5, 4, 4))
        made = generator(Pair(torch.full_like(target, 0.5), target), NONE, code, Code(5).render).image
        error = (made - target).square().mean()
        optimiser.zero_grad()
        error.backward()
        optimiser.step()
        errors.append(float(error.detach()))
        still.append(float((blob(torch.zeros(16, 2)) - target).square().mean()))
    assert sum(errors[-10:]) < 0.3 * sum(still[-10:])


def blob(shift: torch.Tensor) -> torch.Tensor:
    axis = (2 * torch.arange(16) + 1) / 16 - 1
    squared = (axis - shift[:, :1, None]) ** 2 + (axis[:, None] - shift[:, 1:, None]) ** 2
    return torch.exp(-squared / 0.1)[:, None].expand(-1, 3, -1, -1)
