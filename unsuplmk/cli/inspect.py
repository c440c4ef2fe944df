"""`unsuplmk inspect`: what would be trained on, before anything is trained."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from unsuplmk.cli.dataset import ReadsData, dataset_options
from unsuplmk.cli.errors import warn

if TYPE_CHECKING:
    from unsuplmk.inspecting.inspection import Inspection
    from unsuplmk.interfaces import Dataset
    from unsuplmk.registry import Component

SHOWN, PAIRS = 18, 6
"""Frames, and pairs of each pair source, on the contact sheet."""
SIZES = 4
"""Sizes that are named."""


@click.command(cls=ReadsData)
@click.argument("data")
@click.option("--out", metavar="FILE", type=click.Path(path_type=Path), help="Contact sheet to draw.")
@click.option(
    "--pairs",
    multiple=True,
    metavar="NAME",
    help="Pairs that are meant to be trained on; may be repeated.  [default: those that suit the data]",
)
@click.option("--crop", metavar="NAME", default="whole", show_default=True, help="What is cut out of each frame.")
@click.option("--sample", type=click.IntRange(min=2), default=256, show_default=True, help="Frames to read, about.")
@click.option("--all", "every", is_flag=True, help="Read all frames.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of the choice of frames.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON, with every frame that cannot be read.")
def command(
    data: str,
    out: Path | None,
    pairs: tuple[str, ...],
    crop: str,
    sample: int,
    every: bool,
    seed: int,
    as_json: bool,
    **rest: Any,
) -> None:
    """Say what training on DATA would see, and what may spoil it.

    DATA is a folder, a video, a glob or a dataset, as NAME:PATH. The contact sheet shows frames with their points,
    and pairs as a pair source makes them.
    """
    from unsuplmk import registry
    from unsuplmk.batches.data import open_data
    from unsuplmk.cli.bars import reading
    from unsuplmk.cli.crop import crop_choice
    from unsuplmk.frames.cropping import cropped
    from unsuplmk.frames.sources import resolve
    from unsuplmk.inspecting.inspection import inspect

    for name in pairs:
        registry.find("pairs", name)
    if out:
        from unsuplmk.inspecting.sheet import check

        check(out)
    component = resolve(data).component
    chosen = crop_choice(crop, rest, {"name": "whole"})
    dataset = cropped(open_data(data, dataset_options(rest)), chosen, warn)
    with reading(f"reading {data}") as told:
        given = {"sample": sample, "every": every, "seed": seed}
        found = inspect(dataset, component.name, pairs=pairs, **given, progress=told)
    if out:
        _draw(out, dataset, component, pairs, seed)
    if as_json:
        click.echo(json.dumps(found.as_dict(), indent=2))
        return
    _show(data, found)
    if out:
        click.echo(f"contact sheet  {out}")
    _warn(found)


def _draw(out: Path, dataset: Dataset, component: Component, names: tuple[str, ...], seed: int) -> None:
    from unsuplmk.checkpoint import write_atomically
    from unsuplmk.cli.cards import card_of
    from unsuplmk.frames.media import write_image
    from unsuplmk.inspecting import gallery
    from unsuplmk.inspecting.sheet import sheet

    suited = dict(card_of(component).pairs)
    clips = any(len(clip) > 1 for clip in dataset.clips)
    if not card_of(component).title:  # nobody knows better what suits the user's own files
        suited = {"name": "video" if clips else "warped"}
    drawn = [gallery.frames(dataset, "", SHOWN, seed)]
    for name in names or (suited["name"],):
        options = {key: value for key, value in suited.items() if key != "name" and suited["name"] == name}
        drawn.append(gallery.pairs(dataset, name, options, PAIRS, seed))
    picture = sheet(drawn)
    write_atomically(out, lambda file: write_image(file, picture))


def _show(data: str, found: Inspection) -> None:
    least, middle, most = found.lengths
    each = "of one frame each" if most == 1 else f"of {least:,} to {most:,} frames, {middle:,} in the middle"
    sizes = [f"{size} ({count:,})" for size, count in list(found.sizes.items())[:SIZES]]
    more = len(found.sizes) - SIZES
    rows = {
        "data": f"{data}, read by the dataset {found.dataset}",
        "frames": f"{found.frames:,} in " + (f"{found.clips:,} clips {each}" if found.clips > 1 else "one clip"),
        "looked at": f"{found.looked_at:,}, of which {len(found.unreadable):,} cannot be read",
        "sizes": ", ".join(sizes) + (f" and {more} more" if more > 0 else ""),
        "colour": f"in {found.colour:.0%} of them",
        "time": f"{found.fps:.4g} frames a second" if found.fps else "not known",
        "points": f"{len(found.points)}: {', '.join(found.points)}" if found.points else "none are annotated",
    }
    for title, text in rows.items():
        click.echo(f"{title:14} {text}")


def _warn(found: Inspection) -> None:
    if not found.hazards:
        click.echo("\nNothing speaks against training on it.")
    for hazard in found.hazards:
        click.echo(f"\nWarning: {hazard.text}.\n  What to do: {hazard.advice}.")
