"""Tests of the evaluation."""

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import final

import numpy as np
import pytest
from rich.console import Console

from tests.spots import detector, spotted
from unsuplmk.batches.augment import Augmentation
from unsuplmk.datasets.augmented import Augmented
from unsuplmk.errors import UserError
from unsuplmk.evaluation.evaluate import Report, evaluate, evaluate_found, find, health, held_out
from unsuplmk.evaluation.protocols import protocol
from unsuplmk.interfaces import Dataset

RNG = np.random.default_rng(0)


@final
class Known(Dataset):
    """Images with three spots, and points that are annotated as a linear function of where the spots are."""

    def __init__(self, count: int, name: str, sizes: Sequence[tuple[int, int]] = ((64, 64),), seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.sizes = [sizes[i % len(sizes)] for i in range(count)]
        self.spots = [np.round(rng.uniform(0.2, 0.8, (3, 2)) * size) for size in self.sizes]
        self.truth = [spots[[0, 1]] * 0.5 + spots[[2, 2]] * 0.5 for spots in self.spots]
        self._name = name
        self.broken: set[int] = set()

    def __len__(self) -> int:
        return len(self.spots)

    @property
    def clips(self) -> Sequence[range]:
        return [range(len(self))]

    def read(self, index: int) -> np.ndarray:
        if index in self.broken:
            raise UserError(f"cannot read {self.name(index)}")
        size = self.sizes[index]
        return spotted(self.spots[index], size, side=max(size) // 8 | 1)

    def name(self, index: int) -> str:
        return f"{self._name}/{index}"

    @property
    def points(self) -> tuple[str, ...]:
        return ("left", "right")

    def annotation(self, index: int) -> np.ndarray:
        return self.truth[index]


def judge(train: Dataset, test: Dataset, **options: object) -> Report:
    return evaluate(detector(), train, test, **{"report": lambda message: None, **options})  # type: ignore[arg-type]


def test_points_that_depend_linearly_on_the_landmarks_are_found_with_and_without_intercept() -> None:
    report = judge(Known(60, "train"), Known(20, "test", seed=1))
    assert (report.train, report.test, report.landmarks, report.skipped) == (60, 20, 3, ())
    assert report.figures["with_intercept"]["error"] < 1.5  # spots may hide each other
    assert report.figures["without_intercept"]["error"] < 1.5
    assert report.figures["constant"]["error"] > 5
    assert set(report.per_point["constant"]) == {"left", "right"}
    assert report.error == report.figures["with_intercept"]["error"]
    assert judge(Known(60, "train"), Known(20, "test", seed=1), intercept=False).headline == "without_intercept"


def test_the_constant_guess_is_the_mean_training_shape_in_pixels_of_each_image() -> None:
    train, test = Known(30, "train", ((64, 64), (128, 128))), Known(10, "test", ((96, 96), (32, 32)), seed=1)
    report = judge(train, test)
    mean = np.mean([(points + 0.5) / size for points, size in zip(train.truth, train.sizes, strict=True)], 0)
    errors = [
        math.dist(mean[p] * size - 0.5, points[p])
        for points, size in zip(test.truth, test.sizes, strict=True)
        for p in range(2)
    ]
    assert report.figures["constant"]["error"] == pytest.approx(np.mean(errors))
    assert report.figures["constant"]["median"] == pytest.approx(np.median(errors))
    assert report.per_point["constant"]["left"] == pytest.approx(np.mean(errors[::2]))
    assert report.figures["constant"]["pck@5"] == pytest.approx(100 * np.mean(np.array(errors) <= 5))


@pytest.mark.parametrize(
    ("name", "unit"),
    [("left,right", "left to right"), ("0, 1", "left to right"), ("size", "longer"), ("box", "diagonal")],
)
def test_errors_are_in_percent_of_the_normaliser(name: str, unit: str) -> None:
    train, test = Known(30, "train"), Known(10, "test", ((128, 64),), seed=1)
    pixels = judge(train, test, normalise="px")
    assert pixels.unit == "px"
    apart = [math.dist(*points) for points in test.truth]
    side = [128.0 if name == "size" else distance for distance in apart]
    report = judge(train, test, normalise=name)
    mean = np.mean([points + 0.5 for points in train.truth], 0) / 64  # in the padded square of 128 px
    errors = [
        math.dist(mean[p] * 128 - 0.5 - (0, 32), t[p]) / s
        for t, s in zip(test.truth, side, strict=True)
        for p in (0, 1)
    ]
    assert report.figures["constant"]["error"] == pytest.approx(100 * np.mean(errors))
    assert unit in report.unit
    assert report.unit.startswith("%")


def test_images_without_a_normaliser_are_named_counted_and_left_out() -> None:
    train, test = Known(30, "train"), Known(10, "test", seed=1)
    test.truth[3] = np.array([[9.0, 9.0], [9.0, 9.0]])
    test.truth[5] = np.array([[9.0, 9.0], [np.nan, 9.0]])
    test.truth[7] = np.full((2, 2), np.nan)  # nothing to judge, and nothing wrong either
    messages: list[str] = []
    report = judge(train, test, normalise="left,right", report=messages.append)
    assert report.test == 7
    assert report.skipped == tuple(messages)
    assert [message.partition(":")[0] for message in messages] == ["test/3", "test/5"]
    assert judge(train, test).test == 9
    test.truth[:] = [test.truth[3]] * 10
    with pytest.raises(UserError, match="none of the 10 test images can be normalised by 'box'"):
        judge(train, test, normalise="box")


def test_unreadable_images_are_named_and_left_out_of_both_splits() -> None:
    train, test = Known(30, "train"), Known(10, "test", seed=1)
    train.broken, test.broken = {2, 3}, {9}
    report = judge(train, test)
    assert (report.train, report.test) == (28, 9)
    assert report.skipped == ("cannot read train/2", "cannot read train/3", "cannot read test/9")


def test_what_cannot_be_judged_is_refused_with_the_reason() -> None:
    train, test = Known(30, "train"), Known(10, "test", seed=1)
    with pytest.raises(UserError, match="did you mean 'box'"):
        judge(train, test, normalise="bos")
    with pytest.raises(UserError, match="no annotated point named 'rigth'; did you mean 'right'"):
        judge(train, test, normalise="left,rigth")
    with pytest.raises(UserError, match="it needs at least 7"):
        judge(Known(6, "train"), test)
    assert judge(Known(6, "train"), test, ridge=1.0).train == 6
    train.truth[:] = [np.full((2, 2), np.nan)] * 30
    with pytest.raises(UserError, match="has an annotated point"):
        judge(train, test)


def test_a_report_is_plain_json_and_a_table() -> None:
    train, test = Known(30, "train"), Known(10, "test", seed=1)
    for points in test.truth:
        points[1] = np.nan
    report = judge(train, test, metrics={"pck": {"thresholds": (1, 6)}})
    values = json.loads(json.dumps(report.as_dict(), allow_nan=False))
    assert values["error"] == values["figures"]["with_intercept"]["error"]
    assert values["per_point"]["constant"]["right"] is None
    assert {"pck@1", "pck@6"} < set(values["figures"]["constant"])
    console = Console(width=100, record=True, file=StringIO())
    console.print(report.table())
    text = console.export_text()
    assert "3 landmarks" in text
    assert "error of left" in text
    assert f"{report.figures['constant']['error']:.2f}" in text


def test_a_report_says_what_was_measured_how_sure_it_is_and_what_is_odd() -> None:
    train, test = Known(30, "same"), Known(12, "same", seed=1)
    test.truth[2][0] = (-3.0, 5.0)
    messages: list[str] = []
    report = judge(train, test, report=messages.append)
    low, high = report.intervals["constant"]["error"]
    assert low < report.figures["constant"]["error"] < high
    assert set(report.point_intervals["constant"]) == {"left", "right"}
    assert report.test == 12  # odd images count
    assert report.remarks == tuple(messages)
    assert "1 annotated points of 1 test images lie outside" in messages[0]
    assert "12 of 12 test images are training images too" in messages[1]
    values = json.loads(json.dumps(report.as_dict(), allow_nan=False))
    assert values["protocol"]["name"] == "plain"
    assert values["protocol"]["words"]
    assert values["score"] == values["error"] == report.score
    assert (values["resamples"], values["interval_level"]) == (1000, 95)


def test_a_protocol_decides_the_normaliser_and_the_headline_unless_the_user_does() -> None:
    train, test = Known(30, "train"), Known(12, "test", seed=1)
    eyes = replace(protocol("mafl"), points=("left", "right"), held_out=0.0)
    report = judge(train, test, protocol=eyes)
    assert (report.headline, report.unit) == ("without_intercept", "% of the distance left to right")
    changed = judge(train, test, protocol=eyes, normalise="px", intercept=True)
    assert (changed.headline, changed.unit) == ("with_intercept", "px")
    console = Console(width=100, record=True, file=StringIO())
    console.print(changed.table())
    text = console.export_text()
    assert "mafl: MAFL, as published" in text
    assert "not as the protocol says: normalise px for 0,1" in text
    with pytest.raises(UserError, match="protocol mafl needs 5 points"):
        judge(train, test, protocol="mafl")


def test_points_are_put_into_the_protocols_order() -> None:
    train, test = Known(30, "train"), Known(12, "test", seed=1)
    turned = replace(protocol("plain"), name="turned", points=("right", "left"))
    there, here = judge(train, test, protocol=turned), judge(train, test)
    assert list(there.per_point["constant"]) == ["right", "left"]
    assert there.per_point["constant"]["left"] == pytest.approx(here.per_point["constant"]["left"])
    assert there.per_point["constant"]["left"] != there.per_point["constant"]["right"]


def test_the_middle_of_some_points_may_be_an_end_of_the_normaliser() -> None:
    train, test = Known(30, "train"), Known(12, "test", seed=1)
    report = judge(train, test, normalise="left+right,right")
    assert report.unit == "% of the distance left+right to right"
    half = judge(train, test, normalise="left,right").figures["constant"]["error"]
    assert report.figures["constant"]["error"] == pytest.approx(2 * half)


def test_health_needs_no_annotations() -> None:
    xy = RNG.uniform(-0.8, 0.8, (20, 3, 2))
    xy[:, 1] = 0.2
    assert health(xy)["dead"] == (1,)


@pytest.fixture
def shifts(tmp_path: Path) -> Augmentation:
    import albumentations as A

    A.save(A.Affine(translate_percent=(-0.15, 0.15), p=1), tmp_path / "shifts.json")
    return Augmentation(tmp_path / "shifts.json")


def test_changed_copies_of_the_training_images_give_few_labels_the_missing_equations(shifts: Augmentation) -> None:
    train, test = Known(4, "train", seed=3), Known(40, "test", seed=1)
    with pytest.raises(UserError, match="too few"):
        judge(train, test)
    report = judge(Augmented(train, shifts, copies=20), test)
    assert report.train == 4
    assert "the map is fitted on 4 training images and 80 changed copies of them" in report.remarks
    assert report.error < 0.8 * judge(train, test, ridge=1e-6).error
    mean = np.mean([(points + 0.5) / 64 for points in train.truth], 0) * 64 - 0.5  # of the images, not of the copies
    errors = [math.dist(mean[p], points[p]) for points in test.truth for p in (0, 1)]
    assert report.figures["constant"]["error"] == pytest.approx(np.mean(errors))


def test_no_copy_of_an_image_that_a_protocol_holds_out_is_fitted_on(shifts: Augmentation) -> None:
    held = replace(protocol("plain"), name="held", held_out=0.25)
    train, test = Augmented(Known(12, "train"), shifts, copies=3), Known(5, "test", seed=1)
    found = find(detector(), train, test, protocol=held, report=lambda message: None)
    kept, message = held_out(found.fitted, held)
    assert message == "protocol held holds out 3 of 12 training images, the last by name"
    originals = [name for name in kept.names if "~" not in name]
    assert sorted(originals) == sorted(f"train/{i}" for i in range(12))[:9]
    assert set(kept.origins) == set(originals)
    assert len(kept.names) == 36
    assert evaluate_found(found, report=lambda message: None).train == 9


def test_copies_are_a_change_of_a_published_protocol_and_broken_images_are_named_once(shifts: Augmentation) -> None:
    train, test = Known(30, "train"), Known(10, "test", seed=1)
    train.broken = {2}
    published = replace(protocol("plain"), name="published")
    report = judge(Augmented(train, shifts, copies=2), test, protocol=published)
    assert report.protocol.changes == ("2 changed copies of each training image",)
    assert report.skipped == ("cannot read train/2",)
    assert report.train == 29
    assert judge(Augmented(train, shifts, copies=0), test, protocol=published).protocol.changes == ()


def test_mirrored_points_that_are_named_left_and_right_need_no_remark(tmp_path: Path) -> None:
    import albumentations as A

    A.save(A.HorizontalFlip(), tmp_path / "flip.json")
    train, test = Known(30, "train"), Known(10, "test", seed=1)
    messages: list[str] = []
    judge(Augmented(train, Augmentation(tmp_path / "flip.json"), copies=1), test, report=messages.append)
    assert not any("mirrored" in message for message in messages)  # these are called left and right
