"""What spoils a training is found in bad data, and nothing in good data."""

from __future__ import annotations

import numpy as np
import pytest

from tests.golden import SHARED
from tests.scenes import Drawn, blob, ground, noisy
from unsuplmk.batches.data import open_data
from unsuplmk.datasets.puppets import Puppets
from unsuplmk.errors import UserError
from unsuplmk.inspecting.hazards import FEW, TINY
from unsuplmk.inspecting.inspection import fps, inspect
from unsuplmk.interfaces import Dataset

DATA = SHARED / "data"
MANY = [1] * FEW


def single(clip: int, place: int) -> np.ndarray:
    """A picture like no other."""
    return noisy(ground(clip), clip)


def found(dataset: Dataset, *pairs: str, **options: int) -> dict[str, str]:
    """What is wrong, by the word for it."""
    return {hazard.about: hazard.text for hazard in inspect(dataset, "drawn", pairs=pairs, **options).hazards}


def advice(dataset: Dataset, about: str, *pairs: str) -> str:
    return next(hazard.advice for hazard in inspect(dataset, "drawn", pairs=pairs).hazards if hazard.about == about)


@pytest.mark.parametrize(
    "dataset",
    [Drawn(MANY, single), Drawn([30] * 12, blob), Puppets(clips=40)],
    ids=["single images", "clips", "puppets"],
)
def test_good_data_gives_no_alarm(dataset: Dataset) -> None:
    assert found(dataset) == {}


def test_what_is_good_for_video_is_good_with_video_pairs() -> None:
    assert found(Drawn([30] * 12, blob), "video") == {}


def test_few_images_are_told_how_many_are_sensible() -> None:
    assert found(Drawn([1] * 40, single)) == {
        "few": "only 40 frames: landmarks may remember these instead of finding the object"
    }
    assert f"some {FEW} are sensible, thousands are better" in advice(Drawn([1] * 40, single), "few")


def test_copies_are_found_pixel_by_pixel_and_a_few_do_no_harm() -> None:
    text = found(Drawn(MANY, lambda clip, place: single(clip % 200, place)), sample=FEW)["copies"]
    assert text == "100 of 300 frames are copies of others, pixel by pixel: frame 200 of frame 0"
    assert found(Drawn(MANY, lambda clip, place: single(clip % (FEW - 5), place)), sample=FEW) == {}


def test_frames_of_a_video_that_lie_about_as_images_are_nearly_the_same() -> None:
    dataset = Drawn([1] * 2000, lambda clip, place: noisy(ground(clip // 40), clip))
    assert "images are nearly the same as another: frame " in found(dataset)["alike"]
    assert "put those of each video into a sub-folder and take --pairs video" in advice(dataset, "alike")


def test_copies_are_not_told_a_second_time_as_being_alike() -> None:
    assert list(found(Drawn(MANY, lambda clip, place: single(clip // 2, place)), sample=FEW)) == ["copies"]


def test_dark_pictures_of_different_things_are_not_alike() -> None:
    assert found(Drawn(MANY, lambda clip, place: single(clip, place) // 8)) == {}


def test_clips_in_which_nothing_moves_teach_video_pairs_nothing() -> None:
    dataset = Drawn([30] * 12, lambda clip, place: noisy(ground(clip), 1000 * clip + place))
    assert "nothing moves" in found(dataset)["still"]
    assert "video pairs teach nothing there" in advice(dataset, "still")


def test_a_small_thing_that_moves_is_motion_but_a_small_object() -> None:
    dataset = Drawn([30] * 12, lambda clip, place: blob(clip, place, side=8))
    assert list(found(dataset)) == ["small"]
    assert "of the picture: the object is probably small in it" in found(dataset)["small"]
    assert "--crop motion" in advice(dataset, "small") or "crop the frames" in advice(dataset, "small")


def test_a_camera_that_moves_is_not_taken_for_a_small_object() -> None:
    wide = {clip: ground(clip, 400, 300) for clip in range(12)}

    def pan(clip: int, place: int) -> np.ndarray:
        return wide[clip][5 * place : 5 * place + 72, 8 * place : 8 * place + 96]

    assert found(Drawn([30] * 12, pan)) == {}


def test_shapes_and_sizes_that_differ_much_are_told() -> None:
    shapes = Drawn(MANY, lambda clip, place: ground(clip, *((90, 60) if clip % 3 else (60, 135))))
    assert found(shapes) == {"shapes": "pictures of very different shapes, from 0.44 to 1.5 times as wide as high"}
    assert "--fit crop" in advice(shapes, "shapes")
    sizes = Drawn(MANY, lambda clip, place: ground(clip, *((60, 60) if clip % 3 else (600, 600))))
    assert found(sizes) == {"sizes": "pictures of very different sizes, from about 60 to 600 px"}


def test_clips_that_change_their_size_are_told() -> None:
    dataset = Drawn([30] * 12, lambda clip, place: blob(clip, place)[: 72 - 20 * (place > 15)])
    assert found(dataset)["changing"] == "12 of 12 clips change their size: frame 0"


def test_tiny_pictures_are_told_and_digits_are_not_tiny() -> None:
    assert found(Drawn(MANY, lambda clip, place: ground(clip, 20, 16)))["tiny"].endswith("at most 16 px")
    assert TINY < 28
    assert found(Drawn(MANY, lambda clip, place: ground(clip, 28, 28))) == {}


def test_pictures_of_one_grey_are_named() -> None:
    dataset = Drawn(
        MANY, lambda clip, place: np.full((72, 96, 3), 60 + clip // 3, np.uint8) if clip < 9 else single(clip, 0)
    )
    text = found(dataset, sample=FEW)["blank"]
    assert text == "9 of 300 frames are all of one grey: frame 0, frame 1, frame 2 and 6 more"


def test_one_clip_is_told_to_be_one_recording() -> None:
    assert list(found(Drawn([300], blob))) == ["alone"]


def test_clips_of_one_frame_matter_to_pairs_that_need_two() -> None:
    none, some = Drawn(MANY, single), Drawn([30] * 12 + [1] * 50, lambda clip, place: blob(clip, place))
    assert found(none, "warped") == {}
    assert found(none, "video")["lonely"].endswith("nothing can be trained")
    text = found(some, "video", "warped")["lonely"]
    assert text == "50 of 62 clips have one frame, and pairs of video need two of a clip: they are left out"
    assert "take --pairs warped" in advice(none, "lonely", "video")


def test_what_cannot_be_read_is_counted_and_the_first_named() -> None:
    dataset = Drawn(MANY, single, broken=range(10, 20))
    text = found(dataset, sample=FEW)["unreadable"]
    assert text == "10 of 300 frames cannot be read; the first: cannot read frame 10"
    seen = inspect(dataset, "drawn", every=True)
    assert seen.unreadable == {f"frame {i}": f"cannot read frame {i}" for i in range(10, 20)}
    assert seen.looked_at == FEW


def test_points_outside_their_pictures_are_told_if_they_are_many() -> None:
    def at(shift: float) -> Drawn:
        return Drawn(MANY, single, annotate=lambda i: [(5, 5), (95.4 + shift * (i % 4 == 0), 10), (np.nan, np.nan)])

    assert found(at(0.0)) == {}
    text = found(at(0.2), sample=FEW)["outside"]
    assert text.startswith("75 of 600 annotated points lie outside their picture: frame 0, frame 4, frame 8")


def test_data_without_frames_or_without_readable_ones_is_refused() -> None:
    with pytest.raises(UserError, match="holds no frames"):
        inspect(Drawn([], single), "drawn")
    with pytest.raises(UserError, match="none of 5 frames can be read; the first: cannot read frame 0"):
        inspect(Drawn([1] * 5, single, broken=range(5)), "drawn")


def test_the_facts_are_counted() -> None:
    dataset = Drawn([3, 7, 5], lambda clip, place: blob(clip, place)[: 60 if clip == 1 else 72])
    seen = inspect(dataset, "drawn", every=True)
    assert (seen.dataset, seen.frames, seen.clips, seen.lengths) == ("drawn", 15, 3, (3, 5, 7))
    assert seen.sizes == {"96x72": 8, "96x60": 7}
    assert seen.colour == 1
    assert seen.points == ()
    assert seen.as_dict()["hazards"][0]["about"] == "few"
    grey = inspect(Drawn(MANY, lambda clip, place: np.repeat(single(clip, place)[..., :1], 3, -1)), "drawn")
    assert grey.colour == 0


def test_the_same_seed_looks_at_the_same_frames_and_another_at_others() -> None:
    dataset = Drawn([1] * 3000, single, broken=range(0, 3000, 3))
    first, again, other = (inspect(dataset, "drawn", seed=seed) for seed in (0, 0, 1))
    assert list(first.unreadable) == list(again.unreadable) != list(other.unreadable)


def test_the_pace_is_told_by_times_where_no_fps_is_known() -> None:
    class Timed(Dataset):
        clips = (range(0, 5),)

        def __len__(self) -> int:
            return 5

        def read(self, index: int) -> np.ndarray:
            return single(0, index)

        def name(self, index: int) -> str:
            return str(index)

        def seconds(self, index: int) -> float:
            return 3 + 0.04 * index

    assert fps(Timed()) == pytest.approx(25)
    assert fps(Drawn([5], blob)) == 0


@pytest.mark.skipif(not DATA.is_dir(), reason=f"real data is not at {DATA}")
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("mtfl/landmarks.csv", set()),
        ("ytf68/landmarks.csv", set()),
        ("eth80/views.csv", set()),
        ("human_lspet/keypoints_upright.csv", set()),
        ("hand_signdigits/images.csv", set()),
        ("fly_sleap/keypoints_aligned.csv", set()),
        ("mouse_openfield/video_frames.csv", {"alone"}),
        ("mouse_openfield/video_crops128", {"alike"}),
        ("mouse_openfield/keypoints.csv", {"few", "alone"}),
        ("mouse_openfield/original/videos/m3v1mp4.mp4", {"alone", "small"}),
        ("fly_sleap/original/centered_pair_small.mp4", {"alone"}),
    ],
)
def test_real_data_is_judged_as_a_person_would(path: str, expected: set[str]) -> None:
    dataset = open_data(DATA / path)
    clips = any(len(clip) > 1 for clip in dataset.clips)
    assert set(found(dataset, "video" if clips else "warped")) == expected


@pytest.mark.skipif(not DATA.is_dir(), reason=f"real data is not at {DATA}")
def test_digits_are_neither_tiny_nor_alike() -> None:
    import gzip

    raw = gzip.decompress((DATA / "mnist/t10k-images-idx3-ubyte.gz").read_bytes())
    digits = np.frombuffer(raw, np.uint8, offset=16).reshape(-1, 28, 28)
    assert found(Drawn([1] * len(digits), lambda clip, place: digits[clip][..., None].repeat(3, -1)), sample=2000) == {}
