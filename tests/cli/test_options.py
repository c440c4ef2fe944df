"""A typed field becomes a click option of the same type, range, choices, default and help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import click
import pytest
from click.testing import CliRunner
from pydantic import Field

from unsuplmk import registry
from unsuplmk.cli.options import Option, shown, type_text


class Part:
    """Every type.

    Args:
        width: Channels.
        rate: A share.
        mode: How.
        stride: A step.
        deep: Or flat.
        file: Where.
        sizes: Some numbers.
        layers: Some names.
        bend: Off unless given.
        must: Has to be given.
    """

    def __init__(
        self,
        *,
        width: Annotated[int, Field(ge=8, le=64, multiple_of=4)] = 32,
        rate: Annotated[float, Field(gt=0, lt=1)] = 0.5,
        mode: Literal["a", "b"] = "a",
        stride: Literal[2, 4] = 2,
        deep: bool = False,
        file: Path = Path("x.bin"),
        sizes: tuple[int, ...] = (1, 2),
        layers: tuple[Literal["input", "conv1"], ...] = ("input",),
        bend: Annotated[float, Field(ge=0)] | None = None,
        must: str,
    ) -> None: ...


FIELDS = registry.options(Part).model_fields
OPTIONS = [
    Option(("encoder", name), field, None if field.is_required() else field.default, "Encoder part")
    for name, field in FIELDS.items()
]


@click.command(params=[*OPTIONS])
def command(**values: Any) -> None:
    """Print what was given."""
    click.echo({name.removeprefix("encoder__"): value for name, value in values.items() if value is not None})


def parsed(*args: str) -> dict[str, Any]:
    done = CliRunner().invoke(command, args, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return eval(done.output, {"PosixPath": Path, "WindowsPath": Path})  # the repr of plain values that we printed


@pytest.mark.parametrize(
    ("args", "name", "value"),
    [
        (["--encoder.width", "16"], "width", 16),
        (["--encoder.rate", "0.25"], "rate", 0.25),
        (["--encoder.mode", "b"], "mode", "b"),
        (["--encoder.stride", "4"], "stride", 4),
        (["--encoder.deep"], "deep", True),
        (["--encoder.no-deep"], "deep", False),
        (["--encoder.file", "a/b"], "file", Path("a/b")),
        (["--encoder.sizes", "3, 4,5"], "sizes", (3, 4, 5)),
        (["--encoder.layers", "conv1,input"], "layers", ("conv1", "input")),
        (["--encoder.bend", "2"], "bend", 2.0),
    ],
)
def test_a_value_is_parsed_to_its_type_and_the_rest_stays_unset(args: list[str], name: str, value: object) -> None:
    assert parsed(*args) == {name: value}
    assert registry.options(Part)(must="", **parsed(*args))


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        (["--encoder.width", "7"], "7 is not in the range 8<=x<=64"),
        (["--encoder.width", "x"], "'x' is not a valid int"),
        (["--encoder.rate", "0"], "0.0 is not in the range 0<x<1"),
        (["--encoder.mode", "c"], "'c' is not one of 'a', 'b'"),
        (["--encoder.stride", "3"], "'3' is not one of"),
        (["--encoder.sizes", "1,x"], "'x' is not a valid int"),
        (["--encoder.layers", "input,conv2"], "'conv2' is not one of"),
        (["--encoder.bend", "-1"], "-1.0 is not in the range x>=0"),
        (["--encoder.widht", "8"], "--encoder.width"),
    ],
)
def test_a_wrong_value_is_a_usage_error_that_says_what_would_work(args: list[str], reason: str) -> None:
    done = CliRunner().invoke(command, args)
    assert done.exit_code == 2
    assert reason in done.output


def test_the_help_shows_type_range_choices_and_default() -> None:
    text = " ".join(CliRunner().invoke(command, ["--help"], terminal_width=200).output.split())
    for part in (
        "--encoder.width INT Channels. [default: 32; 8<=x<=64, a multiple of 4]",
        "--encoder.rate NUMBER A share. [default: 0.5; 0<x<1]",
        "--encoder.mode [a|b] How. [default: a]",
        "--encoder.deep / --encoder.no-deep Or flat. [default: no]",
        "--encoder.sizes INT,... Some numbers. [default: 1,2]",
        "--encoder.bend NUMBER Off unless given. [x>=0]",
        "--encoder.must TEXT Has to be given. [required]",
    ):
        assert part in text


def test_underscores_become_dashes_on_the_command_line_only() -> None:
    option = Option(("pairs", "gap_min"), FIELDS["width"], 1, "")
    assert option.opts == ["--pairs.gap-min"]
    assert option.path == ("pairs", "gap_min")


def test_the_help_shows_the_value_that_a_recipe_set() -> None:
    assert Option(("encoder", "width"), FIELDS["width"], 48, "").shown == "48"


@pytest.mark.parametrize(
    ("value", "text"),
    [(1e-3, "0.001"), (0.123456789, "0.123456789"), (None, ""), ((1, "a"), "1,a"), (True, "yes"), (20.0, "20")],
)
def test_a_default_is_shown_as_one_would_type_it(value: object, text: str) -> None:
    assert shown(value) == text


def test_a_type_is_described_in_words() -> None:
    texts = {name: type_text(field.annotation, field.metadata) for name, field in FIELDS.items()}
    assert texts["width"] == "int >=8, <=64, multiple of 4"
    assert texts["mode"] == "a | b"
    assert texts["sizes"] == "(int),..."
    assert texts["bend"] == "float >=0"
