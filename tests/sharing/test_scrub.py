"""Tests of what is taken out of texts that leave the machine."""

from __future__ import annotations

import pytest

from unsuplmk.sharing import scrub


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("/home/me/mice/a.mp4", "a.mp4"),
        ("/home/me/my mice/a b.mp4", "a b.mp4"),
        ("~/mice", "mice"),
        ("~me/mice/", "mice"),
        ("../me/mice", "mice"),
        ("C:\\Users\\me\\mice", "mice"),
        ("\\\\server\\me\\mice", "mice"),
        ("deeplabcut:/home/me/project", "deeplabcut:project"),
        ("file:///home/me/mice", "mice"),
        ("/home/me/mice/*.mp4", "*.mp4"),
        ("//server/me/mice", "mice"),
        ("/home/me/a.png: cannot be read", "a.png: cannot be read"),
        ("left out: '/home/me/a.png', (/home/me/b.png)", "left out: 'a.png', (b.png)"),
        ("cannot read ~/x/a.png, C:\\me\\b.png", "cannot read a.png, b.png"),
    ],
)
def test_of_a_path_of_this_machine_its_last_part_is_left(text: str, left: str) -> None:
    assert scrub.text(text) == left


@pytest.mark.parametrize(
    "text",
    [
        *("videos/mouse.mp4", "*.mp4", "puppets", "voc:mice", "% of the image at 1/2 of its size", "n/a", ""),
        *("Jakab et al. 2018, https://arxiv.org/abs/1806.07823", "https://example.org/a/b", "mean / median", "3 / 4"),
    ],
)
def test_what_is_no_path_of_this_machine_stays(text: str) -> None:
    assert scrub.text(text) == text


def test_values_are_cleaned_wherever_they_are_and_each_change_is_told() -> None:
    before = {"data": "/a/b", "crop": {"file": "/c/d.csv", "margin": 1.5}, "seen": ["/e/f.png", "g", 3, None, True]}
    after = scrub.values(before)
    assert after == {"data": "b", "crop": {"file": "d.csv", "margin": 1.5}, "seen": ["f.png", "g", 3, None, True]}
    told = ["data: /a/b -> b", "crop.file: /c/d.csv -> d.csv", "seen.0: /e/f.png -> f.png"]
    assert list(scrub.changes(before, after)) == told
    assert list(scrub.changes(after, scrub.values(after))) == []


def test_paths_to_elsewhere_are_found() -> None:
    values = {"crop": {"name": "boxes", "file": "/etc/passwd"}, "encoder": {"weights": ["a/../../b", "c.pt"]}}
    assert list(scrub.outside(values)) == ["crop.file: /etc/passwd", "encoder.weights: a/../../b"]
