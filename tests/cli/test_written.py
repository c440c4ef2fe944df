"""Tests of what a command says about the files of points that it wrote."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.paths import swinging, tracks_of
from unsuplmk.cli.written import said


@pytest.mark.parametrize(
    ("names", "what"),
    [
        (("landmark_0", "landmark_1"), "2 landmarks"),
        (("nose", "tail"), "2 named points"),
        (("landmark_0", "nose"), "2 landmarks and named points"),
    ],
)
def test_names_tell_discovered_landmarks_from_named_points(names: tuple[str, ...], what: str) -> None:
    tracks = replace(tracks_of(swinging(5, 2)), names=names)
    assert said(Path("a.csv"), tracks) == f"a.csv: {what} in 5 frames"


def test_frames_are_counted_and_not_the_animals_in_them() -> None:
    source = ("v.mp4:0#ann", "v.mp4:0#bob", "v.mp4:1#ann", "a#1.png")
    assert said(Path("a.csv"), replace(tracks_of(swinging(4)), source=source)).endswith("in 3 frames, 4 rows")
