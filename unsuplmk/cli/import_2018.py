"""`unsuplmk import-2018`: a run folder from a released checkpoint of the 2018 code."""

from __future__ import annotations

from pathlib import Path

import click


@click.command
@click.argument("variables", type=click.Path(path_type=Path))
@click.option("--out", required=True, metavar="RUN", type=click.Path(path_type=Path), help="Run folder to make.")
@click.option("--weights", default="", metavar="FILE", help="The loss network, if training is to go on (--resume).")
def command(variables: Path, out: Path, weights: str) -> None:
    """Make a run from a 2018 checkpoint.

    VARIABLES is an .npz file of variable name -> array; the page "The 2018 reference" shows how to write it.
    """
    from unsuplmk.training.released import convert

    config = convert(variables, out, weights=weights)
    click.echo(f"{out}: {config.landmarks} landmarks, {config.size} px")
