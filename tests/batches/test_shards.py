"""Tests of the files of prepared data: what is refused, and what it costs to read them."""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.prepared import Rich
from unsuplmk.batches.preparation import write
from unsuplmk.batches.shards import Contents, Shards, decoded, encoded
from unsuplmk.errors import UserError
from unsuplmk.frames.prepare import Fit


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(Rich(), tmp_path / "p", Fit(16), shard_frames=4)
    return tmp_path / "p"


def changed(folder: Path, **values: Any) -> None:
    about = json.loads((folder / "prepared.json").read_text())
    (folder / "prepared.json").write_text(json.dumps({**about, **values}))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"format": "croissant"}, "not what unsuplmk prepare writes: its format is 'croissant'"),
        ({"version": 2}, "version 2, and this unsuplmk reads 1"),
        ({"size": "large"}, "not what unsuplmk prepare writes: size "),
        ({"shards": [{"file": "../../secret.arrow", "frames": 1, "bytes": 1, "sha256": ""}]}, r"shards\.0\.file"),
        ({"complete": False}, "is not complete: go on with .* --resume"),
        ({"clips": 3}, r"clips\.npy does not fit"),
        ({"points": ["nose"]}, r"00000\.arrow does not fit"),
    ],
)
def test_contents_that_do_not_fit_are_refused(folder: Path, values: dict[str, Any], message: str) -> None:
    changed(folder, **values)

    def opened() -> None:
        shards = Shards(folder)
        shards.ends()
        shards.image(0)

    with pytest.raises(UserError, match=message):
        opened()


@pytest.mark.parametrize("text", ["", "{", "[]", "\x00\xff"])
def test_what_is_no_json_is_named(folder: Path, text: str) -> None:
    (folder / "prepared.json").write_text(text)
    with pytest.raises(UserError, match=r"prepared\.json is not what unsuplmk prepare writes"):
        Contents.read(folder)


def test_a_folder_without_contents_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"holds no prepared data: prepared\.json: No such file"):
        Shards(tmp_path)


def test_shards_that_are_missing_or_truncated_are_named_when_the_folder_is_opened(folder: Path) -> None:
    os.truncate(folder / "00003.arrow", 500)
    with pytest.raises(UserError, match=r"00003\.arrow has 500 bytes and not .*truncated; .* --resume makes it again"):
        Shards(folder)
    (folder / "00003.arrow").unlink()
    with pytest.raises(UserError, match=r"no shard .*00003\.arrow: No such file"):
        Shards(folder)


def test_a_shard_of_the_right_length_that_is_damaged_is_named_when_it_is_read(folder: Path) -> None:
    path = folder / "00001.arrow"
    path.write_bytes(bytes(path.stat().st_size))
    shards = Shards(folder)
    assert shards.image(3).shape == (16, 16, 3)
    with pytest.raises(UserError, match=r"cannot read shard .*00001\.arrow"):
        shards.image(4)


def test_a_picture_that_is_damaged_is_named_by_shard_and_row(folder: Path) -> None:
    path = folder / "00001.arrow"
    table = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
    image = table["image"][2].as_py()
    data = path.read_bytes()
    assert data.count(image) == 1
    path.write_bytes(data.replace(image, b"x" * len(image)))
    with pytest.raises(UserError, match=r"00001\.arrow: row 2 is no picture of 16 x 16 px"):
        Shards(folder).images(np.array([5, 6]))


def test_ends_that_are_damaged_are_named(folder: Path) -> None:
    os.truncate(folder / "clips.npy", 130)
    with pytest.raises(UserError, match=r"cannot read .*clips\.npy"):
        Shards(folder).ends()
    (folder / "clips.npy").unlink()
    with pytest.raises(UserError, match=r"cannot read .*clips\.npy: No such file"):
        Shards(folder).ends()


def test_rows_that_are_not_there_are_index_errors(folder: Path) -> None:
    for index in (-1, 17):
        with pytest.raises(IndexError, match=f"frame {index} of 17"):
            Shards(folder).image(index)


def test_an_open_shard_holds_no_file_descriptor(folder: Path) -> None:
    if not Path("/proc/self/fd").is_dir():
        pytest.skip("needs /proc")
    shards = Shards(folder)
    before = len(os.listdir("/proc/self/fd"))
    frames = [shards.image(i) for i in range(17)]
    assert len(os.listdir("/proc/self/fd")) == before
    assert np.array_equal(frames[4], shards.images(np.array([4]))[0])


def test_a_reader_travels_to_another_process(folder: Path) -> None:
    shards = Shards(folder)
    shards.image(3)
    assert np.array_equal(pickle.loads(pickle.dumps(shards)).image(3), shards.image(3))


def test_png_and_raw_keep_every_pixel_and_jpeg_the_colours() -> None:
    frame = np.zeros((16, 16, 3), np.uint8)
    frame[:, ::2] = (255, 0, 0)  # stripes of one pixel: red would bleed if colours had half the resolution
    for encoding in ("png", "raw"):
        assert np.array_equal(decoded(encoded(frame, encoding, 0), encoding, 16), frame)
    found = decoded(encoded(frame, "jpeg", 95), "jpeg", 16)
    assert found is not None
    assert np.abs(found.astype(int) - frame).max() < 25
    assert decoded(encoded(frame, "jpeg", 95), "jpeg", 8) is None
    assert decoded(b"", "jpeg", 16) is None
