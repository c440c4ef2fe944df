"""Every part with every other: what is admitted trains, and what is refused would not have worked.

The whole product of encoders, bottlenecks, generators and losses, ours and installed plugins', one loss at a time.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import pytest
import torch
from accelerate import Accelerator
from torch import Tensor, nn

from unsuplmk import config, launch, registry
from unsuplmk.errors import UserError
from unsuplmk.interfaces import PairSource
from unsuplmk.model import Model
from unsuplmk.plugins import BUILTIN, WITHOUT, host
from unsuplmk.testing.part import images
from unsuplmk.training.combination import check
from unsuplmk.training.optimiser import Optimiser
from unsuplmk.types import Pair

STEPS, SIDE, BATCH, LANDMARKS = 3, 32, 2, 4
SHALLOW = ("input", "conv1_2", "conv2_2", "conv3_2")
NARROW: Mapping[tuple[str, str], Mapping[str, object]] = {
    ("encoder", "convnet"): {"width": 4},
    ("encoder", "hourglass"): {"width": 16, "depth": 3},  # from 8 x 8 to one cell
    ("generator", "renderer"): {"width": 4},
    ("generator", "unet"): {"width": 4},
    ("generator", "descriptors"): {"width": 4},
    ("generator", "flow"): {"width": 8},
    ("generator", "template"): {"width": 4, "texture": 8, "hidden": 8},
    ("loss", "vgg16"): {"layers": SHALLOW},
    ("loss", "vgg19"): {"layers": SHALLOW},
}
"""Narrow networks are quick, and so are shallow loss networks; strides and depths of the others are as they come."""

SETTINGS = config.make({"schedule": "constant", "warmup": 0, "weight_decay": 0.0, "device": "cpu"})
"""Without decay, only a gradient moves a weight."""

Build = Callable[..., Any]
TRIPLES = [
    pytest.param(*names, id="-".join(names))
    for names in product(*(registry.components(kind) for kind in ("encoder", "bottleneck", "generator")))
]


@pytest.fixture(scope="module")
def build(part_options: Mapping[tuple[str, str], Mapping[str, object]]) -> Build:
    """Builds each part once; every later call puts its first weights back, which is quicker than to build it anew."""
    built: dict[tuple[object, ...], tuple[nn.Module, dict[str, Tensor]]] = {}

    def one(kind: str, name: str, *wired: object) -> nn.Module:
        if (kind, name, *wired) not in built:
            torch.manual_seed(0)
            options = {**part_options.get((kind, name), {}), **NARROW.get((kind, name), {})}
            part = registry.build(kind, name, *wired, **options).train()
            built[kind, name, *wired] = part, {key: value.detach().clone() for key, value in _changing(part)}
        part, first = built[kind, name, *wired]
        with torch.no_grad():
            for key, value in _changing(part):
                value.copy_(first[key])
                value.grad = None
        return part

    return one


def _changing(part: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """What training changes: trained weights and buffers; loss networks' own weights are frozen."""
    yield from ((name, weight) for name, weight in part.named_parameters() if weight.requires_grad)
    yield from part.named_buffers()


@pytest.fixture(scope="module")
def engine() -> Accelerator:
    return launch.engine("cpu")


@pytest.fixture(scope="module")
def warped(build: Build) -> tuple[PairSource, list[Pair]]:
    return _pairs(build, "warped")


def _pairs(build: Build, name: str) -> tuple[PairSource, list[Pair]]:
    """A pair source, and the pairs of the steps."""
    source: PairSource = build("pairs", name)
    torch.manual_seed(0)
    count = len(source.frames(1, range(4), Random(0)))
    frames = (tuple(images(BATCH, SIDE, SIDE, seed=10 * step + i) for i in range(count)) for step in range(STEPS))
    return source, [source(given) for given in frames]


def missing(pairs: type, bottleneck: type, generator: type, loss: type) -> set[str]:
    """What two of the parts ask of the others in vain, by their declarations alone."""
    given = {*pairs.provides, *bottleneck.provides, "source"}
    given |= {"places"} if bottleneck.places else set()
    given |= {"reconstruction"} if generator.rebuilds else set()
    return {*loss.needs, *generator.needs} - given


def train(engine: Accelerator, model: Model, pairs: list[Pair]) -> None:
    """What a job does with each batch, and whether it did something."""
    weights = {name: weight for name, weight in model.named_parameters() if weight.requires_grad}
    before = {name: weight.detach().clone() for name, weight in weights.items()}
    optimiser, totals = Optimiser(SETTINGS, model), []
    torch.manual_seed(0)
    for number, pair in enumerate(pairs):
        optimiser.begin(number)
        outcome = model(pair, number / len(pairs))
        engine.backward(outcome.total)
        optimiser.step(engine, outcome, pair)
        totals.append(outcome.total.detach())
    assert torch.stack(totals).isfinite().all(), f"losses of {totals}"
    (loss,) = model.losses.values()
    for name, weight in weights.items():
        judged = not name.startswith("generator.") or "reconstruction" in loss.needs
        moved = not torch.equal(weight, before[name])
        assert weight.isfinite().all(), f"{name} is not finite"
        assert judged or not moved, f"{name} moves, and nothing judges what it does"
        if judged and weight.ndim > 1:  # a norm that follows takes a bias away again, and its gradient is rounding
            assert moved, f"{name} stands still"


def refusal(pairs: PairSource, model: Model) -> str:
    try:
        check(pairs, model)
    except UserError as error:
        return str(error)
    return ""


def assert_helpful(said: str, parts: Mapping[str, str], lacking: set[str]) -> None:
    """One line that names who asks, and parts that mend it, all of them installed."""
    assert "\n" not in said
    assert said.startswith((f"loss {parts['loss']!r} ", f"--generator {parts['generator']} "))
    assert said.endswith(("or leave that loss out", "or choose another --generator"))
    choice = re.search(r"choose --(pairs|bottleneck|generator) ([^;]*?), or (leave|choose)", said)
    assert choice, f"nothing is proposed: {said}"
    for name in re.split(r", | or ", choice[2]):
        left = missing(*_classes({**parts, choice[1]: name}))
        assert left < lacking, f"--{choice[1]} {name} is proposed, and leaves {left}: {said}"


def _classes(parts: Mapping[str, str]) -> Iterator[type]:
    return (registry.find(kind, parts[kind]).cls for kind in ("pairs", "bottleneck", "generator", "loss"))


def assert_right_to_refuse(engine: Accelerator, model: Model, pair: Pair, lacking: set[str]) -> None:
    """Past the check it breaks, or teaches the encoder nothing.

    Where only places are lacking a gradient would flow, towards distances between numbers that are none.
    """
    if lacking == {"places"}:
        assert not model.bottleneck.places
        return
    try:
        engine.backward(model(pair).total)
    except (AssertionError, RuntimeError, AttributeError, TypeError):
        return
    assert all(weight.grad is None for weight in model.encoder.parameters()), f"it trains without {lacking}"


@pytest.mark.parametrize(("encoder", "bottleneck", "generator"), TRIPLES)
def test_a_combination_trains_with_every_loss_or_is_refused_with_reason(
    encoder: str,
    bottleneck: str,
    generator: str,
    build: Build,
    engine: Accelerator,
    warped: tuple[PairSource, list[Pair]],
) -> None:
    for loss in registry.components("loss"):
        parts = {"pairs": "warped", "bottleneck": bottleneck, "generator": generator, "loss": loss}
        assert_trains_or_refuses(engine, build, *warped, {"encoder": encoder, **parts})


@pytest.mark.parametrize("pairs", registry.components("pairs"))
def test_a_loss_trains_on_every_kind_of_pairs_or_is_refused_with_reason(
    pairs: str, build: Build, engine: Accelerator
) -> None:
    given = _pairs(build, pairs)
    for loss in registry.components("loss"):
        parts = {"pairs": pairs, "bottleneck": "density", "generator": "renderer", "loss": loss}
        assert_trains_or_refuses(engine, build, *given, {"encoder": "convnet", **parts})


def assert_trains_or_refuses(
    engine: Accelerator, build: Build, source: PairSource, pairs: list[Pair], parts: Mapping[str, str]
) -> None:
    """Refused if and only if something is lacking; the failing combination is named."""
    lacking = missing(*_classes(parts))
    bottleneck = build("bottleneck", parts["bottleneck"], LANDMARKS)
    model = Model(
        build("encoder", parts["encoder"], LANDMARKS),
        bottleneck,
        build("generator", parts["generator"], bottleneck.maps),
        {parts["loss"]: build("loss", parts["loss"])},
    )
    try:
        said = refusal(source, model)
        assert bool(said) == bool(lacking), f"{lacking or 'nothing'} is lacking, and check says {said!r}"
        if lacking:
            assert_helpful(said, parts, lacking)
            assert_right_to_refuse(engine, model, pairs[0], lacking)
        else:
            train(engine, model, pairs)
    except Exception as error:
        raise AssertionError(f"{', '.join(parts.values())}: {type(error).__name__}: {error}") from error


def test_the_product_holds_what_is_installed() -> None:
    losses = registry.components("loss")
    assert len(TRIPLES) * len(losses) >= 2 * 3 * 6 * 11
    assert {"alignment", "compact"} <= set(losses)


@pytest.mark.parametrize("devices", ["1", "2"])
def test_an_incompatible_combination_ends_before_data_and_loss_networks_are_fetched(
    devices: str, tmp_path: Path
) -> None:
    words = ["run", "nowhere/", "--generator", "identity", "--loss", "vgg16", "--devices", devices, "--out", "run"]
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": "1",
        "TORCH_HOME": str(tmp_path / "cache"),
        WITHOUT: ",".join(set(host().plugins) - {BUILTIN}),
    }
    command = [sys.executable, "-m", "unsuplmk", *words]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "loss 'vgg16' judges the reconstruction, and --generator identity makes none; choose --generator" in line
    assert not done.stdout
    assert not list(tmp_path.iterdir())
