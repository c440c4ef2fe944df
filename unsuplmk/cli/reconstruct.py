"""`unsuplmk reconstruct`: how well a run rebuilds frames."""

from __future__ import annotations

import json
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from unsuplmk.cli.crop import crop_choice, crop_option
from unsuplmk.cli.dataset import ReadsData, dataset_options
from unsuplmk.cli.errors import warn
from unsuplmk.cli.quality import quality_option
from unsuplmk.errors import UserError

if TYPE_CHECKING:
    from unsuplmk.config import Config
    from unsuplmk.interfaces import Dataset

SHOWN = 8
"""Pairs in a picture."""


@click.command(cls=ReadsData)
@click.argument("run")
@click.argument("data", required=False)
@quality_option
@click.option("--split", metavar="NAME", default="", help="Which split of DATA, of a dataset that has several.")
@click.option("--images", type=click.IntRange(min=2), default=500, show_default=True, help="Pairs at most.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of the frames and the pairs.")
@click.option("--out", metavar="FILE", type=click.Path(path_type=Path), help="A picture of some pairs, to draw.")
@crop_option
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or mps.")
@click.option("--json", "as_json", is_flag=True, help="Print every figure as JSON.")
def command(
    run: str,
    data: str | None,
    quality: tuple[str, ...],
    split: str,
    images: int,
    seed: int,
    out: Path | None,
    crop: str,
    device: str,
    as_json: bool,
    **rest: Any,
) -> None:
    """Judge how well RUN rebuilds frames of DATA.

    DATA is a folder, a glob, a video or a dataset, as NAME:PATH; without it, what RUN was trained on. Frames make
    pairs as in training. Beside each figure stands what the source as it is would get, and the reconstruction with
    the landmarks of another image: if that is as good, the landmarks carry nothing.

    Name a quality to see its options: unsuplmk reconstruct RUN --quality ssim --help
    """
    from unsuplmk.cli.quality import build
    from unsuplmk.detector import Detector
    from unsuplmk.evaluation.rebuild import check, rebuild
    from unsuplmk.evaluation.reconstruct import judge

    if out:
        from unsuplmk.inspecting.sheet import check as check_picture

        check_picture(out)
    detector = Detector.load(run, device)
    check(detector)
    judges = build(quality, rest)
    dataset = _open(data, split, rest, detector.config)
    chosen = crop_choice(crop, rest, detector.config.crop, run)
    passes = rebuild(detector, dataset, images=images, seed=seed, crop=chosen, report=warn)
    first = next(passes)
    found = judge(chain([first], passes), judges)
    if out:
        from unsuplmk.checkpoint import write_atomically
        from unsuplmk.frames.media import write_image
        from unsuplmk.inspecting.gallery import rebuilt
        from unsuplmk.inspecting.sheet import sheet

        drawn = sheet([rebuilt(first, SHOWN)], columns=4)
        write_atomically(out, lambda path: write_image(path, drawn))
    if as_json:
        click.echo(json.dumps(found.as_dict(), indent=2))
        return
    from rich.console import Console

    Console(highlight=False).print(found.table())
    if out:
        click.echo(f"picture: {out}")


def _open(data: str | None, split: str, rest: dict[str, Any], config: Config) -> Dataset:
    from unsuplmk.batches.data import open_data
    from unsuplmk.frames.sources import resolve

    word, options = data or config.data, dataset_options(rest) if data else dict(config.dataset)
    source = resolve(word)
    if split:
        if not source.has_splits:
            raise UserError(f"--split {split}: dataset {source.component.name!r} has no splits; leave that out")
        options["split"] = split
    elif not data:
        click.echo("note: without DATA or --split, these are frames that the run was trained on", err=True)
    return open_data(word, options)
