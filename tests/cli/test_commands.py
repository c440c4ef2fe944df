"""The commands that list what is installed, and the group that finds them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from unsuplmk import registry
from unsuplmk.cli import cli
from unsuplmk.cli.commands import OURS
from unsuplmk.errors import UserError
from unsuplmk.plugins import installed, named


def invoke(*args: str) -> Result:
    done = CliRunner().invoke(cli, args, terminal_width=120)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def printed(*args: str) -> Any:
    return json.loads(invoke(*args, "--json").stdout)


@pytest.mark.parametrize("name", OURS)
def test_every_command_has_help_and_a_short_line_in_the_list(name: str) -> None:
    assert invoke(name, "--help").exit_code == 0
    line = next(line for line in invoke("--help").output.splitlines() if line.strip().startswith(f"{name} "))
    assert line.endswith("."), line
    assert not line.endswith("..."), line


def test_a_misspelt_command_is_answered_with_the_nearest() -> None:
    with pytest.raises(UserError, match="no command named 'predct'; did you mean 'predict'"):
        invoke("predct")


def test_an_unknown_option_of_the_group_is_a_usage_error() -> None:
    done = invoke("--verison")
    assert done.exit_code == 2
    assert "--version" in done.output


def test_components_lists_every_part_of_every_kind() -> None:
    found = {(row["kind"], row["name"]) for row in printed("components")}
    assert found == {(kind, name) for kind in registry.KINDS for name in registry.components(kind)}
    assert {row["kind"] for row in printed("components", "encoder")} == {"encoder"}


def test_one_component_is_shown_with_its_description_and_options() -> None:
    answer = printed("components", "encoder", "hourglass")
    assert answer["class"] == "unsuplmk.encoders.hourglass.Hourglass"
    assert answer["distribution"] == "unsuplmk"
    width = answer["options"][0]
    assert (width["flag"], width["default"], width["required"]) == ("--encoder.width", 64, False)
    assert width["type"].startswith("int >=8")
    text = invoke("components", "encoder", "hourglass").output
    assert "ECCV 2016" in text
    assert "--encoder.width" in text
    assert "Args:" not in text


def test_a_component_without_options_says_so() -> None:
    assert "It has no options." in invoke("components", "metric", "error").output


def test_the_tables_name_each_row() -> None:
    assert "puppets" in invoke("datasets").output
    assert [row["name"] for row in printed("datasets")] == list(registry.components("dataset"))
    assert "encoder convnet, hourglass" in " ".join(invoke("plugins").output.split())


@pytest.mark.parametrize(("args", "near"), [(["enc"], "encoder"), (["encoder", "convnt"], "convnet")])
def test_an_unknown_kind_or_name_is_answered_with_the_nearest(args: list[str], near: str) -> None:
    with pytest.raises(UserError, match=f"did you mean '{near}'"):
        invoke("components", *args)


def test_info_tells_versions_and_hardware() -> None:
    facts = printed("info")
    assert facts["devices"][0] == "cpu"
    assert facts["cpus"] >= 1
    assert facts["torch"]
    assert facts["--precision auto"] in ("float32", "bfloat16")
    assert facts["torch"] in invoke("info").output
    assert facts["plugins"] == list(dict.fromkeys(f"{named(d)} {d.version}" for d, _ in installed()))


@pytest.mark.parametrize(("group", "said", "near"), [("plugins", "nwe", "new"), ("datasets", "chek", "check")])
def test_a_misspelt_action_is_answered_with_the_nearest(group: str, said: str, near: str) -> None:
    with pytest.raises(UserError, match=f"no action of '.*{group}' named '{said}'; did you mean '{near}'"):
        invoke(group, said)
    assert f"--json belongs after {near}" in invoke(group, "--json", near).output
