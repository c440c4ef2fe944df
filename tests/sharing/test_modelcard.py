"""Tests of the model card."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.sharedruns import give_names, run_folder
from unsuplmk.errors import UserError
from unsuplmk.sharing import modelcard

METRICS = {
    "headline": "with_intercept",
    "figures": {
        "with_intercept": {"error": 3.1415, "pck": None},
        "without_intercept": {"error": 9.9},
        "constant": {"error": 12.25},
    },
    "intervals": {"with_intercept": {"error": [2.9, 3.5]}},
    "interval_level": 95.0,
    "protocol": {
        **{"name": "aflw", "title": "faces", "variant": "as published", "figure": "error", "better": "lower"},
        **{"words": "mean distance, in % of the inter-ocular distance", "changes": ["normalise px for a,b"]},
    },
    **{"train": 100, "test": 50, "unit": "% of the eyes", "landmarks": 4},
}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return run_folder(tmp_path / "run")


def card(run: Path, licence: str = "", **changes: Any) -> str:
    values = tomllib.loads((run / "config.toml").read_text("utf-8"))
    return modelcard.card(run, {**values, **changes}, "hf:me/mouse", licence)


def test_its_front_matter_says_what_loads_it_and_what_it_does(run: Path) -> None:
    front = yaml.safe_load(card(run, "cc-by-4.0").split("---\n")[1])
    assert front["library_name"] == "unsuplmk"
    assert front["pipeline_tag"] == "keypoint-detection"
    assert front["license"] == "cc-by-4.0"
    assert {"unsuplmk", "convnet", "gaussian", "renderer"} <= set(front["tags"])
    assert "license" not in yaml.safe_load(card(run).split("---\n")[1])


def test_it_says_what_was_trained_on_what_and_how_to_use_it(run: Path) -> None:
    text = card(run, data="mice.mp4")
    for words in (
        *("# mouse\n", "4 landmarks of images of 32 px", "| data | mice.mp4 |", "| steps | 8, of 4 pairs each |"),
        *('Detector.load("hf:me/mouse")', "unsuplmk predict hf:me/mouse video.mp4 --out video.csv", "| torch | "),
        *("20.0 x pixel, 5.0 x equivariance", "left and right may change places", "was not evaluated"),
    ):
        assert words in text
    assert "| device |" not in text
    machines = [{"step": 0, "device": "cpu", "processes": 2, "precision": "float32"}]
    assert "| device | cpu, 2 processes, float32 |" in card(run, machine=machines)
    python = text.split("```python\n")[1].split("```")[0]
    assert len([line for line in python.splitlines() if line]) == 3
    compile(python, "card", "exec")


def test_it_has_the_figures_with_protocol_and_interval(run: Path) -> None:
    (run / "metrics.json").write_text(json.dumps(METRICS))
    text = card(run)
    assert "| error | 3.14 | 2.90 - 3.50 | 12.25 |" in text
    assert "| pck |  |  |  |" in text
    assert "Protocol aflw: faces, as published. error: mean distance, in % of the inter-ocular distance" in text
    assert "Not as the protocol says: normalise px for a,b." in text
    assert "fitted on 100 images and judged on 50; distances in % of the eyes" in text
    assert "9.9" not in text
    assert "ridge" not in text
    (run / "metrics.json").write_text(json.dumps({**METRICS, "ridge": 0.5}))
    assert "The map is regularised by a ridge of 0.5." in card(run)


def test_it_has_the_named_points_with_their_errors(run: Path) -> None:
    assert "Named points" not in card(run)
    give_names(run, {"frames": 12, "points": [{"name": "nose", "error": 1.25, "constant": 7.0}]})
    text = card(run)
    assert "fitted on 12 labelled frames" in text
    assert "| nose | 1.25 px | 7.00 px |" in text
    assert "| tail | | |" in text
    assert 'points="named"' in text


def test_no_value_breaks_out_of_its_cell(run: Path) -> None:
    text = card(run, data="a|b\n# <script>*x*")
    assert r"| data | a\|b # \<script\>\*x\* |" in text


@pytest.mark.parametrize("content", ["{", "[1]", "\xff"])
def test_damaged_figures_are_one_line(run: Path, content: str) -> None:
    (run / "metrics.json").write_text(content, "latin-1")
    with pytest.raises(UserError, match=r"metrics.json (cannot be read|is damaged)"):
        card(run)


def test_figures_of_another_version_are_no_reason_to_fail(run: Path) -> None:
    (run / "metrics.json").write_text("{}")
    assert "another version" in card(run)


def test_a_card_is_ours_until_somebody_changes_it(run: Path) -> None:
    text = card(run)
    assert modelcard.is_ours(text)
    assert not modelcard.is_ours(text.replace("mouse", "rat", 1))
    assert not modelcard.is_ours(text + "\nMy own words.\n")
    assert not modelcard.is_ours("# My own\n")


def test_a_licence_is_read_from_the_front_matter_only() -> None:
    assert modelcard.licence_of("---\ntags: [a]\nlicense: mit\n---\n") == "mit"
    assert modelcard.licence_of("---\ntags: [a]\n---\nlicense: mit\n") == ""
    assert modelcard.licence_of("license: mit\n") == ""
