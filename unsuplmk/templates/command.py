"""The command `example`: how steady each landmark of a file of tracks is.

What it can do, and what it says of a file:

    unsuplmk example --help
    unsuplmk example mouse.csv --least 0.5
"""

from __future__ import annotations

from pathlib import Path

import click


@click.command("example")
@click.argument("tracks", metavar="FILE", type=click.Path(path_type=Path))
@click.option(
    "--least",
    type=click.FloatRange(0, 1),
    default=0.0,
    show_default=True,
    help="Points with a lower score count as unknown.",
)
def command(tracks: Path, least: float) -> None:
    """Say of each landmark in FILE how often it is known, and how far it moves from frame to frame."""
    import numpy as np  # here, so that the command line starts quickly where another command is asked for

    import unsuplmk

    found = unsuplmk.read(tracks)
    if len(found.source) < 2:
        raise unsuplmk.UserError(f"{tracks} holds {len(found.source)} frames; motion needs two")
    known = np.isfinite(found.xy).all(-1) & (found.score >= least)
    steps = np.linalg.norm(np.diff(found.xy, axis=0), axis=-1)
    both = known[1:] & known[:-1]
    for point, name in enumerate(found.names):
        moved = f"{np.median(steps[both[:, point], point]):.2f} px a frame" if both[:, point].any() else "never moves"
        click.echo(f"{name}: known in {known[:, point].mean():.0%} of the frames, {moved}")
