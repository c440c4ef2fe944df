"""Which distributions brought the parts of a job: recorded with its run, and told where one is not there any more."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from unsuplmk import config as configs
from unsuplmk import registry
from unsuplmk.config import Config
from unsuplmk.errors import UserError
from unsuplmk.frames.sources import known
from unsuplmk.plugins import BUILTIN, Plugin, host
from unsuplmk.sharing import hub


def used(config: Config) -> dict[str, Plugin]:
    """The plugins that brought parts of a job, by part: `encoder tiny`; the built-in parts are not among them."""
    names = [(kind, getattr(config, kind).get("name", "")) for kind in configs.SINGLE]
    names += [(kind, name) for kind in configs.SEVERAL for name in getattr(config, kind)]
    source = known(config.data)
    if source:
        names.append(("dataset", source.component.name))
    found = {f"{kind} {name}": registry.components(kind).get(name) for kind, name in names}
    return {part: c.plugin for part, c in found.items() if c and c.plugin.name != BUILTIN}


@contextmanager
def recorded(source: str | Path) -> Iterator[None]:
    """Within, a missing part that the record in `source` knows is answered with the distribution that brought it.

    Args:
        source: A run folder or its config, or whatever else `unsuplmk.config.load` takes; nothing if empty.

    Raises:
        MissingError: As it came, or with the distribution, and why the part is not here.
    """
    try:
        yield
    except registry.MissingError as error:
        brought = _record(source).get(f"{error.kind} {error.name}", "")
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]* [A-Za-z0-9.+!_-]+", brought):  # it is to be typed into a shell
            raise
        distribution, then = brought.split()
        needs = f"{hub.told(source)} needs {error.kind} {error.name!r} of {brought}, which"
        raise registry.MissingError(error.kind, error.name, f"{needs} {_absence(error, distribution, then)}") from None


def dataset_there(run: str) -> None:
    """Make sure that the dataset which a run was trained on can be read.

    Raises:
        MissingError: The dataset came from a plugin and is not here.
    """
    for kind, _, name in (part.partition(" ") for part in _record(run)):
        if kind == "dataset":
            with recorded(run):
                registry.find(kind, name)


def _record(source: str | Path) -> Mapping[str, str]:
    try:
        found = configs.read(str(hub.resolve(source))).get("plugins", {}) if str(source) else {}
    except UserError:
        return {}
    return {k: v for k, v in found.items() if isinstance(v, str)} if isinstance(found, Mapping) else {}


def _absence(part: registry.MissingError, distribution: str, then: str) -> str:
    """Why a part of a distribution is not here, and what would help."""
    words = (repr(part.name), registry.KINDS[part.kind].hook)
    for left in host().left_out:
        if _same(left.plugin.distribution, distribution):
            return f"is left out: {left.reason}"
    for broken in host().broken:
        about = broken.whole or any(word in broken.reason for word in words)
        if about and _same(broken.plugin.distribution, distribution):
            return f"is installed and cannot be used: {broken.reason}"
    try:
        now = version(distribution)
    except PackageNotFoundError:
        return f"is not installed: pip install {distribution}, or install it from where you keep it"
    return f'has no such part in the installed version {now}: pip install "{distribution}=={then}"'


def _same(one: str, other: str) -> bool:
    return re.sub(r"[-_.]+", "-", one).lower() == re.sub(r"[-_.]+", "-", other).lower()
