"""Tests of DeepLabCut's tables, in CSV and HDF5."""

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from unsuplmk import registry, tables
from unsuplmk.errors import UserError
from unsuplmk.types import Tracks

PROJECT = Path(__file__).resolve().parents[3] / "shared/data/mouse_openfield/original"


def tracks(fps: float, source: tuple[str, ...]) -> Tracks:
    xy = np.array([[[1.5, 2.25], [0.1, 1 / 3]], [[np.nan, np.nan], [-4.0, 1e-7]]])
    return Tracks(xy, np.array([[0.5, 1.0], [0.0, 0.25]]), ("nose", "tail"), np.full((2, 2), 64), fps, source)


def test_a_video_is_written_in_deeplabcuts_header_layout_with_frame_numbers(tmp_path: Path) -> None:
    registry.build("format", "deeplabcut").write(tracks(25.0, ("a:b.mp4:0", "a:b.mp4:7")), tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text("utf-8").splitlines() == [
        "scorer,unsuplmk,unsuplmk,unsuplmk,unsuplmk,unsuplmk,unsuplmk",
        "bodyparts,nose,nose,nose,tail,tail,tail",
        "coords,x,y,likelihood,x,y,likelihood",
        "0,1.5,2.25,0.5,0.1,0.3333333333333333,1.0",
        "7,,,0.0,-4.0,1e-07,0.25",
    ]


def test_still_images_keep_their_paths_and_values_come_back_bit_for_bit(tmp_path: Path) -> None:
    before = tracks(0.0, ("faces/one, left.png", "faces/two.png"))
    registry.build("format", "deeplabcut").write(before, tmp_path / "a.csv")
    after = registry.build("format", "deeplabcut").read(tmp_path / "a.csv")
    np.testing.assert_array_equal(before.xy, after.xy)
    np.testing.assert_array_equal(before.score, after.score)
    assert (after.names, after.source, after.fps) == (before.names, before.source, 0.0)


def test_labelled_data_is_read_with_paths_in_one_column_or_in_three(tmp_path: Path) -> None:
    one = "scorer,me,me\nbodyparts,nose,nose\ncoords,x,y\nlabeled-data/v/img0.png,1,2\nlabeled-data/v/img1.png,,\n"
    three = (
        "scorer,,,me,me\nbodyparts,,,nose,nose\ncoords,,,x,y\nlabeled-data,v,img0.png,1,2\nlabeled-data,v,img1.png,,\n"
    )
    for text in (one, three):
        (tmp_path / "a.csv").write_text(text, "utf-8")
        found = registry.build("format", "deeplabcut").read(tmp_path / "a.csv")
        assert found.source == ("labeled-data/v/img0.png", "labeled-data/v/img1.png")
        np.testing.assert_array_equal(found.xy, [[[1, 2]], [[np.nan, np.nan]]])
        np.testing.assert_array_equal(found.score, [[1], [0]])


@pytest.mark.skipif(not PROJECT.is_dir(), reason="the shared research images are not here")
def test_a_real_projects_labels_are_read() -> None:
    found = registry.build("format", "deeplabcut").read(next(PROJECT.rglob("CollectedData_*.csv")))
    assert found.names == ("snout", "leftear", "rightear", "tailbase")
    assert found.xy.shape == (116, 4, 2)
    np.testing.assert_allclose(found.xy[0, 0], (21.521, 265.428))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "scorer, bodyparts, coords"),
        ("file,x0,y0\na.png,1,2\n", "scorer, bodyparts, coords"),
        ("scorer,s,s,s\nindividuals,a,a,b\nbodyparts,n,n,n\ncoords,x,y,x\n", "coords must repeat"),
        ("scorer,s,s\nbodyparts,n,n\ncoords,y,x\n", "coords must repeat"),
        ("scorer\nbodyparts\ncoords\n", "coords must repeat"),
        ("scorer,s,s\nbodyparts,n,n\ncoords,x,y\n0,1,2\n1,1\n", ":5: 2 cells where the header has 3"),
        ("scorer,s,s\nbodyparts,n,n\ncoords,x,y\n0,1,two\n", ":4: could not convert string to float: 'two'"),
    ],
)
def test_what_is_not_deeplabcuts_is_refused_with_the_reason(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "a.csv").write_text(text, "utf-8")
    with pytest.raises(UserError, match=r"a\.csv") as raised:
        registry.build("format", "deeplabcut").read(tmp_path / "a.csv")
    assert message in str(raised.value)


def test_a_binary_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(UserError, match="cannot read"):
        registry.build("format", "deeplabcut").read(tmp_path / "a.csv")


def test_the_scorer_is_said_and_labels_have_no_likelihood(tmp_path: Path) -> None:
    half = tracks(0.0, ("/p/labeled-data/v/1.png", "elsewhere/w/2.png"))
    half.xy[0, 1, 0] = np.nan
    tables.write(half, tmp_path / "a.csv", labels=True, scorer="ann")
    assert (tmp_path / "a.csv").read_text("utf-8").splitlines() == [
        "scorer,ann,ann,ann,ann",
        "bodyparts,nose,nose,tail,tail",
        "coords,x,y,x,y",
        "labeled-data/v/1.png,1.5,2.25,,",
        "labeled-data/w/2.png,,,-4.0,1e-07",
    ]
    found = tables.read(tmp_path / "a.csv")
    np.testing.assert_array_equal(found.score, [[1, 0], [0, 1]])


def test_frames_are_called_as_the_images_that_deeplabcut_extracts(tmp_path: Path) -> None:
    films = tracks(0.0, ("films/mouse a.mp4:7", r"D:\films\b.avi:120"))
    tables.write(films, tmp_path / "a.csv", rows="paths")
    assert tables.read(tmp_path / "a.csv").source == (
        "labeled-data/mouse a/img007.png",
        "labeled-data/b/img120.png",
    )
    for first, last, name in (
        (0, 0, "img0"),
        (0, 9, "img0"),
        (0, 10, "img00"),
        (5, 999, "img005"),
        (5, 1000, "img0005"),
    ):
        tables.write(tracks(25.0, (f"a.mp4:{first}", f"b.mp4:{last}")), tmp_path / "a.csv", labels=True)
        assert tables.read(tmp_path / "a.csv").source[0] == f"labeled-data/a/{name}.png"


def test_images_are_numbered_where_rows_are_to_be_frames(tmp_path: Path) -> None:
    tables.write(tracks(10.0, ("d/8.png", "d/9.png")), tmp_path / "a.csv", rows="frames")
    assert tables.read(tmp_path / "a.csv").source == ("0", "1")


def test_rows_that_nobody_could_tell_apart_are_refused(tmp_path: Path) -> None:
    for source in (("a/v/1.png", "b/v/1.png"), ("a/v.mp4:1", "b/v.mp4:1")):
        with pytest.raises(UserError, match=r"would call several images labeled-data/v/(1|img1)\.png"):
            tables.write(tracks(0.0, source), tmp_path / "a.csv", labels=True)
    with pytest.raises(UserError, match=r"images in a folder that is called as their video: 1\.png"):
        tables.write(tracks(0.0, ("1.png", "2.png")), tmp_path / "a.csv", labels=True)
    with pytest.raises(UserError, match=r"labels are of images: rows 'frames' are for predictions"):
        tables.write(tracks(0.0, ("1.png", "2.png")), tmp_path / "a.csv", labels=True, rows="frames")


def test_several_animals_are_read_together_or_one_by_name(tmp_path: Path) -> None:
    text = (
        "scorer,s,s,s,s,s,s\nindividuals,ann,ann,ann,bob,bob,bob\nbodyparts,n,n,n,n,n,n\n"
        "coords,x,y,likelihood,x,y,likelihood\n0,1,2,.5,3,4,.25\n1,,,0,5,6,.75\n"
    )
    (tmp_path / "a.csv").write_text(text, "utf-8")
    found = tables.read(tmp_path / "a.csv", individual="bob")
    np.testing.assert_array_equal(found.xy, [[[3, 4]], [[5, 6]]])
    np.testing.assert_array_equal(found.score, [[0.25], [0.75]])
    both = tables.read(tmp_path / "a.csv")
    assert both.source == ("0#ann", "1#ann", "0#bob", "1#bob")
    np.testing.assert_array_equal(both.xy, [[[1, 2]], [[np.nan] * 2], [[3, 4]], [[5, 6]]])
    np.testing.assert_array_equal(both.score, [[0.5], [0], [0.25], [0.75]])
    with pytest.raises(UserError, match=r"no individual in .* named 'bobo'; did you mean 'bob'"):
        tables.read(tmp_path / "a.csv", individual="bobo")


def appendable(path: Path, kinds: bytes = b"") -> np.ndarray:
    """The layout of pandas' `format="table"`, of two animals, written out by hand; returns the values."""
    h5py = pytest.importorskip("h5py")
    columns = [("s", who, point, what) for who in ("ann", "bob") for point in ("n", "ä") for what in ("x", "y")]
    values = np.arange(24.0).reshape(3, 8)
    values[1, 4:6] = np.nan
    with h5py.File(path, "w") as file:
        group = file.create_group("df_with_missing")
        group.attrs["pandas_type"] = np.bytes_(b"frame_table")
        group.attrs["non_index_axes"] = np.bytes_(pickle.dumps([(1, columns)], 0))
        rows = np.zeros(3, [("index", "<i8"), ("values_block_0", "<f8", (8,))])
        rows["index"], rows["values_block_0"] = (4, 5, 7), values
        table = group.create_dataset("table", data=rows)
        table.attrs["values_block_0_kind"] = np.bytes_(kinds or pickle.dumps(columns, 0))
    return values


def test_points_that_an_animal_has_not_are_missing(tmp_path: Path) -> None:
    text = (
        "scorer,s,s,s,s,s,s\nindividuals,ann,ann,bob,bob,single,single\nbodyparts,n,n,n,n,door,door\n"
        "coords,x,y,x,y,x,y\n0,1,2,3,4,5,6\n"
    )
    (tmp_path / "a.csv").write_text(text, "utf-8")
    found, nowhere = tables.read(tmp_path / "a.csv"), [np.nan] * 2
    assert (found.names, found.source) == (("n", "door"), ("0#ann", "0#bob", "0#single"))
    np.testing.assert_array_equal(found.xy, [[[1, 2], nowhere], [[3, 4], nowhere], [nowhere, [5, 6]]])
    np.testing.assert_array_equal(found.score, [[1, 0], [1, 0], [0, 1]])


def test_the_hdf5_of_predictions_is_read_of_one_animal_or_all(tmp_path: Path) -> None:
    values = appendable(tmp_path / "a.h5")
    found = tables.read(tmp_path / "a.h5", individual="bob")
    np.testing.assert_array_equal(found.xy, values[:, 4:].reshape(3, 2, 2))
    np.testing.assert_array_equal(found.score, [[1, 1], [0, 1], [1, 1]])
    assert (found.names, found.source) == (("n", "ä"), ("4", "5", "7"))
    both = tables.read(tmp_path / "a.h5")
    np.testing.assert_array_equal(both.xy, np.concatenate([values[:, :4], values[:, 4:]]).reshape(6, 2, 2))
    assert both.source == ("4#ann", "5#ann", "7#ann", "4#bob", "5#bob", "7#bob")


class Trap:
    """Creates a file when it is unpickled."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Any, ...]:
        return open, (str(self.file), "w")


def test_nothing_in_an_hdf5_file_is_run(tmp_path: Path) -> None:
    sprung = tmp_path / "sprung"
    appendable(tmp_path / "a.h5", pickle.dumps(Trap(sprung), 0))
    with pytest.raises(UserError, match=r"a\.h5 .*it holds a pickled (io|_io)\.open, which is not run"):
        tables.read(tmp_path / "a.h5")
    assert not sprung.exists()


def test_other_hdf5_files_are_refused_with_what_they_hold(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["tracks"] = np.zeros(3)
    with pytest.raises(
        UserError, match=r"cannot read .*a\.h5 as DeepLabCut's HDF5 table df_with_missing: it holds tracks"
    ):
        tables.read(tmp_path / "a.h5")


def test_without_h5py_the_extra_is_named(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['h5py'] = None\n"
        "from unsuplmk import tables\nfrom unsuplmk.errors import UserError\n"
        "from unsuplmk.testing.tracks import moving\n"
        "for ask in (lambda: tables.write(moving(), 'a.h5'), lambda: tables.read('b.h5')):\n"
        "    try: ask()\n"
        "    except UserError as error: print(error)\n"
    )
    (tmp_path / "b.h5").write_bytes(b"")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.splitlines() == [
        f"{what} needs h5py: pip install 'unsuplmk[hdf5]'" for what in ("writing HDF5", "reading b.h5")
    ]
    assert [file.name for file in tmp_path.iterdir()] == ["b.h5"]
