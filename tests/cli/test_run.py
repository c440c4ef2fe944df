"""`unsuplmk run`: its options are those of what it chooses, and what they set arrives in the run."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from unsuplmk import config
from unsuplmk.cli import cli
from unsuplmk.errors import UserError

TINY = (
    *("--size", "32", "--steps", "2", "--batch", "2", "--landmarks", "3", "--log-every", "1", "--warmup", "0"),
    *("--encoder.width", "8", "--generator.width", "4", "--dataset.clips", "2", "--dataset.length", "3"),
    *("--loss", "pixel", "--loss.pixel.weight", "0.5"),
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def invoke(*args: str) -> Result:
    done = CliRunner().invoke(cli, ["run", *args], terminal_width=100)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def settings(run: Path) -> dict[str, Any]:
    return tomllib.loads((run / "config.toml").read_text("utf-8"))


def sections(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in text.splitlines():
        if line.endswith(":") and not line.startswith(" "):
            title = line.removesuffix(":")
            found[title] = ""
        elif found:
            found[title] += line + "\n"
    return found


def test_help_has_a_section_for_each_chosen_component_with_its_own_options() -> None:
    found = sections(invoke("--encoder", "hourglass", "--loss", "vgg16", "--help").output)
    assert list(found)[:3] == ["Job", "Training", "Components"]
    assert {"Pairs warped", "Encoder hourglass", "Bottleneck gaussian", "Generator renderer", "Loss vgg16"} <= set(
        found
    )
    assert {"Dataset puppets", "Stage health"} <= set(found)
    assert "Encoder convnet" not in found
    assert "Loss pixel" not in found
    assert "--encoder.stacks INT" in found["Encoder hourglass"]
    assert "--loss.vgg16.weight NUMBER" in found["Loss vgg16"]
    assert "--learning-rate NUMBER" in found["Training"]
    assert "--landmarks INT" in found["Job"]
    assert "chosen: hourglass" in " ".join(found["Components"].split())


def test_pairs_that_do_not_suit_a_published_dataset_are_noted(part_path: Callable[[str], Path], folder: Path) -> None:
    data = f"mnist:{part_path('mnist')}"
    small = ["--size", "32", "--steps", "1", "--batch", "2", "--landmarks", "3", "--loss", "pixel"]
    done = invoke(data, *small, "--out", "a")
    assert "MNIST suits --pairs within; `unsuplmk datasets about mnist` has the command" in done.stderr
    assert "evaluate a ANNOTATIONS.csv" in done.output
    done = invoke(data, *small, "--pairs", "within", "--out", "b")
    assert "suits" not in done.stderr
    assert settings(folder / "b")["dataset"]["split"] == "train"


def test_help_shows_every_key_of_the_config() -> None:
    text = invoke("--help").output
    for key in config.Config.model_fields:
        if key not in ("data", "dataset"):
            assert f"--{key.replace('_', '-')} " in text, key


def test_help_shows_the_values_of_a_recipe_as_defaults() -> None:
    found = sections(invoke("--config", "puppets", "--help").output)
    assert "[default: 16;" in found["Job"]
    assert "Encoder hourglass" in found


def test_a_run_trains_and_says_where_it_is_and_what_to_do_next(folder: Path) -> None:
    done = invoke(*TINY, "--seed", "5")
    assert done.exit_code == 0, done.output
    run = folder / "runs/puppets-hourglass-01"
    assert (run / "model.safetensors").is_file()
    assert list((run / "preview").iterdir())
    for line in (
        "Run folder: runs/puppets-hourglass-01",
        "Pictures:   runs/puppets-hourglass-01/preview",
        "  unsuplmk render runs/puppets-hourglass-01 puppets --out pictures/ --dataset.clips 2 --dataset.length 3",
        "  unsuplmk evaluate runs/puppets-hourglass-01 puppets --dataset.clips 2 --dataset.length 3",
    ):
        assert line in done.stdout.splitlines()
    assert "step 2/2" in done.stderr
    written = settings(run)
    assert (written["seed"], written["landmarks"], written["learning_rate"]) == (5, 3, 1e-3)
    assert (written["encoder"]["name"], written["encoder"]["width"]) == ("hourglass", 8)
    assert list(written["loss"]) == ["pixel"]
    assert written["loss"]["pixel"]["weight"] == 0.5
    assert written["dataset"]["clips"] == 2


def test_the_result_as_json_is_all_that_stdout_gets_and_a_run_goes_on(folder: Path) -> None:
    answer = json.loads(invoke(*TINY, "--out", "here", "--json").stdout)
    assert (answer["run"], answer["preview"]) == ("here", str(Path("here/preview")))
    assert answer["last"]["step"] == 2
    assert answer["last"]["pixel"] > 0
    answer = json.loads(invoke("--resume", "--out", "here", "--steps", "3", "--json").stdout)
    assert answer["last"]["step"] == 3
    assert settings(folder / "here")["encoder"]["width"] == 8
    with pytest.raises(UserError, match="holds another run"):
        invoke(*TINY, "--out", "here")


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        (["--encoder.widht", "8"], "No such option '--encoder.widht'"),
        (["--learning_rate", "1"], "Did you mean '--learning-rate'"),
        (["--landmarks", "0"], "0 is not in the range 1<=x<=500"),
        (["--landmarks", "10000"], "10000 is not in the range 1<=x<=500"),
        (["--fit", "squeeze"], "'squeeze' is not one of 'pad', 'crop', 'stretch'"),
        (["a", "b"], "unexpected extra argument (b)"),
        (["--steps"], "requires an argument"),
    ],
)
def test_a_wrong_option_is_a_usage_error_and_nothing_is_written(args: list[str], reason: str, folder: Path) -> None:
    done = invoke(*args)
    assert done.exit_code == 2
    assert reason in done.output
    assert not list(folder.iterdir())


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        (["--encoder.width", "9999999"], "--encoder.width"),
        (["--size", "33"], "size = 33: Input should be a multiple of 8"),
        (["--learning-rate", "inf"], "learning_rate = inf"),
        (["nowhere"], "nowhere"),
        (["nowhere", "--dataset.clips", "3"], "No such option"),
    ],
)
def test_what_only_the_config_can_check_is_refused_before_training(args: list[str], reason: str, folder: Path) -> None:
    try:
        message = invoke(*args).output
    except UserError as error:
        message = str(error)
    assert reason in message
    assert not list(folder.iterdir())


def test_shell_completion_knows_the_chosen_components_options_and_names() -> None:
    from click.shell_completion import ShellComplete

    complete = ShellComplete(cli, {}, "unsuplmk", "_UNSUPLMK_COMPLETE")
    words = {item.value for item in complete.get_completions(["run", "--encoder", "hourglass"], "--encoder.")}
    assert "--encoder.stacks" in words
    assert [item.value for item in complete.get_completions(["run", "--encoder"], "hour")] == ["hourglass"]
    assert [item.value for item in complete.get_completions(["run", "--encoder", "nothing"], "--steps")] == ["--steps"]
