"""Tests of the animation."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, final

import numpy as np
import pytest
import torch
from PIL import Image as Pil
from torch import Tensor

from tests.spots import Spots, spotted
from unsuplmk import registry
from unsuplmk.batches.data import open_data
from unsuplmk.config import Config
from unsuplmk.detector import Detector
from unsuplmk.errors import UserError
from unsuplmk.frames import media
from unsuplmk.frames.gather import as_images
from unsuplmk.interfaces import Dataset, Generator
from unsuplmk.model import Model
from unsuplmk.pictures.animate import animate, frames
from unsuplmk.pictures.swap import GAP
from unsuplmk.types import Landmarks, Pair, Reconstruction, Render

STYLE = np.array([[12.0, 12.0], [50.0, 14.0], [30.0, 40.0]])
START = np.array([[15.0, 30.0], [30.0, 50.0], [40.0, 20.0]])


@final
class Watched(Generator):
    """Gives the source back, and keeps the landmarks that it was asked for."""

    needs: ClassVar[frozenset[str]] = frozenset({"source"})

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Tensor] = []

    def forward(self, pair: Pair, source: Landmarks, target: Landmarks, render: Render) -> Reconstruction:
        self.asked.append(target.xy.clone())
        return Reconstruction(pair.source)


@final
class Walk(Dataset):
    """Three spots that walk to the right; says how often it was read."""

    def __init__(self, length: int, fps: float = 0.0, broken: Sequence[int] = ()) -> None:
        self._length, self._fps, self._broken = length, fps, broken
        self.reads = 0

    def __len__(self) -> int:
        return self._length

    @property
    def clips(self) -> Sequence[range]:
        return (range(self._length),)

    @property
    def fps(self) -> float:
        return self._fps

    def read(self, index: int) -> np.ndarray:
        self.reads += 1
        if index in self._broken:
            raise UserError(f"cannot read frame {index}")
        return spotted(START + np.array([2 * index % 17, 0]), (64, 64))

    def name(self, index: int) -> str:
        return str(index)


def watching() -> tuple[Detector, Watched]:
    generator = Watched()
    model = Model(Spots(3), registry.build("bottleneck", "gaussian", 3), generator)
    return Detector(model, Config(landmarks=3, size=64)), generator


def styles(*shifts: float) -> Tensor:
    return as_images([spotted(STYLE + shift, (64, 64)) for shift in shifts])


@pytest.mark.parametrize("relative", [False, True])
def test_the_landmarks_are_those_of_the_video_or_the_styles_own_plus_the_way_since_the_first_frame(
    relative: bool,
) -> None:
    detector, generator = watching()
    drive = Walk(5)
    list(frames(detector, styles(0, 4), drive, relative=relative, cell=64, batch=2, report=pytest.fail))
    asked = [torch.cat(generator.asked[number::2]).double().numpy() for number in (0, 1)]  # two styles in turn
    driving = detector.detect(as_images([drive.read(index) for index in range(5)])).xy.double().numpy()
    own = detector.detect(styles(0, 4)).xy.double().numpy()
    for number in (0, 1):
        expected = own[number] + driving - driving[0] if relative else driving
        np.testing.assert_allclose(asked[number], expected, atol=1e-6)
        if relative:  # the first frame is the style itself
            np.testing.assert_allclose(asked[number][0], own[number], atol=1e-6)


def test_a_row_shows_the_style_the_driving_frame_and_the_result() -> None:
    (drawn,) = frames(watching()[0], styles(0, 4), Walk(1), relative=False, cell=64, report=pytest.fail)
    assert drawn.shape == (2 * 64 + GAP, 3 * 64 + 2 * GAP, 3)
    style = spotted(STYLE + 4, (64, 64))
    step = 64 + GAP
    np.testing.assert_array_equal(drawn[step:, :64], style)
    np.testing.assert_array_equal(drawn[step:, 2 * step :], style)  # this generator gives the source back
    driving = drawn[step:, step : step + 64]
    np.testing.assert_array_equal(driving, drawn[:64, step : step + 64])
    frame = Walk(1).read(0)
    marked = (driving != frame).any(-1)
    assert 0.005 < marked.mean() < 0.1  # its landmarks are drawn on it
    assert (drawn[:, 64:step] == 255).all()


def test_a_long_video_is_not_held_in_memory() -> None:
    drive = Walk(90)
    drawn = frames(watching()[0], styles(0), drive, relative=True, cell=64, batch=8, report=pytest.fail)
    for number, _ in enumerate(drawn):
        assert drive.reads <= number + 8
    assert number == 89


def test_a_video_keeps_its_length_and_speed(tmp_path: Path) -> None:
    source = Walk(7)
    media.write_video(tmp_path / "in.mp4", map(source.read, range(7)), 29.97)
    drive = open_data(tmp_path / "in.mp4")
    out = tmp_path / "new" / "out.mp4"
    count = animate(watching()[0], styles(0, 2), drive, out, relative=False, fps=5.0, cell=64, batch=3, report=print)
    video = media.Video(out)
    assert (count, len(video)) == (7, 7)
    assert video.fps == pytest.approx(29.97)
    assert video.size == (3 * 64 + 2 * GAP, 2 * 64 + GAP)
    shown = video.read(3)[:64, :64].astype(int)
    assert np.abs(shown - spotted(STYLE, (64, 64))).mean() < 6  # H.264 blurs the colours at edges
    video.close()


@pytest.mark.parametrize("fps", [30.0, 12.0, 8.0])
def test_a_gif_keeps_its_speed_though_it_counts_in_hundredths_of_a_second(fps: float, tmp_path: Path) -> None:
    out = tmp_path / "out.gif"
    animate(watching()[0], styles(0), Walk(12), out, relative=False, fps=fps, cell=64, report=pytest.fail)
    with Pil.open(out) as gif:
        durations = []
        for frame in range(gif.n_frames):
            gif.seek(frame)
            durations.append(gif.info["duration"])
        assert gif.size == (3 * 64 + 2 * GAP, 64)
    assert len(durations) == 12
    assert sum(durations) == pytest.approx(12_000 / fps, abs=10)


def test_frames_that_cannot_be_read_are_named_and_left_out(tmp_path: Path) -> None:
    messages: list[str] = []
    drive = Walk(5, fps=25.0, broken=[0, 3])
    detector = watching()[0]
    assert animate(detector, styles(0), drive, tmp_path / "a.mp4", relative=True, fps=5.0, report=messages.append) == 3
    assert messages == ["cannot read frame 0", "cannot read frame 3"]
    with pytest.raises(UserError, match="none of the 2 driving frames"):
        animate(
            detector,
            styles(0),
            Walk(2, broken=[0, 1]),
            tmp_path / "b.mp4",
            relative=True,
            fps=5.0,
            report=messages.append,
        )
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


@pytest.mark.parametrize(
    ("name", "length", "reason"),
    [
        ("a.png", 3, r"cannot write an animation to .*known: \.gif, \.avi"),
        ("a", 3, "known: "),
        ("dir.mp4", 3, "it is a folder"),
        ("a.gif", 1001, "1001 frames are too many for a GIF .*mp4"),
    ],
)
def test_an_output_that_cannot_hold_it_is_refused_before_a_frame_is_read(
    name: str, length: int, reason: str, tmp_path: Path
) -> None:
    (tmp_path / "dir.mp4").mkdir()
    drive = Walk(length)
    with pytest.raises(UserError, match=reason):
        animate(watching()[0], styles(0), drive, tmp_path / name, relative=False, fps=5.0, report=pytest.fail)
    assert drive.reads == 0


def test_without_pyav_a_gif_is_written_and_a_video_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    animate(watching()[0], styles(0), Walk(2), tmp_path / "a.gif", relative=False, fps=5.0, report=pytest.fail)
    with pytest.raises(UserError, match="pip install av"):
        animate(watching()[0], styles(0), Walk(2), tmp_path / "a.mp4", relative=False, fps=5.0, report=pytest.fail)
