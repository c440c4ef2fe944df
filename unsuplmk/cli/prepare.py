"""`unsuplmk prepare`: large sets as square frames in shards, ready for training."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from unsuplmk.cli.dataset import ReadsData, dataset_options
from unsuplmk.cli.errors import warn
from unsuplmk.errors import UserError

if TYPE_CHECKING:
    from unsuplmk.batches.shards import Contents


@click.command(cls=ReadsData)
@click.argument("data")
@click.option("--out", required=True, metavar="FOLDER", type=click.Path(path_type=Path), help="Where the shards go.")
@click.option(
    "--size", type=click.IntRange(16, 2048), default=128, show_default=True, help="Side of the square frames, px."
)
@click.option(
    "--fit",
    type=click.Choice(["pad", "crop", "stretch"]),
    default="pad",
    show_default=True,
    help="How frames of other shapes are made square.",
)
@click.option("--crop", metavar="NAME", default="whole", show_default=True, help="What is cut out of each frame first.")
@click.option("--quality", type=click.IntRange(1, 100), default=95, show_default=True, help="Of JPEG.")
@click.option("--lossless", is_flag=True, help="PNG: every pixel is kept, in four times the space.")
@click.option("--raw", is_flag=True, help="Pixels as they are: read twice as fast, in six times the space.")
@click.option(
    "--shard-frames", type=click.IntRange(min=1), default=4096, show_default=True, help="Frames of a shard, at most."
)
@click.option(
    "--workers", type=click.IntRange(min=0), default=0, show_default=True, help="Processes that read; 0: only this one."
)
@click.option("--resume", is_flag=True, help="Go on where it stopped; or check what is complete, and mend it.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(
    data: str,
    out: Path,
    size: int,
    fit: Literal["pad", "crop", "stretch"],
    crop: str,
    quality: int,
    lossless: bool,
    raw: bool,
    shard_frames: int,
    workers: int,
    resume: bool,
    as_json: bool,
    **rest: Any,
) -> None:
    """Write the frames of DATA as squares into shards.

    For sets of many thousand to many million frames: training then reads what it needs when it needs it, by --workers
    processes on any number of machines, and memory does not grow. DATA is a folder, a video, a glob, or a dataset, as
    NAME:PATH. Annotated points, tags, clips and times come along. An interrupted preparation goes on with --resume.

    A run does not know what was cut out here: give --crop to predict and the others again.
    """
    if lossless and raw:
        raise UserError("--lossless and --raw are two ways to store a frame: give one of them")
    from unsuplmk.batches.data import open_data
    from unsuplmk.batches.preparation import write
    from unsuplmk.cli.crop import crop_choice
    from unsuplmk.cli.progress import progress
    from unsuplmk.frames.cropping import cropped
    from unsuplmk.frames.prepare import Fit

    options, chosen = dataset_options(rest), crop_choice(crop, rest, {"name": "whole"})
    dataset = cropped(open_data(data, options), chosen, warn)
    contents = write(
        dataset,
        out,
        Fit(size, fit),
        encoding="raw" if raw else "png" if lossless else "jpeg",
        quality=quality,
        shard_frames=shard_frames,
        workers=workers,
        resume=resume,
        data=data,
        options=options,
        crop=chosen,
        console=progress(),
    )
    click.echo(json.dumps(_facts(contents, out)) if as_json else _farewell(contents, out))


def _facts(contents: Contents, out: Path) -> dict[str, Any]:
    counts = {name: getattr(contents, name) for name in ("frames", "clips", "skipped")}
    size = sum(shard.bytes for shard in contents.shards)
    return {"out": str(out), **counts, "shards": len(contents.shards), "bytes": size}


def _farewell(contents: Contents, out: Path) -> str:
    found = _facts(contents, out)
    frames = f"{found['frames']:,} frames of {contents.size} px in {found['clips']:,} clips"
    files = f"{found['shards']} shards, {found['bytes'] / 2**20:,.1f} MiB"
    return "\n".join(
        (
            f"Prepared: {shlex.quote(str(out))} ({frames}; {files})",
            "Next:",
            f"  unsuplmk run {shlex.quote(str(out))} --size {contents.size} --fit {contents.fit} --workers 2",
        )
    )
