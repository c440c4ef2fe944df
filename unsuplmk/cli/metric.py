"""`--metric NAME` and `--metric.NAME.KEY`: figures about points beside the protocol's, with two short forms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from unsuplmk.cli.several import option
from unsuplmk.errors import UserError

ALWAYS = ("error", "pck")
"""What is there in any case; what is chosen comes to it."""
SHORT = ("pck", "ced")
"""Metrics whose thresholds have an option of their own: `--pck T` for `--metric pck --metric.pck.thresholds T`."""


metric_option = option(
    "metric",
    "Also the figures of this metric, a plugin's for example; may be repeated. Its options are --metric.NAME.KEY.  "
    f"[always: {', '.join(ALWAYS)}]",
)


def choices(
    names: Sequence[str], given: Mapping[str, Any], short: Mapping[str, Sequence[float]]
) -> dict[str, dict[str, Any]]:
    """The metrics of an evaluation, each with all its options, after trying that each can be built.

    Args:
        names: What `--metric` says.
        given: What else the command was given.
        short: Thresholds by `--pck` and `--ced`, by the metric's name; empty for none.

    Raises:
        UserError: An option is wrong, thresholds are given in both forms, or what a metric needs is not to be had.
    """
    from unsuplmk import registry
    from unsuplmk.cli.dataset import options_of

    found: dict[str, dict[str, Any]] = {}
    for name in dict.fromkeys((*ALWAYS, *names, *(name for name in SHORT if short[name]))):
        options = options_of(f"metric.{name}", given)
        if short.get(name):
            if "thresholds" in options:
                raise UserError(f"--{name} is short for --metric.{name}.thresholds: give one of the two")
            options["thresholds"] = tuple(short[name])
        registry.build("metric", name, **options)
        found[name] = registry.check("metric", name, options)
    return found
