"""Which versions of the core a distribution asks for, and whether this is one of them."""

from __future__ import annotations

from contextlib import suppress
from importlib.metadata import Distribution

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

CORE = "unsuplmk"


def core_range(distribution: Distribution) -> str:
    """The versions of the core that a distribution asks for, as in `>=0.1,<0.2`; empty if it does not say.

    What it asks for only under a marker that does not hold here, or for one of its extras, does not count.
    """
    bounds = set()
    for line in distribution.requires or []:
        with suppress(InvalidRequirement):  # an installer's business
            asked = Requirement(line)
            if canonicalize_name(asked.name) == CORE and (asked.marker is None or asked.marker.evaluate({"extra": ""})):
                bounds |= set(asked.specifier)
    return ",".join(sorted(map(str, bounds), key=lambda bound: (bound[0] in "<!", bound)))


def misfit(distribution: str, asked: str, core: str) -> str:
    """Why a core of this version will not do, and the command that would help; empty if it will.

    A version in development counts as the release that it leads to, and as itself: 0.2.0.dev3 suits `>=0.2`.

    Args:
        distribution: Who asks.
        asked: As `core_range` gives it.
        core: The version that is here.
    """
    try:
        version = Version(core)
    except InvalidVersion:  # of somebody's own build
        return ""
    bounds = SpecifierSet(asked)
    release = Version(version.base_version)
    if any(bounds.contains(one, prereleases=True) for one in (version, release)):
        return ""
    against = [bound for bound in bounds if not bound.contains(release, prereleases=True)] or list(bounds)
    behind = any(_version(bound.version) <= release for bound in against)  # made for an older core
    cure = f"pip install --upgrade {distribution}" if behind else f'pip install --upgrade "{CORE}{asked}"'
    return f"it asks for {CORE} {asked}, and this is {CORE} {core}: try {cure}"


def _version(text: str) -> Version:
    try:
        return Version(text.removesuffix(".*"))
    except InvalidVersion:  # === takes any text
        return Version("0")
