"""The recipe imm-2018 is the 2018 reference: networks, maps, warps, loss and decay, to 1e-4 and better.

The weights enter by the importer of released checkpoints. The values are the reference's own outputs.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from tests.golden import loss_network, needs_golden, pictures, stored, variables
from unsuplmk import checkpoint
from unsuplmk.bottlenecks.gaussian import Gaussian, Shape
from unsuplmk.detector import Detector
from unsuplmk.ops.thinplate import ThinPlate, border
from unsuplmk.training.optimiser import convolutions, learning_rate
from unsuplmk.training.released import convert
from unsuplmk.types import Landmarks, Pair

pytestmark = needs_golden


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run imported from the reference's variables, with the loss network of its forward pass."""
    path = tmp_path_factory.mktemp("reference")
    np.savez(path / "variables.npz", **variables())
    convert(path / "variables.npz", path / "run", weights=str(loss_network(path / "network.safetensors")))
    return path / "run"


def nhwc(name: str) -> Tensor:
    return torch.from_numpy(stored("imm_official_forward")[name]).permute(0, 3, 1, 2)


def assert_close(found: Tensor, expected: Tensor, relative: float) -> None:
    """Largest difference against the largest value."""
    assert float((found - expected).abs().max()) < relative * float(expected.abs().max())


def test_an_imported_detector_gives_the_references_landmarks(folder: Path) -> None:
    _, target, _ = pictures()
    found = Detector.load(folder, "cpu").detect(target / 255)
    yx = stored("imm_official_forward")["eval_yx"]
    assert float(np.abs(found.xy.numpy()[..., ::-1] - yx).max()) < 2e-5
    assert_close(found.heatmaps, nhwc("eval_hm"), 1e-5)


@pytest.mark.parametrize("behaviour", ["eval", "train"])
def test_forward_pass_loss_and_decay_are_the_references(folder: Path, behaviour: str) -> None:
    values, (source, target, mask) = stored("imm_official_forward"), pictures()
    config = checkpoint.load_config(folder)
    model = checkpoint.assemble(config, losses=True).train(behaviour == "train")
    model.load_state_dict(load_file(folder / "model.safetensors"), strict=False)
    with torch.no_grad():
        outcome = model(Pair(source / 255, target / 255, weight=mask))
    assert float(np.abs(outcome.target.xy.numpy()[..., ::-1] - values[f"{behaviour}_yx"]).max()) < 5e-5
    assert_close(outcome.target.heatmaps, nhwc(f"{behaviour}_hm"), 5e-5)
    assert_close(255 * outcome.reconstruction.image, nhwc(f"{behaviour}_pred"), 5e-5)

    dropped = np.square(variables()["model/renderer/conv_8/conv_8/w"][..., 3:].astype(np.float64)).sum()
    decayed = sum(float(w.detach().double().square().sum()) for w in convolutions(model)) + dropped
    decay = config.weight_decay * decayed / 2
    assert decay == pytest.approx(float(values[f"{behaviour}_reg"]), rel=1e-5)
    assert float(outcome.total) + decay == pytest.approx(float(values[f"{behaviour}_loss"]), rel=1e-5)


@pytest.mark.parametrize("shape", ["rot", "flat", "ankush"])
@pytest.mark.parametrize("size", [16, 32])
def test_maps_of_every_shape_are_the_references(shape: Shape, size: int) -> None:
    values = stored("gauss_mask")
    bottleneck = Gaussian(5, sigma=0.1 / np.sqrt(2).item(), shape=shape, grid="corners")
    xy = torch.from_numpy(values["mu"][..., ::-1].copy())
    landmarks = Landmarks(xy, xy[..., 0], xy[..., None])  # the maps depend on the points only
    found = bottleneck.render(landmarks, (size, size))
    expected = values[f"{shape}_{size}"].transpose(0, 3, 1, 2)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-4, atol=1e-6)


def test_the_border_mask_is_the_references() -> None:
    np.testing.assert_allclose(border(128, torch.zeros(()))[0, 0].numpy(), stored("gauss_mask")["mask_128"], atol=1e-5)


@pytest.mark.parametrize("name", ["target", "source"])
def test_sampling_grids_are_the_references(name: str) -> None:
    values = stored("tps")
    w = torch.from_numpy(values[f"{name}_W"])  # 100 control points, the translation, the matrix for row vectors
    warp = ThinPlate(w[:, :100], w[:, 100], w[:, 101:].mT, grid="corners")
    np.testing.assert_allclose(warp.field(128, 128)[:, ::8, ::8].numpy(), values[f"{name}_grid"], atol=1e-5)


def test_the_recipes_optimiser_is_the_references(folder: Path) -> None:
    config = checkpoint.load_config(folder)
    assert [learning_rate(config, n) for n in (0, 99_999, 100_000)] == pytest.approx([1e-3, 1e-3, 0.95e-3])
    chosen = config.optimizer, config.weight_decay, config.clip, config.clip_by, config.batch
    assert chosen == ("adam", 1e-5, 1.0, "tensor", 50)
