"""Tests of augmentation: what is drawn, where points go, and what is refused."""

from __future__ import annotations

import json
import pickle
import warnings
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any, final

import numpy as np
import pytest
import torch

from tests.dots import SIDE, centre, dot
from unsuplmk.batches.augment import MIRRORS, Augmentation
from unsuplmk.batches.data import Pack, batches
from unsuplmk.errors import UserError
from unsuplmk.interfaces import PairSource
from unsuplmk.ops.carry import CARRIED
from unsuplmk.types import Image, Pair

Saved = Callable[..., Augmentation]
REFLECT = 4  # cv2.BORDER_REFLECT_101
CERTAIN = 0.12
"""px; a dot's centre is measured to half of that."""
GEOMETRY: list[tuple[str, dict[str, Any]]] = [
    ("HorizontalFlip", {}),
    ("VerticalFlip", {}),
    ("Transpose", {}),
    ("RandomRotate90", {}),
    ("D4", {}),
    ("SquareSymmetry", {}),
    ("TimeReverse", {}),
    ("Affine", {"scale": (0.7, 1.3), "rotate": (-40, 40), "translate_percent": (-0.1, 0.1), "shear": (-10, 10)}),
    ("Affine", {"scale": (0.7, 0.7), "rotate": (20, 20), "border_mode": REFLECT}),
    ("Rotate", {"limit": (-90, 90), "border_mode": REFLECT}),
    ("SafeRotate", {"limit": (-90, 90)}),
    ("ShiftScaleRotate", {}),
    ("Perspective", {"scale": (0.05, 0.1)}),
    ("Perspective", {"scale": (0.05, 0.1), "fit_output": True}),
    ("CropAndPad", {"percent": (-0.2, 0.2)}),
    ("CropAndPad", {"px": -10}),
    ("CropAndPad", {"px": (3, 20), "sample_independently": False}),
    ("ElasticTransform", {"alpha": 100, "sigma": 10}),
    ("OpticalDistortion", {"distort_limit": (-0.3, 0.3)}),
    ("OpticalDistortion", {"distort_limit": (-0.3, 0.3), "mode": "fisheye"}),
    ("ThinPlateSpline", {"scale_range": (0.02, 0.05)}),
    ("GridDistortion", {"distort_limit": (-0.1, 0.1)}),
]
LOOSE = {"GridDistortion": 0.8, "ThinPlateSpline": 0.3, "ElasticTransform": 0.25}
"""A dot on a crease of these is not round any more, and its centre is a worse measure."""
HOLES: list[tuple[str, dict[str, Any]]] = [
    ("CoarseDropout", {"fill": 0}),
    ("Erasing", {}),
    ("FrequencyMasking", {}),
    ("GridDropout", {}),
    ("PixelDropout", {"dropout_prob": 0.1}),
    ("TimeMasking", {}),
    ("XYMasking", {"num_masks_x": 2, "num_masks_y": 2, "mask_x_length": 8, "mask_y_length": 8}),
]


def made(name: str, options: dict[str, Any]) -> Any:
    import albumentations as A

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # ShiftScaleRotate would rather be called Affine
        return getattr(A, name)(p=1, **options)


@pytest.fixture
def saved(tmp_path: Path) -> Saved:
    """Writes transforms to a file and reads it."""

    def save(*transforms: Any, name: str = "changes.json") -> Augmentation:
        import albumentations as A

        A.save(A.Compose(list(transforms)), tmp_path / name, data_format="json" if "json" in name else "yaml")
        return Augmentation(tmp_path / name)

    return save


def noise(seed: int, size: tuple[int, int] = (64, 64)) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)


@pytest.mark.parametrize(("name", "options"), GEOMETRY, ids=lambda value: value if isinstance(value, str) else "")
def test_points_are_where_the_picture_shows_them(name: str, options: dict[str, Any], saved: Saved) -> None:
    change = saved(made(name, options))
    rng = np.random.default_rng(0)
    misses = []
    for seed in range(40):
        point = rng.uniform(28, SIDE - 28, 2)
        image, (moved,), _ = change.carry(dot(point), point[None], seed)
        found = centre(image)
        if found is not None:
            misses.append(moved - found)
    assert len(misses) > 20
    assert np.linalg.norm(misses, axis=1).max() < LOOSE.get(name, CERTAIN)
    assert np.abs(np.median(misses, 0)).max() < 0.05  # no half pixel, in either direction


def test_every_transform_whose_points_are_known_is_tried() -> None:
    tried = {name for name, _ in (*GEOMETRY, *HOLES)}
    assert tried == set(CARRIED) - {"Morphological", "NoOp"}


@pytest.mark.parametrize(("name", "options"), [*GEOMETRY, *HOLES], ids=lambda v: v if isinstance(v, str) else "")
def test_pictures_of_different_content_are_changed_alike(name: str, options: dict[str, Any], saved: Saved) -> None:
    change = saved(made(name, {**options, **({"interpolation": 0} if name in ("Affine", "ElasticTransform") else {})}))
    image, points = noise(0), np.array([(20.0, 30.0), (41.0, 12.0)])
    moved = []
    for seed in range(6):
        one, moved_one, _ = change.carry(image, points, seed)
        _, moved_other, _ = change.carry(noise(1), points, seed)
        assert np.array_equal(moved_one, moved_other)
        assert np.array_equal(one, change(image, seed))  # points or not, the same is drawn
        moved.append(moved_one)
        if name in dict(HOLES):  # what is dropped is dropped in both
            bright = [change(np.full_like(image, value), seed) for value in (100, 200)]
            assert np.array_equal(bright[0] == 100, bright[1] == 200)
            assert (bright[0] != 100).any() or "Mask" in name  # of a length that may be 0
    if name in dict(HOLES):
        assert all(np.array_equal(points, at) for at in moved)
    assert np.array_equal(image, noise(0))


def test_a_pipeline_moves_points_through_all_its_steps_and_only_those_drawn(saved: Saved) -> None:
    import albumentations as A

    steps = [
        A.HorizontalFlip(p=0.5),
        A.OneOf([A.Affine(rotate=(-30, 30), p=1), A.Perspective(p=1), A.CropAndPad(percent=(-0.1, 0.1), p=1)], p=0.8),
        A.SomeOf([A.RandomBrightnessContrast(p=0.5), A.ElasticTransform(alpha=50, sigma=10, p=1)], n=1, p=0.5),
        A.RandomOrder([A.VerticalFlip(p=0.5), A.Sequential([A.RandomRotate90(p=0.5)], p=1)], n=2),
    ]
    change = saved(*steps, name="changes.yaml")
    rng = np.random.default_rng(0)
    mirrored, misses = set(), []
    for seed in range(40):
        point = rng.uniform(30, SIDE - 30, 2)
        image, (moved,), turned = change.carry(dot(point), point[None], seed)
        found = centre(image)
        mirrored.add(turned)
        if found is not None:
            misses.append(float(np.linalg.norm(moved - found)))
    assert len(misses) > 25
    assert max(misses) < 0.25
    assert mirrored == {True, False}


def test_pictures_of_any_shape_are_changed(saved: Saved) -> None:
    import albumentations as A

    change = saved(A.Rotate((17, 17), p=1), A.HorizontalFlip(p=1))
    turn = saved(A.RandomRotate90(p=1), name="turn.json")
    for seed in range(6):
        point = np.array([40.0, 22.0])
        for one in (change, turn):
            image, (moved,), _ = one.carry(dot(point, (96, 56)), point[None], seed)
            found = centre(image)
            assert found is not None
            assert np.linalg.norm(moved - found) < CERTAIN
    assert {turn(noise(0, (96, 56)), seed).shape[:2] for seed in range(9)} == {(56, 96), (96, 56)}


@pytest.mark.parametrize("name", sorted(set(CARRIED) - {"CropAndPad", "XYMasking"}))
def test_missing_points_stay_missing_and_those_that_leave_the_picture_stay_numbers(name: str, saved: Saved) -> None:
    change = saved(made(name, {}))
    points = np.array([(5.0, 5.0), (np.nan, np.nan), (3.0, np.nan), (-40.0, 300.0)])
    for seed in range(3):
        _, moved, _ = change.carry(noise(0), points, seed)
        assert np.array_equal(np.isnan(moved).all(1), [False, True, True, False])
        assert np.array_equal(np.isnan(moved).any(1), [False, True, True, False])
        assert change.carry(noise(0), np.empty((0, 2)), seed)[1].shape == (0, 2)


def test_whether_left_and_right_change_places_is_known(saved: Saved) -> None:
    for name, options in GEOMETRY:
        change = saved(made(name, options))
        found = {change.carry(noise(0), np.empty((0, 2)), seed)[2] for seed in range(12)}
        expected = {True, False} if name in ("D4", "SquareSymmetry") else {name in MIRRORS}
        assert (found, change.mirrors) == (expected, name in MIRRORS)


def test_transforms_of_one_pipeline_are_drawn_independently(saved: Saved) -> None:
    import albumentations as A

    change = saved(A.HorizontalFlip(p=0.5), A.VerticalFlip(p=0.5))
    corner = np.zeros((8, 8, 3), np.uint8)
    corner[0, 0] = 255
    counts = np.zeros((8, 8), int)
    for seed in range(400):
        counts[change(corner, seed)[..., 0] > 0] += 1
    assert counts[[0, 0, -1, -1], [0, -1, 0, -1]].sum() == 400
    assert counts[[0, 0, -1, -1], [0, -1, 0, -1]].min() > 70  # 100 each are expected


@pytest.mark.parametrize("layout", ["json", "yaml", "yml"])
def test_a_pipeline_changes_colours_alike_for_equal_seeds(saved: Saved, layout: str) -> None:
    import albumentations as A

    change = saved(A.ColorJitter(p=1), A.GaussNoise(p=1), name=f"colours.{layout}")
    frame = np.full((16, 16, 3), 100, np.uint8)
    assert np.array_equal(change(frame, 3), change(frame, 3))
    assert not np.array_equal(change(frame, 3), change(frame, 4))
    assert change(frame, 3).shape == frame.shape
    assert (frame == 100).all()
    assert not change.mirrors


def test_it_travels_to_other_processes(saved: Saved) -> None:
    import albumentations as A

    change = saved(A.ElasticTransform(p=1), A.RandomGamma(p=0.5))
    there = pickle.loads(pickle.dumps(change))
    (image, points, _), (other, others, _) = (c.carry(noise(0), np.array([(9.0, 9.0)]), 5) for c in (change, there))
    assert np.array_equal(image, other)
    assert np.array_equal(points, others)


@pytest.mark.parametrize(
    ("transform", "reason"),
    [
        (("Resize", {"height": 20, "width": 20}), "Resize, which changes the size; CropAndPad.*geometric transforms"),
        (("RandomResizedCrop", {"size": (20, 20)}), r"changes the size; CropAndPad\(keep_size=True\)"),
        (("CropAndPad", {"px": -3, "keep_size": False}), r"CropAndPad turns uint8 .*keep_size=True"),
        (("Affine", {"rotate": (20, 20), "fit_output": True}), "Affine turns uint8 .*fit_output=False"),
        (("Rotate", {"limit": (20, 20), "crop_border": True}), "Rotate turns uint8 .*crop_border=False"),
        (("Normalize", {}), "Normalize turns uint8 .* into float32"),
        (("ToFloat", {}), "ToFloat turns uint8 .* into float32"),
        (("ToTensorV2", {}), "ToTensorV2 turns uint8 .* into torch.uint8"),
        (("MaskDropout", {}), r"MaskDropout, which needs more than the picture \(mask\).*differently"),
        (("ConstrainedCoarseDropout", {"mask_indices": [1]}), "needs more than the picture"),
        (("RandomCropNearBBox", {}), r"needs more than the picture \(cropping_bbox\)"),
        (("Mosaic", {}), r"needs more than the picture \(mosaic_metadata\)"),
        (("TextImage", {"font_path": __file__}), "TextImage cannot be applied.*requires"),
        (("PiecewiseAffine", {}), "where it puts points is not known"),
        (("RandomGridShuffle", {}), "where it puts points is not known; geometric transforms that work: Affine"),
        (("GridElasticDeform", {"num_grid_xy": (4, 4), "magnitude": 5}), "where it puts points is not known"),
    ],
)
def test_what_would_break_pairs_or_points_is_refused_by_name_however_deep(
    transform: tuple[str, dict[str, Any]], reason: str, saved: Saved
) -> None:
    import albumentations as A

    inner = made(*transform)
    inner.p = 0.001  # seldom is too often
    with pytest.raises(UserError, match=rf"--augment .*changes\.json.*{reason}") as caught:
        saved(A.OneOf([A.ColorJitter(), A.Sequential([inner])]))
    assert "\n" not in str(caught.value)


def test_some_channels_alone_may_change_their_colours_but_not_their_places(saved: Saved, tmp_path: Path) -> None:
    import albumentations as A

    saved(A.SelectiveChannelTransform([A.RandomGamma(p=1)]))
    text = (tmp_path / "changes.json").read_text()
    (tmp_path / "red.json").write_text(
        text.replace('SelectiveChannelTransform"', 'SelectiveChannelTransform", "channels": [0]')
    )
    change = Augmentation(tmp_path / "red.json")
    assert np.array_equal(change(noise(0), 0)[..., 1:], noise(0)[..., 1:])
    assert not np.array_equal(change(noise(0), 0), noise(0))
    with pytest.raises(UserError, match="Affine in SelectiveChannelTransform would tear colours apart"):
        saved(A.SelectiveChannelTransform([A.OneOf([A.Affine()])], channels=(0,)))


def test_a_picture_that_is_too_small_for_a_transform_is_said_in_one_line(saved: Saved) -> None:
    import albumentations as A

    change = saved(A.XYMasking(num_masks_x=1, num_masks_y=1, mask_x_length=40, mask_y_length=40, p=1))
    assert change(noise(0), 0).shape == (64, 64, 3)
    with pytest.raises(UserError, match=r"the pipeline cannot be applied to an image of 32 x 32 px: ValueError"):
        change(noise(0, (32, 32)), 0)


NOOP = {"__class_fullname__": "NoOp"}
MANY = json.dumps({"transform": {"__class_fullname__": "Compose", "transforms": [NOOP] * 300}})
BOMB = "\n".join(
    ["a0: &a0 [1, 1, 1, 1]"]
    + [f"a{i}: &a{i} [{f'*a{i - 1}, ' * 10}]" for i in range(1, 12)]
    + ["transform: {__class_fullname__: CoarseDropout, p: 1, fill: *a11}"]
)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.json", "{", "JSONDecodeError"),
        ("a.json", "", "JSONDecodeError"),
        ("a.json", "{}", "no transform where"),
        ("a.json", "[1]", "no transform where"),
        ("a.json", '{"transform": 3}', "no transform where"),
        ("a.json", '{"transform": {"p": 1}}', "no transform where"),
        ("a.json", "[" * 100_000, "RecursionError"),
        ("a.json", b"\xff\xfe\x00", "UnicodeDecodeError"),
        ("a.json", " " * 2_000_000, "larger than"),
        ("a.json", '{"transform": {"__class_fullname__": "os.system", "p": 1}}', "has no 'os.system'"),
        ("a.json", '{"transform": {"__class_fullname__": "albumentations.core.utils.os", "p": 1}}', "has no"),
        ("a.json", '{"transform": {"__class_fullname__": "tests.small.Affine", "p": 1}}', "has no"),
        ("a.json", '{"transform": {"__class_fullname__": "ColourJitter", "p": 1}}', "did you mean 'ColorJitter'"),
        ("a.json", '{"transform": {"__class_fullname__": "Lambda", "__name__": "x", "p": 1}}', "Lambda is code"),
        ("a.json", '{"transform": {"__class_fullname__": "ReplayCompose", "transforms": []}}', "name it Compose"),
        ("a.json", '{"transform": {"__class_fullname__": "KeypointParams", "format": "xy"}}', "has no"),
        ("a.json", '{"transform": {"__class_fullname__": "ImageOnlyTransform", "p": 1}}', "cannot be applied"),
        ("a.json", '{"transform": {"__class_fullname__": "ColorJitter", "p": 1, "hue": "loud"}}', "hue"),
        ("a.json", '{"transform": {"__class_fullname__": "ColorJitter", "p": 1, "hew": 0.1}}', "has no option 'hew'"),
        ("a.json", '{"transform": {"__class_fullname__": "OneOf", "p": 1, "transforms": [3]}}', "no transform where"),
        ("a.json", MANY, "more than 200 transforms"),
        ("a.yaml", "transform: [", "ParserError"),
        ("a.yaml", "transform: !!python/object/apply:os.system ['touch ran']", "ConstructorError"),
        ("a.yaml", BOMB, "more than 20,000 values"),
        ("a.yaml", "transform: &a {__class_fullname__: Compose, transforms: [*a]}", "RecursionError|more than"),
    ],
)
def test_a_broken_or_malicious_file_ends_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, content: str | bytes, reason: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UserError, match=reason) as caught:
        Augmentation(tmp_path / name)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 900
    assert [path.name for path in tmp_path.iterdir()] == [name]  # nothing ran


def test_a_missing_or_foreign_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"gone\.json"):
        Augmentation(tmp_path / "gone.json")
    with pytest.raises(UserError, match=r"\.json or \.yaml"):
        Augmentation(tmp_path / "a.txt")
    (tmp_path / "folder.json").mkdir()
    with pytest.raises(UserError, match=r"folder\.json.*IsADirectoryError"):
        Augmentation(tmp_path / "folder.json")


def test_what_a_pipeline_says_of_other_inputs_does_not_matter(tmp_path: Path) -> None:
    import albumentations as A

    pipeline = A.Compose(
        [A.HorizontalFlip(p=1)],
        keypoint_params=A.KeypointParams("xy", label_fields=["names"]),
        bbox_params=A.BboxParams("coco", label_fields=["kinds"]),
        additional_targets={"points": "mask"},
    )
    A.save(pipeline, tmp_path / "a.json")
    image, points, mirrored = Augmentation(tmp_path / "a.json").carry(noise(0), np.array([(3.0, 4.0)]), 0)
    assert np.array_equal(image, noise(0)[:, ::-1])
    assert points.tolist() == [[60.0, 4.0]]
    assert mirrored


@final
class Two(PairSource):
    """Both frames of a clip."""

    def frames(self, index: int, clip: range, rng: Random) -> tuple[int, ...]:
        return tuple(clip)

    def forward(self, frames: tuple[Image, ...]) -> Pair:
        return Pair(*frames)


# forking a process that has threads is deprecated since Python 3.12, and what torch does on Linux
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_frames_of_a_pair_are_moved_alike_in_every_process(tmp_path: Path) -> None:
    import albumentations as A

    nearest: dict[str, Any] = {"interpolation": 0, "border_mode": 1, "p": 0.7}
    moves = [A.D4(p=1), A.Affine(rotate=(-90, 90), **nearest), A.Perspective(**nearest)]
    elastic = A.ElasticTransform(alpha=40, sigma=6, **nearest)
    A.save(A.Compose([*moves, A.OneOf([elastic, A.GridDistortion(**nearest)])]), tmp_path / "moves.json")
    frames = np.random.default_rng(0).integers(0, 256, (12, 32, 32, 3), dtype=np.uint8)
    frames[1::2] = 255 - frames[::2]  # what is moved alike goes on to be the opposite, pixel by pixel
    clips = tuple(range(i, i + 2) for i in range(0, 12, 2))
    made = Pack(frames, clips, tuple(map(str, range(12))), ())
    options: dict[str, Any] = {"batch": 4, "seed": 5, "start": 0, "stop": 6, "augment": str(tmp_path / "moves.json")}
    here = list(batches(made, Two(), **options))
    there = list(batches(made, Two(), workers=2, **options))
    for (source, target), again in zip(here, there, strict=True):
        assert torch.equal(source, 255 - target)
        assert all(map(torch.equal, (source, target), again))
    shown = {image.numpy().tobytes() for source, _ in here for image in source}
    assert len(shown) == 24
    assert not shown & {np.moveaxis(frame, -1, 0).tobytes() for frame in frames}


def test_a_pipeline_has_one_digest_in_either_layout_and_another_has_another(tmp_path: Path) -> None:
    import albumentations as A

    flips = [A.Compose([A.HorizontalFlip(p=p)]) for p in (0.5, 0.25)]
    A.save(flips[0], tmp_path / "a.json")
    A.save(flips[0], tmp_path / "a.yaml", data_format="yaml")
    A.save(flips[1], tmp_path / "b.json")
    first, again, other = (Augmentation(tmp_path / name).digest for name in ("a.json", "a.yaml", "b.json"))
    assert first == again != other
