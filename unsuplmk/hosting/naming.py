"""Whether a new plugin may be called so."""

from __future__ import annotations

import ast
import builtins
import keyword
import re
from collections.abc import Collection
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from unsuplmk import registry
from unsuplmk.errors import UserError, unknown
from unsuplmk.hosting.scaffold import COMMAND, class_name, distribution, module, offered, package
from unsuplmk.plugins import host

NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def check(name: str, kinds: Collection[str], commands: Collection[str] = ()) -> None:
    """Make sure that there are such kinds of part, and that a plugin which brings them may have this name.

    Args:
        name: Of the plugin, and of all its parts.
        kinds: What it brings.
        commands: Names that commands have already.

    Raises:
        UserError: A kind is unknown, or the name is malformed or taken, or means something else in Python.
    """
    for kind in kinds:
        if kind not in offered():
            raise unknown("kind of component", kind, offered())
    if not NAME.fullmatch(name):
        near = _spelled(name)
        hint = f"; {near!r} would do" if NAME.fullmatch(near) else ""
        raise UserError(f"a plugin cannot be named {name!r}: lower-case letters, digits and single hyphens{hint}")
    for kind in kinds:
        cls = class_name(name)
        if keyword.iskeyword(name) or keyword.iskeyword(cls) or hasattr(builtins, cls) or cls in _bound(kind):
            word = name if keyword.iskeyword(name) else cls
            raise UserError(f"a plugin cannot be named {name!r}: {word} has a meaning in its code; add a word to it")
        taken = commands if kind == COMMAND else {*registry.components(kind), *registry.disputed(kind)}
        if name in taken:
            raise UserError(f"{kind} {name!r} is there already; choose another name")
    in_the_way = _installed(name)
    if in_the_way:
        raise UserError(f"{in_the_way} is there already; choose another name, or uninstall it")


def _spelled(name: str) -> str:
    """The nearest name that is allowed, for most that are not: `My_Encoder` is `my-encoder`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()
    return re.sub(r"[^a-z0-9]+", "-", words).strip("-")


def _bound(kind: str) -> set[str]:
    """Names that the template of a kind uses itself."""
    tree = module(kind)
    imported = (node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom))
    names = {alias.asname or alias.name for node in imported for alias in node.names}
    return names | {node.name for node in tree.body if isinstance(node, ast.ClassDef)}


def _installed(name: str) -> str:
    """What a new plugin would be in the way of; empty if nothing is."""
    with suppress(PackageNotFoundError):
        return f"{distribution(name)} {version(distribution(name))}"
    if name in host().plugins:
        return str(host().plugins[name])
    return f"a package {package(name)}" if find_spec(package(name)) else ""
