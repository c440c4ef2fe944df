"""Which parts go together, and what to choose instead where they do not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

import torch

from unsuplmk import registry
from unsuplmk.errors import UserError
from unsuplmk.interfaces import Loss, PairSource
from unsuplmk.model import Model
from unsuplmk.types import Pair

GIVERS = ("pairs", "bottleneck", "generator")
"""Kinds of part that give what losses and generators may need."""


def check(pairs: PairSource, model: Model, losses: Mapping[str, Loss | type[Loss]] | None = None) -> None:
    """Refuse a combination that cannot work, before anything is trained.

    Args:
        pairs: Makes the pairs.
        model: The other parts.
        losses: By name, built or yet to be built, whose networks may have to be fetched; None for the model's own.

    Raises:
        UserError: A part needs what the others do not give; the message names those that do.
    """
    parts = {"pairs": pairs, "bottleneck": model.bottleneck, "generator": model.generator}
    has = frozenset[str]().union(*(gives(kind, part) for kind, part in parts.items()))
    for who, needs, otherwise in _askers(model, losses):
        missing = needs - has
        if missing:
            kind = _kind(missing)
            at_once = frozenset(need for need in missing if _kind({need}) == kind)
            raise UserError(f"{who} {_lack(kind, at_once, parts)}{_way(kind, at_once, parts, has)}{otherwise}")


def check_alone(model: Model, size: int) -> None:
    """Refuse to train on one image at a time where a norm is left with a single number to take the mean of.

    A copy is tried, because a trial moves running means.

    Raises:
        UserError: Some feature map has one cell, at this image size.
    """
    image = torch.zeros(1, 3, size, size)
    trial = Model(deepcopy(model.encoder), deepcopy(model.bottleneck), deepcopy(model.generator)).train()
    try:
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            trial(Pair(image, image.clone()))
    except ValueError as error:
        if "more than 1 value per channel" not in str(error):
            raise
        raise UserError(
            f"one image a process, at --size {size}, leaves a norm a single number to take the mean of; "
            "take a larger --batch or --size, or the norm group where a part has it (--encoder.norm group)"
        ) from None


def gives(kind: str, part: Any) -> frozenset[str]:
    """What losses and generators may count on from a part, an instance or a class: names as in their `needs`."""
    if kind == "generator":
        return frozenset({"reconstruction"} if part.rebuilds else ())
    return part.provides | ({"places"} if kind == "bottleneck" and part.places else frozenset())


def _askers(model: Model, losses: Mapping[str, Loss | type[Loss]] | None) -> Iterator[tuple[str, frozenset[str], str]]:
    """Who needs something of other parts, what it needs, and what else the user could do."""
    generator = f"--generator {_name('generator', model.generator)}"
    yield generator, _of_others(model.generator), "choose another --generator"
    for name, loss in model.losses.items() if losses is None else losses.items():
        yield f"loss {name!r}", frozenset(loss.needs), "leave that loss out"  # type: ignore[arg-type]


def _of_others(generator: Any) -> frozenset[str]:
    return generator.needs - {"source"}  # which any model can give: its encoder runs once more


def _kind(needs: frozenset[str] | set[str]) -> str:
    """The first kind of part that may give some of it; none if no installed part does."""
    return next((kind for kind in GIVERS for c in registry.components(kind).values() if gives(kind, c.cls) & needs), "")


def _lack(kind: str, missing: frozenset[str], parts: Mapping[str, Any]) -> str:
    """What is asked, and that it is not there."""
    what = " and ".join(sorted(missing))
    if not kind:
        return f"needs {what}, which no installed part gives; "
    chosen = f"--{kind} {_name(kind, parts[kind])}"
    if "reconstruction" in missing:
        return f"judges the reconstruction, and {chosen} makes none; "
    if missing == {"places"}:
        return f"asks where landmarks lie, and those of {chosen} are numbers without a place; "
    if kind == "pairs":
        return f"needs pairs with a known {what}, which {chosen} has not; "
    return f"needs landmarks with {what}, which {chosen} does not give; "


def _way(kind: str, missing: frozenset[str], parts: Mapping[str, Any], has: frozenset[str]) -> str:
    """Which installed parts would do in place of the chosen one."""
    if not kind:
        return ""
    chosen = _name(kind, parts[kind])
    if missing <= gives(kind, type(parts[kind])):  # the options that it was built with take it away
        options = "--pairs.source composed" if chosen == "warped" else f"other options of --{kind} {chosen}"
        return f"choose {options}, or "
    known = registry.components(kind).items()
    names = [
        name
        for name, component in known
        if name != chosen
        and missing <= gives(kind, component.cls)
        and (kind != "generator" or _of_others(component.cls) <= has)
    ]
    return f"choose --{kind} {_either(names)}, or " if names else ""


def _either(names: Sequence[str]) -> str:
    return " or ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _name(kind: str, part: Any) -> str:
    """As the command line calls it; the name of its class, if it is not registered."""
    cls = type(part)
    return next((n for n, c in registry.components(kind).items() if c.cls is cls), cls.__name__.lower())
