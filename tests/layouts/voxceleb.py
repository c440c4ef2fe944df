"""VoxCeleb: frames of two speakers by name, frames of one by ID and utterance, videos of two by ID, and the tables."""

from __future__ import annotations

from pathlib import Path

from tests.layouts import pictures
from unsuplmk.frames.media import write_video

FRAMES = {
    "unzippedFaces/A.J._Buckley/1.6/y8Kf0m2Q": ("0000025.jpg", "0000050.jpg", "0000100.jpg"),
    "unzippedFaces/A.J._Buckley/1.6/_zJw3kQ-": ("0000025.jpg",),
    "unzippedFaces/Eartha_Kitt/1.6/1dRWjzAQ": ("0000025.jpg", "0000050.jpg"),
    "vox1/id10003/Fp2Ä/00001": ("9.jpg", "10.jpg"),
    "vox1/id10003/Fp2Ä/00002": ("1.jpg", "2.jpg", "3.jpg"),
}
CLIPS = {
    "vox2_dev_mp4/dev/mp4/id00012/21Uxsk56VDQ/00001.mp4": 3,
    "vox2_dev_mp4/dev/mp4/id00012/21Uxsk56VDQ/00002.mp4": 2,
    "vox2_test_mp4/mp4/id00017/01dfn2spqyE/00001.mp4": 4,
}
"""Videos, with their frames."""
VOX1 = """VoxCeleb1 ID\tVGGFace1 ID\tGender\tNationality\tSet
id10001\tA.J._Buckley\tm\tIreland\tdev
id10003\tAaron_Tveit.\tm\tUSA\tdev
id10270\tEartha_Kitt\tf\tUSA\ttest
"""
VOX2 = "VoxCeleb2 ID ,VGGFace2 ID ,Gender ,Set \nid00012 ,n000012 ,m ,dev \nid00017 ,n000017 ,m ,test \n"


def video(path: Path, frames: int) -> None:
    """Write a video, its folder too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_video(path, [pictures.pixels(f"{path.parent.name} {path.name} {i}", 32, 32) for i in range(frames)], 25.0)


def write(folder: Path) -> Path:
    """Write it; returns what the dataset reads."""
    for below, names in FRAMES.items():
        for name in names:
            made = pictures.picture(folder / below / f"{Path(below).name}-{name}")
            made.rename(folder / below / name)
    for below, frames in CLIPS.items():
        video(folder / below, frames)
    (folder / "wav" / "id10001").mkdir(parents=True)
    (folder / "vox1_meta.csv").write_text(VOX1, "utf-8")
    (folder / "vox2_meta.csv").write_text(VOX2, "utf-8")
    return folder
