"""Tests of CelebA from its original lists."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.golden import SHARED
from tests.layouts import celeba as layout
from unsuplmk.datasets.celeba import Celeba
from unsuplmk.errors import UserError
from unsuplmk.frames.media import read_image

REAL = SHARED / "data" / "celeba_format"
needs_real = pytest.mark.skipif(not REAL.is_dir(), reason=f"the faces in CelebA's layout are not at {REAL}")
LANDMARKS = "Anno/list_landmarks_align_celeba.txt"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return layout.write(tmp_path)


def numbers(data: Celeba) -> list[int]:
    return [int(Path(data.name(index)).stem) for index in range(len(data))]


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def test_the_training_split_leaves_out_the_test_images_of_mafl(folder: Path) -> None:
    assert numbers(Celeba(folder)) == [1, 2, 3, 5]
    assert numbers(Celeba(folder, mafl="kept")) == [1, 2, 3, 4, 5]


def test_the_other_splits_are_whole(folder: Path) -> None:
    assert numbers(Celeba(folder, split="val")) == [6, 7]
    assert numbers(Celeba(folder, split="test")) == [8, 9, 10]


def test_every_image_is_a_clip(folder: Path) -> None:
    assert list(Celeba(folder).clips) == [range(0, 1), range(1, 2), range(2, 3), range(3, 4)]


def test_the_published_crop_is_the_middle_of_160_px(folder: Path) -> None:
    data = Celeba(folder)
    large = Image.open(folder / "Img/img_align_celeba" / layout.name(3)).resize((160, 160), Image.Resampling.BILINEAR)
    expected = np.asarray(large)[16:144, 16:144].astype(int)
    shown = data.read(2)
    assert shown.shape == (128, 128, 3)
    assert np.abs(shown.astype(int) - expected).max() <= 2
    for found, (x, y) in zip(data.annotation(2), layout.aligned(3), strict=True):
        assert found == pytest.approx([(x + 0.5) * 160 / 178 - 16.5, (y + 0.5) * 160 / 218 - 16.5], abs=1e-4)


def test_the_crop_has_any_side_and_can_be_left_away(folder: Path) -> None:
    small, large, whole = Celeba(folder, side=64), Celeba(folder, side=128), Celeba(folder, crop="none")
    assert small.read(0).shape == (64, 64, 3)
    assert small.annotation(0) == pytest.approx((large.annotation(0) + 0.5) / 2 - 0.5)
    assert np.array_equal(whole.read(0), read_image(whole.name(0)))
    assert whole.annotation(0).tolist() == [list(point) for point in layout.aligned(1)]


def test_points_have_the_names_and_order_of_the_protocol(folder: Path) -> None:
    assert Celeba(folder).points == ("left_eye", "right_eye", "nose", "left_mouth", "right_mouth")


def test_photos_in_the_wild_are_resized_whole(folder: Path) -> None:
    data = Celeba(folder, images="wild")
    for index, number in enumerate(numbers(data)):
        width, height = layout.WILD[number]
        photo = Image.open(folder / "Img/img_celeba" / layout.name(number))
        assert photo.size == (width, height)
        expected = np.asarray(photo.resize((128, 128), Image.Resampling.BILINEAR))
        assert np.array_equal(data.read(index), expected)
        for found, (x, y) in zip(data.annotation(index), layout.wild(number), strict=True):
            assert found == pytest.approx([(x + 0.5) * 128 / width - 0.5, (y + 0.5) * 128 / height - 0.5], abs=1e-4)


def test_labels_as_published_take_the_height_for_the_width(folder: Path) -> None:
    data = Celeba(folder, images="wild", labels="as-published")
    for index, number in enumerate(numbers(data)):
        height, width = layout.WILD[number]
        for found, (x, y) in zip(data.annotation(index), layout.wild(number), strict=True):
            assert found == pytest.approx([(x + 0.5) * 128 / width - 0.5, (y + 0.5) * 128 / height - 0.5], abs=1e-4)
    assert np.array_equal(data.read(0), Celeba(folder, images="wild").read(0)), "the images are the same"


def test_photos_in_the_wild_as_they_are(folder: Path) -> None:
    data = Celeba(folder, images="wild", crop="none")
    assert data.read(1).shape[:2] == layout.WILD[2][::-1]
    assert data.annotation(1).tolist() == [list(point) for point in layout.wild(2)]


@pytest.mark.parametrize("share", [0.1, 0.15, 0.3])
def test_small_faces_in_the_wild_are_left_out(folder: Path, share: float) -> None:
    expected = []
    for number, split in layout.PARTITION.items():
        _, _, width, height = layout.box(number)
        if split == 2 and width * height >= share * np.prod(layout.WILD[number]):
            expected.append(number)
    assert numbers(Celeba(folder, split="test", images="wild", face_share=share)) == expected


def test_no_face_so_large_is_an_error(folder: Path) -> None:
    with pytest.raises(
        UserError, match=r"list_eval_partition\.txt names no image .* whose face covers 0\.9 of the photo"
    ):
        Celeba(folder, images="wild", face_share=0.9)


def test_an_absent_photo_is_kept_by_the_share_so_that_reading_tells(folder: Path) -> None:
    (folder / "Img/img_celeba" / layout.name(9)).unlink()
    data = Celeba(folder, split="test", images="wild", face_share=0.44)
    assert numbers(data) == [9, 10]
    with pytest.raises(UserError, match=r"list_eval_partition\.txt:9: no image .*000009\.jpg"):
        data.read(0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"labels": "as-published"}, "labels as-published are those of images wild"),
        ({"labels": "as-published", "images": "wild", "crop": "none"}, "with crop published"),
        ({"face_share": 0.3}, "face_share chooses among images wild"),
    ],
)
def test_options_that_do_not_go_together_are_refused(folder: Path, options: dict[str, str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        Celeba(folder, **options)  # type: ignore[arg-type]


def test_a_flat_folder_is_read_too(folder: Path) -> None:
    for path in [p for place in ("Anno", "Eval", "Img", "MAFL") for p in (folder / place).iterdir()]:
        path.rename(folder / path.name)
    data = Celeba(folder)
    assert numbers(data) == [1, 2, 3, 5]
    assert data.name(0) == str(folder / "img_align_celeba" / "000001.jpg")


def test_the_large_images_are_taken_where_they_are(folder: Path) -> None:
    (folder / "Img/img_align_celeba").rename(folder / "Img/img_align_celeba_hq")
    assert Celeba(folder).name(0) == str(folder / "Img/img_align_celeba_hq/000001.jpg")


def test_the_folder_is_recognised_by_its_lists(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    assert Celeba.recognises(folder)
    assert not Celeba.recognises(folder / "Img")
    assert not Celeba.recognises(folder / LANDMARKS)
    assert not Celeba.recognises(tmp_path_factory.mktemp("empty"))


def test_it_travels_to_workers(folder: Path) -> None:
    data = Celeba(folder)
    assert np.array_equal(pickle.loads(pickle.dumps(data)).read(1), data.read(1))


def test_without_the_list_of_mafl_training_is_refused_and_the_rest_is_not(folder: Path) -> None:
    (folder / "MAFL/testing.txt").unlink()
    with pytest.raises(UserError, match=r"lacks MAFL/testing\.txt.*TCDCN-face-alignment.*--dataset\.mafl kept"):
        Celeba(folder)
    assert len(Celeba(folder, mafl="kept")) == 5
    assert len(Celeba(folder, split="test")) == 3


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no folder .*none; it should hold list_eval_partition\.txt"):
        Celeba(tmp_path / "none")


@pytest.mark.parametrize(
    ("missing", "options"),
    [
        ("Eval/list_eval_partition.txt", {}),
        (LANDMARKS, {}),
        ("Anno/list_landmarks_celeba.txt", {"images": "wild"}),
        ("Anno/list_bbox_celeba.txt", {"images": "wild", "face_share": 0.3}),
    ],
)
def test_a_missing_list_is_named_with_what_is_there(folder: Path, missing: str, options: dict[str, str]) -> None:
    (folder / missing).unlink()
    with pytest.raises(UserError, match=rf"lacks {Path(missing).name}, also below .*; it holds Anno, Eval, Img, MAFL"):
        Celeba(folder, **options)  # type: ignore[arg-type]


def test_missing_images_are_named(folder: Path) -> None:
    (folder / "Img/img_align_celeba").rename(folder / "Img/other")
    with pytest.raises(UserError, match="lacks img_align_celeba_hq or img_align_celeba"):
        Celeba(folder)


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("Eval/list_eval_partition.txt", "000002.jpg 0", "000002.jpg 3", r"partition\.txt:2: the partition is '3'"),
        ("Eval/list_eval_partition.txt", "000002.jpg 0", "000002.jpg", r"partition\.txt:2: 1 cells where 2"),
        (
            "Eval/list_eval_partition.txt",
            "000002.jpg 0",
            "000001.jpg 0",
            r"partition\.txt:2: 000001\.jpg is named on line 1",
        ),
        ("MAFL/testing.txt", "000009.jpg", "000009.jpg 1", r"testing\.txt:1: 2 cells where 1"),
        (
            LANDMARKS,
            "000003.jpg   72",
            "000003.jpg left",
            r"list_landmarks_align_celeba\.txt:5: 'left' is not a number",
        ),
        (LANDMARKS, "000003.jpg   72", "000003.jpg", r"list_landmarks_align_celeba\.txt:5: 10 cells where 11"),
        (LANDMARKS, "000003.jpg ", "000033.jpg ", r"partition\.txt:3: 000003\.jpg has no row in .*align_celeba\.txt"),
        (LANDMARKS, "10\n", "11\n", r"align_celeba\.txt: 10 images follow where the first line says '11'"),
    ],
)
def test_a_malformed_list_is_named_with_its_line(folder: Path, file: str, old: str, new: str, message: str) -> None:
    replace(folder / file, old, new)
    with pytest.raises(UserError, match=message):
        Celeba(folder)


def test_a_list_that_was_cut_off_is_refused(folder: Path) -> None:
    path = folder / LANDMARKS
    path.write_text("\n".join(path.read_text("utf-8").splitlines()[:-2]), "utf-8")
    with pytest.raises(UserError, match="8 images follow where the first line says '10'"):
        Celeba(folder)
    path.write_text("")
    with pytest.raises(UserError, match=r"list_landmarks_align_celeba\.txt is empty"):
        Celeba(folder)


def test_an_absent_or_broken_image_is_named_with_its_line(folder: Path) -> None:
    data = Celeba(folder)
    (folder / "Img/img_align_celeba" / layout.name(2)).unlink()
    (folder / "Img/img_align_celeba" / layout.name(3)).write_bytes(b"")
    with pytest.raises(UserError, match=r"list_eval_partition\.txt:2: no image .*000002\.jpg"):
        data.read(1)
    with pytest.raises(UserError, match=r"list_eval_partition\.txt:3: cannot read image .*000003\.jpg"):
        data.read(2)


def test_an_aligned_image_of_another_size_is_refused(folder: Path) -> None:
    layout.pictures.picture(folder / "Img/img_align_celeba" / layout.name(1), 128, 128)
    with pytest.raises(
        UserError, match=r"partition\.txt:1: .*000001\.jpg is 128 x 128 px; aligned images are 178 x 218"
    ):
        Celeba(folder).read(0)


def test_names_need_not_be_ascii(folder: Path) -> None:
    (folder / "Img/img_align_celeba" / layout.name(1)).rename(folder / "Img/img_align_celeba/josé.jpg")
    for file in (LANDMARKS, "Eval/list_eval_partition.txt"):
        replace(folder / file, layout.name(1), "josé.jpg")
    data = Celeba(folder)
    assert data.name(0).endswith("josé.jpg")
    assert data.read(0).shape == (128, 128, 3)


@needs_real
def test_real_faces_lie_under_their_points() -> None:
    train, kept = Celeba(REAL), Celeba(REAL, mafl="kept")
    assert (len(train), len(kept)) == (274, 300), "all are of the training split there, 26 are MAFL's test images"
    rows = [line.split() for line in (REAL / "list_landmarks_align_celeba.txt").read_text().splitlines()[2:]]
    raw = {row[0]: np.array(row[1:], float).reshape(5, 2) for row in rows}
    for index in range(0, len(train), 20):
        expected = (raw[Path(train.name(index)).name] + 0.5) * (160 / 178, 160 / 218) - 16.5
        assert train.annotation(index) == pytest.approx(expected, abs=1e-4)
    # the eyes are darker than what lies between them: the points are where they should be
    darker = []
    for index in range(60):
        grey, (left, right) = train.read(index).mean(-1), train.annotation(index)[:2]
        between = grey[tuple(np.round((left + right) / 2).astype(int)[::-1])]
        darker.append(all(grey[tuple(np.round(eye).astype(int)[::-1])] < between for eye in (left, right)))
    assert np.mean(darker) > 0.8
