"""What is asked of the options and the description of every part."""

from __future__ import annotations

import inspect
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import tomli_w
from pydantic import TypeAdapter, ValidationError

from unsuplmk import registry
from unsuplmk.errors import UserError
from unsuplmk.testing.part import LANDMARKS, Part

BEYOND: Mapping[str, Any] = {
    "minimum": lambda bound: bound - 1,
    "exclusiveMinimum": lambda bound: bound,
    "maximum": lambda bound: bound + 1,
    "exclusiveMaximum": lambda bound: bound,
    "multipleOf": lambda step: 1.5 * step,
    "minLength": lambda length: "x" * (length - 1),
    "maxLength": lambda length: "x" * (length + 1),
}
"""A bound of JSON Schema -> a value just outside."""


def is_described(part: Part) -> None:
    """The class has a summary of one sentence; each option has a type and a line under `Args:`."""
    name = part.cls.__name__
    assert (part.cls.__doc__ or "").strip(), f"{name} has no docstring: it is the help text"
    summary = inspect.cleandoc(part.cls.__doc__ or "").partition("\n")[0]
    assert summary.endswith("."), (
        f"the docstring of {name} must begin with one line that is a sentence, not {summary!r}"
    )
    for option, field in registry.options(part.cls).model_fields.items():
        assert field.description, f"option {option!r} has no line under `Args:` in {name}'s docstring"
        assert field.annotation is not Any, f"option {option!r} has no type annotation"


def has_defaults_that_fit(part: Part) -> None:
    """Defaults obey the options' own types and ranges, and can be written to a config file."""
    model = registry.options(part.cls)
    values = dict(model(**part.options))
    try:
        model(**values)
    except ValidationError as error:
        raise AssertionError(f"a default does not fit its option: {error}") from None
    written = tomli_w.dumps(_plain(values))
    assert dict(model(**tomllib.loads(written))) == values, "options come back from TOML as others"


def refuses_options_that_do_not_fit(part: Part) -> None:
    """A value outside the range or the choices that the annotation names is an error, not taken for another."""
    model = registry.options(part.cls)
    for option, field in model.model_fields.items():
        annotation = field.rebuild_annotation()
        for wrong in _wrong(TypeAdapter(annotation).json_schema()):
            try:
                found = getattr(model(**{**part.options, option: wrong}), option)
            except ValidationError:
                continue
            raise AssertionError(f"option {option!r} takes {wrong!r}, which its annotation forbids, as {found!r}")


def builds_with_every_choice(part: Part) -> None:
    """Each value of an option that names its choices makes a part, or UserError says what else it needs."""
    wired = (LANDMARKS,) * len(registry.KINDS[part.kind].wired)
    for option, field in registry.options(part.cls).model_fields.items():
        for choice in get_args(field.annotation) if get_origin(field.annotation) is Literal else ():
            try:
                Part(part.kind, part.name, part.cls, {**part.options, option: choice}, part.path).build(*wired)
            except UserError:
                continue
            except Exception as error:
                said = f"{type(error).__name__}: {error}"
                raise AssertionError(f"with {option} = {choice!r} it cannot be built: {said}") from error


def _wrong(schema: Mapping[str, Any]) -> Iterator[Any]:
    """Values that a schema forbids."""
    for key, beyond in BEYOND.items():
        if key in schema:
            yield beyond(schema[key])
    if "enum" in schema or "const" in schema:
        yield "none of these"
    elif schema.get("type") in ("integer", "number", "boolean"):
        yield "text"


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    plain = {key: str(value) if isinstance(value, Path) else value for key, value in values.items()}
    return {key: value for key, value in plain.items() if value is not None}


CHECKS = (is_described, has_defaults_that_fit, refuses_options_that_do_not_fit, builds_with_every_choice)
