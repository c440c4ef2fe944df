"""Tests of left and right in the names of points."""

from __future__ import annotations

import pytest

from unsuplmk.ops.sides import opposite


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("left_eye", "right_eye"),
        ("eye_left", "eye_right"),
        ("leftear", "rightear"),
        ("LeftEar", "RightEar"),
        ("LEFT EAR", "RIGHT EAR"),
        ("front left paw", "front right paw"),
        ("leftFrontPaw", "rightFrontPaw"),
        ("wingL", "wingR"),
        ("forelegL4", "forelegR4"),
        ("eye_L", "eye_R"),
        ("eye_l", "eye_r"),
        ("l_eye", "r_eye"),
        ("L.Eye", "R.Eye"),
        ("lEye", "rEye"),
        ("LEye", "REye"),
        ("Lear", "Rear"),
        ("paw-l-2", "paw-r-2"),
        ("EYE_L", "EYE_R"),
    ],
)
def test_points_whose_names_differ_in_the_side_alone_are_partners(left: str, right: str) -> None:
    assert opposite(("nose", left, right, "tail")) == [0, 2, 1, 3]
    assert opposite((right, "nose", left)) == [2, 1, 0]


@pytest.mark.parametrize(
    "names",
    [
        (),
        ("0", "1", "2"),
        ("nose", "left_eye"),
        ("left_eye", "right_ear"),
        ("bright", "brleft_"),
        ("leg", "reg", "nose"),
        ("left_eye", "Right_eye"),
        ("head", "tail", "tailr", "taill"),
        ("A", "B"),
    ],
)
def test_points_without_a_partner_keep_their_place(names: tuple[str, ...]) -> None:
    assert opposite(names) == list(range(len(names)))


def test_the_sides_of_whole_skeletons_are_exchanged_in_pairs() -> None:
    fly = ("head", "wingL", "wingR", "forelegL4", "forelegR4", "midlegL4", "midlegR4", "eyeL", "eyeR", "abdomen")
    assert opposite(fly) == [0, 2, 1, 4, 3, 6, 5, 8, 7, 9]
    mouse = ("snout", "leftear", "rightear", "tailbase")
    assert opposite(mouse) == [0, 2, 1, 3]
    assert [opposite(fly)[i] for i in opposite(fly)] == list(range(len(fly)))
