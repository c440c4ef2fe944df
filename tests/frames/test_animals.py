"""Tests of taking the tracks of several animals apart."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.paths import tracks_of
from unsuplmk.errors import UserError
from unsuplmk.frames.animals import apart, file_of
from unsuplmk.types import Tracks


def named(*sources: str) -> Tracks:
    rng = np.random.default_rng(0)
    return replace(tracks_of(rng.random((len(sources), 2, 2)), rng.random((len(sources), 2))), source=sources)


def test_each_animal_has_its_rows_and_its_name_is_gone() -> None:
    tracks = named("v.mp4:0#ann", "v.mp4:0#bob", "v.mp4:1#ann", "a.png#bob")
    parts = apart(tracks)
    assert {name: part.source for name, part in parts.items()} == {
        "ann": ("v.mp4:0", "v.mp4:1"),
        "bob": ("v.mp4:0", "a.png"),
    }
    np.testing.assert_array_equal(parts["ann"].xy, tracks.xy[[0, 2]])
    np.testing.assert_array_equal(parts["bob"].score, tracks.score[[1, 3]])
    assert parts["bob"].size.shape == (2, 2)


@pytest.mark.parametrize("sources", [("v.mp4:0", "v.mp4:1"), ("v.mp4:0#ann", "v.mp4:1"), ("v.mp4:0", "v.mp4:0#2")])
def test_what_has_no_name_is_refused(sources: tuple[str, ...]) -> None:
    with pytest.raises(UserError, match=r"no animal with a name, .*; `unsuplmk predict` takes names from a column"):
        apart(named(*sources))


def test_a_file_is_called_as_its_animal() -> None:
    assert file_of(Path("out/mice.csv"), "ann") == Path("out/mice.ann.csv")
    assert file_of(Path("mice.npz"), "../left mouse") == Path("mice..._left_mouse.npz")
