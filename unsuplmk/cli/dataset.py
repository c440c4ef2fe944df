"""Options that are known once a command's arguments are: of the dataset, crop, each quality, metric, tracker, format.

`--dataset.KEY`, `--crop.KEY`, `--quality.NAME.KEY`, `--metric.NAME.KEY`, `--tracker.NAME.KEY`, `--format.KEY` and
`--from.KEY`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

import click

if TYPE_CHECKING:
    from unsuplmk.registry import Component

PARAMETERS = "unsuplmk.dataset.parameters"
DATA = frozenset({"data", "input", "views"})
"""What the argument is called, in one command or another."""
FROM = "from_format"
"""What the option `--from` is called, which Python has a word of its own for."""
NAME = "name"
"""What it is called where it is the name of a dataset and nothing else."""


@final
class ReadsData(click.Command):
    """A click command that has the options of the dataset, crop, qualities, metrics, trackers and format it names."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Look at the arguments first, then parse with the options of what they mean."""
        from unsuplmk.cli.crop import component
        from unsuplmk.cli.metric import ALWAYS
        from unsuplmk.cli.quality import USUAL
        from unsuplmk.cli.several import chosen

        own = super().get_params(ctx)
        given, said = self._scanned(own, args)
        found = [*own, *_options(("dataset",), _dataset(said))]
        if any(parameter.name == "crop" for parameter in own):
            found += _options(("crop",), component(given, said.get("run", "")))
        for kind, usual, always in (("quality", USUAL, ()), ("metric", (), ALWAYS), ("tracker", (), ())):
            if any(parameter.name == kind and parameter.multiple for parameter in own):  # prepare's is that of a JPEG
                for part in chosen(kind, given, usual, always=always, strict=not ctx.resilient_parsing):
                    found += _options((kind, part.name), part)
        words = {**said, **{name: values[-1] for name, values in given.items()}}
        if any(parameter.name == "format" for parameter in own):
            found += _options(("format",), _format(words.get("format", ""), words.get("out", "")))
        if any(parameter.name == FROM for parameter in own):
            file = words.get("file", words.get("run", ""))
            found += _options(("from",), _format(words.get("from", ""), file, read=True))
        ctx.meta[PARAMETERS] = found
        return super().parse_args(ctx, args)

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Its own, and those of the parts that are named once these are known."""
        return ctx.meta.get(PARAMETERS) or super().get_params(ctx)

    def _scanned(self, own: list[click.Parameter], args: list[str]) -> tuple[dict[str, list[str]], dict[str, str]]:
        """The options and the arguments by name, without anything being converted or checked."""
        from unsuplmk.cli.choice import scan

        switches = {
            name.lstrip("-")
            for parameter in own
            if isinstance(parameter, click.Option) and parameter.is_flag
            for name in (*parameter.opts, *parameter.secondary_opts)
        }
        given, words = scan(list(_whole(own, args)), switches)
        names = [parameter.name or "" for parameter in own if isinstance(parameter, click.Argument)]
        return given, dict(zip(names, words, strict=False))


def _whole(own: list[click.Parameter], args: list[str]) -> Iterator[str]:
    """The words of a command line; an option that may stand without its value has an empty one where it does."""
    bare = {
        name
        for parameter in own
        if isinstance(parameter, click.Option) and not parameter.is_flag and isinstance(parameter.flag_value, str)
        for name in parameter.opts
    }
    for word, following in zip(args, [*args[1:], "-"], strict=False):
        yield f"{word}=" if word in bare and following.startswith("-") else word


def _dataset(said: Mapping[str, str]) -> Component | None:
    """The dataset that is meant by the arguments, if there is one."""
    from unsuplmk import registry
    from unsuplmk.frames.sources import known

    if NAME in said:
        return registry.components("dataset").get(said[NAME])
    word = next((said[name] for name in said if name in DATA), "")
    source = known(word) if word else None
    return source.component if source else None


def _format(name: str, file: str, *, read: bool = False) -> Component | None:
    """The format of a name, or of a file; None if there is none, which is said later.

    Args:
        name: What an option says.
        file: The file; its suffix decides where no format is named.
        read: Whether the content of the file decides before its suffix.
    """
    if not (name or file):
        return None
    from unsuplmk.errors import UserError
    from unsuplmk.tables import component_for, reader_for

    try:
        return (reader_for if read else component_for)(Path(file).expanduser(), name)
    except UserError:
        return None


def dataset_options(given: Mapping[str, Any]) -> dict[str, Any]:
    """The options of the dataset among all that a command was given; those not given are left out."""
    return options_of("dataset", given)


def options_of(path: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a part among all that a command was given; those not given are left out.

    Args:
        path: Its kind, and where there may be several of the kind, a dot and its name.
        given: What the command was given.
    """
    prefix = f"{path.replace('.', '__').replace('-', '_')}__"
    return {
        name.removeprefix(prefix): value
        for name, value in given.items()
        if name.startswith(prefix) and value is not None
    }


def _options(path: tuple[str, ...], component: Component | None) -> list[click.Parameter]:
    from unsuplmk import registry
    from unsuplmk.cli.options import Option

    if component is None:
        return []
    fields = registry.options(component.cls).model_fields
    return [
        Option((*path, name), field, None if field.is_required() else field.default, path[0].capitalize())
        for name, field in fields.items()
    ]
