"""One part on the command line: its shapes in words, what others count on, its papers, and who brought it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.distributions import install, others, present
from unsuplmk import registry
from unsuplmk.cli import cli, shapes
from unsuplmk.plugins import WITHOUT


def text(*args: str) -> str:
    return CliRunner().invoke(cli, ["components", *args], terminal_width=80, catch_exceptions=False).output


def facts(*args: str) -> Any:
    return json.loads(text(*args, "--json"))


SHAPES = {
    ("encoder", "hourglass"): {
        "forward": "forward(image: float (batch, 3, height, width)) -> float (batch, landmarks, h, w)"
    },
    ("bottleneck", "gaussian"): {
        "locate": "locate(heatmaps: float (batch, landmarks, h, w)) -> Landmarks",
        "render": "render(landmarks: Landmarks, size: tuple[int, int]) -> float (batch, maps, h, w)",
    },
    ("generator", "unet"): {
        "forward": "forward(pair: Pair, source: Landmarks, target: Landmarks, render: Render) -> Reconstruction"
    },
    ("loss", "pixel"): {"forward": "forward(step: Step) -> float, a scalar"},
    ("pairs", "warped"): {
        "frames": "frames(index: int, clip: range, rng: Random) -> tuple[int, ...]",
        "forward": "forward(frames: tuple[float (batch, 3, height, width), ...]) -> Pair",
    },
    ("crop", "whole"): {"boxes": "boxes(dataset: Dataset, report: Callable[[str], None]) -> Boxes or None"},
    ("metric", "error"): {
        "__call__": "__call__(predicted: float (images, points, 2), truth: float (images, points, 2), "
        "scale: float (images)) -> Mapping[str, float]"
    },
    ("format", "npz"): {"read": "read(path: Path) -> Tracks", "write": "write(tracks: Tracks, path: Path) -> None"},
}


@pytest.mark.parametrize("part", SHAPES, ids=lambda part: part[0])
def test_what_goes_in_and_out_is_told_in_plain_shapes(part: tuple[str, str]) -> None:
    assert facts(*part)["shapes"] == SHAPES[part]


def test_the_types_that_travel_are_spelt_out_with_those_inside_them() -> None:
    types = facts("generator", "unet")["types"]
    assert set(types) == {"Pair", "Landmarks", "Render", "Reconstruction", "Warp"}
    assert types["Render"] == ["(Landmarks, tuple[int, int]) -> float (batch, maps, h, w)"]
    assert "weight: float (batch, 1, height, width) or None" in types["Pair"]
    assert types["Landmarks"][0] == "xy: float (batch, landmarks, 2)"
    assert types["Warp"][0] == "points(xy: float (batch, n, 2)) -> float (batch, n, 2)"


ALL = [component for kind in registry.KINDS for component in registry.components(kind).values()]


@pytest.mark.parametrize("component", ALL, ids=lambda c: f"{c.kind.name}-{c.name}")
def test_every_part_has_shapes_that_need_no_knowledge_of_the_notation(component: registry.Component) -> None:
    methods = shapes.methods(component)
    told = " ".join((*methods.values(), *(line for held in shapes.types(methods).values() for line in held)))
    assert methods
    assert not [
        word for word in ("Float[", "Bool[", "UInt8[", "jaxtyping", "Tensor,", "np.", "typing.") if word in told
    ]


def test_what_other_parts_count_on_is_told() -> None:
    assert facts("loss", "equivariance")["attributes"] == {"needs": ["places"]}
    assert facts("bottleneck", "code")["attributes"]["places"] is False
    assert facts("generator", "descriptors")["attributes"]["rebuilds"] is True
    assert facts("quality", "psnr")["attributes"] == {"better": "higher"}
    assert facts("format", "deeplabcut")["attributes"] == {"suffixes": [".csv", ".h5"]}
    assert "  needs: places\n" in text("loss", "equivariance")


def test_papers_are_the_links_of_the_description_and_of_a_datasets_card(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert facts("metric", "pck")["papers"] == ["https://doi.org/10.1109/TPAMI.2012.261"]
    assert facts("dataset", "coco")["papers"] == ["https://arxiv.org/abs/1405.0312"]
    assert facts("stage", "health")["papers"] == []
    code = (
        "from unsuplmk.hookspecs import hookimpl\nfrom unsuplmk.interfaces import Stage\n"
        "class Idle(Stage):\n    '''Idles.\n\n    Paper: https://example.org/idle.pdf, section 3; see\n"
        "    https://arxiv.org/abs/1806.07823. Code: https://example.org/code.\n    '''\n"
        "@hookimpl\ndef register_stages(): return {'idle': Idle}\n"
    )
    install(tmp_path, "idle-package", code, entry="idle")
    monkeypatch.setenv(WITHOUT, others())
    with present(tmp_path):
        answer, shown = facts("stage", "idle"), text("stage", "idle")
    assert answer["papers"] == ["https://example.org/idle.pdf", "https://arxiv.org/abs/1806.07823"]
    assert (answer["plugin"], answer["distribution"], answer["version"]) == ("idle", "idle-package", "1.2")
    assert shown.startswith("stage idle, from idle-package 1.2\n")
    assert "Papers\n  https://example.org/idle.pdf\n" in shown
    assert "  step(training: Training) -> None\n" in shown


def test_a_shape_is_not_broken_between_lines() -> None:
    lines = text("generator", "unet").partition("Shapes")[2].splitlines()
    assert max(map(len, lines)) <= 80
    assert len(re.findall(r"float \([a-z0-9, ]+\)", "\n".join(lines))) == "\n".join(lines).count("float") > 10
