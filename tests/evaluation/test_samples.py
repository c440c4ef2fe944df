"""Tests of annotated images with landmarks."""

import numpy as np

from unsuplmk.evaluation.samples import Sample, remarks, some


def sample(*names: str, at: float = 5.0) -> Sample:
    count = len(names)
    return Sample(names, np.full((count, 2), (20, 10)), np.zeros((count, 1, 2)), np.full((count, 2, 2), at))


def test_points_outside_their_image_are_counted_and_their_images_named() -> None:
    fitted, judged = sample("a", "b", "c"), sample("d", "e")
    for inside in ((-0.5, 9.5), (19.5, -0.5), (np.nan, np.nan)):
        judged.truth[0, 0] = inside
        assert remarks(fitted, judged) == ()
    fitted.truth[1] = (-1.0, -1.0)
    fitted.truth[2, 0] = (19.6, 5.0)
    judged.truth[1, 1] = (5.0, 9.6)
    training, test = remarks(fitted, judged)
    assert training.startswith("3 annotated points of 2 training images lie outside their image and count")
    assert training.endswith(": b, c")
    assert test.startswith("1 annotated points of 1 test images")


def test_images_of_both_splits_are_counted_and_named_however_their_path_is_written() -> None:
    (message,) = remarks(sample("x/a", "b"), sample("./x/../x/a", "c", "b"))
    assert message.startswith("2 of 3 test images are training images too")
    assert message.endswith(": ./x/../x/a, b")


def test_a_long_list_is_cut() -> None:
    assert some(str(i) for i in range(7)) == "0, 1, 2, 3, 4 and 2 more"
    assert some("abcde") == "a, b, c, d, e"


def copied() -> Sample:
    """Three images with two copies each, in the order of a dataset of them."""
    names = ("a", "b", "c", "a~1", "a~2", "b~1", "b~2", "c~1", "c~2")
    made = sample(*names)
    return Sample(names, made.size, made.landmarks, made.truth, tuple(name[0] for name in names))


def test_copies_go_with_their_image_and_what_is_said_of_images_is_not_said_of_them() -> None:
    fitted = copied()
    assert fitted.originals().names == ("a", "b", "c")
    assert fitted.originals().origins == ("a", "b", "c")
    assert fitted.select(fitted.of(np.arange(9) == 1)).names == ("b", "b~1", "b~2")
    plain = sample("a", "b")
    assert plain.original.all()
    assert plain.select(plain.of(np.array([False, True]))).names == ("b",)
    fitted.truth[3:] = -9.0
    assert remarks(fitted, sample("d")) == ("the map is fitted on 3 training images and 6 changed copies of them",)
