"""Options of the dataset that a command's argument means: `--dataset.KEY VALUE`, known once the argument is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, final

import click

if TYPE_CHECKING:
    from unsuplmk.registry import Component

PARAMETERS = "unsuplmk.dataset.parameters"
DATA = frozenset({"data", "input", "views"})
"""What the argument is called, in one command or another."""
NAME = "name"
"""What it is called where it is the name of a dataset and nothing else."""


@final
class ReadsData(click.Command):
    """A click command that has the options of the dataset which its argument names."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Look at the argument first, then parse with the options of its dataset."""
        ctx.meta[PARAMETERS] = [*super().get_params(ctx), *_options(self._component(ctx, args))]
        return super().parse_args(ctx, args)

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Its own, and those of the dataset once that is known."""
        return ctx.meta.get(PARAMETERS) or super().get_params(ctx)

    def _component(self, ctx: click.Context, args: list[str]) -> Component | None:
        """The dataset that is meant, if there is one, without anything being converted or checked."""
        from unsuplmk import registry
        from unsuplmk.cli.choice import scan
        from unsuplmk.sources import known

        own = super().get_params(ctx)
        switches = {
            name.lstrip("-")
            for parameter in own
            if isinstance(parameter, click.Option) and parameter.is_flag
            for name in (*parameter.opts, *parameter.secondary_opts)
        }
        _, words = scan(args, switches)
        names = [parameter.name for parameter in own if isinstance(parameter, click.Argument)]
        said = dict(zip(names, words, strict=False))
        if NAME in said:
            return registry.components("dataset").get(said[NAME])
        word = next((said[name] for name in said if name in DATA), "")
        source = known(word) if word else None
        return source.component if source else None


def dataset_options(given: Mapping[str, Any]) -> dict[str, Any]:
    """The options of the dataset among all that a command was given; those not given are left out."""
    prefix = "dataset__"
    return {
        name.removeprefix(prefix): value
        for name, value in given.items()
        if name.startswith(prefix) and value is not None
    }


def _options(component: Component | None) -> list[click.Parameter]:
    from unsuplmk import registry
    from unsuplmk.cli.options import Option

    if component is None:
        return []
    fields = registry.options(component.cls).model_fields
    return [
        Option(("dataset", name), field, None if field.is_required() else field.default, "Dataset")
        for name, field in fields.items()
    ]
