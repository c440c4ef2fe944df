"""What a part is given and gives back: the signatures of its interface, with shapes as one reads them."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, get_origin

if TYPE_CHECKING:
    from unsuplmk.registry import Component

ARRAY = re.compile(r"(?:jaxtyping\.)?(Float|Bool|UInt8|Int)\[(?:Tensor|ndarray|np\.ndarray), [\"']([^\"']*)[\"']\]")
MODULES = re.compile(r"\b(?:collections\.abc|typing|unsuplmk\.types|np|numpy)\.")
ALIASES = re.compile(r"\b(?:Image|Mask|Points)\b")
"""Names for arrays in `unsuplmk.types`."""
NOT_VALUES = ("card",)
"""Class attributes of the interfaces that are more than a word or two."""


def readable(annotation: Any) -> str:
    """A type as one reads it: `float (batch, 3, height, width)` for jaxtyping's own spelling."""
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    text = ARRAY.sub(_array, text)
    text = MODULES.sub("", text).replace("ndarray", "array")
    return ALIASES.sub(_alias, text).replace(" | None", " or None")


def methods(component: Component) -> dict[str, str]:
    """What a part of the kind must have, or may have where it must have nothing: signatures, by name."""
    base = _base(component)
    members = {name: member for name, member in vars(base).items() if inspect.isfunction(member) and name[0] != "_"}
    must = {name: member for name, member in vars(base).items() if name in base.__abstractmethods__}
    return {name: _signature(name, member) for name, member in (must or members).items()}


def types(signatures: Mapping[str, str]) -> dict[str, list[str]]:
    """What the named types in some signatures hold, and the types in these, by name."""
    from unsuplmk import types as home

    ours = {
        name: kind
        for name, kind in vars(home).items()
        if getattr(kind, "__module__", "") == home.__name__ or get_origin(kind) is Callable
    }
    found: dict[str, list[str]] = {}
    pending = " ".join(signatures.values())
    while pending:
        names = [name for name in dict.fromkeys(re.findall(r"\w+", pending)) if name in ours and name not in found]
        found |= {name: list(_held(ours[name])) for name in names}
        pending = " ".join(line for name in names for line in found[name])
    return found


def attributes(component: Component) -> dict[str, Any]:
    """The class attributes that the interface names, as plain values."""
    named = [
        name
        for name, annotation in inspect.get_annotations(_base(component)).items()
        if str(annotation).startswith("ClassVar") and name not in NOT_VALUES
    ]
    values = {name: getattr(component.cls, name) for name in named if hasattr(component.cls, name)}
    return {name: _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset | set):
        return sorted(map(str, value))
    return list(value) if isinstance(value, tuple) else value


def _base(component: Component) -> type:
    from unsuplmk import interfaces

    return getattr(interfaces, component.kind.base)


def _signature(name: str, member: Any) -> str:
    if isinstance(member, property):
        return f"{name}: {readable(inspect.signature(member.fget).return_annotation)}"  # type: ignore[arg-type]
    signature = inspect.signature(member)
    given = [f"{p.name}: {readable(p.annotation)}" for p in signature.parameters.values() if p.name != "self"]
    return f"{name}({', '.join(given)}) -> {readable(signature.return_annotation)}"


def _held(kind: Any) -> Iterator[str]:
    if dataclasses.is_dataclass(kind):
        yield from (f"{f.name}: {readable(f.type)}" for f in dataclasses.fields(kind) if not f.name.startswith("_"))
    elif isinstance(kind, type):  # a protocol: what it can do
        yield from (_signature(name, m) for name, m in vars(kind).items() if inspect.isfunction(m) and name[0] != "_")
    else:
        yield re.sub(r"^Callable\[\[(.*)\], (.*)\]$", r"(\1) -> \2", readable(kind))


def _array(found: re.Match[str]) -> str:
    axes = ", ".join(found[2].split())
    return f"{found[1].lower()} ({axes})" if axes else f"{found[1].lower()}, a scalar"


def _alias(found: re.Match[str]) -> str:
    from unsuplmk import types as home

    return readable(getattr(home, found[0]))
