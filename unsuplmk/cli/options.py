"""Turns typed fields into click options: types, ranges, choices, defaults and help come from the declaration."""

from __future__ import annotations

import types
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Union, final, get_args, get_origin

import click
from pydantic.fields import FieldInfo


@final
class Option(click.Option):
    """An option that knows its place in the config; not given, it leaves the config as it is.

    Args:
        path: Where its value goes: `("encoder", "width")`.
        field: Its type, limits and description.
        default: What the config holds without it, for the help.
        section: Heading of the help that it stands under.
    """

    def __init__(self, path: tuple[str, ...], field: FieldInfo, default: Any, section: str) -> None:
        kind, limits = _unwrapped(field.annotation, field.metadata)
        name = ".".join(path).replace("_", "-")
        negative = ".".join((*path[:-1], f"no-{path[-1]}")).replace("_", "-")
        switch = kind is bool
        super().__init__(
            [f"--{name}/--{negative}" if switch else f"--{name}", "__".join(path).replace("-", "_")],
            type=None if switch else param_type(kind, limits),
            metavar={int: "INT", float: "NUMBER"}.get(kind),
            default=None,
            help=field.description or "",
        )
        self.path, self.section = path, section
        self.multiple_of = limits.get("multiple_of")
        self.shown = shown(default)
        self.asked = field.is_required() and default is None

    def get_help_extra(self, ctx: click.Context) -> Any:
        """The default, the range and what it is a multiple of."""
        extra: Any = super().get_help_extra(ctx)
        if self.shown:
            extra["default"] = self.shown
        if self.asked:
            extra["required"] = "required"
        if self.multiple_of is not None:
            extra["range"] = ", ".join(filter(None, (extra.get("range"), f"a multiple of {self.multiple_of}")))
        return extra


@final
class Several(click.ParamType):
    """Values of one type, separated by commas.

    Args:
        item: Type of each.
    """

    name = "list"

    def __init__(self, item: click.ParamType) -> None:
        self.item = item

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """As in `INT,...`."""
        plain = {"integer": "INT", "float": "NUMBER"}.get(self.item.name.partition(" ")[0], self.item.name.upper())
        return f"{self.item.get_metavar(param, ctx) or plain},..."

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[Any, ...]:
        """Split, and convert each."""
        items = value.split(",") if isinstance(value, str) else value
        return tuple(self.item.convert(item.strip(), param, ctx) for item in items)


def param_type(kind: Any, limits: dict[str, Any]) -> click.ParamType:
    """The click type of an annotation; what click cannot say (a length) is left to the config's own check."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal:
        return click.Choice(arguments)
    if kind in (int, float):
        opens = {"min_open": "gt" in limits, "max_open": "lt" in limits}
        least, most = limits.get("ge", limits.get("gt")), limits.get("le", limits.get("lt"))
        if least is None and most is None:
            return click.INT if kind is int else click.FLOAT
        return (click.IntRange if kind is int else click.FloatRange)(least, most, **opens)
    if kind is Path:
        return click.Path(path_type=Path)
    if origin in (tuple, list):
        item, inner = _unwrapped(arguments[0], ())
        return Several(param_type(item, inner))
    return click.STRING


def type_text(annotation: Any, metadata: Sequence[Any] = ()) -> str:
    """A type and its limits in words: `int >=8, <=1024, multiple of 4`."""
    kind, limits = _unwrapped(annotation, metadata)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal:
        return " | ".join(map(str, arguments))
    if origin in (tuple, list):
        return f"({type_text(arguments[0])}),..."
    signs = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<", "multiple_of": "multiple of "}
    bounds = ", ".join(f"{signs[key]}{shown(bound)}" for key, bound in limits.items())
    return f"{getattr(kind, '__name__', str(kind))} {bounds}".strip()


def shown(value: Any) -> str:
    """A default as one would type it; nothing for what is unset."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ",".join(shown(item) for item in value)
    brief = f"{value:g}" if isinstance(value, float) else str(value)
    return brief if not isinstance(value, float) or float(brief) == value else str(value)


def _unwrapped(annotation: Any, metadata: Sequence[Any]) -> tuple[Any, dict[str, Any]]:
    """The bare type behind `Annotated` and `| None`, and its limits by pydantic's names for them."""
    limits = {
        key: getattr(item, key)
        for item in metadata
        for key in ("ge", "gt", "le", "lt", "multiple_of")
        if getattr(item, key, None) is not None
    }
    if get_origin(annotation) is Annotated:
        inner, *more = get_args(annotation)
        flat = [entry for item in more for entry in (item.metadata if isinstance(item, FieldInfo) else [item])]
        kind, further = _unwrapped(inner, flat)
        return kind, {**limits, **further}
    if get_origin(annotation) in (Union, types.UnionType):
        kinds = [kind for kind in get_args(annotation) if kind is not type(None)]
        if len(kinds) == 1:
            kind, further = _unwrapped(kinds[0], ())
            return kind, {**limits, **further}
    return annotation, limits
