"""Tests of the moving object of a fixed camera, on videos whose places are known and on real ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.golden import SHARED
from unsuplmk.crops import motion
from unsuplmk.crops.motion import Motion
from unsuplmk.datasets.arrays import Arrays
from unsuplmk.datasets.cropped import Cropped
from unsuplmk.datasets.files import Files
from unsuplmk.errors import UserError
from unsuplmk.frames.clips import Clips
from unsuplmk.frames.media import write_video
from unsuplmk.interfaces import Dataset
from unsuplmk.ops.texture import background
from unsuplmk.types import Boxes

WIDTH, HEIGHT, SIZE = 320, 240, 24
Place = Callable[[float], tuple[float, float]]


def ellipse(t: float) -> tuple[float, float]:
    return 160 + 110 * np.cos(2 * np.pi * t), 120 + 70 * np.sin(2 * np.pi * t)


def frames(count: int, place: Place = ellipse, seed: int = 0, size: float = SIZE) -> Iterator[np.ndarray]:
    """A bright square turning before a textured, noisy background; `place` is of its middle, from the corner."""
    rng = np.random.default_rng(seed)
    behind = 120 * background(320, rng)[:HEIGHT, :WIDTH]
    y, x = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    for i in range(count):
        mx, my = place(i / count)
        inside = np.maximum(np.abs(x - mx), np.abs(y - my)) < size / 2
        frame = np.where(inside[..., None], 230, behind) + rng.normal(0, 3, (HEIGHT, WIDTH, 1))
        yield np.clip(frame, 0, 255).astype(np.uint8)


def middles(boxes: Boxes) -> np.ndarray:
    return (boxes.edges[:, :2] + boxes.edges[:, 2:]) / 2


def sides(boxes: Boxes) -> np.ndarray:
    return np.unique(boxes.edges[:, 2:] - boxes.edges[:, :2])


def nothing(line: str) -> None:
    raise AssertionError(f"nothing should be reported: {line}")


def test_the_square_follows_the_object_in_a_video_with_one_side(tmp_path: Path) -> None:
    write_video(tmp_path / "v.mp4", frames(60), 20.0)
    found = Motion(margin=0.5).boxes(Files(tmp_path / "v.mp4"), nothing)
    truth = np.array([ellipse(i / 60) for i in range(60)])
    assert found.frames.tolist() == list(range(60))
    assert np.abs(middles(found) - truth)[3:-3].max() < 3
    assert len(sides(found)) == 1
    assert sides(found)[0] == pytest.approx(1.5 * SIZE, rel=0.15)
    assert Motion(side=77).boxes(Files(tmp_path / "v.mp4"), nothing).edges[0].tolist()[2:] == pytest.approx(
        found.edges[0, :2] + (77 + sides(found)[0]) / 2, abs=1
    )


def test_every_frame_is_read_once_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    data, seen = Arrays(list(frames(50))), []
    read = data.read
    monkeypatch.setattr(data, "read", lambda index: seen.append(index) or read(index))
    monkeypatch.setattr(motion, "BLOCK", 20)
    found = Motion().boxes(data, nothing)
    assert seen == list(range(50))
    assert np.abs(middles(found) - [ellipse(i / 50) for i in range(50)])[3:-3].max() < 4


def test_where_nothing_moves_the_object_is_where_it_was_last() -> None:
    def gone(t: float) -> tuple[float, float]:
        return (60 + 200 * t / 0.5, 100) if t < 0.5 else (9999, 9999)

    found = Motion(smooth=1).boxes(Arrays(list(frames(40, gone))), nothing)
    assert np.abs(middles(found)[20:] - middles(found)[19]).max() == 0
    assert middles(found)[39] == pytest.approx(gone(19 / 40), abs=2)


def test_a_jump_of_a_frame_is_smoothed_away() -> None:
    clip = list(frames(41))
    clip[20] = next(frames(1, lambda t: (30, 200)))
    rough, smooth = (Motion(smooth=n).boxes(Arrays(clip), nothing) for n in (1, 5))
    truth = np.array(ellipse(20 / 41))
    assert np.linalg.norm(middles(rough)[20] - truth) > 50
    assert np.linalg.norm(middles(smooth)[20] - truth) < 15


def test_all_clips_have_one_side_and_those_without_motion_are_named_and_left_out() -> None:
    still = list(frames(20, lambda t: (160, 120), seed=3))
    clips = [list(frames(30)), still, list(frames(30, seed=2, size=20))]
    lines: list[str] = []
    found = Motion().boxes(Arrays(clips), lines.append)
    assert set(found.frames.tolist()) == {*range(30), *range(50, 80)}
    assert len(sides(found)) == 1
    assert len(lines) == 1
    assert lines[0].startswith("array:1:0: nothing moves in its 20 frames")
    assert lines[0].endswith("the clip is left out")


def test_many_clips_without_motion_are_counted() -> None:
    still = next(frames(1, lambda t: (160, 120)))
    lines: list[str] = []
    Motion().boxes(Arrays([list(frames(20)), *([[still] * 3] * 6)]), lines.append)
    assert len(lines) == 4
    assert lines[-1] == "6 of 7 clips are left out: no object moves in them"


def test_a_moving_camera_is_said_to_move() -> None:
    rng = np.random.default_rng(0)
    scene = np.kron(rng.integers(0, 256, (60, 80, 3)), np.ones((8, 8, 1))).astype(np.uint8)
    panned = [scene[2 * i : 2 * i + HEIGHT, 7 * i : 7 * i + WIDTH] for i in range(40)]
    with pytest.raises(UserError, match=r"array:0: \d+ % of the picture differs.*the camera moves.*--crop boxes"):
        Motion().boxes(Arrays(panned), nothing)


def test_light_that_flickers_is_no_motion() -> None:
    flickering = [np.clip(f.astype(int) + 25 * (i % 2), 0, 255).astype(np.uint8) for i, f in enumerate(frames(40))]
    found = Motion().boxes(Arrays(flickering), nothing)
    assert np.abs(middles(found) - [ellipse(i / 40) for i in range(40)])[3:-3].max() < 4


def test_single_images_are_told_to_be_a_clip() -> None:
    singles = [[frame] for frame in frames(4)]
    with pytest.raises(UserError, match=r"motion cannot be seen in a clip of 1 frames.*sub-folder"):
        Motion().boxes(Arrays(singles), nothing)
    with pytest.raises(UserError, match=r"--crop\.smooth 4"):
        Motion(smooth=4)


class Mended(Dataset):
    """A clip with frames that cannot be read; or of another size."""

    def __init__(self, broken: range, height: int = 0) -> None:
        self._frames, self._broken, self._height = list(frames(40)), broken, height

    def __len__(self) -> int:
        return 40

    @property
    def clips(self) -> Clips:
        return Clips([40])

    def read(self, index: int) -> np.ndarray:
        if index in self._broken and not self._height:
            raise UserError(f"frame {index} is broken")
        return self._frames[index][: self._height or HEIGHT] if index in self._broken else self._frames[index]

    def name(self, index: int) -> str:
        return f"v.mp4:{index}"


def test_frames_that_cannot_be_read_do_not_matter() -> None:
    found = Motion().boxes(Mended(range(10, 13)), nothing)
    assert len(found.frames) == 40
    assert np.abs(middles(found) - [ellipse(i / 40) for i in range(40)])[15:-3].max() < 4
    with pytest.raises(UserError, match="none of 40 frames can be read"):
        Motion().boxes(Mended(range(40)), nothing)


def test_a_clip_that_changes_its_size_is_named() -> None:
    with pytest.raises(UserError, match=r"frame v\.mp4:25 is 320 x 200 px, those before it 320 x 240"):
        Motion().boxes(Mended(range(25, 40), height=200), nothing)


@pytest.mark.parametrize(
    ("file", "side", "darkest"),
    [
        ("mouse_openfield/original/videos/m3v1mp4.mp4", (150, 260), True),
        ("fly_sleap/original/20190128_113421.120s.mp4", (90, 160), False),
    ],
)
def test_real_animals_are_in_the_middle_of_their_squares(file: str, side: tuple[int, int], darkest: bool) -> None:
    path = SHARED / "data" / file
    if not path.is_file():
        pytest.skip(f"the recording is not at {path}")
    video = Files(path)
    some = Arrays([video.read(i) for i in range(0, len(video), len(video) // 60)])
    found = Motion(smooth=1).boxes(some, nothing)  # from one to the next the animal goes far
    assert side[0] <= sides(found)[0] <= side[1]
    cropped = Cropped(some, found)
    inside = []
    for i in range(len(cropped)):
        picture = cropped.read(i).mean(-1)
        third = slice(len(picture) // 3, -(len(picture) // 3))
        shown = picture < 60 if darkest else picture > 110  # a black mouse on white, a white fly on black
        inside.append(shown[third, third].mean() > 0.2)
    assert np.mean(inside) > 0.8  # two flies that touch are one blob
