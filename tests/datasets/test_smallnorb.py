"""Tests of SmallNORB from its binary files."""

from __future__ import annotations

import gzip
import struct
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.golden import SHARED
from tests.layouts import smallnorb as layout
from unsuplmk.datasets.smallnorb import Smallnorb
from unsuplmk.errors import UserError

REAL = SHARED / "data" / "format_fixtures" / "smallnorb_layout"
CAMERAS = ("left", "right")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return layout.write(tmp_path_factory.mktemp("smallnorb"))


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    return layout.write(tmp_path)


def code(data: Smallnorb, index: int) -> tuple[int, ...]:
    """Category, instance, elevation, azimuth, lighting, camera as numbers, from the tags."""
    tags = data.tags(index)
    category = ("animal", "human", "airplane", "truck", "car").index(tags["category"])
    middle = (int(tags[key]) for key in ("instance", "elevation", "azimuth", "lighting"))
    return (category, *middle, CAMERAS.index(tags["camera"]))


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("category", ["all", "car"])
@pytest.mark.parametrize(("along", "place"), [("elevation", 2), ("azimuth", 3), ("lighting", 4), ("stereo", 5)])
def test_a_clip_holds_what_agrees_in_all_but_one_thing_in_its_order(
    folder: Path, split: Any, category: Any, along: Any, place: int
) -> None:
    data = Smallnorb(folder, split=split, category=category, along=along)
    categories = layout.CATEGORIES if category == "all" else (4,)
    shown = [categories, layout.INSTANCES[split], layout.ELEVATIONS, layout.AZIMUTHS, layout.LIGHTINGS, (0, 1)]
    fixed = list(product(*(values for i, values in enumerate(shown) if i != place)))
    expected = [(*key[:place], value, *key[place:]) for key in fixed for value in shown[place]]
    assert [code(data, i) for i in range(len(data))] == expected
    assert {len(clip) for clip in data.clips} == {len(shown[place])}
    assert len(data.clips) == len(fixed)


@pytest.mark.parametrize(("split", "category"), [("train", "all"), ("train", "car"), ("test", "all"), ("test", "car")])
def test_the_picture_is_that_of_its_tags_whether_gzipped_or_mapped(folder: Path, split: Any, category: Any) -> None:
    data = Smallnorb(folder, split=split, category=category)
    for index in range(len(data)):
        frame = data.read(index)
        assert frame.shape == (96, 96, 3)
        assert (frame == layout.image(split, *code(data, index))[..., None]).all()


def test_names_tell_the_file_and_what_is_shown(folder: Path) -> None:
    data = Smallnorb(folder, split="test", category="car")
    last = folder / "smallnorb-5x01235x9x18x6x2x96x96-testing-dat.mat"
    assert data.name(len(data) - 1) == f"{last}:car/0/elevation8/azimuth10/lighting5/right"


def test_an_unpacked_file_is_preferred_and_only_mapped(damaged: Path) -> None:
    for path in damaged.glob("*training*.gz"):
        path.with_suffix("").write_bytes(gzip.decompress(path.read_bytes()))
        path.write_bytes(b"\x1f\x8bbroken")
    data = Smallnorb(damaged, category="car")
    assert (data.read(0) == layout.image("train", *code(data, 0))[..., None]).all()
    assert any(isinstance(value, np.memmap) for value in vars(data).values())


def test_the_same_view_again_is_of_another_clip(damaged: Path) -> None:
    stem = layout.STEMS["test"]
    table = np.array([(0, 2, 0, 1), (0, 2, 2, 1), (0, 2, 2, 1), (0, 2, 0, 1)], "<i4")
    images = np.arange(4 * 2 * 96 * 96).reshape(4, 2, 96, 96).astype(np.uint8)
    layout.put(damaged / f"{stem}-dat.mat", 0x1E3D4C55, images)
    layout.put(damaged / f"{stem}-cat.mat", 0x1E3D4C54, np.zeros(4, "<i4"))
    layout.put(damaged / f"{stem}-info.mat", 0x1E3D4C54, table)
    data = Smallnorb(damaged, split="test")
    assert [len(clip) for clip in data.clips] == [2, 2, 2, 2]
    assert [data.name(i).rpartition(":")[2] for i in data.clips[1]] == [
        "animal/0/elevation2/azimuth0/lighting1/left#2",
        "animal/0/elevation2/azimuth2/lighting1/left#2",
    ]
    assert data.name(3 * 2).endswith("azimuth0/lighting1/right#2")
    assert (data.read(6)[..., 0] == images[3, 1]).all()


def test_a_folder_of_either_split_is_recognised(damaged: Path) -> None:
    assert Smallnorb.recognises(damaged)
    for path in damaged.glob("*training*"):
        path.unlink()
    assert Smallnorb.recognises(damaged)
    for path in damaged.glob("*-dat*"):
        path.unlink()
    assert not Smallnorb.recognises(damaged)


def test_what_is_missing_is_named_with_what_is_there(damaged: Path) -> None:
    stem = layout.STEMS["train"]
    (damaged / f"{stem}-info.mat.gz").unlink()
    with pytest.raises(UserError, match=rf"lacks {stem}-info\.mat\[\.gz\]; it holds smallnorb-.*testing-cat"):
        Smallnorb(damaged)
    with pytest.raises(UserError, match="no folder"):
        Smallnorb(damaged / "none")
    with pytest.raises(UserError, match="no images of category 'human'; it has animal, car"):
        Smallnorb(damaged, split="test", category="human")


SIZES = struct.pack("<4i", 12, 2, 96, 96)


@pytest.mark.parametrize(
    ("kind", "data", "message"),
    [
        ("dat", struct.pack("<i", 0x1E3D4C55), "cut off: more is announced"),
        (
            "dat",
            struct.pack("<2i", 0x1E3D4C54, 4) + SIZES,
            "magic number is 0x1e3d4c54, and 0x1e3d4c55 in such a file$",
        ),
        ("dat", struct.pack(">2i", 0x1E3D4C55, 4) + SIZES, "0x554c3d1e.*big-endian order"),
        ("cat", struct.pack(">2i", 0x1E3D4C54, 1), "0x544c3d1e.*big-endian order"),
        ("dat", struct.pack("<5i", 0x1E3D4C55, 3, 12, 96, 96), "has 3 axes; such a file has N x 2 x 96 x 96"),
        (
            "dat",
            struct.pack("<6i", 0x1E3D4C55, 4, 12, 2, 108, 108),
            "sizes are 12 x 2 x 108 x 108; such a file has N x 2",
        ),
        ("dat", struct.pack("<6i", 0x1E3D4C55, 4, -1, 2, 96, 96), "sizes are -1 x 2"),
        ("dat", struct.pack("<6i", 0x1E3D4C55, 4, 11, 2, 96, 96), "holds 11 stereo pairs, but the files beside .* 24"),
        ("dat", struct.pack("<6i", 0x1E3D4C55, 4, 24, 2, 96, 96) + b"x", "has 25 bytes, where 442392 are right"),
        ("dat", gzip.compress(struct.pack("<6i", 0x1E3D4C55, 4, 24, 2, 96, 96), mtime=0), "cut off: more"),
        ("dat", gzip.compress(struct.pack("<6i", 0x1E3D4C55, 4, 24, 2, 96, 96), mtime=0)[:-9], "cut off or damaged"),
        ("cat", struct.pack("<5i", 0x1E3D4C54, 1, 2, 1, 1) + bytes(8), "is of 2 stereo pairs, .*info.* of 24"),
        ("cat", struct.pack("<5i", 0x1E3D4C54, 1, 2, 1, 1) + bytes(9), "longer than its header says"),
        (
            "cat",
            struct.pack("<5i24i", 0x1E3D4C54, 1, 24, 1, 1, *[5] * 24),
            "category of stereo pair 0 is 5; it is 0 to 4",
        ),
        (
            "info",
            struct.pack("<5i95iI", 0x1E3D4C54, 2, 24, 4, 1, *[0] * 95, 9),
            "lighting of stereo pair 23 is 9; it is 0",
        ),
        ("info", struct.pack("<5i", 0x1E3D4C54, 2, 2**31 - 1, 4, 1) + b"x", "cut off"),
    ],
)
def test_a_malformed_file_is_named(damaged: Path, kind: str, data: bytes, message: str) -> None:
    path = damaged / f"{layout.STEMS['test']}-{kind}.mat"
    path.write_bytes(data)
    with pytest.raises(UserError, match=message) as caught:
        Smallnorb(damaged, split="test")
    assert path.name in str(caught.value)


@pytest.mark.skipif(not REAL.is_dir(), reason=f"research data is not at {REAL}")
def test_real_toys_turn_by_one_step_along_a_clip() -> None:
    data = Smallnorb(REAL, category="car")
    assert [len(clip) for clip in data.clips] == [16] * 4  # two cars, two cameras
    azimuths = [int(data.tags(i)["azimuth"]) for i in data.clips[0]]
    assert azimuths == sorted(azimuths)
    assert len(Smallnorb(REAL, split="test", category="animal")) == 64
    for clip in list(data.clips):
        frames = [data.read(i).astype(float) for i in clip]
        near = np.mean([np.abs(frames[i] - frames[i - 1]).mean() for i in range(16)])
        far = np.mean([np.abs(frames[i] - frames[i - 4]).mean() for i in range(16)])
        assert near < 0.9 * far
