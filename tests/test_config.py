"""Settings: precedence, TOML in and out, and one clear line for everything that is wrong."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unsuplmk import config
from unsuplmk.errors import UserError

TEXT = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=20)  # TOML holds no surrogates
VALUES = st.fixed_dictionaries(
    {},
    optional={
        "data": TEXT,
        "landmarks": st.integers(1, 500),
        "size": st.integers(2, 256).map(lambda n: 8 * n),
        "fit": st.sampled_from(["pad", "crop", "stretch"]),
        "augment": TEXT,
        "seed": st.integers(0, 2**31 - 1),
        "learning_rate": st.floats(1e-8, 10),
        "ema": st.floats(0, 1, exclude_max=True),
        "compile": st.booleans(),
        "device": TEXT,
        "encoder": st.fixed_dictionaries({"name": TEXT}, optional={"width": st.integers(), "sizes": st.lists(TEXT)}),
        "loss": st.dictionaries(TEXT, st.fixed_dictionaries({}, optional={"weight": st.floats(0, 9)}), min_size=1),
    },
)


@given(VALUES)
def test_a_config_comes_back_from_its_toml(values: dict[str, Any]) -> None:
    made = config.make(values)
    text = config.to_toml(made, {"torch": "2.15"}, {"encoder tiny": "unsuplmk-tiny 1.2"})
    read = tomllib.loads(text)
    assert read.pop("versions") == {"torch": "2.15"}
    assert read.pop("plugins") == {"encoder tiny": "unsuplmk-tiny 1.2"}
    assert config.make(read) == made


def test_the_file_of_a_run_loads_as_the_same_resolved_config(tmp_path: Path) -> None:
    made = config.make({"encoder": {"name": "hourglass", "width": 16}, "loss": {"pixel": {"weight": 2}}}).resolved()
    (tmp_path / "config.toml").write_text(config.to_toml(made, {"python": "3.11"}), "utf-8")
    for source in (str(tmp_path), str(tmp_path / "config.toml")):
        assert config.make(config.load(source)).resolved() == made


def test_what_is_not_given_has_its_default_and_every_option_is_written_out() -> None:
    made = config.make({"encoder": "hourglass", "loss": ["pixel"], "stage": []}).resolved()
    assert made.encoder["width"] == 64
    assert made.loss == {"pixel": {"weight": 1.0, "norm": "l2"}}
    assert made.stage == {}
    assert made.bottleneck["name"] == "gaussian"
    assert made.landmarks == config.Config.model_fields["landmarks"].default


def test_a_dataset_by_name_gets_its_options_written_out_and_a_folder_has_none() -> None:
    assert set(config.make({"data": "puppets"}).resolved().dataset) > set()
    assert config.make({"data": "some/folder"}).resolved().dataset == {}


BAD = {
    "landmarks": [0, -1, 501, 10_000, 2.5, "many", True, None],
    "size": [0, 8, 20, 4096, "big"],
    "fit": ["squeeze", 3],
    "data": ["", 3],
    "steps": [0, -5],
    "batch": [0],
    "seed": [-1, 2**31],
    "learning_rate": [0, -1e-3, float("inf"), float("nan"), True],
    "optimizer": ["sgd", 3],
    "schedule": ["linear"],
    "patience": [0, True],
    "warmup": [-1],
    "weight_decay": [-1e-4],
    "clip": [-1],
    "clip_by": ["each"],
    "ema": [1, 1.5, -0.1],
    "precision": ["float16"],
    "compile": ["perhaps"],
    "devices": [0],
    "workers": [-1],
    "save_every": [0],
    "log_every": [0],
    "encoder": [3, ["convnet"], {"name": 3}],
    "loss": [{}, [], 3, {"pixel": 3}],
}


@pytest.mark.parametrize(("key", "value"), [(key, value) for key in BAD for value in BAD[key]])
def test_a_bad_value_is_refused_in_one_line_that_names_its_key(key: str, value: object) -> None:
    with pytest.raises(UserError) as caught:
        config.make({key: value}, "my.toml")
    assert str(caught.value).startswith(f"my.toml: {key}")
    assert "\n" not in str(caught.value)


PARTS = {
    "no encoder named 'hourglas'; did you mean 'hourglass'": {"encoder": "hourglas"},
    "[encoder] needs a name; known: convnet, hourglass": {"encoder": {"width": 8}},
    "no option of encoder 'hourglass' named 'widht'; did you mean 'width'": {
        "encoder": {"name": "hourglass", "widht": 8}
    },
    "no loss named 'pixl'; did you mean 'pixel'": {"loss": ["pixl"]},
    "no option of loss 'pixel' named 'nrm'": {"loss": {"pixel": {"nrm": "l1"}}},
    "--loss.pixel.norm 'l3'": {"loss": {"pixel": {"norm": "l3"}}},
    "--loss.pixel.weight must be a finite number of at least 0, not -1": {"loss": {"pixel": {"weight": -1}}},
    "--loss.pixel.weight must be a finite number of at least 0, not True": {"loss": {"pixel": {"weight": True}}},
    "--loss.pixel.weight must be a finite number of at least 0, not inf": {"loss": {"pixel": {"weight": float("inf")}}},
    "no stage named 'helth'; did you mean 'health'": {"stage": ["helth"]},
}


@pytest.mark.parametrize("message", PARTS)
def test_a_part_that_cannot_be_is_refused_with_what_would_work(message: str) -> None:
    with pytest.raises(UserError) as caught:
        config.make(PARTS[message]).resolved()
    assert message in str(caught.value)


def test_an_unknown_key_is_refused_with_the_nearest_spelling() -> None:
    with pytest.raises(UserError, match=r"no key of my\.toml named 'landmark'; did you mean 'landmarks'\?"):
        config.make({"landmark": 3}, "my.toml")


def test_all_bad_values_come_in_one_message() -> None:
    with pytest.raises(UserError) as caught:
        config.make({"landmarks": 0, "steps": 0})
    assert "landmarks = 0" in str(caught.value)
    assert "steps = 0" in str(caught.value)


def test_a_recipe_is_loaded_by_name_and_a_wrong_name_shows_the_nearest() -> None:
    assert config.load("imm")["landmarks"] == 30
    with pytest.raises(UserError, match="no recipe named 'im'; did you mean 'imm'"):
        config.load("im")


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("none.toml", None, "No such file"),
        ("bad.toml", b"landmarks = ", "is not TOML"),
        ("binary.toml", b"\xff\xfe\x00", "cannot read config"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(name: str, content: bytes | None, reason: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=reason) as caught:
        config.load(str(tmp_path / name))
    assert name in str(caught.value)


@pytest.mark.parametrize("recipe", config.recipes())
def test_a_recipe_is_short_says_what_it_is_and_resolves(recipe: str) -> None:
    text = (Path(config.__file__).parent / "recipes" / f"{recipe}.toml").read_text("utf-8")
    assert text.startswith("# ")
    assert config.recipes()[recipe].endswith(".")
    assert len(text.splitlines()) <= 20
    resolved = config.make(config.load(recipe), recipe).resolved()
    assert resolved.encoder["name"]
    assert set(tomllib.loads(text)) >= {*config.SINGLE, "loss", "landmarks", "size", "steps", "batch"} - {"crop"}


def test_there_are_the_recipes_that_the_documentation_promises() -> None:
    assert {"imm", "imm-video", "puppets"} <= set(config.recipes())
