"""`--points NAME`: which points of a run a command finds, the landmarks or what `unsuplmk name` made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from unsuplmk.detector import Detector
    from unsuplmk.naming.named import Points


points_option = click.option(
    "--points",
    type=click.Choice(["raw", "named", "both"]),
    help="The discovered landmarks, the points that `unsuplmk name` made of them, or both.  "
    "[default: named where RUN has names, else raw]",
)


def points_choice(points: Points | None, detector: Detector) -> tuple[Points, tuple[str, ...]]:
    """The points that are meant, and what they are called.

    Args:
        points: What `--points` says; None for named points where there are any.
        detector: Of the run.

    Raises:
        UserError: The landmarks have no names, and named points are asked for; or their file is damaged.
    """
    points = points or ("named" if detector.named else "raw")
    if points == "raw":
        return points, detector.names
    named = detector.naming().names
    return points, named if points == "named" else (*detector.names, *named)
