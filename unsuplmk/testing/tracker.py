"""What a tracker must do."""

from __future__ import annotations

import numpy as np

from unsuplmk.testing.part import Part
from unsuplmk.testing.tracks import moving
from unsuplmk.types import Tracks


def keeps_frames_and_names(part: Part) -> None:
    """It corrects points; it drops, adds and renames none."""
    given = moving()
    made: Tracks = part.build()(given)
    assert made.names == given.names, "the landmarks' names change"
    assert made.source == given.source, "the frames change"
    assert made.xy.shape == given.xy.shape, f"xy becomes {made.xy.shape}, from {given.xy.shape}"
    assert made.score.shape == given.score.shape, f"score becomes {made.score.shape}, from {given.score.shape}"


def leaves_its_input_alone(part: Part) -> None:
    """The raw tracks are still there afterwards, and a second pass gives the same."""
    given = moving()
    first = part.build()(given)
    assert np.array_equal(given.xy, moving().xy, equal_nan=True), "the given tracks are changed in place"
    assert np.array_equal(first.xy, part.build()(given).xy, equal_nan=True), "a second pass gives other tracks"


def keeps_known_points_known(part: Part) -> None:
    """A missing point may be filled in, but does not spread."""
    given = moving()
    made = part.build()(given)
    assert not (np.isnan(made.xy) & ~np.isnan(given.xy)).any(), "a known point becomes unknown"


def takes_short_and_empty_tracks(part: Part) -> None:
    """One frame, still images, and a landmark that is never seen."""
    unseen = moving()
    unseen.xy[:, 1] = np.nan
    for what, given in (("one frame", moving(1)), ("still images", moving(fps=0.0)), ("a landmark unseen", unseen)):
        try:
            made = part.build()(given)
        except Exception as error:
            raise AssertionError(f"{what}: {type(error).__name__}: {error}") from error
        assert made.xy.shape == given.xy.shape, f"{what}: xy becomes {made.xy.shape}, from {given.xy.shape}"


def gives_points_and_scores(part: Part) -> None:
    """Both float64, as all tracks are; scores in [0, 1]."""
    made: Tracks = part.build()(moving())
    assert made.xy.dtype == made.score.dtype == np.float64, f"xy is {made.xy.dtype}, score is {made.score.dtype}"
    assert ((made.score >= 0) & (made.score <= 1)).all(), "a score leaves [0, 1]"


CHECKS = (
    keeps_frames_and_names,
    leaves_its_input_alone,
    keeps_known_points_known,
    takes_short_and_empty_tracks,
    gives_points_and_scores,
)
