"""The plugin manager: built-in parts first, then every installed distribution's entry points.

A plugin that cannot be used is reported by name, with its distribution, version and reason, and skipped;
the others go on.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache, partial
from importlib.metadata import Distribution, EntryPoint, distributions
from typing import Any

import pluggy

from unsuplmk import hookspecs
from unsuplmk.errors import UserError, unknown
from unsuplmk.hosting import patience, requires

BUILTIN = "unsuplmk"
WITHOUT = "UNSUPLMK_WITHOUT"
"""The environment variable that leaves plugins out: names of entry points or distributions, with commas."""

_importing: list[str] = []


@dataclass(frozen=True)
class Plugin:
    """A plugin, and where it came from.

    Args:
        name: Of the entry point.
        distribution: That it was installed with.
        version: Of the distribution.
        core: Versions of the core that the distribution asks for; empty if it does not say.
        module: What the entry point names; None if it was not loaded.
    """

    name: str
    distribution: str
    version: str
    core: str = ""
    module: Any = None

    def __str__(self) -> str:
        return f"plugin {self.name!r} of {self.distribution} {self.version}"


@dataclass(frozen=True)
class Broken:
    """A plugin that was found and is not used.

    Args:
        plugin: Which.
        reason: Why, in one line.
        whole: False if only the part that the reason names is skipped.
    """

    plugin: Plugin
    reason: str
    whole: bool = True

    def __str__(self) -> str:
        return f"{self.plugin} {'is skipped' if self.whole else 'is skipped in part'}: {self.reason}"


class Host:
    """All plugins of this process; use `host()`.

    Attributes:
        plugins: Those in use, by name.
        broken: What cannot be used of the others.
        left_out: Those that the environment leaves out.
        notes: What else the user should know, a line each.
    """

    def __init__(self, found: list[tuple[Distribution, EntryPoint]]) -> None:
        from unsuplmk import builtin

        self._manager = pluggy.PluginManager(hookspecs.PROJECT)
        self._manager.add_hookspecs(hookspecs)
        self._given_up: set[tuple[str, str]] = set()
        self.plugins: dict[str, Plugin] = {}
        self.broken: list[Broken] = []
        self.left_out: list[Broken] = []
        self.notes: list[str] = []
        self._add(Plugin(BUILTIN, BUILTIN, _core_version(), module=builtin))
        patience.limit()  # what the environment says is not a plugin's fault
        without = {name.strip() for name in os.environ.get(WITHOUT, "").split(",")} - {""}
        for distribution, entry in found:
            plugin = Plugin(entry.name, named(distribution), distribution.version)
            if without & {plugin.name, plugin.distribution}:
                self.left_out.append(Broken(plugin, f"{WITHOUT} names it"))
                continue
            try:
                plugin = replace(plugin, core=requires.core_range(distribution))
                self._load(plugin, entry)
            except (Exception, SystemExit) as error:  # a third party's import may raise anything
                self.broken.append(Broken(plugin, _reason(error)))
        names = {name for d, entry in found for name in (entry.name, named(d))}
        self.notes += [f"{WITHOUT}: {unknown('plugin', name, names)}" for name in sorted(without - names)]

    def _load(self, plugin: Plugin, entry: EntryPoint) -> None:
        misfit = requires.misfit(plugin.distribution, plugin.core, _core_version())
        if misfit:
            raise UserError(misfit)
        _importing.append(str(plugin))
        try:
            module = _bounded(entry.load, plugin, f"importing {plugin}", entry.module)
        finally:
            _importing.pop()
        self._add(replace(plugin, module=module))

    def _add(self, plugin: Plugin) -> None:
        name, module = plugin.name, plugin.module
        if name in self.plugins:
            other = self.plugins[name].distribution
            raise UserError(f"{other} already brings a plugin of this name; uninstall one of them")
        try:
            self._manager.register(module, name=name)
            known = {hook for hook in vars(hookspecs) if hook.startswith("register_")}
            callers = self.hooks(plugin)
            for caller in callers:
                if caller not in known:
                    raise unknown("hook", caller, known)
            if not callers:
                raise UserError("it implements no hook; decorate functions with unsuplmk.hookspecs.hookimpl")
        except Exception:  # pluggy keeps what it took before it found the fault
            if self._manager.get_plugin(name) is module:
                self._manager.unregister(name=name)
            raise
        self.plugins[name] = plugin

    def hooks(self, plugin: Plugin) -> list[str]:
        """The hooks that a plugin implements."""
        return [caller.name for caller in self._manager.get_hookcallers(plugin.module) or []]

    def call(self, hook: str, **arguments: Callable[[], Any]) -> Iterator[tuple[Plugin, Any]]:
        """Each plugin's answer to a hook, built-in first; one that raises becomes broken and is skipped.

        Args:
            hook: Its name.
            arguments: What makes each of its arguments, anew for every plugin.
        """
        order = list(self.plugins)
        implementations = getattr(self._manager.hook, hook).get_hookimpls()
        for implementation in sorted(implementations, key=lambda i: order.index(i.plugin_name)):
            plugin, function = self.plugins[implementation.plugin_name], implementation.function
            values = [arguments[name]() for name in implementation.argnames]
            if plugin.name == BUILTIN:
                yield plugin, function(*values)
            elif (plugin.name, hook) not in self._given_up:
                work = partial(function, *values)
                try:
                    answer = _bounded(work, plugin, f"in {hook} of {plugin}", function.__module__)
                except (Exception, SystemExit) as error:
                    if isinstance(error, patience.GivenUpError):  # nobody waits for it twice
                        self._given_up.add((plugin.name, hook))
                    self.reject(plugin, f"{hook}: {_reason(error)}")
                else:
                    yield plugin, answer

    def reject(self, plugin: Plugin, reason: str) -> None:
        """Record that a part of a plugin does not keep the contract; each reason once."""
        broken = Broken(plugin, " ".join(reason.split()), whole=False)
        if broken not in self.broken:
            self.broken.append(broken)


def _bounded(work: Callable[[], Any], plugin: Plugin, what: str, module: str) -> Any:
    """A plugin's own code, which may hang; what it had imported of itself by then is forgotten."""
    before = set(sys.modules)
    try:
        return patience.bounded(work, what, f"{WITHOUT}={plugin.name} leaves it out")
    except patience.GivenUpError as error:
        package = module.partition(".")[0]
        for name in set(sys.modules) - before:
            if name.partition(".")[0] == package != BUILTIN:
                sys.modules.pop(name, None)
        ways = f"{patience.SECONDS}=600 waits longer, {WITHOUT}={plugin.name} leaves it out"
        raise patience.GivenUpError(f"{error}; {ways}") from None


def named(distribution: Distribution) -> str:
    """Its name; a damaged installation may have none."""
    return distribution.metadata["Name"] or "a distribution without a name"


def _reason(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return text if isinstance(error, UserError | patience.GivenUpError) else f"{type(error).__name__}: {text}"


def _core_version() -> str:
    from unsuplmk import __version__

    return __version__


def installed() -> list[tuple[Distribution, EntryPoint]]:
    """What is to be loaded, and by whom it was brought; nothing is imported for this."""
    found = {}
    for distribution in distributions():
        for entry in distribution.entry_points:
            if entry.group == hookspecs.PROJECT:  # the first on the path wins, as in an import
                found.setdefault((named(distribution), entry.name), (distribution, entry))
    return [found[key] for key in sorted(found)]


@cache
def host() -> Host:
    """The plugins of this process, loaded once.

    Raises:
        UserError: A plugin asks for them while it is imported, or the environment's time limit is no number.
    """
    if _importing:
        raise UserError(f"{_importing[-1]} asks for what is registered while it is imported; do so inside a function")
    return Host(installed())
