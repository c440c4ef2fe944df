"""`unsuplmk export`: the detector of a run as one file that runs without this library."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from unsuplmk.cli.errors import warn

if TYPE_CHECKING:
    from unsuplmk.exports.export import Precision, Result
    from unsuplmk.naming.named import Points


def _frame(_: click.Context, __: click.Parameter, text: str) -> tuple[int, int] | None:
    """The (width, height) that is meant; None for any."""
    if text == "any":
        return None
    width, by, height = text.partition("x")
    if not (by and width.isdecimal() and height.isdecimal() and 0 < int(width) <= 65535 and 0 < int(height) <= 65535):
        raise click.BadParameter(f"{text!r} is no size of frames; try any, or WIDTHxHEIGHT such as 640x480")
    return int(width), int(height)


@click.command()
@click.argument("run")
@click.option("--out", required=True, metavar="FILE.onnx|FILE.pt2", type=click.Path(path_type=Path), help="The file.")
@click.option(
    "--precision",
    type=click.Choice(["float32", "bfloat16", "int8"]),
    default="float32",
    show_default=True,
    help="What the network computes in: bfloat16 in .pt2 only, int8 in .onnx only.",
)
@click.option(
    "--size",
    "frame",
    metavar="any|WxH",
    default="any",
    show_default=True,
    callback=_frame,
    help="The frames that it takes: of any size, or, for programs that want it fixed, of one.",
)
@click.option(
    "--points",
    type=click.Choice(["raw", "named", "both"]),
    default="raw",
    show_default=True,
    help="The discovered landmarks, the points that `unsuplmk name` made of them, or both.",
)
@click.option(
    "--calibrate",
    metavar="DATA",
    default="",
    help="Frames like those that it will see: int8 chooses its scales on half of them and is tried on the rest.",
)
@click.option(
    "--tolerance",
    metavar="PX",
    type=click.FloatRange(min=0),
    help="How far its points may lie from the detector's, in pixels of the network's image.  "
    "[default: 0.5; 1 for bfloat16 and int8]",
)
@click.option("--json", "as_json", is_flag=True, help="Print every figure as JSON.")
def command(
    run: str,
    out: Path,
    precision: Precision,
    frame: tuple[int, int] | None,
    points: Points,
    calibrate: str,
    tolerance: float | None,
    as_json: bool,
) -> None:
    """Write the detector of RUN to one file.

    The file takes RGB frames as bytes (batch, height, width, 3) and gives xy (batch, points, 2), in pixels of the
    frames, and score (batch, points): an ONNX file for ONNX Runtime, or a .pt2 for torch. It is held against the
    detector before it counts; one whose points lie too far from the detector's is not written. `unsuplmk predict` and
    `unsuplmk render` take it in place of a run.
    """
    from unsuplmk.exports.export import export, frames_of, offered

    offered(out.suffix.lower(), precision, bool(calibrate))
    from unsuplmk.detector import Detector

    detector = Detector.load(run, "cpu")
    frames = frames_of(detector, calibrate, frame, warn) if calibrate else []
    result = export(
        detector, out, precision=precision, frame=frame, points=points, tolerance=tolerance, calibrate=frames
    )
    if as_json:
        click.echo(json.dumps(result.as_dict(), indent=2))
    else:
        _show(result)


def _show(result: Result) -> None:
    said, like = result.about, result.likeness
    frames = "frames of any size" if said.frame is None else f"frames of {said.frames} px"
    click.echo(f"{result.file}: {len(said.names)} points, {said.precision}, {frames}, {result.bytes / 1e6:.2f} MB")
    click.echo(
        f"largest difference from the detector: {like.difference:.2g} px of the network's {said.size} px image "
        f"(tolerance {result.tolerance:g}), {like.pixels:.2g} px of the frames, {like.score:.2g} of the scores, "
        f"on {like.worst}"
    )
    kind = "random" if like.random else "held-out"
    click.echo(f"on {len(like.frames)} batches of {kind} frames: {', '.join(dict.fromkeys(like.frames))}")
    click.echo(f"{result.speed:.2f} times as fast as the detector here, one frame at a time, in one run")
    for note in result.notes:
        click.echo(f"note: {note}")
