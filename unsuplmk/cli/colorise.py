"""`unsuplmk colorise`: train a loss network on one's own images, without labels."""

from __future__ import annotations

import json
import shlex
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from unsuplmk.cli.errors import warn

if TYPE_CHECKING:
    from unsuplmk.training.colorise import Result

LOSSES = "--loss selfsup --loss equivariance --loss separation"
"""The default losses, with the new network in place of theirs."""


@click.command
@click.argument("images")
@click.option(
    "--out",
    required=True,
    metavar="NETWORK.safetensors",
    type=click.Path(path_type=Path),
    help="The file to write.",
)
@click.option("--split", metavar="NAME", help="Rows of a CSV to take, by its split column.  [default: train]")
@click.option("--steps", type=click.IntRange(min=1), default=2000, show_default=True, help="Training steps.")
@click.option("--batch", type=click.IntRange(min=2), default=32, show_default=True, help="Images a step.")
@click.option(
    "--size", type=click.IntRange(min=32, max=1024), default=64, show_default=True, help="Side of the images, px."
)
@click.option(
    "--fit",
    type=click.Choice(["pad", "crop", "stretch"]),
    default="pad",
    show_default=True,
    help="How images of other shapes are made square.",
)
@click.option(
    "--width",
    type=click.FloatRange(min=0, max=2, min_open=True),
    default=0.25,
    show_default=True,
    help="Share of VGG-16's channels; 1 is the published network's shape.",
)
@click.option(
    "--learning-rate",
    type=click.FloatRange(min=0, max=10, min_open=True),
    default=1e-3,
    show_default=True,
    help="Peak learning rate of Adam.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0, max=2**31 - 1),
    default=0,
    show_default=True,
    help="Seed of everything drawn at random.",
)
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or mps.")
@click.option(
    "--precision",
    type=click.Choice(["auto", "float32", "bfloat16"]),
    default="auto",
    show_default=True,
    help="auto: bfloat16 where the hardware has it.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(images: str, out: Path, split: str | None, as_json: bool, **settings: Any) -> None:
    """Train a loss network on IMAGES: predict their colours from their grey values.

    IMAGES is a folder, a video, a glob, a CSV or the name of a dataset. No labels are needed. The file is for
    unsuplmk run --loss selfsup --loss.selfsup.weights FILE.
    """
    from unsuplmk.cli.progress import progress
    from unsuplmk.training.colorise import colorise

    result = colorise(images, out, options={"split": split} if split else None, console=progress(), **settings)
    if result.loss >= result.constant:
        warn("the network is no better than a guess that does not look: give it more --steps or more images")
    if as_json:
        click.echo(json.dumps({**asdict(result), "out": str(result.out)}))
    else:
        click.echo(_farewell(result, images))


def _farewell(result: Result, images: str) -> str:
    megabytes = result.out.stat().st_size / 2**20
    file = shlex.quote(str(result.out))
    return "\n".join(
        (
            f"Network:        {file} ({megabytes:.1f} MB, {result.steps} steps on {result.images} images)",
            f"Held-out loss:  {result.loss:.3f}",
            f"Constant guess: {result.constant:.3f} (how often each colour occurs; the network should be below it)",
            "Next:",
            f"  unsuplmk run {shlex.quote(images)} {LOSSES} --loss.selfsup.weights {file}",
        )
    )
