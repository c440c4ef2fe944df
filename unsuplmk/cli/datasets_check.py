"""`unsuplmk datasets check`: whether a dataset on disk is complete and can be read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from unsuplmk.cli import listing
from unsuplmk.cli.dataset import ReadsData, dataset_options
from unsuplmk.cli.errors import warn
from unsuplmk.errors import UserError

if TYPE_CHECKING:
    from unsuplmk.inspecting.sheet import Section
    from unsuplmk.inspecting.verification import Split, Verification
    from unsuplmk.interfaces import Dataset
    from unsuplmk.registry import Component

SHOWN = 12
"""Frames of each split on the contact sheet."""


@click.command(cls=ReadsData)
@click.argument("name")
@click.argument("path", required=False, default="")
@click.option("--out", metavar="FILE", type=click.Path(path_type=Path), help="Contact sheet to draw, with the points.")
@click.option("--sample", type=click.IntRange(min=1), default=256, show_default=True, help="Frames of a split to read.")
@click.option("--all", "every", is_flag=True, help="Read all frames.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of the choice of frames.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON, with all that is wrong.")
def check(
    name: str, path: str, out: Path | None, sample: int, every: bool, seed: int, as_json: bool, **rest: Any
) -> None:
    """Open dataset NAME at PATH, count, read and verify.

    Every split is opened and compared with the published counts. Frames are read, points must lie inside their
    picture, and the checksums of fetched files that are still there are verified. Faults end with status 2.
    """
    component = _found(name, path)
    if out:
        from unsuplmk.inspecting.sheet import check as check_sheet

        check_sheet(out)
    from unsuplmk.cli.bars import reading
    from unsuplmk.inspecting.verification import verify

    drawn: list[Section] = []

    def opened(split: str, dataset: Dataset) -> None:
        if out:
            drawn.append(_section(split, dataset, seed))

    with reading(f"reading {name}") as told:
        given = {"sample": sample, "every": every, "seed": seed}
        found = verify(component, path, dataset_options(rest), **given, progress=told, opened=opened)
    if out and drawn:
        _draw(out, drawn)
    _show(found, as_json, out if drawn else None)
    if found.faults:
        count = len(found.faults)
        raise UserError(f"{name} {path} has {'one fault' if count == 1 else f'{count} faults'}, listed above")


def _found(name: str, path: str) -> Component:
    from unsuplmk import registry

    if ":" in name:
        known, _, rest = name.partition(":")
        raise UserError(f"name and path are two words here: unsuplmk datasets check {known} {rest}")
    component = registry.find("dataset", name)
    if registry.takes_path(component) and not path:
        raise UserError(f"dataset {name!r} reads files: say where they are, unsuplmk datasets check {name} PATH")
    if path and not registry.takes_path(component):
        raise UserError(f"dataset {name!r} reads no files: leave out {path!r}")
    return component


def _section(split: str, dataset: Dataset, seed: int) -> Section:
    from unsuplmk.inspecting import gallery

    return gallery.frames(dataset, split, SHOWN, seed)


def _draw(out: Path, drawn: list[Section]) -> None:
    from unsuplmk.checkpoint import write_atomically
    from unsuplmk.frames.media import write_image
    from unsuplmk.inspecting.sheet import sheet

    picture = sheet(drawn)
    write_atomically(out, lambda file: write_image(file, picture))


def _show(found: Verification, as_json: bool, out: Path | None) -> None:
    if as_json:
        click.echo(json.dumps(found.as_dict(), indent=2))
        return
    columns = ("split", "frames", "published", "clips", "longest clip", "points", "read", "unreadable")
    listing.show([_row(split) for split in found.splits], columns, as_json=False)
    for file, right in found.checksums.items():
        click.echo(f"{file}: checksum {'right' if right else 'wrong'}")
    if out:
        click.echo(f"contact sheet: {out}")
    for note in found.notes:
        warn(note)
    for fault in found.faults:
        click.echo(f"Fault: {fault}")
    if not found.faults:
        click.echo("No faults.")


def _row(split: Split) -> dict[str, str]:
    return {
        "split": split.name or "(all)",
        "frames": f"{split.frames:,}",
        "published": f"{split.published:,}" if split.published else "",
        "clips": f"{split.clips:,}",
        "longest clip": f"{split.longest:,}",
        "points": str(len(split.points)),
        "read": f"{split.read:,}",
        "unreadable": f"{len(split.unreadable):,}",
    }
