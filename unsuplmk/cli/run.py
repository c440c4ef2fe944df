"""`unsuplmk run`: train; its options are those of the components that the command line chooses."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, final

import click

from unsuplmk.cli.request import CHOSEN, next_folder, request
from unsuplmk.errors import UserError

if TYPE_CHECKING:
    from unsuplmk.config import Config
    from unsuplmk.registry import Kind

PARAMETERS = "unsuplmk.run.parameters"

TRAINING = (
    *("steps", "batch", "optimizer", "learning_rate", "schedule", "patience", "warmup"),
    *("weight_decay", "clip", "clip_by", "ema"),
    *("precision", "compile", "devices", "workers", "save_every", "log_every"),
)
"""Keys of the config under the heading Training; the others are about the job itself."""


@final
class Run(click.Command):
    """A click command whose options depend on its arguments."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Find the chosen components first, then parse with their options.

        Raises:
            UserError: There is no such recipe or component.
        """
        from unsuplmk.cli.choice import choose

        try:
            chosen = choose(args)
            ctx.meta[PARAMETERS] = [*_parameters(chosen), *super().get_params(ctx)]
        except UserError:
            if not ctx.resilient_parsing:  # shell completion goes on with the defaults
                raise
        else:
            ctx.meta[CHOSEN] = chosen
        return super().parse_args(ctx, args)

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """The options of the chosen components; of the default ones before anything is chosen."""
        if PARAMETERS not in ctx.meta:
            from unsuplmk.cli.choice import choose

            ctx.meta[PARAMETERS] = [*_parameters(choose([])), *super().get_params(ctx)]
        return ctx.meta[PARAMETERS]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """One section for the job, one for the training, one for each component."""
        sections: dict[str, list[tuple[str, str]]] = {"Job": [], "Training": [], "Components": []}
        for parameter in self.get_params(ctx):
            record = None if isinstance(parameter, click.Argument) else parameter.get_help_record(ctx)
            if record:
                sections.setdefault(_section(parameter), []).append(record)
        for title, records in sections.items():
            with formatter.section(title):
                formatter.write_dl(records)


def _parameters(chosen: Config) -> Iterator[click.Parameter]:
    """One option for every key of the config, and for every option of the chosen components."""
    from pydantic import Field
    from pydantic.fields import FieldInfo

    from unsuplmk import registry
    from unsuplmk.cli.choice import parts
    from unsuplmk.cli.options import Option

    for name, field in type(chosen).model_fields.items():
        if name in registry.KINDS and name != "dataset":
            yield _chooser(registry.KINDS[name], getattr(chosen, name))
        elif name not in ("data", "dataset"):
            yield Option((name,), field, getattr(chosen, name), "Training" if name in TRAINING else "Job")
    weight: Any = Annotated[float, Field(ge=0, description="Weight of this loss in the sum.")]
    for part in parts(chosen):
        section = f"{part.component.kind.name.capitalize()} {part.component.name}"
        if part.component.kind.name == "loss":
            yield Option(
                (*part.path, "weight"), FieldInfo.from_annotation(weight), part.given.get("weight", 1.0), section
            )
        for name, field in registry.options(part.component.cls).model_fields.items():
            default = None if field.is_required() else field.default
            yield Option((*part.path, name), field, part.given.get(name, default), section)


def _chooser(kind: Kind, table: Mapping[str, Any]) -> click.Option:
    """`--encoder NAME`; what it is set to has been read by `choose` already."""
    from unsuplmk.registry import SEVERAL, components

    def complete(_: click.Context, __: click.Parameter, start: str) -> list[str]:
        return [name for name in components(kind.name) if name.startswith(start)]

    several = kind.name in SEVERAL
    chosen = ", ".join(table) if several else table.get("name")
    text = f"{kind.about.capitalize()}{'; may be given several times' if several else ''}."
    known = ", ".join(components(kind.name))
    return click.Option(
        [f"--{kind.name}"],
        metavar="NAME",
        multiple=several,
        help=f"{text}  [known: {known}; chosen: {chosen}]",
        shell_complete=complete,
    )


def _section(parameter: click.Parameter) -> str:
    from unsuplmk.registry import KINDS

    return getattr(parameter, "section", "Components" if parameter.name in KINDS else "Job")


@click.command(cls=Run)
@click.argument("data", required=False)
@click.option("--config", metavar="RECIPE|FILE", help="Start from a recipe, a TOML file or another run's settings.")
@click.option("--out", metavar="RUN", type=click.Path(path_type=Path), help="Run folder.  [default: the next in runs/]")
@click.option("--resume", is_flag=True, help="Go on with the run in --out, with its settings.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_context
def command(ctx: click.Context, out: Path | None, resume: bool, as_json: bool, **_: Any) -> None:
    """Discover landmarks by training on DATA.

    DATA is a folder, a video, a glob, or the name of a dataset; without it, the drawn puppets are used.

    Name a component to see its options: unsuplmk run --encoder hourglass --help
    """
    from unsuplmk.cli.errors import warn_of_broken_plugins
    from unsuplmk.cli.progress import progress

    chosen = request(ctx).config
    warn_of_broken_plugins()
    _advise(chosen)
    from unsuplmk.job import train

    folder = train(chosen, out or next_folder(chosen), resume=resume, console=progress())
    if main_process():
        click.echo(json.dumps(_result(folder)) if as_json else _farewell(folder, chosen))


def _advise(chosen: Config) -> None:
    """Say which pairs suit the dataset, where others are chosen."""
    from unsuplmk.frames.sources import known

    source = known(chosen.data)
    card = source.card if source else None
    if source and card and card.title and card.pairs["name"] != chosen.pairs["name"] and main_process():
        more = f"`unsuplmk datasets about {source.component.name}` has the command"
        click.echo(f"note: {card.title} suits --pairs {card.pairs['name']}; {more}", err=True)


def main_process() -> bool:
    """Whether this is the process that speaks, where a launcher started several."""
    return os.environ.get("RANK", "0") == "0"


def _result(folder: Path) -> dict[str, Any]:
    lines = [json.loads(line) for line in (folder / "log.jsonl").read_text("utf-8").splitlines()]
    figures = [line for line in lines if "loss" in line]  # the others are warnings
    return {"run": str(folder), "preview": str(folder / "preview"), "last": figures[-1] if figures else {}}


def _farewell(folder: Path, chosen: Config) -> str:
    from unsuplmk.frames.media import VIDEOS
    from unsuplmk.frames.sources import known

    run, data, source = shlex.quote(str(folder)), shlex.quote(chosen.data), known(chosen.data)
    options = "".join(f" {words}" for words in _dataset_words(chosen)) if source else ""
    annotations = f"{data}{options}" if source and source.annotates else "ANNOTATIONS.csv"
    pictures = "labelled.mp4" if Path(chosen.data).suffix.lower() in VIDEOS else "pictures/"
    return "\n".join(
        (
            f"Run folder: {run}",
            f"Pictures:   {shlex.quote(str(folder / 'preview'))}",
            "Next:",
            f"  unsuplmk render {run} {data} --out {pictures}{options}",
            f"  unsuplmk predict {run} {data} --out landmarks.csv{options}",
            f"  unsuplmk evaluate {run} {annotations}",
            f"  unsuplmk report {run}",
        )
    )


def _dataset_words(chosen: Config) -> Iterator[str]:
    """The options of the dataset that are not its defaults, as one types them; splits are the other commands' own."""
    from unsuplmk import registry
    from unsuplmk.cli.options import shown
    from unsuplmk.frames.sources import resolve

    component = resolve(chosen.data).component
    for name, field in registry.options(component.cls).model_fields.items():
        value, flag = chosen.dataset.get(name, field.default), registry.flag("dataset", component.name, name)
        if name != "split" and value != field.default:
            switch = flag if value is True else flag.replace("dataset.", "dataset.no-", 1)
            yield switch if isinstance(value, bool) else f"{flag} {shlex.quote(shown(value))}"
