"""Options come from signatures; names become classes with spelling help."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import Field

from unsuplmk import registry
from unsuplmk.errors import UserError
from unsuplmk.interfaces import Encoder


class Wide:
    """A part with every type of option.

    Some more about it.

    Args:
        width: Channels, counted
            at full resolution.
        mode: One of two.
        sizes: Several numbers.
        file: A path.
        bend: Off unless given.

    Raises:
        ValueError: Never.
    """

    def __init__(
        self,
        landmarks: int,
        *,
        width: Annotated[int, Field(ge=8, multiple_of=4)] = 32,
        mode: Literal["a", "b"] = "a",
        sizes: tuple[int, ...] = (1, 2),
        file: Path = Path("x"),
        bend: float | None = None,
        deep: bool = False,
    ) -> None: ...


class Needy:
    """An option without a default."""

    def __init__(self, *, file: Path, count: int = 1) -> None: ...


def test_options_are_the_keyword_only_parameters_in_their_order() -> None:
    assert list(registry.options(Wide).model_fields) == ["width", "mode", "sizes", "file", "bend", "deep"]


def test_an_option_has_the_type_default_and_help_of_its_declaration() -> None:
    fields = registry.options(Wide).model_fields
    assert (fields["width"].annotation, fields["width"].default) == (int, 32)
    assert fields["width"].description == "Channels, counted at full resolution."
    assert fields["bend"].description == "Off unless given."
    assert fields["deep"].description == ""
    assert [field.is_required() for field in registry.options(Needy).model_fields.values()] == [True, False]


def test_a_class_without_a_constructor_has_no_options() -> None:
    assert not registry.options(type("Plain", (), {})).model_fields
    from torch import nn  # its own constructor takes anything, which says nothing

    assert not registry.options(type("Bare", (nn.Module,), {})).model_fields


def test_given_options_are_coerced_and_completed() -> None:
    checked = registry.check("encoder", "hourglass", {"width": 16})
    assert checked["width"] == 16
    assert set(checked) == set(registry.options(registry.find("encoder", "hourglass").cls).model_fields)


def test_an_unknown_option_is_refused_with_the_nearest_spelling() -> None:
    with pytest.raises(UserError, match=r"no option of encoder 'hourglass' named 'widht'; did you mean 'width'\?"):
        registry.check("encoder", "hourglass", {"widht": 16})


def test_all_faults_of_a_part_come_in_one_message_with_their_flags() -> None:
    with pytest.raises(UserError) as caught:
        registry.check("encoder", "hourglass", {"width": 6, "stride": 3})
    assert "--encoder.width 6" in str(caught.value)
    assert "--encoder.stride 3" in str(caught.value)


def test_the_flag_of_a_kind_that_a_job_has_several_of_has_the_name_in_the_path() -> None:
    assert registry.flag("loss", "vgg19", "max_size") == "--loss.vgg19.max-size"
    assert registry.flag("encoder", "hourglass", "max_size") == "--encoder.max-size"
    with pytest.raises(UserError, match=r"--loss\.pixel\.norm"):
        registry.check("loss", "pixel", {"norm": "l3"})


@pytest.mark.parametrize("value", [float("inf"), float("nan")])
def test_numbers_that_are_not_finite_are_refused(value: float) -> None:
    with pytest.raises(UserError, match="finite"):
        registry.check("bottleneck", "gaussian", {"sharpness": value})


def test_an_unknown_name_is_answered_with_the_nearest_and_all_known() -> None:
    with pytest.raises(UserError, match="no encoder named 'hourglas'; did you mean 'hourglass'") as caught:
        registry.find("encoder", "hourglas")
    assert "convnet" in str(caught.value)


def test_an_unknown_kind_is_answered_with_the_kinds() -> None:
    with pytest.raises(UserError, match="did you mean 'encoder'"):
        registry.components("encoders")


def test_build_wires_positionally_and_sets_options() -> None:
    encoder = registry.build("encoder", "hourglass", 5, width=16)
    assert isinstance(encoder, Encoder)
    with pytest.raises(UserError, match="multiple"):
        registry.build("encoder", "hourglass", 5, width=17)


ALL = [component for kind in registry.KINDS for component in registry.components(kind).values()]


@pytest.mark.parametrize("component", ALL, ids=lambda c: f"{c.kind.name}-{c.name}")
def test_every_option_of_every_part_has_help_and_a_valid_default(component: registry.Component) -> None:
    assert component.summary.endswith((".", ";", ":"))
    fields = registry.options(component.cls).model_fields
    assert all(field.description for field in fields.values()), component.name
    if not any(field.is_required() for field in fields.values()):
        defaults = {name: field.default for name, field in fields.items()}
        assert registry.check(component.kind.name, component.name, defaults) == defaults


@pytest.mark.parametrize("component", ALL, ids=lambda c: f"{c.kind.name}-{c.name}")
def test_a_parts_name_is_that_of_its_module_and_class(component: registry.Component) -> None:
    if component.plugin.name == "unsuplmk":
        assert component.cls.__module__.rpartition(".")[2] == component.name
        assert component.cls.__name__.lower() == component.name
        assert not inspect.isabstract(component.cls)
