"""Tests of the lines between landmarks."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from tests.paths import swinging, tracks_of
from unsuplmk.errors import UserError
from unsuplmk.files.csvtable import table
from unsuplmk.pictures.skeleton import check, edges, learned, read

FLIES = Path(__file__).parents[3] / "shared" / "data" / "fly_sleap" / "keypoints_aligned.csv"
"""Thirteen points of flies."""


def kruskal(xy: np.ndarray) -> set[tuple[int, int]]:
    """The tree of least weight, pair after pair, of those that join what is not joined yet."""
    weight = {}
    for one, other in combinations(range(xy.shape[1]), 2):
        distance = np.sqrt(np.square(xy[:, one] - xy[:, other]).sum(-1))
        weight[one, other] = np.nanstd(distance)
    part, tree = list(range(xy.shape[1])), set()
    for one, other in sorted(weight, key=lambda pair: weight[pair]):
        if part[one] != part[other]:
            tree.add((one, other))
            part = [part[one] if at == part[other] else at for at in part]
    return tree


def test_it_is_the_tree_of_least_variation_of_the_distances() -> None:
    for seed in range(5):
        xy = swinging(50, 7, seed=seed)
        xy[np.random.default_rng(seed).random(xy.shape[:2]) < 0.2] = np.nan
        assert set(learned(xy)) == kruskal(xy)


def test_the_joints_of_a_body_that_bends_are_found() -> None:
    rng = np.random.default_rng(0)
    angle = np.cumsum(rng.normal(0, 0.3, (300, 5)), 1)  # of five bones, each about the last
    bones = 20 * np.stack([np.cos(angle), np.sin(angle)], -1)
    joints = np.cumsum(np.concatenate([rng.uniform(50, 400, (300, 1, 2)), bones], 1), 1)
    order = [3, 0, 5, 1, 4, 2]
    found = learned(joints[:, order] + rng.normal(0, 0.2, joints.shape))
    assert {tuple(sorted((order[a], order[b]))) for a, b in found} == {(i, i + 1) for i in range(5)}


@pytest.mark.skipif(not FLIES.is_file(), reason="the flies of shared/data are not here")
def test_two_thirds_of_the_skeleton_that_people_gave_a_fly_are_found_and_stiff_lines_over_it_are_not() -> None:
    columns, rows = table(FLIES)
    names = [column.removesuffix("_x") for column in columns if column.endswith("_x")]
    cells = [[row[f"{name}_{axis}"] or "nan" for name in names for axis in "xy"] for row in rows]
    xy = np.array(cells, np.float64).reshape(len(rows), len(names), 2)
    given = {("thorax", name) for name in names if "leg" in name or "wing" in name or name in ("head", "abdomen")}
    given |= {("head", "eyeL"), ("head", "eyeR")}
    found = {frozenset((names[a], names[b])) for a, b in learned(xy)}
    assert len(found & set(map(frozenset, given))) == 8
    assert len(given) == len(found) == 12


def test_landmarks_that_are_rigid_are_joined_though_their_distance_does_not_vary_at_all() -> None:
    xy = np.array([[0.0, 0.0], [3.0, 4.0], [9.0, 1.0]]) + np.arange(4.0)[:, None, None]
    assert len(learned(xy)) == 2


def test_landmarks_that_are_never_seen_together_are_not_joined() -> None:
    xy = swinging(40, 3)
    xy[:20, 2] = xy[20:, :2] = np.nan
    assert learned(xy) == [(0, 1)]


def test_one_frame_shows_no_structure() -> None:
    with pytest.raises(UserError, match="no two of 4 landmarks are known together in 2 of these 1 frames"):
        edges("auto", tracks_of(swinging(1)))
    assert edges("none", tracks_of(swinging(1))) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("bones.toml", 'edges = [["l0", "l2"], ["l1", "l0"]]\n'),
        ("bones.csv", "l0,l2\n\nl1, l0\n"),
        ("bones.txt", "\ufeffl0,l2\nl1,l0"),
    ],
)
def test_a_file_names_pairs(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    assert read(str(tmp_path / name)) == [("l0", "l2"), ("l1", "l0")]
    assert edges(str(tmp_path / name), tracks_of(swinging(1))) == [(0, 2), (1, 0)]


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("a.csv", "l0,l1\nl0\n", r"a\.csv:2: the line must give the names of two landmarks, not \['l0'\]"),
        ("a.csv", "l0,l0\n", "must give the names of two landmarks"),
        ("a.csv", "l0,l1,l2\n", "must give the names of two landmarks"),
        ("a.csv", "\n", "has no lines"),
        ("a.toml", "edges = [", "is no TOML"),
        ("a.toml", "bones = 3", "has no edges"),
        ("a.toml", "edges = [3]", "edges must give the names of two landmarks, not 3"),
        ("a.toml", 'edges = ["ab"]', "edges must give the names of two landmarks, not 'ab'"),
        ("a.csv", "l0,l9\n", r"no landmark in .*a\.csv named 'l9'; did you mean"),
    ],
)
def test_a_wrong_file_is_refused_in_one_line(name: str, text: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(UserError, match=reason) as refused:
        edges(str(tmp_path / name), tracks_of(swinging(1)))
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there_is_refused_before_there_are_landmarks(tmp_path: Path) -> None:
    check("auto")
    check("none")
    with pytest.raises(UserError, match="cannot read the skeleton atuo: No such file or directory; give none, auto"):
        check("atuo")
    (tmp_path / "a.csv").write_bytes(b"\xff\xfe,")
    with pytest.raises(UserError, match="cannot read the skeleton"):
        check(str(tmp_path / "a.csv"))
