"""Tests of training a loss network by colourisation."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from tests.steps import step
from unsuplmk.console import Silent
from unsuplmk.errors import UserError
from unsuplmk.losses.selfsup import Selfsup
from unsuplmk.training.colorise import colorise

TINY = {"size": 32, "width": 0.06, "batch": 8, "device": "cpu", "precision": "float32"}


def figures(count: int, seed: int = 0) -> list[np.ndarray]:
    """Red with upright stripes or blue with level ones: the pattern alone tells the colour."""
    random, drawn = np.random.default_rng(seed), []
    for number in range(count):
        wave = np.sin(np.arange(32) * random.uniform(0.6, 1.2) + random.uniform(0, 6))
        stripes = np.tile(30 * wave, (32, 1)) + random.normal(0, 4, (32, 32))
        red, blue = stripes[..., None] + (200, 100, 90), stripes.T[..., None] + (90, 100, 200)
        drawn.append((red if number % 2 else blue).clip(0, 255).astype(np.uint8))
    return drawn


def test_it_learns_colours_that_shapes_tell_and_beats_a_guess_that_does_not_look(tmp_path: Path) -> None:
    result = colorise(figures(200), tmp_path / "net.safetensors", steps=60, learning_rate=3e-3, **{**TINY, "batch": 16})
    assert result.images == 180
    assert result.loss < 0.3 * result.constant


def test_the_file_is_a_network_for_the_loss_selfsup_and_says_how_it_was_made(tmp_path: Path) -> None:
    result = colorise(figures(40), tmp_path / "deep/net.safetensors", steps=3, seed=5, **TINY)
    assert list((tmp_path / "deep").iterdir()) == [result.out]
    with safe_open(result.out, "pt") as file:
        about = file.metadata()
    expected = {"width": "0.06", "steps": "3", "images": "36", "seed": "5", "size": "32"}
    assert {key: about[key] for key in expected} == expected
    assert float(about["loss"]) == pytest.approx(result.loss, abs=1e-3)
    assert float(about["constant"]) == pytest.approx(result.constant, abs=1e-3)
    loss = Selfsup(weights=str(result.out))
    made, target = torch.rand(2, 1, 3, 32, 32)
    assert float(loss(step(target, made))) == pytest.approx(1, abs=1e-5)
    assert [len(m.weight) for m in loss.perceptual.network.modules() if isinstance(m, torch.nn.Conv2d)][-1] == 31


def test_equal_seeds_make_equal_networks_and_others_do_not(tmp_path: Path) -> None:
    states = []
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        torch.manual_seed(99)
        colorise(figures(30), tmp_path / f"{name}.safetensors", steps=2, seed=seed, **TINY)
        states.append(load_file(tmp_path / f"{name}.safetensors"))
    assert all(torch.equal(value, states[1][key]) for key, value in states[0].items())
    assert not torch.equal(states[0]["conv1_1.weight"], states[2]["conv1_1.weight"])


class Notes(Silent):
    """Remembers what is said, and can press Ctrl-C."""

    def __init__(self, press: int = 0) -> None:
        self.press = press
        self.notes: list[str] = []
        self.figures: list[Mapping[str, float]] = []

    def note(self, text: str) -> None:
        self.notes.append(text)

    def update(self, number: int, figures: Mapping[str, float]) -> None:
        self.figures += [figures] if figures else []
        if number == self.press:
            os.kill(os.getpid(), signal.SIGINT)


def test_grey_images_among_coloured_ones_are_left_out_and_counted(tmp_path: Path) -> None:
    grey = [np.repeat(image.mean(2, keepdims=True), 3, 2).astype(np.uint8) for image in figures(5)]
    notes = Notes()
    result = colorise(figures(30) + grey, tmp_path / "net.safetensors", steps=1, console=notes, **TINY)
    assert result.images == 27
    assert notes.notes == ["5 of 35 images are grey and are left out"]
    assert set(notes.figures[-1]) == {"images/s", "loss", "held out", "constant guess"}


def test_grey_images_alone_and_too_few_images_are_refused(tmp_path: Path) -> None:
    grey = [np.repeat(image.mean(2, keepdims=True), 3, 2).astype(np.uint8) for image in figures(30)]
    with pytest.raises(UserError, match=r"0 of 30 images are in colour.*there is no colour to learn from"):
        colorise(grey, tmp_path / "net.safetensors", **TINY)
    with pytest.raises(UserError, match=r"19 of 19 images are in colour.*at least 20; they are too few"):
        colorise(figures(19), tmp_path / "net.safetensors", **TINY)
    assert not list(tmp_path.iterdir())


def test_ctrl_c_saves_what_was_learnt_so_far(tmp_path: Path) -> None:
    out = tmp_path / "net.safetensors"
    with pytest.raises(KeyboardInterrupt, match=r"SIGINT at step 3 of 1000; what was learnt is in .*net\.safetensors"):
        colorise(figures(30), out, steps=1000, console=Notes(press=2), **TINY)
    with safe_open(out, "pt") as file:
        assert file.metadata()["steps"] == "3"
    Selfsup(weights=str(out))


def test_a_file_that_is_there_another_suffix_and_a_place_that_cannot_be_written_are_refused_first(
    tmp_path: Path,
) -> None:
    there = tmp_path / "net.safetensors"
    there.write_text("precious")
    with pytest.raises(UserError, match="is there already: choose another --out"):
        colorise(figures(30), there, **TINY)
    assert there.read_text() == "precious"
    with pytest.raises(UserError, match=r"written as a \.safetensors file"):
        colorise(figures(30), tmp_path / "net.pt", **TINY)
    with pytest.raises(UserError, match="cannot write"):
        colorise(figures(30), there / "net.safetensors", **TINY)


def test_a_learning_rate_that_breaks_the_network_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="became NaN or infinite by step 6; lower --learning-rate"):
        colorise(figures(30), tmp_path / "net.safetensors", steps=6, learning_rate=1e30, **TINY)
    assert not list(tmp_path.iterdir())


def test_videos_are_held_out_by_the_clip_while_they_last(tmp_path: Path) -> None:
    same = [np.stack([image] * 10) for image in figures(40)]  # ten equal frames a clip
    result = colorise([list(clip) for clip in same], tmp_path / "net.safetensors", steps=1, **TINY)
    assert result.images == 360
