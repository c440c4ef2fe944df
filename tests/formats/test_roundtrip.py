"""Tests of all formats of ours together: the numbers come back, whatever they are."""

from __future__ import annotations

import copy
import json
import runpy
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from tests import distributions, poses
from unsuplmk import registry, tables
from unsuplmk.errors import UserError
from unsuplmk.testing.tracks import moving
from unsuplmk.types import Tracks

FILES = {
    "npz": "a.npz",
    "coco": "a.json",
    "deeplabcut": "a.csv",
    "hdf5": "b.h5",
    "lightningpose": "c.csv",
    "listing": "d.csv",
    "labelstudio": "e.json",
}
EXACT = sorted(set(FILES) - {"labelstudio"})
QUICK = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def back(folder: Path, name: str, tracks: Tracks, **options: object) -> Tracks:
    kind = "deeplabcut" if name == "hdf5" else name
    if name == "hdf5":
        pytest.importorskip("h5py")
    tables.write(tracks, folder / FILES[name], kind, **options)
    return tables.read(folder / FILES[name], kind)


@pytest.mark.parametrize("name", EXACT)
def test_numbers_come_back_bit_for_bit(tmp_path: Path, name: str) -> None:
    @QUICK
    @given(poses.fields(fewest=1 if name == "listing" else 0))
    def check(fields: dict[str, Any]) -> None:
        before = Tracks(**fields)
        after = back(tmp_path, name, before)
        np.testing.assert_array_equal(after.xy, before.xy)
        np.testing.assert_array_equal(after.score, before.score)
        assert after.names == before.names
        if name in ("npz", "coco"):
            np.testing.assert_array_equal(after.size, before.size)
        assert after.fps == (before.fps if name in ("npz", "coco") else 0)
        numbers = tuple(source.rpartition(":")[2] for source in before.source)
        assert after.source == (before.source if name in ("npz", "coco", "listing") else numbers)

    check()


def test_percentages_give_pixels_back_to_a_billionth(tmp_path: Path) -> None:
    @QUICK
    @given(poses.fields(poses.PIXEL, fewest=1))
    def check(fields: dict[str, Any]) -> None:
        before = Tracks(**fields)
        after = back(tmp_path, "labelstudio", before)
        np.testing.assert_allclose(after.xy, before.xy, rtol=0, atol=1e-9)
        np.testing.assert_array_equal(after.score, np.where(np.isnan(before.xy).any(-1), 0, before.score))
        assert (after.names, after.fps, after.source) == (before.names, before.fps, before.source)

    check()


@pytest.mark.parametrize("name", FILES)
def test_a_single_still_image_comes_back(tmp_path: Path, name: str) -> None:
    before = poses.of((str(tmp_path / "one, left.png"),), names=poses.ODD)
    after = back(tmp_path, name, before)
    np.testing.assert_allclose(after.xy, before.xy, rtol=0, atol=1e-9)
    np.testing.assert_array_equal(after.score, before.score)
    assert (after.names, after.source, after.fps) == (before.names, before.source, 0)


NO_ROOM = {
    "two videos": (
        ("a.mp4:0", "b/a.mp4:0"),
        {"npz", "coco", "listing", "labelstudio"},
        "of one video, and these are of 2",
    ),
    "a video and an image": (("a.mp4:0", "b.png"), {"npz", "coco", "listing", "labelstudio"}, "a video and 1 images"),
    "two folders": (("a/1.png", "b/1.png"), set(FILES), ""),
    "two animals": (("a.mp4:0#ann", "a.mp4:0#bob"), {"npz", "coco", "listing"}, "holds one animal, but a.mp4:0 has"),
    "images in time": (("d/1.png", "d/2.png"), set(FILES), ""),
    "arrays": (("array:0", "array:1"), set(FILES), ""),
    "clips of arrays": (("array:0:0", "array:1:0"), {"npz", "coco", "listing", "labelstudio"}, "of one video"),
    "no frames": ((), {"npz", "coco", "deeplabcut", "hdf5", "lightningpose"}, "no"),
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("case", NO_ROOM)
def test_what_a_file_cannot_hold_is_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, case: str
) -> None:
    monkeypatch.chdir(tmp_path)
    source, fit, message = NO_ROOM[case]
    before = poses.of(source, 10.0 if case == "images in time" else 0.0)
    if name in fit:
        after = back(Path(), name, before)
        np.testing.assert_allclose(after.xy, before.xy, rtol=0, atol=1e-9)
        kept = source if source and not source[0].startswith("array") else after.source
        assert after.source == kept
        return
    with pytest.raises(UserError, match=message) as raised:
        back(Path(), name, before)
    assert "\n" not in str(raised.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", sorted(set(FILES) - {"npz", "coco"}))
def test_landmarks_that_share_a_name_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match=r"needs a (name|label) for each point, not '?ear'?, '?ear'?"):
        back(tmp_path, name, poses.of(("a.mp4:0",), names=("ear", "ear")))


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_recognised_by_its_content_as_one_format(tmp_path: Path, name: str) -> None:
    before = replace(moving(), source=tuple(f"/films/a.mp4:{i}" for i in range(12)))
    back(tmp_path, name, before)
    after = tables.read(tmp_path / FILES[name])
    np.testing.assert_allclose(after.xy, before.xy, rtol=0, atol=1e-9)
    np.testing.assert_array_equal(
        after.score[np.isfinite(before.xy).all(-1)], before.score[np.isfinite(before.xy).all(-1)]
    )


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", ["cut", "empty", "text", "binary", "list", "object"])
def test_a_damaged_file_is_named_in_one_line(tmp_path: Path, name: str, damage: str) -> None:
    back(tmp_path, name, moving())
    path = tmp_path / FILES[name]
    whole = path.read_bytes()
    contents = {"empty": b"", "text": b"text\n" * 9, "binary": bytes(range(256)), "list": b"[1, 2]", "object": b"{}"}
    path.write_bytes(contents.get(damage, whole[: len(whole) // 2]))
    kinds = ["" if name == "hdf5" else name, ""]
    for kind in kinds:
        with pytest.raises(UserError, match=path.name) as raised:
            tables.read(path, kind)
        assert "\n" not in str(raised.value)


def spoilt(content: Any, path: tuple[Any, ...] = ()) -> Iterator[Any]:
    """A JSON with each of its values, but for long lists, replaced by what nobody expects there."""
    if path:
        for value in (None, -1, 1e308, "", [], {}, [[1]], 10**400):
            changed = copy.deepcopy(content)
            inside = changed
            for key in path[:-1]:
                inside = inside[key]
            inside[path[-1]] = value
            yield changed
    here = content
    for key in path:
        here = here[key]
    for key in here if isinstance(here, dict) else range(min(1, len(here) if isinstance(here, list) else 0)):
        yield from spoilt(content, (*path, key))


@pytest.mark.parametrize(
    ("name", "options"),
    [("coco", {}), ("coco", {"results": True}), ("labelstudio", {}), ("labelstudio", {"labels": True})],
)
def test_a_json_with_anything_in_it_is_read_or_refused_in_one_line(
    tmp_path: Path, name: str, options: dict[str, Any]
) -> None:
    path = tmp_path / "a.json"
    tables.write(moving(2), path, name, **options)
    refusals = []
    for changed in spoilt(json.loads(path.read_text("ascii"))):
        path.write_text(json.dumps(changed), "ascii")
        try:
            tables.read(path, name)
        except UserError as error:
            refusals.append(str(error))
    assert len(refusals) > 30
    assert not any("\n" in refusal for refusal in refusals)


@pytest.mark.parametrize("name", ["npz", "hdf5", "deeplabcut"])
def test_a_file_with_wrong_bytes_is_read_or_refused_in_one_line(tmp_path: Path, name: str) -> None:
    back(tmp_path, name, moving())
    path, rng, refusals = tmp_path / FILES[name], np.random.default_rng(0), []
    whole = np.frombuffer(path.read_bytes(), np.uint8)
    for _ in range(200):
        bytes_ = whole.copy()
        bytes_[rng.integers(0, len(whole), 20)] = rng.integers(0, 256, 20)
        path.write_bytes(bytes_.tobytes())
        try:
            tables.read(path)
        except UserError as error:
            refusals.append(str(error))
    assert len(refusals) > 20
    assert not any("\n" in refusal for refusal in refusals)


def test_two_formats_that_both_know_a_file_are_named(tmp_path: Path) -> None:
    code = """
from unsuplmk.hookspecs import hookimpl
from unsuplmk.interfaces import Format

class Other(Format):
    '''Whatever ends in .csv.'''
    suffixes = (".csv",)
    @classmethod
    def recognises(cls, path):
        return b"nose" in path.read_bytes()
    def read(self, path):
        raise AssertionError
    def write(self, tracks, path):
        path.write_text("nose")

@hookimpl
def register_formats():
    return {"other": Other}
"""
    distributions.install(tmp_path, "unsuplmk-other", code)
    path = tmp_path / "a.csv"
    with distributions.present(tmp_path):
        tables.write(poses.of(("a.mp4:0",)), path)
        assert path.read_text().startswith("scorer")
        with pytest.raises(UserError, match=r"a\.csv may be deeplabcut or other: say which, as --from deeplabcut"):
            tables.read(path)
        assert tables.read(path, "deeplabcut").names == ("nose", "tail")
        tables.write(moving(), path)
        assert tables.read(path).names == moving().names


@pytest.mark.parametrize("name", ["npz", "deeplabcut", "hdf5"])
def test_a_long_video_is_written_and_read_in_seconds(tmp_path: Path, name: str) -> None:
    rng = np.random.default_rng(0)
    frames = 20_000
    xy = rng.uniform(0, 640, (frames, 3, 2))
    xy[rng.random((frames, 3)) < 0.1] = np.nan
    source = tuple(f"a.mp4:{i}" for i in range(frames))
    before = Tracks(xy, rng.random((frames, 3)), ("a", "b", "c"), np.full((frames, 2), 640), 25.0, source)
    start = time.process_time()
    after = back(tmp_path, name, before)
    assert time.process_time() - start < 10
    np.testing.assert_array_equal(after.xy, xy)


def test_every_suffix_is_written_by_one_format_unless_another_is_named() -> None:
    find: Callable[[str], str] = lambda suffix: tables.component_for(Path(f"a{suffix}")).name  # noqa: E731
    assert (find(".csv"), find(".json"), find(".npz"), find(".h5")) == ("deeplabcut", "coco", "npz", "deeplabcut")
    assert {"coco", "deeplabcut", "labelstudio", "lightningpose", "listing", "npz"} <= set(
        registry.components("format")
    )


def test_the_example_of_the_documentation_converts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("h5py")
    monkeypatch.chdir(tmp_path)
    tables.write(moving(), "mouse.npz")
    runpy.run_path(str(Path(__file__).parents[2] / "examples" / "formats.py"))
    for name in ("mouse.csv", "CollectedData_ann.h5", "tasks.json"):
        np.testing.assert_allclose(tables.read(name).xy, moving().xy, rtol=0, atol=1e-9)
