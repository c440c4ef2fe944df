"""Options of the dataset that a command's argument means: `--dataset.KEY VALUE`, known once the argument is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, final

import click

PARAMETERS = "unsuplmk.dataset.parameters"
DATA = frozenset({"data", "input", "views"})
"""What the argument is called, in one command or another."""


@final
class ReadsData(click.Command):
    """A click command that has the options of the dataset which its argument names."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Look at the argument first, then parse with the options of its dataset."""
        ctx.meta[PARAMETERS] = [*super().get_params(ctx), *_options(self._word(ctx, args))]
        return super().parse_args(ctx, args)

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Its own, and those of the dataset once that is known."""
        return ctx.meta.get(PARAMETERS) or super().get_params(ctx)

    def _word(self, ctx: click.Context, args: list[str]) -> str:
        """The argument, without anything being converted or checked."""
        from unsuplmk.cli.choice import scan

        own = super().get_params(ctx)
        switches = {
            name.lstrip("-")
            for parameter in own
            if isinstance(parameter, click.Option) and parameter.is_flag
            for name in (*parameter.opts, *parameter.secondary_opts)
        }
        _, words = scan(args, switches)
        names = [parameter.name for parameter in own if isinstance(parameter, click.Argument)]
        return next((word for name, word in zip(names, words, strict=False) if name in DATA), "")


def dataset_options(given: Mapping[str, Any]) -> dict[str, Any]:
    """The options of the dataset among all that a command was given; those not given are left out."""
    prefix = "dataset__"
    return {
        name.removeprefix(prefix): value
        for name, value in given.items()
        if name.startswith(prefix) and value is not None
    }


def _options(word: str) -> list[click.Parameter]:
    from unsuplmk import registry
    from unsuplmk.cli.options import Option
    from unsuplmk.sources import known

    source = known(word) if word else None
    if source is None:
        return []
    fields = registry.options(source.component.cls).model_fields
    return [
        Option(("dataset", name), field, None if field.is_required() else field.default, "Dataset")
        for name, field in fields.items()
    ]
