"""Tests of writing a dataset as shards."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.prepared import Notes, Rich, Way
from unsuplmk.batches.preparation import write
from unsuplmk.datasets.prepared import Prepared
from unsuplmk.datasets.puppets import Puppets
from unsuplmk.errors import UserError
from unsuplmk.frames.prepare import Fit

# forking a process that has threads is deprecated since Python 3.12, and what torch does on Linux
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
SETTINGS: dict[str, Any] = {"shard_frames": 4}


def rows(folder: Path) -> list[dict[str, Any]]:
    """All rows of all shards, read with pyarrow alone."""
    tables = [pa.ipc.open_file(pa.memory_map(str(path))).read_all() for path in sorted(folder.glob("[0-9]*.arrow"))]
    return pa.concat_tables(tables).to_pylist()


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.mark.parametrize("encoding", ["jpeg", "png", "raw"])
def test_other_programs_read_every_column_with_pyarrow(tmp_path: Path, encoding: Way) -> None:
    import io

    from PIL import Image

    source, fit = Rich(), Fit(16)
    write(source, tmp_path / "p", fit, encoding=encoding, **SETTINGS)
    found = rows(tmp_path / "p")
    assert [row["name"] for row in found] == [source.name(i) for i in range(17)]
    assert [row["clip"] for row in found] == [0] * 5 + [1] + [2] * 9 + [3] * 2
    assert [row["seconds"] for row in found] == [None if i == 3 else i / 25 for i in range(17)]
    assert found[2]["tags"] is None
    assert json.loads(found[9]["tags"]) == {"subject": "Käfer 2"}
    for index, row in enumerate(found):
        if encoding == "raw":
            image = np.frombuffer(row["image"], np.uint8).reshape(16, 16, 3)
        else:
            opened = Image.open(io.BytesIO(row["image"]))
            assert opened.format == encoding.upper()
            image = np.asarray(opened)
        error = np.abs(image.astype(int) - fit(source.read(index))).mean()
        assert error < 6 if encoding == "jpeg" else error == 0
        # 24 px become 16 and 16 become 11, padded by 2 above
        x, y = (index + 0.5) * 16 / 24 - 0.5, (3.5 + 0.5) * 11 / 16 - 0.5 + 2
        assert row["points"][:2] == pytest.approx([x, y], abs=1e-5)
        assert np.isnan(row["points"][2:]).all() == bool(index % 2)


def test_the_contents_say_what_is_there_with_checksums(tmp_path: Path) -> None:
    write(Rich(), tmp_path / "p", Fit(16, "crop"), data="listing:a.csv", options={"where": ("a=b",)}, **SETTINGS)
    about = json.loads((tmp_path / "p/prepared.json").read_text())
    expected = {"data": "listing:a.csv", "options": {"where": ["a=b"]}, "size": 16, "fit": "crop", "frames": 17}
    assert {key: about[key] for key in expected} == expected
    assert (about["clips"], about["skipped"], about["points"], about["fps"]) == (4, 0, ["nose", "tail"], 25.0)
    assert [shard["frames"] for shard in about["shards"]] == [4, 4, 4, 4, 1]
    for shard in about["shards"]:
        data = (tmp_path / "p" / shard["file"]).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (shard["bytes"], shard["sha256"])
    assert np.load(tmp_path / "p/clips.npy").tolist() == [5, 6, 15, 17]


def test_workers_write_the_same_bytes(tmp_path: Path) -> None:
    for workers in (0, 2):
        write(Rich(broken=[6]), tmp_path / str(workers), Fit(16), workers=workers, **SETTINGS)
    assert content(tmp_path / "0") == content(tmp_path / "2")


def test_unreadable_frames_are_named_counted_and_left_out(tmp_path: Path) -> None:
    notes = Notes()
    broken = [0, 4, 5, 8, 9, 10, 11]
    contents = write(Rich(broken=broken), tmp_path / "p", Fit(16), console=notes, **SETTINGS)
    assert (contents.frames, contents.clips, contents.skipped) == (10, 3, 7)
    assert notes.warnings[:-1] == [f"cannot read image Größe/{i}.png: it is\nbroken" for i in broken[:5]]
    assert notes.warnings[-1] == "7 of 17 frames could not be read and are left out"
    lines = (tmp_path / "p/skipped.txt").read_text("utf-8").splitlines()
    assert lines == [f"cannot read image Größe/{i}.png: it is broken" for i in broken]
    made = Prepared(tmp_path / "p")
    assert [made.name(i) for i in range(10)] == [f"Größe/{i}.png" for i in range(17) if i not in broken]
    assert made.clips == (range(0, 3), range(3, 8), range(8, 10))
    assert [shard.frames for shard in contents.shards] == [3, 2, 0, 4, 1]


def test_if_nothing_can_be_read_the_first_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none of the 17 frames can be read; the first: .*Größe/0\.png"):
        write(Rich(broken=range(17)), tmp_path / "p", Fit(16))


@pytest.mark.parametrize("workers", [0, 2])
def test_ctrl_c_loses_no_whole_shard_and_what_goes_on_ends_the_same(tmp_path: Path, workers: int) -> None:
    write(Rich(broken=[1]), tmp_path / "whole", Fit(16), **SETTINGS)
    with pytest.raises(KeyboardInterrupt, match=r"^[2-5] of 5 shards are whole: go on with --resume$"):
        write(Rich(broken=[1]), tmp_path / "p", Fit(16), workers=workers, console=Notes(press=8), **SETTINGS)
    with pytest.raises(UserError, match=r"not complete: .*--resume"):
        Prepared(tmp_path / "p")
    source = Rich(broken=[1])
    write(source, tmp_path / "p", Fit(16), resume=True, **SETTINGS)
    assert source.reads <= 9
    assert content(tmp_path / "p") == content(tmp_path / "whole")


def test_a_frame_that_stops_it_in_the_middle_of_a_shard_leaves_no_half_of_one(tmp_path: Path) -> None:
    class Stops(Rich):
        def read(self, index: int) -> np.ndarray:
            if index == 6:
                raise KeyboardInterrupt
            return super().read(index)

    with pytest.raises(KeyboardInterrupt, match="1 of 5 shards"):
        write(Stops(), tmp_path / "p", Fit(16), **SETTINGS)
    assert sorted(path.name for path in (tmp_path / "p").iterdir()) == ["00000.arrow", "prepared.json"]


START = """
import sys, time
from pathlib import Path
from unsuplmk.datasets.puppets import Puppets
from unsuplmk.batches.preparation import write
from unsuplmk.frames.prepare import Fit

draw = Puppets.read

def slow(self, index):
    time.sleep(0.02)
    return draw(self, index)
"""


def started(lines: str, folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", f"{START}\n{lines}", str(folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_a_killed_process_loses_no_whole_shard_and_its_workers_end(tmp_path: Path) -> None:
    lines = """
Puppets.read = slow
write(Puppets(clips=40, length=10, side=32), Path(sys.argv[1]), Fit(16), workers=2, shard_frames=20)
"""
    process = started(lines, tmp_path / "p")
    deadline = time.monotonic() + 100
    while not (tmp_path / "p/00001.arrow").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=100)  # workers have the other end of the pipe: it closes when they have ended
    there = len(list((tmp_path / "p").glob("[0-9]*.arrow")))
    assert 2 <= there < 20
    (tmp_path / "p/.00019.1.part.arrow").write_bytes(b"half of a shard")
    times = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "p").glob("[0-9]*.arrow")}
    write(Puppets(clips=40, length=10, side=32), tmp_path / "p", Fit(16), resume=True, shard_frames=20)
    assert all((tmp_path / "p" / name).stat().st_mtime_ns == time for name, time in times.items())
    assert not list((tmp_path / "p").glob(".*"))
    assert len(Prepared(tmp_path / "p")) == 400


@pytest.mark.skipif(sys.platform != "linux", reason="limits of files")
@pytest.mark.parametrize("workers", [0, 1])
def test_a_full_disk_is_said_and_what_was_written_stays(tmp_path: Path, workers: int) -> None:
    lines = f"""
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    source = Puppets(clips=3, length=4, side=64)
    write(source, Path(sys.argv[1]), Fit(64), shard_frames=4, workers={workers}, encoding="raw")
except Exception as error:
    print(type(error).__name__, error)
"""
    said, _ = started(lines, tmp_path / "p").communicate(timeout=100)
    assert "UserError cannot write" in said
    assert "0 of 3 shards are whole: go on with --resume" in said
    assert not list((tmp_path / "p").glob("[0-9]*"))
    source = Puppets(clips=3, length=4, side=64)
    write(source, tmp_path / "p", Fit(64), shard_frames=4, encoding="raw", resume=True)
    assert len(Prepared(tmp_path / "p")) == 12


def test_a_folder_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other/thesis.tex").touch()
    with pytest.raises(UserError, match="holds something else"):
        write(Rich(), tmp_path / "other", Fit(16))
    write(Rich(), tmp_path / "p", Fit(16))
    with pytest.raises(UserError, match="holds prepared data: add --resume"):
        write(Rich(), tmp_path / "p", Fit(16))
    with pytest.raises(UserError, match=r"gone holds no prepared data"):
        write(Rich(), tmp_path / "gone", Fit(16), resume=True)


@pytest.mark.parametrize(
    ("source", "fit", "changes", "message"),
    [
        (Rich(), Fit(32), {}, "begun with size 16, not 32"),
        (Rich(), Fit(16, "crop"), {}, "begun with fit 'pad', not 'crop'"),
        (Rich(), Fit(16), {"encoding": "png"}, "encoding 'jpeg', not 'png'"),
        (Rich(), Fit(16), {"shard_frames": 5}, "shard_frames 4, not 5"),
        (Rich((5, 1)), Fit(16), {}, "source_frames 17, not 6"),
    ],
)
def test_going_on_with_other_settings_is_refused(
    tmp_path: Path, source: Rich, fit: Fit, changes: dict[str, Any], message: str
) -> None:
    write(Rich(), tmp_path / "p", Fit(16), **SETTINGS)
    with pytest.raises(UserError, match=f"{message}.*choose another --out"):
        write(source, tmp_path / "p", fit, resume=True, **{**SETTINGS, **changes})


def test_going_on_with_other_frames_is_refused(tmp_path: Path) -> None:
    class Renamed(Rich):
        def name(self, index: int) -> str:
            return f"{index + (index > 9)}.png"

    write(Rich(), tmp_path / "p", Fit(16), **SETTINGS)
    with pytest.raises(UserError, match=r"00000\.arrow holds other frames than the data has now"):
        write(Renamed(), tmp_path / "p", Fit(16), resume=True, **SETTINGS)


@pytest.mark.parametrize("damage", ["gone", "cut", "changed", "empty"])
def test_what_is_damaged_is_made_again_and_nothing_else(tmp_path: Path, damage: str) -> None:
    write(Rich(), tmp_path / "p", Fit(16), **SETTINGS)
    before = content(tmp_path / "p")
    shard = tmp_path / "p/00002.arrow"
    data = bytearray(shard.read_bytes())
    data[len(data) // 2] ^= 255
    {
        "gone": shard.unlink,
        "cut": lambda: os.truncate(shard, 900),
        "changed": lambda: shard.write_bytes(data),
        "empty": lambda: os.truncate(shard, 0),
    }[damage]()
    source = Rich()
    write(source, tmp_path / "p", Fit(16), resume=True, **SETTINGS)
    assert source.reads == 4
    assert content(tmp_path / "p") == before


def test_a_batch_of_rows_is_no_more_than_fits_into_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unsuplmk.batches.sharding.HELD", 1)
    write(Rich([40], broken=[3]), tmp_path / "p", Fit(16))
    reader = pa.ipc.open_file(pa.memory_map(str(tmp_path / "p/00000.arrow")))
    assert [reader.get_batch(i).num_rows for i in range(reader.num_record_batches)] == [16, 16, 7]
    made = Prepared(tmp_path / "p")
    assert [made.name(i) for i in (2, 3, 38)] == ["Größe/2.png", "Größe/4.png", "Größe/39.png"]


def test_a_dataset_without_frames_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no frames"):
        write(Rich(()), tmp_path / "p", Fit(16))


def test_clips_go_on_from_shard_to_shard(tmp_path: Path) -> None:
    lengths: Sequence[int] = (1, 9, 1, 1, 4, 12, 3)
    write(Rich(lengths, broken=[4, 5, 6, 7]), tmp_path / "p", Fit(16), **SETTINGS)
    assert [len(clip) for clip in Prepared(tmp_path / "p").clips] == [1, 5, 1, 1, 4, 12, 3]
