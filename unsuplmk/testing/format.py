"""What a format must do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from unsuplmk.errors import UserError
from unsuplmk.interfaces import Format
from unsuplmk.testing.part import Part
from unsuplmk.testing.tracks import moving


def names_its_suffixes(part: Part) -> None:
    """At least one, with the dot, in lower case."""
    suffixes = part.build().suffixes
    assert suffixes, "it answers to no suffix"
    assert all(s.startswith(".") and s == s.lower() for s in suffixes), f"{suffixes} must look like '.csv'"


def gives_back_what_it_wrote(part: Part) -> None:
    """Points, scores, names and the number of frames, of videos and of still images; NaN stays NaN."""
    form: Format = part.build()
    for fps in (25.0, 0.0):
        given = moving(fps=fps)
        with TemporaryDirectory() as folder:
            path = Path(folder) / f"tracks{form.suffixes[0]}"
            form.write(given, path)
            found = form.read(path)
        assert found.names == given.names, f"names {given.names} come back as {found.names}"
        assert found.xy.shape == given.xy.shape, f"xy {given.xy.shape} comes back as {found.xy.shape}"
        unknown = np.isnan(given.xy)
        assert np.array_equal(np.isnan(found.xy), unknown), "missing points do not come back as missing"
        assert np.allclose(found.xy[~unknown], given.xy[~unknown], rtol=0, atol=1e-3), "points come back elsewhere"
        known = ~unknown.any(-1)
        assert np.allclose(found.score[known], given.score[known], atol=1e-3), "scores come back as others"


def keeps_a_single_frame_and_odd_names(part: Part) -> None:
    """One picture, and landmarks called what users call them; what a file cannot hold, UserError says."""
    form: Format = part.build()
    odd = replace(moving(1), names=("left ear", "Schnauze ä", "tail, tip"))
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"tracks{form.suffixes[0]}"
        try:
            form.write(odd, path)
        except UserError:
            return
        found = form.read(path)
    assert found.names == odd.names, f"names {odd.names} come back as {found.names}"
    assert found.xy.shape == odd.xy.shape, f"xy {odd.xy.shape} comes back as {found.xy.shape}"


def writes_what_it_was_given(part: Part) -> None:
    """The tracks stay as they are, and the file that was there before is gone."""
    form: Format = part.build()
    given = moving()
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"tracks{form.suffixes[0]}"
        form.write(moving(30), path)
        form.write(given, path)
        found = form.read(path)
    assert np.array_equal(given.xy, moving().xy, equal_nan=True), "writing changes the tracks"
    assert len(found.xy) == len(given.xy), f"{len(given.xy)} frames over a longer file come back as {len(found.xy)}"


def refuses_what_is_not_its_own(part: Part) -> None:
    """One line that names the file, whatever is in it."""
    form: Format = part.build()
    for content in (b"", b"\x00\xff\x00\xff not a file of tracks", b"a,b,c\n1,2,3\n"):
        with TemporaryDirectory() as folder:
            path = Path(folder) / f"other{form.suffixes[0]}"
            path.write_bytes(content)
            assert path.name in _refusal(form, path), f"the error about {content!r} does not name the file"


def recognises_nothing_that_is_not_its_own(part: Part) -> None:
    """Neither empty nor binary nor other files; and whatever is in a file, it says True or False."""
    form: Format = part.build()
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"file{form.suffixes[0]}"
        form.write(moving(), path)
        own = path.read_bytes()
        others = (b"", b"\x00\xff\x00\xff not a file of tracks", b"a,b,c\n1,2,3\n", b"[{}]", b"{}")
        for content in (own, own[:99], *others):
            path.write_bytes(content)
            try:
                found = form.recognises(path)
            except Exception as error:
                raise AssertionError(f"recognises() raises {type(error).__name__} for {content[:99]!r}") from error
            assert isinstance(found, bool), f"recognises() gives {found!r}, not True or False"
            assert not (found and content in others), f"{content!r} is recognised as its own"


def _refusal(form: Format, path: Path) -> str:
    try:
        found = form.read(path)
    except UserError as error:
        return str(error)
    raise AssertionError(f"{path.read_bytes()!r} was read as tracks of {found.names}")


CHECKS = (
    names_its_suffixes,
    gives_back_what_it_wrote,
    keeps_a_single_frame_and_odd_names,
    writes_what_it_was_given,
    refuses_what_is_not_its_own,
    recognises_nothing_that_is_not_its_own,
)
