"""Looks through a command line for the recipe and the components it chooses, before click parses it.

Only then is it known which options the command has. The rules: signature < recipe or file < command line; a
component that the command line names again keeps the options that the file gives it; any `--loss` replaces the
set of losses, any `--stage` the set of stages.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unsuplmk import config, registry
from unsuplmk.errors import UserError, unknown
from unsuplmk.frames.sources import known
from unsuplmk.hosting.provenance import dataset_there, recorded

SIGNS = ("", "no-")
SWITCHES = frozenset({"resume", "json", "help", "h"}) | {
    sign + name.replace("_", "-")
    for name, field in config.Config.model_fields.items()
    if field.annotation is bool
    for sign in SIGNS
}
"""Top-level options that take no value."""


@dataclass(frozen=True)
class Part:
    """A chosen component.

    Args:
        path: Of its table in the config.
        component: The class and who brought it.
        given: Its options so far.
    """

    path: tuple[str, ...]
    component: registry.Component
    given: Mapping[str, Any]


def parts(chosen: config.Config) -> list[Part]:
    """All components that a config names.

    Raises:
        UserError: There is no such component.
    """
    found = []
    for kind in config.SINGLE:
        table = dict(getattr(chosen, kind))
        if "name" in table:
            found.append(Part((kind,), registry.find(kind, table.pop("name")), table))
    for kind in config.SEVERAL:
        found += [Part((kind, name), registry.find(kind, name), t) for name, t in getattr(chosen, kind).items()]
    data = known(chosen.data)
    if data:
        found.append(Part(("dataset",), data.component, chosen.dataset))
    return found


def choose(args: Sequence[str]) -> config.Config:
    """The config that a command line starts from: the defaults or its file, with the chosen components in place.

    Raises:
        UserError: There is no such recipe, file or component, or what the file holds is wrong.
    """
    given, _ = scan(args, SWITCHES)
    origin = given.get("config", [""])[-1]
    if not origin and "resume" in given:
        origin = _resumed(given.get("out", [""])[-1])
    with recorded(origin):
        return _choose(args, given, origin)


def _choose(args: Sequence[str], given: Mapping[str, Sequence[str]], origin: str) -> config.Config:
    base = config.make(config.load(origin) if origin else {}, origin or "config")
    update: dict[str, Any] = {}
    for kind in config.SINGLE:
        if kind in given and given[kind][-1] != getattr(base, kind).get("name"):
            update[kind] = {"name": given[kind][-1]}
    for kind in config.SEVERAL:
        if kind in given:
            update[kind] = {name: getattr(base, kind).get(name, {}) for name in given[kind]}
    chosen = base.model_copy(update=update)
    check_paths(given, {kind: getattr(chosen, kind) for kind in config.SEVERAL})
    # only the chosen components tell which of their options are switches, and so which words are left for DATA
    _, words = scan(args, SWITCHES | {name for part in parts(chosen) for name in _switches(part)})
    if words and words[0] != chosen.data:
        return chosen.model_copy(update={"data": words[0], "dataset": {}})
    dataset_there(origin)
    return chosen


def scan(args: Sequence[str], switches: Collection[str]) -> tuple[dict[str, list[str]], list[str]]:
    """Options with their values, as they stand, and the words that belong to no option."""
    given: dict[str, list[str]] = {}
    words: list[str] = []
    tokens = deque(args)
    while tokens:
        token = tokens.popleft()
        if token == "--":
            return given, [*words, *tokens]
        if not token.startswith("-") or token == "-":
            words.append(token)
            continue
        name, has_value, value = token.lstrip("-").partition("=")
        if not has_value and name not in switches and tokens:
            value = tokens.popleft()
        given.setdefault(name, []).append(value)
    return given, words


def _switches(part: Part) -> set[str]:
    fields = registry.options(part.component.cls).model_fields
    paths = (
        ".".join((*part.path, sign + name)) for name, f in fields.items() if f.annotation is bool for sign in SIGNS
    )
    return {path.replace("_", "-") for path in paths}


def _resumed(out: str) -> str:
    if not out:
        raise UserError("--resume needs to know which run: add --out RUN")
    if not (Path(out) / "config.toml").is_file():
        raise UserError(f"--resume: {out} holds no run; without --resume a new one is started there")
    return out


def check_paths(given: Mapping[str, Sequence[str]], chosen: Mapping[str, Collection[str]]) -> None:
    """Options of a part that is not chosen are more than a misspelling: say what is missing.

    Args:
        given: The options of a command line.
        chosen: The names that are chosen, of each kind of which there may be several.

    Raises:
        UserError: There is such an option.
    """
    for path in given:
        kind, _, rest = path.partition(".")
        name = rest.partition(".")[0]
        if kind in chosen and "." in rest and name not in chosen[kind]:
            if name not in registry.components(kind):
                raise unknown(kind, name, registry.components(kind))
            raise UserError(f"--{path}: {kind} {name!r} is not chosen; add --{kind} {name}")
