"""Contact sheets keep proportions, draw points where they are, and name what they show."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.scenes import Drawn, blob, ground
from unsuplmk.errors import UserError
from unsuplmk.inspecting import gallery
from unsuplmk.inspecting.sheet import CAPTION, GAP, MARGIN, SEAM, SIDE, Cell, Section, check, sheet
from unsuplmk.pictures.draw import palette

WHITE = 255


def plain(width: int, height: int, grey: int = 90) -> np.ndarray:
    return np.full((height, width, 3), grey, np.uint8)


def boxes(picture: np.ndarray, grey: int = 90) -> tuple[int, int, int, int]:
    """Left, top, width and height of what has a grey value."""
    rows, columns = np.nonzero((picture == grey).all(-1))
    return columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1


@pytest.mark.parametrize(
    ("width", "height", "shown"),
    [(400, 300, (200, 150)), (30, 60, (100, 200)), (28, 28, (200, 200)), (1000, 10, (200, 2)), (1, 900, (1, 200))],
)
def test_a_picture_keeps_its_proportions(width: int, height: int, shown: tuple[int, int]) -> None:
    drawn = sheet([Section("", (Cell((plain(width, height),)),))], columns=3)
    left, _, *size = boxes(drawn)
    assert tuple(size) == shown
    assert left == MARGIN + (SIDE - shown[0]) // 2
    assert drawn.shape[1] == 2 * MARGIN + 3 * SIDE + 2 * GAP


def test_a_row_is_as_high_as_its_highest_picture_and_rows_follow_one_another() -> None:
    wide = sheet([Section("", tuple(Cell((plain(80, 20),)) for _ in range(4)))], columns=4)
    two = sheet([Section("", tuple(Cell((plain(80, 20),)) for _ in range(5)))], columns=4)
    assert two.shape[0] - wide.shape[0] == 50 + CAPTION + 2 * GAP
    assert two.shape[1] == wide.shape[1]


def test_a_point_is_drawn_where_it_is_in_the_picture_however_large_that_is() -> None:
    (red, green), points = palette(2), np.array([[10.0, 20.0], [359.0, 239.0]])
    drawn = sheet([Section("", (Cell((plain(400, 300),), "", points),), ("a", "b"))], columns=2)
    left, top, *_ = boxes(drawn)
    for (x, y), colour in zip((points + 0.5) / 2 - 0.5, (red, green), strict=True):
        place = drawn[round(top + y) - 1 : round(top + y) + 2, round(left + x) - 1 : round(left + x) + 2]
        assert (abs(place.astype(int) - colour) < 60).all(-1).mean() > 0.5


def test_points_that_are_missing_are_not_drawn() -> None:
    missing = sheet([Section("", (Cell((plain(50, 50),), "", np.full((2, 2), np.nan)),))])
    assert np.array_equal(missing, sheet([Section("", (Cell((plain(50, 50),), "", None),))]))


def test_the_pictures_of_a_pair_touch_and_pairs_do_not() -> None:
    both = Cell((plain(50, 50), plain(50, 50)), "a pair")
    drawn = sheet([Section("", (both, both))], columns=4)
    row = (drawn[drawn.shape[0] // 2 - CAPTION] == 90).all(-1)
    starts = np.flatnonzero(np.diff(row.astype(int)) == 1) + 1
    assert np.diff(starts).tolist() == [SIDE + SEAM, SIDE + GAP, SIDE + SEAM]


def test_words_are_written_in_ink_and_long_ones_stay_on_the_sheet() -> None:
    name = "größe/" + "folder/" * 90 + "frame 数 0001.png"
    drawn = sheet([Section(name * 3, (Cell((plain(50, 50),), name),), tuple(f"point {i}" for i in range(90)))])
    edge = np.concatenate([drawn[:, :MARGIN], drawn[:, -MARGIN:]], 1)
    assert (edge == WHITE).all()
    assert (drawn[:40] < 60).any()
    short = sheet([Section("train", (Cell((plain(50, 50),), "frame"),))])
    assert drawn.shape[0] > short.shape[0]


def test_a_section_without_pictures_is_a_heading() -> None:
    assert sheet([Section("nothing", ())]).shape[0] < 80


def test_a_file_that_can_hold_no_picture_is_refused(tmp_path: Path) -> None:
    check(tmp_path / "sheet.PNG")
    with pytest.raises(UserError, match=r"cannot draw a contact sheet to .*sheet\.pdf; known: \.bmp"):
        check(tmp_path / "sheet.pdf")
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(UserError, match="it is a folder, but named like a file"):
        check(tmp_path / "folder.png")


def test_frames_come_from_different_clips_and_unreadable_ones_are_passed_over() -> None:
    dataset = Drawn([4] * 6, blob, broken=range(4), annotate=lambda i: [(i, 1.0)])
    shown = gallery.frames(dataset, "train", 5, seed=0)
    assert (shown.title, shown.points) == ("train: 24 frames in 6 clips", ("p0",))
    numbers = [int(cell.caption.removeprefix("frame ")) for cell in shown.cells]
    assert {number // 4 for number in numbers} == {1, 2, 3, 4, 5}
    assert numbers == sorted(numbers)
    assert np.array_equal(shown.cells[0].pictures[0], dataset.read(numbers[0]))
    assert [cell.points.tolist() for cell in shown.cells if cell.points is not None] == [[[n, 1.0]] for n in numbers]
    everything = gallery.frames(dataset, "", 99, seed=0)
    assert len(everything.cells) == 20


def test_pairs_are_those_of_the_source_and_the_same_for_a_seed() -> None:
    dataset = Drawn([12, 1, 12], lambda clip, place: ground(20 * clip + place, 90, 90))
    shown = gallery.pairs(dataset, "video", {"gap_min": 3, "gap_max": 3}, 8, seed=0)
    assert shown.title == "pairs of video: source and target"
    assert len(shown.cells) == 8
    for cell in shown.cells:
        first, apart = cell.caption.removeprefix("frame ").split(" and ")
        assert int(apart) in (-3, 3)
        large = gallery.Fit(SIDE)(dataset.read(int(first) + int(apart)))
        assert np.abs(cell.pictures[1].astype(int) - large).max() <= 1
    again = gallery.pairs(dataset, "video", {"gap_min": 3, "gap_max": 3}, 8, seed=0)
    assert [cell.caption for cell in again.cells] == [cell.caption for cell in shown.cells]


def test_pairs_drawn_at_random_leave_the_generator_as_it_was() -> None:
    import torch

    dataset = Drawn([1] * 6, blob)
    torch.manual_seed(3)
    before = torch.get_rng_state()
    first, second = (gallery.pairs(dataset, "warped", {}, 3, seed=1) for _ in range(2))
    assert torch.equal(torch.get_rng_state(), before)
    for a, b in zip(first.cells, second.cells, strict=True):
        assert all(np.array_equal(x, y) for x, y in zip(a.pictures, b.pictures, strict=True))
    assert not np.array_equal(*first.cells[0].pictures)


def test_pairs_that_cannot_be_made_are_none() -> None:
    assert gallery.pairs(Drawn([1] * 6, blob), "video", {}, 3, seed=0).cells == ()
    with pytest.raises(UserError, match="no pairs named 'vdeo'; did you mean 'video'"):
        gallery.pairs(Drawn([1] * 6, blob), "vdeo", {}, 3, seed=0)
