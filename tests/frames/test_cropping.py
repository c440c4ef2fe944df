"""Tests of runs that crop: what the network sees, and results in pixels of the original frames."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import final

import albumentations
import numpy as np
import pytest

from tests.spots import detector, spotted
from unsuplmk.batches.augment import Augmentation
from unsuplmk.datasets.arrays import Arrays
from unsuplmk.datasets.augmented import Augmented
from unsuplmk.datasets.cropped import Cropped
from unsuplmk.errors import UserError
from unsuplmk.evaluation.evaluate import evaluate, find
from unsuplmk.evaluation.samples import located
from unsuplmk.frames.cropping import cropped
from unsuplmk.interfaces import Dataset
from unsuplmk.types import Boxes, Tracks

SIDE, WIDTH, HEIGHT = 60, 400, 300
PLACES = np.array([(0.25, 0.3), (0.75, 0.3), (0.5, 0.75)])


@final
class Objects(Dataset):
    """Three spots in a small square that lies anywhere in large frames; two points follow from the spots."""

    def __init__(self, count: int, seed: int, name: str = "object") -> None:
        rng = np.random.default_rng(seed)
        self.corners = rng.integers(0, (WIDTH - SIDE, HEIGHT - SIDE), (count, 2)).astype(float)
        self.spots = [corner + np.round((PLACES + rng.uniform(-0.12, 0.12, (3, 2))) * SIDE) for corner in self.corners]
        self._name = name

    def __len__(self) -> int:
        return len(self.spots)

    @property
    def clips(self) -> Sequence[range]:
        return [range(len(self))]

    def read(self, index: int) -> np.ndarray:
        return spotted(self.spots[index], (WIDTH, HEIGHT), side=7)

    def name(self, index: int) -> str:
        return f"{self._name}:{index}"

    @property
    def points(self) -> tuple[str, ...]:
        return ("left", "right")

    def annotation(self, index: int) -> np.ndarray:
        return self.spots[index][[0, 1]] * 0.5 + self.spots[index][[2, 2]] * 0.5


def square(corner: np.ndarray, side: float = SIDE) -> list[float]:
    return [*corner, *(corner + side)]


def boxes_of(data: Objects, rows: Sequence[int] | None = None) -> Boxes:
    kept = list(range(len(data))) if rows is None else list(rows)
    return Boxes(np.array(kept), np.array([square(data.corners[row]) for row in kept]))


def table(path: Path, *data: Objects, leave_out: int = -1) -> dict[str, object]:
    lines = [
        f"{each.name(i)},{x:g},{y:g},{SIDE},{SIDE}"
        for each in data
        for i, (x, y) in enumerate(each.corners)
        if i != leave_out
    ]
    path.write_text("\n".join(["file,left,top,width,height", *lines]) + "\n", "utf-8")
    return {"name": "boxes", "file": str(path), "margin": 0.0}


def nothing(line: str) -> None:
    raise AssertionError(f"nothing should be reported: {line}")


def test_the_whole_is_the_dataset_itself_and_what_is_cropped_stays() -> None:
    data = Arrays([np.zeros((4, 4, 3), np.uint8)])
    assert cropped(data, "whole", nothing) is data
    once = Cropped(data, Boxes(np.array([0]), np.array([[0.0, 0.0, 2.0, 2.0]])))
    assert cropped(once, {"name": "motion"}, nothing) is once
    with pytest.raises(UserError, match="no crop named 'moton'; did you mean 'motion'"):
        cropped(data, "moton", nothing)
    with pytest.raises(UserError, match="no option of crop 'motion' named 'sid'"):
        cropped(data, {"name": "motion", "sid": 3}, nothing)


def test_changed_copies_are_made_of_what_is_cut_out(tmp_path: Path) -> None:
    data, pipeline = Objects(3, 0), tmp_path / "flip.json"
    albumentations.save(albumentations.Compose([albumentations.HorizontalFlip(p=1)]), pipeline)
    found = cropped(Augmented(data, Augmentation(pipeline), 2), table(tmp_path / "b.csv", data), nothing)
    assert isinstance(found, Augmented)
    assert len(found) == 9
    assert np.array_equal(found.read(3), Cropped(data, boxes_of(data)).read(0)[:, ::-1])
    assert found.clips == Augmented(Cropped(data, boxes_of(data)), Augmentation(pipeline), 2).clips


@pytest.mark.parametrize("fit", ["pad", "crop", "stretch"])
def test_landmarks_come_back_in_pixels_of_the_original_frames(fit: str, tmp_path: Path) -> None:
    data = Objects(8, 0)
    model = detector(fit=fit, crop=table(tmp_path / "b.csv", data))
    tracks = model.predict(data, batch=3, report=nothing)
    np.testing.assert_allclose(tracks.xy, data.spots, atol=0.6)
    assert tracks.size.tolist() == [[WIDTH, HEIGHT]] * 8
    assert tracks.source == tuple(data.name(i) for i in range(8))
    # the network saw the squares and nothing else: it finds the same in pictures that hold only these
    alone = detector(fit=fit).predict(
        [data.read(i)[int(y) :, int(x) :][:SIDE, :SIDE] for i, (x, y) in enumerate(data.corners)]
    )
    np.testing.assert_allclose(tracks.xy, alone.xy + data.corners[:, None], atol=1e-4)


def test_another_crop_or_none_takes_the_place_of_the_runs_own(tmp_path: Path) -> None:
    data = Objects(4, 0)
    model = detector(crop=table(tmp_path / "b.csv", data))
    plain = detector().predict(data)
    np.testing.assert_array_equal(model.predict(data, crop="whole").xy, plain.xy)
    by_hand = model.predict(Cropped(data, boxes_of(data, [2])))
    assert by_hand.source == ("object:2",)
    np.testing.assert_allclose(by_hand.xy[0], data.spots[2], atol=0.6)
    fresh = Objects(4, 5, "new")
    with pytest.raises(UserError, match="boxes of other frames only"):
        model.predict(fresh)
    again = model.predict(fresh, crop=table(tmp_path / "new.csv", fresh))
    np.testing.assert_allclose(again.xy, fresh.spots, atol=0.6)


def test_frames_without_a_box_are_said_and_left_out(tmp_path: Path) -> None:
    data, lines = Objects(4, 0), []
    tracks = detector(crop=table(tmp_path / "b.csv", data, leave_out=1)).predict(data, report=lines.append)
    assert tracks.source == ("object:0", "object:2", "object:3")
    assert lines == [f"1 of 4 frames have no box in {tmp_path / 'b.csv'} and are left out"]


def test_every_object_of_a_frame_has_a_row_of_its_own() -> None:
    data = Objects(2, 0)
    frame = data.read(0)
    frame[data.read(1)[..., 1] < 255] = data.read(1)[data.read(1)[..., 1] < 255]
    edges = np.array([square(data.corners[0]), square(data.corners[1])])
    tracks: Tracks = detector().predict(Cropped(Arrays([frame]), Boxes(np.array([0, 0]), edges, ("a", "b"))))
    assert tracks.source == ("array:0#a", "array:0#b")
    assert tracks.size.tolist() == [[WIDTH, HEIGHT]] * 2
    assert np.linalg.norm(tracks.xy[0].mean(0) - data.spots[0].mean(0)) < 20
    assert np.linalg.norm(tracks.xy[1].mean(0) - data.spots[1].mean(0)) < 20


def test_annotations_and_landmarks_agree_in_the_square_and_in_the_image(tmp_path: Path) -> None:
    data = Objects(6, 0)
    model = detector(crop=table(tmp_path / "b.csv", data))
    sample = located(model, data, 4, nothing)
    expected = (
        2 * (np.array(data.spots) + 0.5 - data.corners[:, None]) / SIDE - 1
    )  # of a square crop, from edge to edge
    np.testing.assert_allclose(sample.landmarks, expected, atol=0.02)
    truth = np.stack([data.annotation(i) for i in range(6)])
    np.testing.assert_array_equal(sample.truth, truth)  # in pixels of the frame
    assert sample.size.tolist() == [[WIDTH, HEIGHT]] * 6
    np.testing.assert_allclose(
        sample.square(model.fit, truth), 2 * (truth + 0.5 - data.corners[:, None]) / SIDE - 1, atol=1e-9
    )
    np.testing.assert_allclose(sample.pixels(model.fit, sample.square(model.fit, truth)), truth, atol=1e-9)
    half = sample.select(np.arange(6) % 2 == 0)
    np.testing.assert_allclose(half.pixels(model.fit, half.square(model.fit, half.truth)), truth[::2], atol=1e-9)


def test_errors_are_those_of_the_same_pictures_cut_out_by_hand(tmp_path: Path) -> None:
    train, test = Objects(60, 1, "train"), Objects(20, 2, "test")
    model = detector(crop=table(tmp_path / "b.csv", train, test))
    ours = evaluate(model, train, test, report=lambda line: None)
    by_hand = [Cut(data) for data in (train, test)]
    theirs = evaluate(detector(), *by_hand, report=lambda line: None)
    assert ours.figures["with_intercept"]["error"] < 1.5
    for kind, figures in theirs.figures.items():
        assert ours.figures[kind]["error"] == pytest.approx(figures["error"], abs=1e-4), kind
    share = evaluate(model, train, test, normalise="size", report=lambda line: None)
    expected = 100 * ours.figures["constant"]["error"] / WIDTH  # of the frame, not of what was cut out
    assert share.figures["constant"]["error"] == pytest.approx(expected)
    whole = evaluate(model, train, test, crop="whole", report=lambda line: None)
    assert whole.figures["constant"]["error"] > 2 * ours.figures["constant"]["error"]  # the crop knows the place


@final
class Cut(Dataset):
    """The squares of objects as pictures of their own."""

    def __init__(self, data: Objects) -> None:
        self.data = data

    def __len__(self) -> int:
        return len(self.data)

    @property
    def clips(self) -> Sequence[range]:
        return self.data.clips

    def read(self, index: int) -> np.ndarray:
        x, y = self.data.corners[index].astype(int)
        return self.data.read(index)[y : y + SIDE, x : x + SIDE]

    def name(self, index: int) -> str:
        return self.data.name(index)

    @property
    def points(self) -> tuple[str, ...]:
        return self.data.points

    def annotation(self, index: int) -> np.ndarray:
        return self.data.annotation(index) - self.data.corners[index]


def test_points_that_were_cut_off_are_remarked_and_left_out_images_noted(tmp_path: Path) -> None:
    train, test = Objects(40, 1, "train"), Objects(12, 2, "test")
    choice = table(tmp_path / "b.csv", train, test, leave_out=3)
    test.spots[5] = test.spots[5] + [0, 2.0 * SIDE]
    model = detector(crop=choice)
    found = find(model, train, test, report=lambda line: None)
    assert (len(found.fitted.names), len(found.judged.names)) == (39, 11)
    assert [line.partition(" have no box")[0] for line in found.skipped] == ["1 of 40 frames", "1 of 12 frames"]
    report = evaluate(model, train, test, report=lambda line: None)
    cut = [line for line in report.remarks if "outside what is cut out" in line]
    assert len(cut) == 1
    assert cut[0].startswith("2 annotated points of 1 test images lie outside what is cut out of their image")
    assert cut[0].endswith("test:5")
