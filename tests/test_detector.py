"""Tests of the detector."""

import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import final

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from tests.spots import detector, spotted
from unsuplmk import checkpoint
from unsuplmk.config import Config
from unsuplmk.detector import Detector, per_size
from unsuplmk.errors import UserError
from unsuplmk.frames import media
from unsuplmk.frames.prepare import Fit
from unsuplmk.interfaces import Dataset, Encoder

SIZES = ((64, 64), (128, 128), (192, 96), (90, 150))
POINTS = np.array([[0.3, 0.4], [0.6, 0.35], [0.5, 0.7]])


def places(size: tuple[int, int]) -> np.ndarray:
    return np.round(POINTS * size)


def images() -> list[np.ndarray]:
    return [spotted(places(size), size, side=max(size) // 8 | 1) for size in SIZES]


@pytest.mark.parametrize("fit", ["pad", "stretch"])
def test_landmarks_come_back_in_pixels_of_frames_of_any_size(fit: str) -> None:
    tracks = detector(fit=fit).predict(images(), batch=3)
    assert tracks.size.tolist() == [list(size) for size in SIZES]
    for xy, size in zip(tracks.xy, SIZES, strict=True):
        np.testing.assert_allclose(xy, places(size), atol=0.01 * max(size))
    assert tracks.names == ("landmark_0", "landmark_1", "landmark_2")
    assert tracks.fps == 0
    assert ((tracks.score > 0) & (tracks.score <= 1)).all()


def test_the_batch_size_changes_nothing() -> None:
    one, all_at_once = (detector().predict(images(), batch=batch) for batch in (1, 64))
    np.testing.assert_allclose(one.xy, all_at_once.xy, atol=1e-4)
    assert one.source == all_at_once.source


def test_a_folder_gives_its_files_by_name_and_corrupt_ones_are_reported_and_left_out(tmp_path: Path) -> None:
    for i, image in enumerate(images()):
        Image.fromarray(image).save(tmp_path / f"{i}.png")
    (tmp_path / "1.png").write_bytes((tmp_path / "1.png").read_bytes()[:200])
    (tmp_path / "2.jpg").write_text("not an image")
    messages: list[str] = []
    tracks = detector().predict(tmp_path, report=messages.append)
    assert tracks.source == tuple(str(tmp_path / name) for name in ("0.png", "2.png", "3.png"))
    np.testing.assert_allclose(tracks.xy[2], places(SIZES[3]), atol=1.5)
    assert len(messages) == 2
    assert "1.png" in messages[0]
    assert "2.jpg" in messages[1]
    with pytest.warns(UserWarning, match=r"1\.png"):
        detector().predict(tmp_path / "[01].png")


def test_a_single_image_is_a_source_too(tmp_path: Path) -> None:
    Image.fromarray(images()[0]).save(tmp_path / "a.png")
    assert detector().predict(str(tmp_path / "a.png")).xy.shape == (1, 3, 2)


def test_a_video_gives_every_frame_its_number_and_the_rate(tmp_path: Path) -> None:
    moving = [places((96, 64)) + np.array([i, 0]) for i in range(8)]
    media.write_video(tmp_path / "v.mp4", [spotted(xy, (96, 64)) for xy in moving], 12.5)
    tracks = detector().predict(tmp_path / "v.mp4", batch=3)
    assert tracks.fps == 12.5
    assert tracks.source == tuple(f"{tmp_path / 'v.mp4'}:{i}" for i in range(8))
    np.testing.assert_allclose(tracks.xy, moving, atol=1)


def test_when_nothing_can_be_read_the_error_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_text("no")
    (tmp_path / "b.jpg").write_text("no")
    with pytest.raises(UserError, match="none of the 2 frames can be read"):
        detector().predict(tmp_path, report=lambda message: None)
    with pytest.raises(UserError, match="batch must be at least 1"):
        detector().predict(images(), batch=0)


@final
class Endless(Dataset):
    """So many frames that they never fit in memory; counts how many have been read."""

    def __init__(self, breaks_at: int = -1) -> None:
        self.read_so_far, self.breaks_at = 0, breaks_at

    def __len__(self) -> int:
        return 10**6

    @property
    def clips(self) -> Sequence[range]:
        return [range(len(self))]

    def read(self, index: int) -> np.ndarray:
        assert threading.current_thread() is not threading.main_thread()
        self.read_so_far += 1
        if index == self.breaks_at:
            raise ZeroDivisionError("a bug in a dataset")
        return spotted(places((64, 64)), (64, 64))

    def name(self, index: int) -> str:
        return str(index)


class EnoughError(Exception):
    """Stops a prediction."""


@final
class Seen(list[int]):
    """Batch sizes, in one list for all copies of a network."""

    def __deepcopy__(self, _: object) -> "Seen":
        return self


@final
class Stopping(Encoder):
    """Ends everything at the third batch."""

    def __init__(self, inner: Encoder, seen: Seen) -> None:
        super().__init__()
        self.inner, self.seen = inner, seen

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        self.seen.append(len(image))
        if len(self.seen) >= 3:
            raise EnoughError
        return self.inner(image)


@pytest.fixture
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    """So many of torch's."""
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


@pytest.mark.parametrize("threads", [1, 3], indirect=True)
def test_frames_are_read_in_a_thread_that_stays_a_few_batches_ahead_and_ends_with_the_prediction(threads: int) -> None:
    data, before, seen = Endless(), threading.active_count(), Seen()
    stopped = detector()
    stopped.model.encoder = Stopping(stopped.model.encoder, seen)
    with pytest.raises(EnoughError):
        stopped.predict(data, batch=4)
    assert set(seen) == {4}
    assert data.read_so_far <= 4 * (6 + threads)  # three used, waiting or being worked on, one in the making
    assert threading.active_count() == before
    assert torch.get_num_threads() == threads


@final
class Forgetful(Encoder):
    """Keeps the image in itself while others are at work, as a part may."""

    def __init__(self, inner: Encoder) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        self.image = image
        time.sleep(0.002)
        return self.inner(self.image)


@pytest.mark.parametrize("threads", [1, 3], indirect=True)
def test_threads_with_frames_of_their_own_give_what_one_gives_and_in_its_order(threads: int, tmp_path: Path) -> None:
    where = [places((64, 48)) + np.array((i % 7, i % 5)) for i in range(70)]
    for i, xy in enumerate(where):
        Image.fromarray(spotted(xy, (64, 48))).save(tmp_path / f"{i:02}.png")
    for broken in (3, 40, 41):
        (tmp_path / f"{broken:02}.png").write_text("no")
    plain, messages = detector(), list[str]()
    plain.model.encoder = Forgetful(plain.model.encoder)
    tracks = plain.predict(tmp_path, batch=5, report=messages.append)
    left = [i for i in range(70) if i not in (3, 40, 41)]
    assert [Path(name).stem for name in tracks.source] == [f"{i:02}" for i in left]
    assert ["03.png" in messages[0], "40.png" in messages[1], "41.png" in messages[2]] == [True] * 3
    np.testing.assert_allclose(tracks.xy, [where[i] for i in left], atol=0.5)
    assert torch.get_num_threads() == threads


@pytest.mark.parametrize("threads", [3], indirect=True)
def test_hooks_hear_of_every_frame_in_order_and_in_the_callers_thread(threads: int) -> None:
    heard: list[tuple[int, str]] = []

    def hear(_: nn.Module, given: tuple[torch.Tensor]) -> None:
        heard.append((len(given[0]), threading.current_thread().name))

    hooked = detector()
    hooked.model.encoder.register_forward_pre_hook(hear)
    hooked.predict([spotted(places((64, 64)), (64, 64))] * 70, batch=8)
    assert heard == [(count, threading.current_thread().name) for count in (8,) * 8 + (6,)]


def test_a_bug_in_a_dataset_keeps_its_own_exception() -> None:
    with pytest.raises(ZeroDivisionError, match="a bug in a dataset"):
        detector().predict(Endless(breaks_at=5), batch=4)


@pytest.mark.parametrize("shape", [(3, 64, 64), (1, 1, 64, 64)])
def test_detect_says_what_it_needs(shape: tuple[int, ...]) -> None:
    with pytest.raises(UserError, match=r"float images \(batch, 3, height, width\)"):
        detector().detect(torch.zeros(shape))
    with pytest.raises(UserError, match="uint8"):
        detector().detect(torch.zeros(1, 3, 64, 64, dtype=torch.uint8))


def test_detect_keeps_no_gradients_and_gives_the_networks_coordinates() -> None:
    square = spotted(places((64, 64)), (64, 64))
    found = detector().detect(torch.from_numpy(square[None]).permute(0, 3, 1, 2) / 255)
    assert not found.xy.requires_grad
    np.testing.assert_allclose((found.xy[0].numpy() + 1) * 32 - 0.5, places((64, 64)), atol=0.3)


def test_points_of_images_of_different_sizes_are_converted_each_with_its_own() -> None:
    xy = np.arange(12.0).reshape(3, 2, 2)
    size = np.array([(2, 4), (10, 10), (2, 4)])
    np.testing.assert_array_equal(per_size(lambda points, wh: points * wh, xy, size), xy * size[:, None])


def test_what_is_no_run_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not exist"):
        Detector.load(tmp_path / "gone")
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="is a file"):
        Detector.load(tmp_path / "file")
    with pytest.raises(UserError):
        Detector.load(tmp_path)


def run_folder(folder: Path, **settings: object) -> Path:
    config = Config(landmarks=3, size=32, **settings).resolved()  # type: ignore[arg-type]
    checkpoint.create(folder, config)
    checkpoint.save(folder, checkpoint.assemble(config, losses=False), {})
    return folder


def test_a_run_folder_gives_the_detector_back_from_config_and_weights_alone(tmp_path: Path) -> None:
    run_folder(tmp_path / "run", fit="crop")
    (tmp_path / "run/state.pt").write_bytes(b"never read")
    loaded = Detector.load(tmp_path / "run", "cpu")
    assert (loaded.fit, loaded.config.landmarks) == (Fit(32, "crop"), 3)
    again = Detector.load(str(tmp_path / "run"))
    np.testing.assert_array_equal(loaded.predict(images()).xy, again.predict(images()).xy)
    assert loaded.predict(images()).xy.shape == (4, 3, 2)


def test_weights_of_other_settings_and_damaged_ones_are_refused(tmp_path: Path) -> None:
    run, other = run_folder(tmp_path / "run"), tmp_path / "other"
    checkpoint.create(other, Config(landmarks=5, size=32).resolved())
    with pytest.raises(UserError, match="before its first checkpoint"):
        Detector.load(other)
    weights = (run / "model.safetensors").read_bytes()
    (other / "model.safetensors").write_bytes(weights)
    with pytest.raises(UserError, match="does not fit"):
        Detector.load(other)
    (run / "model.safetensors").write_bytes(weights[: len(weights) // 2])
    with pytest.raises(UserError, match="not a safetensors file"):
        Detector.load(run)
    with pytest.raises(UserError, match="no device named 'gpu'"):
        Detector.load(run, "gpu")
