"""The optimiser: its learning rates, decay and bounds are those written down, and it resumes exactly."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from safetensors.torch import load_file
from torch import nn

from tests.processes import Interrupts
from tests.small import SMALL, settings
from unsuplmk import checkpoint
from unsuplmk.errors import UserError
from unsuplmk.job import Job
from unsuplmk.model import Model, Outcome
from unsuplmk.training.optimiser import Optimiser, Plateau, convolutions, learning_rate
from unsuplmk.types import Pair

ENGINE = Accelerator(cpu=True)
RELEASED = {
    "pairs": {"name": "warped", "source": "resampled", "grid": "corners", "padding": "zeros"},
    "encoder": {**SMALL["encoder"], "padding": "trailing", "pixels": "bytes", "init": "truncated"},
    "bottleneck": {"name": "gaussian", "pooling": "mean", "sharpness": 1.0, "shape": "flat", "grid": "corners"},
    "generator": {**SMALL["generator"], "padding": "trailing", "upsampling": "corner", "pixels": "bytes"},
    "loss": ["pixel", "separation"],
}
"""The parts as in the recipe imm-2018."""

COURSES = {
    "constant": {},
    "staircase": {"optimizer": "adam", "clip_by": "tensor", "weight_decay": 1e-2, **RELEASED},
    "plateau": {"optimizer": "adam", "patience": 1, "weight_decay": 1e-2, "learning_rate": 1e-5},
}


def test_the_learning_rate_warms_up_and_falls_to_zero() -> None:
    plan = settings(steps=100, warmup=9, learning_rate=1.0)
    course = [learning_rate(plan, n) for n in range(100)]
    assert course[0] == pytest.approx(0.1)
    assert max(course) == pytest.approx(course[9], abs=0.02)
    assert course[9] == pytest.approx(0.5 * (1 + np.cos(np.pi * 0.09)))
    assert course[-1] < 0.001
    flat = settings(steps=100, warmup=0, schedule="constant")
    assert {learning_rate(flat, n) for n in range(100)} == {flat.learning_rate}


def test_the_staircase_goes_down_by_a_twentieth_every_hundred_thousand_steps() -> None:
    plan = settings(steps=1_000_000, warmup=0, schedule="staircase", learning_rate=1e-3)
    for number, stairs in ((0, 0), (99_999, 0), (100_000, 1), (199_999, 1), (200_000, 2), (950_000, 9)):
        assert learning_rate(plan, number) == pytest.approx(1e-3 * 0.95**stairs)


def judged(*losses: float) -> list[float]:
    """The plateau's factor after each step of a course of losses; it looks every second step."""
    plateau, factors = Plateau(2), []
    for loss in losses:
        plateau.add(torch.tensor([loss, 1.0]), ENGINE)
        factors.append(plateau.factor)
    return factors


def test_the_plateau_divides_by_ten_once_the_mean_error_stops_falling_by_a_percent() -> None:
    assert judged(9, 11, 5, 7, 1, 3) == [1] * 6
    assert judged(9, 11, 9.9, 10.0, 9, 9.2) == pytest.approx([1, 1, 1, 0.1, 0.1, 0.1])
    assert judged(1, 1, 2, 2, 3, 3, 0.5, 0.5, 0.6, 0.6) == pytest.approx([1, 1, 1, 0.1, 0.1, *[0.01] * 4, 1e-3])
    assert judged(-1, -1, -2, -2, -1, -1) == pytest.approx([1, 1, 1, 1, 1, 0.1])


def test_an_error_of_the_reconstruction_that_falls_keeps_the_rate_up_though_the_loss_stays_near_one() -> None:
    plateau = Plateau(1)
    for pixels in (1.0, 0.9, 0.8, 0.7):
        plateau.add(torch.tensor([1.0, pixels]), ENGINE)
    assert plateau.factor == 1


def prepared(**changes: object) -> tuple[Model, Optimiser, Outcome, Pair]:
    """A small model with gradients of a squared error."""
    torch.manual_seed(0)
    config = settings(warmup=0, schedule="constant", learning_rate=0.1, loss=["pixel"], **changes).resolved()
    model = checkpoint.assemble(config, losses=True)
    pair = Pair(*torch.rand(2, 2, 3, 32, 32).unbind())
    outcome = model(pair)
    (1000 * outcome.total).backward()
    optimiser = Optimiser(config, model)
    optimiser.begin(0)
    return model, optimiser, outcome, pair


@pytest.mark.parametrize("clip_by", ["model", "tensor"])
def test_a_step_is_adams_on_gradients_with_decay_bounded_as_asked(clip_by: str) -> None:
    model, optimiser, outcome, pair = prepared(optimizer="adam", weight_decay=0.3, clip=0.5, clip_by=clip_by)
    before = {name: p.detach().double().clone() for name, p in model.named_parameters()}
    wanted = {name: p.grad.double() for name, p in model.named_parameters()}
    kernels = {f"{name}.weight" for name, layer in model.named_modules() if isinstance(layer, nn.Conv2d)}
    assert kernels < set(wanted)
    for name in kernels:
        wanted[name] = wanted[name] + 0.3 * before[name]
    total = torch.stack([g.square().sum() for g in wanted.values()]).sum().sqrt()
    norms = {name: g.norm() if clip_by == "tensor" else total for name, g in wanted.items()}
    assert any(norm > 0.5 for norm in norms.values())
    optimiser.step(ENGINE, outcome, pair)
    for name, p in model.named_parameters():
        g = wanted[name] * min(1.0, 0.5 / float(norms[name]))
        # the first step of Adam: both moments, unbiased, are the gradient and its square
        expected = before[name] - 0.1 * g / (g.abs() + 1e-8)
        state = optimiser.adam.state[p]
        torch.testing.assert_close(state["exp_avg"].double(), 0.1 * g, rtol=1e-4, atol=1e-9)
        clear = g.abs() > 1e-6  # the sign of less than that is the sign of rounding
        torch.testing.assert_close(p.detach().double()[clear], expected[clear], rtol=1e-4, atol=1e-4)


def test_without_a_bound_a_gradient_reaches_adam_as_it_is() -> None:
    model, optimiser, outcome, pair = prepared(optimizer="adam", weight_decay=0.0, clip=0.0)
    wanted = {name: p.grad.clone() for name, p in model.named_parameters()}
    optimiser.step(ENGINE, outcome, pair)
    for name, p in model.named_parameters():
        torch.testing.assert_close(optimiser.adam.state[p]["exp_avg"], 0.1 * wanted[name])


def test_only_weights_of_convolutions_that_are_trained_are_decayed() -> None:
    layers = nn.Sequential(nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2), nn.Linear(2, 2), nn.Conv2d(2, 3, 1))
    layers[3].requires_grad_(False)
    assert [w is layers[0].weight for w in convolutions(layers)] == [True]


def lines(folder: Path, key: str) -> list[float]:
    return [json.loads(line)[key] for line in (folder / "log.jsonl").read_text("utf-8").splitlines()]


@pytest.mark.parametrize("schedule", COURSES)
def test_a_resumed_run_is_the_unbroken_one_under_every_schedule(schedule: str, tmp_path: Path) -> None:
    options = {"schedule": schedule, "warmup": 0, "steps": 6, "save_every": 3, **COURSES[schedule]}
    plan = settings(**options)
    whole = Job(plan).run(tmp_path / "whole")
    broken = tmp_path / "broken"
    with pytest.raises(KeyboardInterrupt):
        Job(plan).run(broken, console=Interrupts(after=3))
    Job(plan).run(broken, resume=True)
    for key in ("loss", "learning_rate"):
        assert lines(broken, key) == lines(whole, key)
    ours, theirs = load_file(broken / "model.safetensors"), load_file(whole / "model.safetensors")
    assert all(torch.equal(ours[key], theirs[key]) for key in theirs)
    if schedule == "plateau":  # at so low a rate nothing improves
        assert lines(whole, "learning_rate")[-1] < 2e-6  # it has fallen, and the fall was resumed


def test_the_optimiser_may_not_change_on_resuming(tmp_path: Path) -> None:
    folder = Job(settings(steps=2)).run(tmp_path / "run")
    with pytest.raises(UserError, match=r"optimizer = 'adamw', not 'adam'"):
        Job(settings(steps=4, optimizer="adam")).run(folder, resume=True)
