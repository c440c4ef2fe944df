"""Each protocol against the same figure computed from its description with scikit-learn and NumPy."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from tests.golden import SHARED
from unsuplmk.errors import UserError
from unsuplmk.evaluation.annotations import splits
from unsuplmk.evaluation.evaluate import judge
from unsuplmk.evaluation.protocols import protocol, protocols
from unsuplmk.evaluation.samples import Sample
from unsuplmk.evaluation.verdict import Report
from unsuplmk.frames.prepare import Fit

SIDE = 128
PAGE = Path(__file__).parents[2] / "docs/evaluate.md"


def made(points: int, train: int = 90, test: int = 40, missing: float = 0.0, seed: int = 0) -> tuple[Sample, Sample]:
    """Landmarks in [-1, 1], and points that depend on them with some noise, in images of 128 px."""
    rng = np.random.default_rng(seed)
    weights = rng.normal(scale=0.4, size=(8, points, 2))
    made = []
    for name, count in (("train", train), ("test", test)):
        landmarks = rng.uniform(-0.7, 0.7, (count, 4, 2))
        truth = 64 + 30 * np.einsum("ni,ipc->npc", landmarks.reshape(count, 8), weights)
        truth += rng.normal(scale=6.0, size=truth.shape) * rng.uniform(0.2, 3, (count, 1, 1))
        truth[rng.uniform(size=truth.shape[:2]) < missing] = np.nan
        names = tuple(f"{name}/{i:04}.jpg" for i in rng.permutation(count))
        made.append(Sample(names, np.full((count, 2), SIDE), landmarks, truth))
    return made[0], made[1]


def judged(name: str, fitted: Sample, test: Sample, groups: Mapping[str, str] | None = None) -> Report:
    chosen = protocol(name)
    points = chosen.points or tuple(map(str, range(test.truth.shape[1])))
    return judge(
        Fit(SIDE), fitted, test, points, protocol=chosen, groups=groups, resamples=0, report=lambda message: None
    )


def corner(sample: Sample) -> np.ndarray:
    """Flat landmarks in pixels from the image's top-left corner."""
    return (sample.landmarks.reshape(len(sample.names), -1) + 1) / 2 * SIDE


def mapped(fitted: Sample, test: Sample, intercept: bool, rows: slice | np.ndarray = slice(None)) -> np.ndarray:
    """The test images' points, each fitted by itself on the images that have it."""
    guess = np.empty(test.truth.shape)
    for point in range(guess.shape[1]):
        y = fitted.truth[rows][:, point] + 0.5  # from the centre of the first pixel to the corner
        known = np.isfinite(y[:, 0])
        model = LinearRegression(fit_intercept=intercept).fit(corner(fitted)[rows][known], y[known])
        guess[:, point] = model.predict(corner(test)) - 0.5
    return guess


def distances(guess: np.ndarray, truth: np.ndarray) -> np.ndarray:
    return np.array(
        [[math.dist(*pair) for pair in zip(*image, strict=True)] for image in zip(guess, truth, strict=True)]
    )


@pytest.mark.parametrize(
    ("name", "intercept"), [("mafl", False), ("aflw", False), ("mafl-intercept", True), ("aflw-intercept", True)]
)
def test_faces_are_judged_by_the_eyes_and_fitted_without_the_last_tenth_by_name(name: str, intercept: bool) -> None:
    fitted, test = made(5)
    first = np.array([int(path[6:10]) < 81 for path in fitted.names])
    apart = np.array([math.dist(truth[0], truth[1]) for truth in test.truth])
    expected = 100 * np.mean(distances(mapped(fitted, test, intercept, first), test.truth) / apart[:, None])
    report = judged(name, fitted, test)
    assert report.score == report.error == pytest.approx(expected)
    assert report.train == 81
    assert report.unit == "% of the distance left_eye to right_eye"
    assert any("holds out 9 of 90 training images" in remark for remark in report.remarks)


@pytest.mark.parametrize("name", ["300w", "300w-pupils", "300w-box"])
def test_68_points_are_judged_by_the_outer_corners_the_pupils_or_the_box(name: str) -> None:
    fitted, test = made(68)
    truth = test.truth
    scale = {
        "300w": np.array([math.dist(face[36], face[45]) for face in truth]),
        "300w-pupils": np.array([math.dist(face[36:42].mean(0), face[42:48].mean(0)) for face in truth]),
        "300w-box": np.array([math.dist(face.min(0), face.max(0)) for face in truth]),
    }[name]
    expected = 100 * np.mean(distances(mapped(fitted, test, False), truth) / scale[:, None])
    assert judged(name, fitted, test).score == pytest.approx(expected)


@pytest.mark.parametrize(("name", "halved"), [("bbc", True), ("bbc-corrected", False)])
def test_joints_of_signers_count_within_six_pixels_of_the_halved_image_or_of_the_image(name: str, halved: bool) -> None:
    fitted, test = made(7)
    pair = [mapped(fitted, test, False), test.truth]
    if halved:  # the toolkit counts pixels from 1
        pair = [0.5 * ((points + 1) - 1) + 1 for points in pair]
    right = distances(pair[0], pair[1]) <= 6
    report = judged(name, fitted, test)
    figures = report.figures["without_intercept"]
    assert 10 < figures["within"] < 90
    assert report.score == figures["within"] == pytest.approx(100 * right.mean())
    assert figures["head"] == pytest.approx(100 * right[:, 0].mean())
    for joint, columns in (("wrists", [1, 2]), ("elbows", [3, 4]), ("shoulders", [5, 6])):
        assert figures[joint] == pytest.approx(100 * right[:, columns].mean())
    assert list(report.per_point["without_intercept"].values()) == pytest.approx((100 * right.mean(0)).tolist())


OTHER = [0, *range(6, 11), *range(1, 6), *range(11, 16), *range(24, 32), *range(16, 24)]
"""Where left and right of the 32 joints change places."""


def test_the_mean_over_activities_is_plain_in_the_corrected_protocol() -> None:
    fitted, test = made(32)
    activity = {name: ("walking", "posing", "posing")[i % 3] for i, name in enumerate(test.names)}
    off = distances(mapped(fitted, test, False), test.truth).mean(1) / SIDE
    parts = {one: off[[activity[name] == one for name in test.names]].mean() for one in ("walking", "posing")}
    report = judged("human36m-corrected", fitted, test, activity)
    assert report.score == pytest.approx(100 * np.mean(list(parts.values())))
    for one, value in parts.items():
        assert report.figures["without_intercept"][one] == pytest.approx(100 * value)


def test_as_published_labels_may_swap_left_and_right_and_outliers_are_dropped_from_the_fit() -> None:
    fitted, test = made(32, train=120)
    for sample in (fitted, test):
        sample.truth[::3] = sample.truth[::3][:, OTHER]  # labels of people who are seen from behind
    fitted.truth[5] += 200.0
    x, y = corner(fitted), fitted.truth + 0.5
    rounds = 0
    while True:
        predicted = LinearRegression(fit_intercept=False).fit(x, y.reshape(120, -1)).predict(x).reshape(y.shape)
        off, other = distances(predicted, y).mean(1), distances(predicted, y[:, OTHER]).mean(1)
        if (other < off).sum() <= 10:
            break
        y, rounds = np.where((other < off)[:, None, None], y[:, OTHER], y), rounds + 1
    kept = off <= off.mean() + 3 * off.std(ddof=1)
    assert rounds > 0
    assert not kept[5]
    model = LinearRegression(fit_intercept=False).fit(x[kept], y[kept].reshape(kept.sum(), -1))
    guess = model.predict(corner(test)).reshape(test.truth.shape) - 0.5
    plain, swapped = distances(guess, test.truth).mean(1), distances(guess, test.truth[:, OTHER]).mean(1)
    report = judged("human36m", fitted, test, dict.fromkeys(test.names, "walking"))
    assert report.score == pytest.approx(100 * np.minimum(plain, swapped).mean() / SIDE)
    assert report.error == pytest.approx(100 * plain.mean() / SIDE)  # of the labels as they are
    assert report.score < report.error


def test_the_summed_error_is_that_of_36_regressions() -> None:
    fitted, test = made(18, missing=0.15)
    total = 0.0
    for point in range(18):
        for axis in range(2):
            y = fitted.truth[:, point, axis]
            known, there = np.isfinite(y), np.isfinite(test.truth[:, point, axis])
            model = LinearRegression().fit(corner(fitted)[known], y[known])
            total += np.abs(model.predict(corner(test)[there]) - test.truth[there, point, axis]).mean()
    report = judged("taichi", fitted, test)
    assert report.score == pytest.approx(total)
    assert report.unit == "px"
    off = distances(mapped(fitted, test, True), test.truth)
    assert judged("taichi-corrected", fitted, test).score == pytest.approx(np.nanmean(off, 0).mean())


def test_birds_are_judged_by_the_image_where_a_part_is_visible() -> None:
    fitted, test = made(15, missing=0.3)
    off = distances(mapped(fitted, test, True), test.truth) / SIDE
    report = judged("cub", fitted, test)
    assert report.score == pytest.approx(100 * off[np.isfinite(off)].sum() / np.isfinite(off).sum())
    assert report.per_point["with_intercept"]["tail"] == pytest.approx(100 * np.nanmean(off[:, 13]))


def test_points_are_matched_by_name_or_number_and_nothing_else() -> None:
    mafl = protocol("mafl")
    assert mafl.order(("nose", "LeftEye", "right-eye", "left_mouth", "Right mouth")) == [1, 2, 0, 3, 4]
    assert mafl.order(("1", "0", "2", "3", "4")) == [1, 0, 2, 3, 4]
    assert protocol("plain").order(("a", "b")) == [0, 1]
    for wrong in (
        ("0", "1", "2"),
        ("a", "b", "c", "d", "e"),
        ("0", "1", "2", "3", "4", "5"),
        ("0", "0", "1", "2", "3"),
    ):
        with pytest.raises(UserError, match=r"mafl needs 5 points, left_eye, .* there are [356]: "):
            mafl.order(wrong)
    with pytest.raises(UserError, match=r"300w needs 68 points, 0, 1, 2, \.\.\., 67, .* there are 2: a, b"):
        protocol("300w").order(("a", "b"))


def test_a_protocol_that_does_not_exist_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UserError, match="no protocol named 'taishi'; did you mean 'taichi'"):
        protocol("taishi")


def test_what_the_user_changes_is_said_but_not_of_the_plain_protocol() -> None:
    changed = protocol("mafl").changed("box", True)
    assert (changed.normalise, changed.intercept) == ("box", True)
    assert changed.changes == ("normalise box for 0,1", "intercept True for False")
    assert protocol("mafl").changed("0,1", False) == protocol("mafl")
    assert protocol("plain").changed("box").changes == ()


def test_images_without_a_group_are_refused_with_the_columns_name() -> None:
    fitted, test = made(32)
    with pytest.raises(UserError, match=r"averages over the column 'activity' .* 39 of 40 test images lack, such as"):
        judged("human36m", fitted, test, {test.names[0]: "walking"})


def test_names_and_words_are_whole() -> None:
    names = [one.name for one in protocols()]
    assert len(set(names)) == len(names)
    for one in protocols():
        assert one.words.endswith(".")
        assert one.source or one == protocol("plain")
        if one.variant == "corrected":
            assert one != replace(protocol(one.name.removesuffix("-corrected")), name=one.name)


def test_the_documentation_has_every_protocol_in_its_own_words() -> None:
    rows = [f"| `{p.name}` | {p.title} | {p.variant} | {len(p.points) or 'any'} | {p.words} |" for p in protocols()]
    assert "\n".join(rows) in PAGE.read_text("utf-8"), "\n".join(rows)


def faces(folder: str, side: tuple[int, int], **names: str) -> list[Sample]:
    """The annotations of real images with random landmarks: only the constant guess means something."""
    rng, samples = np.random.default_rng(0), []
    for dataset, pixels in zip(splits(SHARED / "data" / folder / "landmarks.csv", **names), side, strict=True):
        count = len(dataset)
        truth = np.stack([dataset.annotation(i) for i in range(count)])
        images = tuple(dataset.name(i) for i in range(count))
        samples.append(Sample(images, np.full((count, 2), pixels), rng.uniform(-1, 1, (count, 1, 2)), truth))
    return samples


needs_faces = pytest.mark.skipif(not (SHARED / "data").is_dir(), reason="the shared research images are not here")


@needs_faces
def test_the_constant_guess_on_the_aflw_test_faces_is_the_known_floor() -> None:
    fitted, test = faces("mtfl", (128, 150))
    whole = judge(
        Fit(SIDE), fitted, test, protocol("aflw").points, protocol=replace(protocol("aflw"), held_out=0.0), resamples=0
    )
    assert 23.94 < whole.figures["constant"]["error"] < 23.99
    report = judged("aflw", fitted, test)
    assert (report.train, report.test) == (8997, 2995)
    assert report.figures["constant"]["error"] == pytest.approx(whole.figures["constant"]["error"], abs=0.3)


@needs_faces
def test_68_points_of_real_video_frames_are_judged() -> None:
    fitted, val = faces("ytf68", (128, 128), test="val")
    report = judged("300w", fitted, val)
    apart = np.array([math.dist(face[36], face[45]) for face in val.truth])
    expected = 100 * np.mean(
        distances(np.broadcast_to(fitted.truth.mean(0), val.truth.shape), val.truth) / apart[:, None]
    )
    assert report.figures["constant"]["error"] == pytest.approx(expected)
    assert len(val.names) == report.test == 372
    assert any("lie outside their image and count all the same" in remark for remark in report.remarks)


def test_points_are_called_as_the_protocol_names_them_where_it_does() -> None:
    assert protocol("aflw").names(tuple("01234")) == ("left_eye", "right_eye", "nose", "left_mouth", "right_mouth")
    mixed = ("Nose", "right eye", "left-eye", "LeftMouth", "right_mouth")
    assert protocol("aflw").names(mixed) == ("nose", "right_eye", "left_eye", "left_mouth", "right_mouth")
    assert protocol("plain").names(("a", "b")) == ("a", "b")
    assert protocol("300w").names(tuple(map(str, range(68))))[:2] == ("0", "1")
