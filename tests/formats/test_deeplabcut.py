"""Tests of DeepLabCut's CSV."""

from pathlib import Path

import numpy as np
import pytest

from unsuplmk import registry
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
        (
            "scorer,s,s,s,s\nindividuals,a,a,b,b\nbodyparts,n,n,n,n\ncoords,x,y,x,y\n",
            "several animals: choose one with --format.individual: a, b",
        ),
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
