"""Names become classes here and nowhere else; options are read from constructor signatures.

A component's options are the keyword-only parameters of its constructor. Their annotations (with
`Annotated[int, Field(ge=1)]` for ranges) and the `Args:` lines of the class docstring are the only
declaration: the command line, the config file, the checks and the docs all read them from `options`.
"""

from __future__ import annotations

import inspect
import re
import traceback
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, final, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from unsuplmk.errors import UserError, unknown
from unsuplmk.hosting.declaration import constructor, documented, parameters, positional
from unsuplmk.plugins import BUILTIN, WITHOUT, Plugin, host


@dataclass(frozen=True)
class Kind:
    """One kind of part.

    Args:
        name: As it stands on the command line (`--encoder`) and in messages.
        hook: The hook that plugins implement.
        base: Name of the abstract class in `unsuplmk.interfaces`.
        wired: Constructor parameters that the job fills by position.
        about: One line of help.
        path: Whether a class may take a path before anything else.
    """

    name: str
    hook: str
    base: str
    wired: tuple[str, ...]
    about: str
    path: bool = False


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("pairs", "register_pair_sources", "PairSource", (), "which two frames make a pair"),
        Kind("encoder", "register_encoders", "Encoder", ("landmarks",), "image to heatmaps"),
        Kind("bottleneck", "register_bottlenecks", "Bottleneck", ("landmarks",), "heatmaps to points to maps"),
        Kind("generator", "register_generators", "Generator", ("maps",), "source and points to target"),
        Kind("loss", "register_losses", "Loss", (), "what training minimises"),
        Kind("dataset", "register_datasets", "Dataset", (), "where frames come from", path=True),
        Kind("crop", "register_crops", "Crop", (), "what is cut out of each frame"),
        Kind("stage", "register_stages", "Stage", (), "what happens beside the training step"),
        Kind("metric", "register_metrics", "Metric", (), "figures about predicted points"),
        Kind("quality", "register_qualities", "Quality", (), "figures about rebuilt images"),
        Kind("tracker", "register_trackers", "Tracker", (), "filters over time"),
        Kind("format", "register_formats", "Format", (), "files of tracks"),
    )
}

SEVERAL = ("loss", "stage", "metric", "quality", "tracker")
"""Kinds of which one command may take several: the name is in the path of their options."""

RESERVED = frozenset({"name", "weight"})
"""Keys that every part's table in the config has, or that every loss has: no option may be called so."""


@final
class MissingError(UserError):
    """No part of a kind has the name.

    Args:
        kind: Of the part.
        name: That was asked for.
        text: The message.
    """

    def __init__(self, kind: str, name: str, text: str) -> None:
        super().__init__(text)
        self.kind, self.name = kind, name


@dataclass(frozen=True)
class Component:
    """A registered class, and who brought it."""

    kind: Kind
    name: str
    cls: type
    plugin: Plugin

    @property
    def summary(self) -> str:
        """First line of the class docstring."""
        return (inspect.getdoc(self.cls) or "").partition("\n")[0]


@cache
def _table(kind_name: str) -> dict[str, list[Component]]:
    from unsuplmk import interfaces

    kind = KINDS[kind_name]
    base = getattr(interfaces, kind.base)
    table: dict[str, list[Component]] = {}
    for plugin, answer in host().call(kind.hook):
        if not isinstance(answer, Mapping):
            host().reject(plugin, f"{kind.hook} must return a mapping of names to classes, not {answer!r}")
            continue
        for name, cls in answer.items():
            reason = _misfit(kind, name, cls, base)
            if reason:
                host().reject(plugin, reason)
            elif not (name in table and table[name][0].plugin.name == BUILTIN):  # built-ins keep their names
                table.setdefault(name, []).append(Component(kind, name, cls, plugin))
            else:
                host().reject(plugin, f"{kind.name} {name!r} is a built-in's name; choose another")
    for name, claims in table.items():
        if len(claims) > 1:
            host().reject(claims[-1].plugin, claimed(kind.name, name, (c.plugin for c in claims)))
    return table


def claimed(what: str, name: str, plugins: Iterable[Plugin]) -> str:
    """What is said about a name that several plugins claim, none of which may have it."""
    names = " and ".join(f"{plugin.distribution} {plugin.version}" for plugin in plugins)
    return f"{what} {name!r} is claimed by {names}: uninstall one of them"


def disputed(kind: str) -> dict[str, list[Component]]:
    """Names of a kind that several plugins claim, with their claims."""
    return {name: claims for name, claims in sorted(_table(kind).items()) if len(claims) > 1}


def _misfit(kind: Kind, name: object, cls: object, base: type) -> str | None:
    """Why a class cannot serve as a component of this kind, or None."""
    if not (isinstance(name, str) and re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name)):
        return f"{kind.name} name {name!r} must be lower-case letters, digits and single hyphens"
    if not (isinstance(cls, type) and issubclass(cls, base)):
        return f"{kind.name} {name!r} must be a subclass of unsuplmk.interfaces.{kind.base}, not {cls!r}"
    if inspect.isabstract(cls):
        missing = ", ".join(sorted(cls.__abstractmethods__))  # type: ignore[attr-defined]
        return f"{kind.name} {name!r} lacks {missing}"
    allowed = [kind.wired, ("path", *kind.wired)] if kind.path else [kind.wired]
    if positional(cls) not in allowed:
        asked = ", ".join(("self", *kind.wired, "*", "options"))
        return f"{kind.name} {name!r}: the constructor must be __init__({asked}), not {inspect.signature(cls)}"
    try:
        taken = RESERVED & set(options(cls).model_fields)
    except Exception as error:  # a third party's annotations may name what is not there
        return f"{kind.name} {name!r}: its options cannot be read: {type(error).__name__}: {error}"
    return f"{kind.name} {name!r}: no option may be called {' or '.join(sorted(taken))}" if taken else None


def takes_path(component: Component) -> bool:
    """Whether a component reads what a path names."""
    return component.kind.path and positional(component.cls)[:1] == ("path",)


def components(kind: str) -> dict[str, Component]:
    """All usable components of a kind, by name; names that two plugins claim are left out."""
    if kind not in KINDS:
        raise unknown("kind of component", kind, KINDS)
    return {name: found[0] for name, found in sorted(_table(kind).items()) if len(found) == 1}


def find(kind: str, name: str) -> Component:
    """The component of a kind with this name.

    Raises:
        MissingError: No component has the name; the nearest spelling is shown.
        UserError: Two plugins claim it.
    """
    known = components(kind)
    if name in known:
        return known[name]
    claims = _table(kind).get(name, [])
    if claims:
        raise UserError(claimed(kind, name, (c.plugin for c in claims)))
    text = "; ".join((str(unknown(kind, name, known)), *_unused(KINDS[kind])))
    raise MissingError(kind, name, text)


def _unused(kind: Kind) -> Iterator[str]:
    """The plugins that may have brought a part of a kind, and are not used."""
    for broken in host().broken:
        if broken.whole or any(word in broken.reason for word in (f"{kind.name} '", kind.hook)):
            yield str(broken)
    if host().left_out:
        yield f"left out by {WITHOUT}: {', '.join(left.plugin.name for left in host().left_out)}"


@cache
def options(cls: type) -> type[BaseModel]:
    """A pydantic model of a component's options: its keyword-only constructor parameters.

    Every field has the parameter's type, default and, as description, its line under `Args:` in the class
    docstring. Unknown names are refused.
    """
    help_lines, declared = documented(cls), parameters(cls)
    hints = get_type_hints(constructor(cls), include_extras=True) if declared else {}
    fields: dict[str, Any] = {}
    for name, parameter in declared.items():
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
            default = ... if parameter.default is inspect.Parameter.empty else parameter.default
            fields[name] = (hints.get(name, Any), Field(default, description=help_lines.get(name, "")))
    settings = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, protected_namespaces=())
    return create_model(f"{cls.__name__}Options", __config__=settings, **fields)


def check(kind: str, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The complete options of a component: what was given, coerced and checked, and the defaults.

    Raises:
        UserError: An option is unknown (the nearest spelling is shown), missing or out of range; all at once.
    """
    model = options(find(kind, name).cls)
    for key in given:
        if key not in model.model_fields:
            raise unknown(f"option of {kind} {name!r}", key, model.model_fields)
    try:
        return dict(model(**given))
    except ValidationError as error:
        faults = (f"{flag(kind, name, str(e['loc'][0]))} {_fault(e)}" for e in error.errors())
        raise UserError(f"{kind} {name!r}: {'; '.join(faults)}") from None


def flag(kind: str, name: str, option: str) -> str:
    """How an option stands on the command line: the name is in the path where there may be several of a kind."""
    path = (kind, name, option) if kind in SEVERAL else (kind, option)
    return f"--{'.'.join(path)}".replace("_", "-")


def _fault(error: Any) -> str:
    return "is missing and has no default" if error["type"] == "missing" else f"{error['input']!r}: {error['msg']}"


def build(kind: str, name: str, *wired: Any, **given: Any) -> Any:
    """An instance of a component.

    Raises:
        UserError: As `find` and `check`; or a plugin's constructor raised something, which is the cause.
    """
    component, complete = find(kind, name), check(kind, name, given)
    try:
        return component.cls(*wired, **complete)
    except UserError:
        raise
    except (Exception, SystemExit) as error:
        if component.plugin.name == BUILTIN:  # a bug of ours
            raise
        raise UserError(_failure(component, error)) from error


def _failure(component: Component, error: BaseException) -> str:
    """What a plugin's constructor raised, and where in the plugin."""
    package = component.cls.__module__.partition(".")[0]
    steps = [
        f" ({frame.f_code.co_filename}:{line})"
        for frame, line in traceback.walk_tb(error.__traceback__)
        if str(frame.f_globals.get("__name__")).partition(".")[0] == package
    ]
    plugin, text = component.plugin, " ".join(str(error).split())
    who = f"{component.kind.name} {component.name!r} of {plugin.distribution} {plugin.version}"
    return f"{who} cannot be built: {type(error).__name__}: {text}{steps[-1] if steps else ''}"
