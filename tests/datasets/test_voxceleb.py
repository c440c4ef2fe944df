"""Tests of VoxCeleb."""

from __future__ import annotations

import pickle
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from tests.layouts import voxceleb
from unsuplmk.datasets.voxceleb import Voxceleb
from unsuplmk.errors import UserError
from unsuplmk.frames.media import Video, read_image


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return voxceleb.write(tmp_path / "data")


def speakers(dataset: Voxceleb) -> dict[str, int]:
    return dict(Counter(dataset.tags(i)["speaker"] for i in range(len(dataset))))


def below(folder: Path, dataset: Voxceleb, clip: range) -> list[str]:
    return [str(Path(dataset.name(i)).relative_to(folder)) for i in clip]


def test_speakers_are_split_by_the_tables(folder: Path) -> None:
    assert speakers(Voxceleb(folder)) == {"A.J._Buckley": 4, "id10003": 5, "id00012": 5}
    assert speakers(Voxceleb(folder, split="test")) == {"Eartha_Kitt": 2, "id00017": 4}


def test_a_clip_is_a_video_with_all_its_utterances(folder: Path) -> None:
    dataset = Voxceleb(folder)
    assert sorted(map(len, dataset.clips)) == [1, 3, 5, 5]
    frames = next(clip for clip in dataset.clips if "id10003" in dataset.name(clip.start))
    assert below(folder, dataset, frames) == [
        f"vox1/id10003/Fp2Ä/{name}" for name in ("00001/9.jpg", "00001/10.jpg", *(f"00002/{i}.jpg" for i in (1, 2, 3)))
    ]
    video = next(clip for clip in dataset.clips if "id00012" in dataset.name(clip.start))
    start = "vox2_dev_mp4/dev/mp4/id00012/21Uxsk56VDQ"
    assert below(folder, dataset, video) == [
        f"{start}/{name}" for name in ("00001.mp4:0", "00001.mp4:1", "00001.mp4:2", "00002.mp4:0", "00002.mp4:1")
    ]


def test_a_clip_may_be_an_utterance(folder: Path) -> None:
    dataset = Voxceleb(folder, clip="utterance")
    assert sorted(map(len, dataset.clips)) == [1, 2, 2, 3, 3, 3]
    for clip in dataset.clips:
        assert (
            len(
                {
                    dataset.name(i).partition(":")[0] if ":" in dataset.name(i) else Path(dataset.name(i)).parent
                    for i in clip
                }
            )
            == 1
        )


def test_frames_of_images_and_of_videos_are_read_in_any_order(folder: Path) -> None:
    dataset = Voxceleb(folder)
    copy = pickle.loads(pickle.dumps(dataset))
    for i in reversed(range(len(dataset))):
        name, colon, frame = dataset.name(i).partition(".mp4:")
        expected = Video(Path(f"{name}.mp4")).read(int(frame)) if colon else read_image(name)
        assert np.array_equal(dataset.read(i), expected)
        assert np.array_equal(copy.read(i), expected)


@pytest.mark.parametrize(
    ("path", "found"),
    [("unzippedFaces", {"A.J._Buckley": 4}), ("vox1", {"id10003": 5}), ("vox2_dev_mp4", {"id00012": 5})],
)
def test_a_folder_beside_the_tables_is_enough(folder: Path, path: str, found: dict[str, int]) -> None:
    assert speakers(Voxceleb(folder / path)) == found


def test_tables_may_lie_in_the_folder_meta(folder: Path) -> None:
    (folder / "meta").mkdir()
    for name in ("vox1_meta.csv", "vox2_meta.csv"):
        (folder / name).rename(folder / "meta" / name)
    assert set(speakers(Voxceleb(folder, split="test"))) == {"Eartha_Kitt", "id00017"}


def test_without_tables_the_folders_dev_and_test_split(folder: Path) -> None:
    for name in ("vox1_meta.csv", "vox2_meta.csv"):
        (folder / name).unlink()
    assert set(speakers(Voxceleb(folder, split="test"))) == {"id00017"}
    assert set(speakers(Voxceleb(folder))) == {"A.J._Buckley", "Eartha_Kitt", "id10003", "id00012"}


def test_without_any_split_all_are_for_training_and_the_test_says_why_it_is_empty(folder: Path) -> None:
    for name in ("vox1_meta.csv", "vox2_meta.csv"):
        (folder / name).unlink()
    assert speakers(Voxceleb(folder / "vox1")) == {"id10003": 5}
    with pytest.raises(
        UserError, match=r"no speaker of the test set left; without vox1_meta\.csv or vox2_meta\.csv or"
    ):
        Voxceleb(folder / "vox1", split="test")


@pytest.mark.parametrize("line", ["id10001", "A.J._Buckley"])
def test_speakers_are_left_out_by_id_or_by_name(folder: Path, line: str) -> None:
    listed = folder / "out.txt"
    listed.write_text(f"Nobody_Here\n\n{line}\nAaron_Tveit\n", "utf-8")
    assert set(speakers(Voxceleb(folder, exclude=str(listed)))) == {"id00012"}


def test_a_list_that_names_nobody_is_refused(folder: Path) -> None:
    listed = folder / "out.txt"
    listed.write_text("Nobody_Here\n", "utf-8")
    with pytest.raises(UserError, match=r"out\.txt names none of the speakers in .*one a line"):
        Voxceleb(folder, exclude=str(listed))
    with pytest.raises(UserError, match=r"no file gone\.txt"):
        Voxceleb(folder, exclude="gone.txt")


def test_a_speaker_that_no_table_has_is_named(folder: Path) -> None:
    shutil.copytree(folder / "vox1" / "id10003", folder / "vox1" / "id19999")
    with pytest.raises(UserError, match=r"id19999 is not in .*vox1_meta\.csv, .*vox2_meta\.csv: fetch the other table"):
        Voxceleb(folder)
    (folder / "out.txt").write_text("id19999\n", "utf-8")
    assert "id19999" not in speakers(Voxceleb(folder, exclude=str(folder / "out.txt")))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("VoxCeleb1 ID\tSet\nid10001\n", r"vox1_meta\.csv:2: 1 cells where the heading has 2"),
        ("VoxCeleb1 ID\tSet\nid10001\tval\n", r"vox1_meta\.csv:2: the set 'val' is not dev or test"),
        ("speaker\tSet\nid10001\tdev\n", r"vox1_meta\.csv has no columns of an ID and Set; its columns: speaker, Set"),
        ("", r"vox1_meta\.csv has no columns of an ID and Set; its columns: none"),
    ],
)
def test_a_malformed_table_is_named(folder: Path, text: str, message: str) -> None:
    (folder / "vox1_meta.csv").write_text(text, "utf-8")
    with pytest.raises(UserError, match=message):
        Voxceleb(folder)


def test_a_broken_video_is_one_frame_that_cannot_be_read(folder: Path) -> None:
    path = folder / "vox2_dev_mp4/dev/mp4/id00012/21Uxsk56VDQ/00002.mp4"
    path.write_bytes(path.read_bytes()[:200])
    dataset = Voxceleb(folder)
    index = next(i for i in range(len(dataset)) if dataset.name(i) == f"{path}:0")
    assert speakers(dataset)["id00012"] == 3 + 1
    with pytest.raises(UserError, match=r"00002\.mp4"):
        dataset.read(index)


def test_a_video_that_becomes_shorter_is_named(folder: Path) -> None:
    dataset, path = Voxceleb(folder, split="test"), folder / "vox2_test_mp4/mp4/id00017/01dfn2spqyE/00001.mp4"
    voxceleb.video(path, 2)
    index = next(i for i in range(len(dataset)) if dataset.name(i) == f"{path}:3")
    with pytest.raises(UserError, match=r"cannot read frame 3 of .*00001\.mp4: it has 2, fewer than its head says"):
        dataset.read(index)


def test_it_is_recognised_by_the_tables(folder: Path) -> None:
    assert Voxceleb.recognises(folder)
    assert not Voxceleb.recognises(folder / "vox1")


def test_a_folder_of_another_layout_says_what_is_expected_and_there(tmp_path: Path) -> None:
    (tmp_path / "faces").mkdir()
    with pytest.raises(UserError, match=r"another layout: expected SPEAKER/VIDEO/\*\.mp4, .*; it holds faces"):
        Voxceleb(tmp_path)
    with pytest.raises(UserError, match=r"no folder .*gone"):
        Voxceleb(tmp_path / "gone")
