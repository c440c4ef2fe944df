"""Tests of MTFL from its original lists."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.golden import SHARED
from tests.layouts import mtfl as layout
from unsuplmk.datasets.mtfl import WINDOWS, Mtfl
from unsuplmk.errors import UserError
from unsuplmk.frames.media import read_image, write_image

REAL = SHARED / "data" / "mtfl"
TRAIN = layout.ROWS["training.txt"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return layout.write(tmp_path)


def raw(eye: tuple[float, float]) -> np.ndarray:
    return np.array(eye) + layout.STEPS - 1


def test_the_splits_are_the_lists_in_their_order_with_paths_of_any_system(folder: Path) -> None:
    for split, file in (("train", "training.txt"), ("test", "testing.txt")):
        data = Mtfl(folder, split=split)  # type: ignore[arg-type]
        paths = [str(folder / path.replace("\\", "/")) for path, *_ in layout.ROWS[file]]
        assert [data.name(index) for index in range(len(data))] == paths
        assert list(data.clips) == [range(index, index + 1) for index in range(len(data))]


def test_coordinates_count_from_one_and_all_x_come_first(folder: Path) -> None:
    data = Mtfl(folder, crop="none")
    for index, (_, size, eye, _) in enumerate(TRAIN):
        assert data.annotation(index) == pytest.approx(raw(eye), abs=1e-4)
        assert data.read(index).shape == (size[1], size[0], 3)


@pytest.mark.parametrize(
    ("index", "window"), [*enumerate([(56, 66, 140), (56, 66, 140), (35, 36, 330), (24, 24, 112)])]
)
def test_each_source_has_its_window(folder: Path, index: int, window: tuple[int, int, int]) -> None:
    left, top, side = window
    data = Mtfl(folder)
    expected = (raw(TRAIN[index][2]) + 0.5 - (left, top)) * 128 / side - 0.5
    assert data.annotation(index) == pytest.approx(expected, abs=1e-3)
    cut = Image.open(data.name(index)).crop((left, top, left + side, top + side))
    resized = np.asarray(cut.resize((128, 128), Image.Resampling.BILINEAR)).astype(int)
    assert np.abs(data.read(index).astype(int) - resized)[2:-2, 2:-2].max() <= 1


def test_test_pictures_are_shown_whole(folder: Path) -> None:
    data = Mtfl(folder, split="test", side=150)
    assert np.array_equal(data.read(0), read_image(data.name(0)))
    assert data.annotation(0) == pytest.approx(raw(layout.ROWS["testing.txt"][0][2]), abs=1e-4)


def test_points_have_the_names_and_order_of_the_protocol(folder: Path) -> None:
    assert Mtfl(folder).points == ("left_eye", "right_eye", "nose", "left_mouth", "right_mouth")


def test_classes_become_words(folder: Path) -> None:
    data = Mtfl(folder)
    assert data.tags(0) == {
        "source": "lfw_5590",
        "gender": "male",
        "smile": "no",
        "glasses": "no",
        "pose": "frontal",
    }
    assert data.tags(1) == {
        "source": "lfw_5590",
        "gender": "female",
        "smile": "yes",
        "glasses": "yes",
        "pose": "right profile",
    }


def test_the_folder_of_the_archive_is_read_from_its_top(tmp_path: Path) -> None:
    layout.write(tmp_path / "MTFL")
    assert Mtfl.recognises(tmp_path)
    assert len(Mtfl(tmp_path)) == 4


def test_the_folder_is_recognised_by_both_lists_and_pictures(folder: Path) -> None:
    assert Mtfl.recognises(folder)
    (folder / "testing.txt").unlink()
    assert not Mtfl.recognises(folder)
    assert not Mtfl.recognises(folder / "AFLW")


def test_what_is_missing_is_named(folder: Path) -> None:
    (folder / "testing.txt").unlink()
    with pytest.raises(UserError, match=r"no file .*testing\.txt"):
        Mtfl(folder, split="test")
    with pytest.raises(UserError, match=r"lfw_5590 has neither training\.txt nor testing\.txt of MTFL; it holds Aaron"):
        Mtfl(folder / "lfw_5590")
    with pytest.raises(UserError, match=r"no folder .*none; it should hold training\.txt"):
        Mtfl(folder / "none")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (" 1 2 2 3\n", " 1 2 2\n", r"training\.txt:1: 14 cells where 15"),
        ("107.250000", "left", r"training\.txt:1: 'left' is not a number"),
        (" 2 1 1 5\n", " 2 1 1 6\n", r"training\.txt:2: pose is 6; it must be 1 to 5"),
        (" 2 1 2 1\n", " 0 1 2 1\n", r"training\.txt:3: gender is 0; it must be 1 to 2"),
        (" 2 1 2 4\n", " 2 1 2 4.5\n", r"training\.txt:4: '4.5' is not a whole number"),
    ],
)
def test_a_malformed_line_is_named(folder: Path, old: str, new: str, message: str) -> None:
    path = folder / "training.txt"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    with pytest.raises(UserError, match=message):
        Mtfl(folder)


def test_an_empty_list_is_refused(folder: Path) -> None:
    (folder / "training.txt").write_text("\n \n")
    with pytest.raises(UserError, match=r"training\.txt names no image"):
        Mtfl(folder)


def test_an_absent_image_is_named_with_its_line(folder: Path) -> None:
    data = Mtfl(folder)
    Path(data.name(2)).unlink()
    with pytest.raises(UserError, match=r"training\.txt:3: no image .*0_0_0\.jpg"):
        data.read(2)


def test_a_picture_of_unknown_size_asks_for_no_crop(folder: Path) -> None:
    layout.pictures.picture(folder / "lfw_5590/Aaron_Eckhart_0001.jpg", 100, 90)
    with pytest.raises(UserError, match=r"training\.txt:1: .* is 100 x 90 px, .*; take --dataset\.crop none"):
        Mtfl(folder).read(0)
    assert Mtfl(folder, crop="none").read(0).shape == (90, 100, 3)


@pytest.mark.skipif(not REAL.is_dir(), reason=f"the faces are not at {REAL}")
def test_real_faces_put_back_in_the_original_layout_come_out_again(tmp_path: Path) -> None:
    with (REAL / "landmarks.csv").open(newline="") as file:
        rows = [row for place, row in enumerate(csv.DictReader(file)) if place % 150 == 0]
    sizes = {(left, top): size for (_, size), (left, top, _) in WINDOWS.items()}
    lines: dict[str, list[str]] = {"train": [], "test": []}
    kept: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {"train": [], "test": []}
    for row in rows:
        corner, side = [float(row["crop_x0"]), float(row["crop_y0"])], float(row["crop_side"])
        points = np.array([[float(row[f"{axis}{i}"]) for axis in "xy"] for i in range(5)])
        shown = 150 if row["split"] == "test" else 128
        original = (points + 0.5) * side / shown - 0.5 + corner  # as in the original list: the CSV has them as they are
        picture, (width, height) = read_image(REAL / row["file"]), sizes[int(corner[0]), int(corner[1])]
        canvas = np.zeros((height, width, 3), np.uint8)
        left, top = map(int, corner)
        enlarged = Image.fromarray(picture).resize((int(side), int(side)), Image.Resampling.BICUBIC)
        canvas[top : top + int(side), left : left + int(side)] = np.asarray(enlarged)
        path = tmp_path / Path(row["file"]).relative_to("images").with_suffix(".png")
        path.parent.mkdir(exist_ok=True)
        write_image(path, canvas)
        numbers = [f"{value:.6f}" for value in original.T.ravel()]
        slash = "\\" if row["split"] == "train" else "/"
        named = f"{path.parent.name}{slash}{path.name}"
        lines[row["split"]].append(
            " ".join([named, *numbers, *(row[t] for t in ("gender", "smile", "glasses", "pose"))])
        )
        kept[row["split"]].append((picture, points - shown / side))
    (tmp_path / "training.txt").write_text("\n ".join(lines["train"]))
    (tmp_path / "testing.txt").write_text("\n ".join(lines["test"]))
    for split, side in (("train", 128), ("test", 150)):
        data = Mtfl(tmp_path, split=split, side=side)  # type: ignore[arg-type]
        assert len(data) == len(kept[split]) > 15
        for index, (picture, points) in enumerate(kept[split]):
            assert data.annotation(index) == pytest.approx(points, abs=1e-3)
            assert np.abs(data.read(index).astype(int) - picture).mean() < 4


@pytest.mark.skipif(not REAL.is_dir(), reason=f"the faces are not at {REAL}")
def test_the_cards_counts_are_those_of_the_shared_table_which_lacks_three() -> None:
    with (REAL / "landmarks.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert sum(row["split"] == "train" for row in rows) + 3 == Mtfl.card.splits["train"]
    assert sum(row["split"] == "test" for row in rows) == Mtfl.card.splits["test"]
    assert not any(" " in row["file"] for row in rows), "names with spaces would not be cells of one line"
