"""The plugin manager: built-in parts first, then every installed distribution's entry points.

A plugin that cannot be used is reported by name, with its distribution, version and reason, and skipped;
the others go on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import Distribution, EntryPoint, distributions
from typing import Any

import pluggy

from unsuplmk import hookspecs
from unsuplmk.errors import unknown

BUILTIN = "unsuplmk"


@dataclass(frozen=True)
class Broken:
    """A plugin that was found and could not be used.

    Args:
        name: Of the entry point.
        distribution: That it was installed with.
        version: Of the distribution.
        reason: What is wrong, in one line.
        whole: False if only the part that the reason names is skipped.
    """

    name: str
    distribution: str
    version: str
    reason: str
    whole: bool = True

    def __str__(self) -> str:
        skipped = "is skipped" if self.whole else "is skipped in part"
        return f"plugin {self.name!r} of {self.distribution} {self.version} {skipped}: {self.reason}"


@dataclass(frozen=True)
class Plugin:
    """A plugin in use, and where it came from."""

    name: str
    distribution: str
    version: str
    module: Any


class Host:
    """All plugins of this process; use `host()`."""

    def __init__(self, found: list[tuple[Distribution, EntryPoint]]) -> None:
        from unsuplmk import builtin

        self._manager = pluggy.PluginManager(hookspecs.PROJECT)
        self._manager.add_hookspecs(hookspecs)
        self.plugins: dict[str, Plugin] = {}
        self.broken: list[Broken] = []
        self._add(BUILTIN, BUILTIN, _core_version(), builtin)
        for distribution, entry in found:
            name, version = _named(distribution), distribution.version
            try:
                self._add(entry.name, name, version, entry.load())
            except (Exception, SystemExit) as error:  # a third party's import may raise anything
                self.broken.append(Broken(entry.name, name, version, _reason(error)))

    def _add(self, name: str, distribution: str, version: str, module: Any) -> None:
        if name in self.plugins:
            other = self.plugins[name].distribution
            raise ValueError(f"{other} already brings a plugin of this name; rename the entry point")
        try:
            self._manager.register(module, name=name)
            known = {hook for hook in vars(hookspecs) if hook.startswith("register_")}
            callers = self._manager.get_hookcallers(module) or []
            for caller in callers:
                if caller.name not in known:
                    raise unknown("hook", caller.name, known)
            if not callers:
                raise ValueError("it implements no hook; decorate functions with unsuplmk.hookspecs.hookimpl")
        except Exception:  # pluggy keeps what it took before it found the fault
            if self._manager.get_plugin(name) is module:
                self._manager.unregister(name=name)
            raise
        self.plugins[name] = Plugin(name, distribution, version, module)

    def call(self, hook: str, **arguments: Any) -> Iterator[tuple[Plugin, Any]]:
        """Each plugin's answer to a hook, built-in first; one that raises becomes broken and is skipped."""
        order = list(self.plugins)
        implementations = getattr(self._manager.hook, hook).get_hookimpls()
        for implementation in sorted(implementations, key=lambda i: order.index(i.plugin_name)):
            plugin = self.plugins[implementation.plugin_name]
            try:
                values = [arguments[name] for name in implementation.argnames]
                yield plugin, implementation.function(*values)
            except (Exception, SystemExit) as error:
                if plugin.name == BUILTIN:
                    raise
                self.reject(plugin, f"{hook}: {_reason(error)}")

    def reject(self, plugin: Plugin, reason: str) -> None:
        """Record that a part of a plugin does not keep the contract; each reason once."""
        broken = Broken(plugin.name, plugin.distribution, plugin.version, " ".join(reason.split()), whole=False)
        if broken not in self.broken:
            self.broken.append(broken)


def _named(distribution: Distribution) -> str:
    """Its name; a damaged installation may have none."""
    return distribution.metadata["Name"] or "a distribution without a name"


def _reason(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def _core_version() -> str:
    from unsuplmk import __version__

    return __version__


def _installed() -> list[tuple[Distribution, EntryPoint]]:
    found = {}
    for distribution in distributions():
        for entry in distribution.entry_points:
            if entry.group == hookspecs.PROJECT:  # the first on the path wins, as in an import
                found.setdefault((_named(distribution), entry.name), (distribution, entry))
    return [found[key] for key in sorted(found)]


@cache
def host() -> Host:
    """The plugins of this process, loaded once."""
    return Host(_installed())
