"""Tests of opening data and drawing batches."""

from __future__ import annotations

import time
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
import torch

from unsuplmk.batches.data import Pack, batches, open_data, pack
from unsuplmk.datasets.arrays import Arrays
from unsuplmk.datasets.files import Files
from unsuplmk.datasets.listing import Listing
from unsuplmk.datasets.puppets import Puppets
from unsuplmk.errors import UserError
from unsuplmk.frames.media import write_image
from unsuplmk.frames.prepare import Fit
from unsuplmk.interfaces import PairSource
from unsuplmk.types import Image, Pair

GREY = np.zeros((8, 8, 3), np.uint8)


class Single(PairSource):
    """One frame a pair."""

    def frames(self, index: int, clip: range, rng: Random) -> tuple[int, ...]:
        return (index,)

    def forward(self, frames: tuple[Image, ...]) -> Pair:
        return Pair(frames[0], frames[0])


class Any2(PairSource):
    """A frame and a random one of its clip."""

    clips = True

    def frames(self, index: int, clip: range, rng: Random) -> tuple[int, ...]:
        assert index in clip
        return (index, rng.choice(clip))

    def forward(self, frames: tuple[Image, ...]) -> Pair:
        return Pair(*frames)


def numbered(*clips: int, side: int = 8) -> Pack:
    """Frames whose pixels are their number."""
    count = sum(clips)
    frames = np.arange(count, dtype=np.uint8)[:, None, None, None] * np.ones((side, side, 3), np.uint8)
    ends = np.cumsum(clips).tolist()
    ranges = tuple(range(start, end) for start, end in zip([0, *ends], ends, strict=False))
    return Pack(frames, ranges, tuple(map(str, range(count))), ())


def drawn(made: Pack, pairs: PairSource, **options: Any) -> np.ndarray:
    """Numbers of the frames used: (step, position, frame of the pair)."""
    steps = [[image[:, 0, 0, 0].numpy() for image in step] for step in batches(made, pairs, **options)]
    return np.moveaxis(np.array(steps), 1, 2)


def test_a_path_is_opened_before_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(open_data("puppets"), Puppets)
    write_image(tmp_path / "a.png", GREY)
    (tmp_path / "puppets").symlink_to(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert isinstance(open_data("puppets"), Files)


def test_everything_that_is_data_is_opened(tmp_path: Path) -> None:
    write_image(tmp_path / "a.png", GREY)
    (tmp_path / "a.csv").write_text("file,split\na.png,fit\n")
    for path in (tmp_path, tmp_path / "a.png", str(tmp_path), f"{tmp_path}/*.png"):
        assert isinstance(open_data(path), Files)
    assert isinstance(open_data(tmp_path / "a.csv", {"split": "fit"}), Listing)
    assert isinstance(open_data([GREY, GREY]), Arrays)
    assert isinstance(open_data(np.array([GREY])), Arrays)
    dataset = Arrays([GREY])
    assert open_data(dataset) is dataset
    assert len(open_data("puppets", {"clips": 3, "length": 4})) == 12


def test_what_is_not_there_is_answered_with_what_is() -> None:
    with pytest.raises(UserError, match=r"no file or folder 'pupets'.*did you mean 'puppets'"):
        open_data("pupets")
    with pytest.raises(UserError, match=r"no file or folder '/gone/mouse\.mp4'; datasets known by name: .*puppets"):
        open_data("/gone/mouse.mp4")
    with pytest.raises(UserError, match="nothing matches"):
        open_data("/gone/*.png")


def test_options_that_the_data_does_not_have_are_refused(tmp_path: Path) -> None:
    write_image(tmp_path / "a.png", GREY)
    (tmp_path / "a.csv").write_text("file,split\na.png,fit\n")
    with pytest.raises(UserError, match="did you mean 'split'"):
        open_data(tmp_path / "a.csv", {"spilt": "fit"})
    with pytest.raises(UserError, match=r"--dataset\.split"):
        open_data(tmp_path / "a.csv", {"split": 3})
    with pytest.raises(UserError, match="no file or folder 'folder'"):
        open_data("folder", {"clips": 3})
    with pytest.raises(UserError, match="'split'"):
        open_data(tmp_path, {"split": "fit"})
    with pytest.raises(UserError, match="arrays takes no options"):
        open_data([GREY], {"split": "fit"})


def test_batches_are_bytes_with_channels_last() -> None:
    (step,) = batches(numbered(5), Single(), batch=4, seed=0, start=0, stop=1)
    assert len(step) == 1
    assert step[0].shape == (4, 3, 8, 8)
    assert step[0].dtype == torch.uint8
    assert step[0].is_contiguous(memory_format=torch.channels_last)


def test_writing_into_a_batch_leaves_the_pack_alone() -> None:
    made = numbered(5)
    (step,) = batches(made, Single(), batch=4, seed=0, start=0, stop=1)
    step[0].fill_(200)
    assert made.frames.max() == 4


def test_every_epoch_shows_every_frame_once_in_a_new_order() -> None:
    used = drawn(numbered(3, 4), Single(), batch=3, seed=1, start=0, stop=14).reshape(6, 7)
    assert (np.sort(used) == np.arange(7)).all()
    assert len({tuple(epoch) for epoch in used}) == 6


def test_a_resumed_run_draws_what_the_unbroken_one_does() -> None:
    options = {"batch": 5, "seed": 3, "stop": 20}
    whole = drawn(numbered(3, 4, 5), Any2(), start=0, **options)
    assert np.array_equal(whole[13:], drawn(numbered(3, 4, 5), Any2(), start=13, **options))


def test_ranks_share_the_global_batch_in_blocks() -> None:
    options = {"seed": 3, "start": 2, "stop": 9}
    whole = drawn(numbered(3, 4, 5), Any2(), batch=6, **options)
    parts = [drawn(numbered(3, 4, 5), Any2(), batch=2, rank=rank, world=3, **options) for rank in range(3)]
    assert np.array_equal(whole, np.concatenate(parts, axis=1))


def test_seeds_draw_differently() -> None:
    first, second = (drawn(numbered(30), Any2(), batch=8, seed=seed, start=0, stop=3) for seed in (0, 1))
    assert not np.array_equal(first, second)


def test_pairs_come_from_one_clip_and_lone_frames_are_left_out() -> None:
    used = drawn(numbered(1, 4, 1, 5), Any2(), batch=9, seed=0, start=0, stop=20).reshape(-1, 2)
    assert set(used.ravel()) == {1, 2, 3, 4, 6, 7, 8, 9, 10}
    assert ((used < 5).all(1) | (used > 5).all(1)).all()
    assert len({tuple(pair) for pair in used}) > 30


def test_pairs_that_need_clips_say_how_to_make_some() -> None:
    with pytest.raises(UserError, match=r"'any2' need two frames of one clip.*sub-folder"):
        batches(numbered(1, 1), Any2(), batch=2, seed=0, start=0, stop=1)


@pytest.fixture
def colours(tmp_path: Path) -> str:
    """A pipeline that changes colours."""
    import albumentations as A

    A.save(A.Compose([A.RandomBrightnessContrast(0.5, 0.0, p=1), A.GaussNoise(p=0.5)]), tmp_path / "colours.json")
    return str(tmp_path / "colours.json")


# forking a process that has threads is deprecated since Python 3.12, and what torch does on Linux
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_augmentation_does_not_depend_on_workers_ranks_or_the_start(colours: str) -> None:
    made = numbered(*[5] * 20)
    options: dict[str, Any] = {"seed": 3, "augment": colours}

    def pixels(**more: Any) -> list[torch.Tensor]:
        return [torch.stack(step, 1) for step in batches(made, Any2(), **options, **more)]

    whole = pixels(batch=6, start=0, stop=6)
    plain = [torch.stack(step, 1) for step in batches(made, Any2(), batch=6, seed=3, start=0, stop=6)]
    assert not any(torch.equal(a, b) for a, b in zip(whole, plain, strict=True))
    assert all(map(torch.equal, whole, pixels(batch=6, start=0, stop=6, workers=2)))
    assert all(map(torch.equal, whole[4:], pixels(batch=6, start=4, stop=6)))
    halves = [pixels(batch=3, start=0, stop=6, rank=rank, world=2) for rank in range(2)]
    assert all(torch.equal(a, torch.cat(b)) for a, b in zip(whole, zip(*halves, strict=True), strict=True))


def test_both_frames_of_a_pair_change_alike(colours: str) -> None:
    made = Pack(np.full((6, 8, 8, 3), 90, np.uint8), (range(6),), tuple("abcdef"), ())
    changed = set()
    for source, target in batches(made, Any2(), batch=4, seed=0, start=0, stop=4, augment=colours):
        assert torch.equal(source, target)
        changed |= {int(image.float().mean()) for image in source}
    assert len(changed) > 12


def test_a_broken_pipeline_is_refused_before_the_first_batch(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"gone\.json"):
        batches(numbered(5), Single(), batch=2, seed=0, start=0, stop=1, augment=str(tmp_path / "gone.json"))


def test_without_augmentation_batches_keep_up_with_any_network() -> None:
    made = Pack(np.zeros((2000, 64, 64, 3), np.uint8), (range(2000),), ("",) * 2000, ())
    start = time.process_time()
    images = sum(len(image) for step in batches(made, Any2(), batch=32, seed=0, start=0, stop=60) for image in step)
    assert images / (time.process_time() - start) > 10_000  # an idle core does ten times that


def test_puppets_become_pairs() -> None:
    made = pack(open_data("puppets", {"clips": 4, "length": 3, "side": 64}), Fit(32))
    assert made.frames.shape == (12, 32, 32, 3)
    for source, target in batches(made, Any2(), batch=4, seed=0, start=0, stop=2):
        assert source.shape == target.shape == (4, 3, 32, 32)
