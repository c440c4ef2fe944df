"""VoxCeleb: celebrities who speak, as frames or videos by speaker, video and utterance."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, final

import numpy as np

from unsuplmk.card import Card, Download
from unsuplmk.errors import UserError
from unsuplmk.files.binary import there
from unsuplmk.files.folders import subfolders
from unsuplmk.files.rows import rows
from unsuplmk.frames.clips import Clips
from unsuplmk.frames.footage import Footage, Take, images, takes
from unsuplmk.interfaces import Dataset

AROUND = frozenset(["unzippedfaces", "dev", "test", "mp4", "vox1", "vox2", "vox2_dev_mp4", "vox2_test_mp4"])
"""Folders that may lie around those of the speakers."""
BESIDE = frozenset(["wav", "aac", "txt", "meta"])
"""Folders without pictures that may lie beside them."""
SCALE = re.compile(r"\d\.\d+")
"""A folder between speaker and video: how much wider than the face its pictures are, 1.6."""
TABLES = ("vox1_meta.csv", "vox2_meta.csv")
OWNER = "https://www.robots.ox.ac.uk/~vgg/data/voxceleb"
PARTS = {"train": "dev", "test": "test"}


@final
class Voxceleb(Dataset):
    """Faces of speakers; VoxCeleb1 as frames, VoxCeleb2 as videos, or either mixed.

    Nagrani, Chung, Zisserman, Interspeech 2017; Chung, Nagrani, Zisserman, Interspeech 2018. Speakers are split as
    vox1_meta.csv and vox2_meta.csv say, which may lie in the folder, in its sub-folder meta or beside it; else by the
    folders dev and test; and where there is neither, all of them are of the train split. The 2018 paper on landmarks
    leaves out the people of the MAFL and AFLW test sets besides, of whom no list is published: see `exclude`. The head
    of every video is read at the start, some milliseconds each; for a million, `unsuplmk prepare` does it once.

    Args:
        path: The folder of the speakers, or one around it.
        split: The speakers of the development set, or of the test set.
        clip: A clip is a `video` with all its utterances, as the 2018 paper takes pairs; or one `utterance`.
        exclude: Text file of speakers to leave out, one a line: by folder, by VoxCeleb ID or by name.

    Raises:
        UserError: The folder is of another layout, a table is malformed or lacks a speaker, or the split has nobody.
    """

    card = Card(
        title="VoxCeleb1 and VoxCeleb2",
        paper=(
            "Nagrani, Chung, Zisserman, Interspeech 2017, https://arxiv.org/abs/1706.08612; "
            "Chung, Nagrani, Zisserman, Interspeech 2018, https://arxiv.org/abs/1806.05622"
        ),
        url=f"{OWNER}/",
        terms="See the owner's page; the videos belong to those who made them.",
        layout=(
            "[unzippedFaces/]Speaker_Name/1.6/VIDEO/*.jpg  frames of VoxCeleb1, of all utterances together\n"
            "id10001/VIDEO/UTTERANCE/*.jpg                 frames by utterance\n"
            "[dev/][mp4/]id00012/VIDEO/00001.mp4           utterances of VoxCeleb2\n"
            "vox1_meta.csv, vox2_meta.csv                  ID, name and set (dev or test) of each speaker"
        ),
        downloads=tuple(Download(f"{OWNER}/meta/{name}", name) for name in TABLES),
        ask="The frames and videos are to be asked for with the form on the owner's page.",
        splits={"train": 0, "test": 0},
        crop="none: the faces are cut out already",
        pairs={"name": "within"},
    )

    def __init__(
        self,
        path: str | Path,
        *,
        split: Literal["train", "test"] = "train",
        clip: Literal["video", "utterance"] = "video",
        exclude: str = "",
    ) -> None:
        self._folder = Path(path).expanduser()
        if not self._folder.is_dir():
            raise UserError(f"no folder {self._folder}; it should hold a folder for every speaker")
        self._speakers = _chosen(self._folder, PARTS[split], exclude)
        owners: list[int] = []
        found: list[Take] = []
        sizes: list[int] = []
        for number, speaker in enumerate(self._speakers):
            for video in _videos(speaker):
                sizes += [len(video)] if clip == "video" else [1] * len(video)
                owners += [number] * len(video)
                found += video
        if not found:
            raise UserError(
                f"{self._folder} has another layout: expected SPEAKER/VIDEO/*.mp4, SPEAKER/VIDEO/UTTERANCE/*.jpg or "
                f"SPEAKER/1.6/VIDEO/*.jpg; {there(self._folder)}"
            )
        self._owners = np.array(owners, np.int32)
        self._footage = Footage(self._folder, found)
        last = np.cumsum(sizes) - 1
        self._clips = Clips.until(self._footage.takes.ends[last])

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """A folder with an owner's table beside the speakers."""
        return any((path / name).is_file() for name in TABLES)

    def __len__(self) -> int:
        return len(self._footage)

    @property
    def clips(self) -> Sequence[range]:
        """One range a video with all its utterances, or one an utterance."""
        return self._clips

    def read(self, index: int) -> np.ndarray:
        """The frame, of an image or of a video."""
        return self._footage.read(index)

    def name(self, index: int) -> str:
        """The image's path, or `video.mp4:frame`."""
        return self._footage.name(index)

    def tags(self, index: int) -> Mapping[str, str]:
        """The speaker, as the folder is called."""
        return {"speaker": self._speakers[self._owners[self._footage.take(index)]].name}


def _chosen(folder: Path, part: str, exclude: str) -> list[Path]:
    """The folders of the speakers of a part, without those that are left out."""
    tables, people = _people(folder)
    out = {_bare(row.cells[0]) for row in rows(Path(exclude).expanduser(), split=_line)} if exclude else set()
    found: list[Path] = []
    met: set[str] = set()
    for speaker, around in _speakers(folder):
        names, said = people.get(_bare(speaker.name), ((_bare(speaker.name),), ""))
        met.update(names)
        if out.intersection(names):
            continue
        if tables and not said and not around:
            listed = ", ".join(map(str, tables))
            raise UserError(
                f"{speaker} is not in {listed}: fetch the other table from {OWNER}/, or leave it out by a list"
            )
        if (said or around or PARTS["train"]) == part:
            found.append(speaker)
    if out and not out & met:
        raise UserError(
            f"{exclude} names none of the speakers in {folder}; it needs one a line, as id10001 or as a name"
        )
    if met and not found:
        why = "" if tables else f"; without {' or '.join(TABLES)} or folders dev and test, all are of the train split"
        raise UserError(f"{folder} has no speaker of the {part} set left{why}")
    return found


def _speakers(folder: Path, part: str = "") -> Iterator[tuple[Path, str]]:
    """The folders of the speakers, and the part that the folders around them say."""
    for name in subfolders(folder):
        word = name.lower()
        if word in AROUND:
            yield from _speakers(folder / name, "test" if "test" in word else "dev" if "dev" in word else part)
        elif word not in BESIDE:
            yield folder / name, part


def _videos(speaker: Path) -> Iterator[list[Take]]:
    """The utterances of each video of a speaker."""
    for name in subfolders(speaker):
        if SCALE.fullmatch(name):
            yield from _videos(speaker / name)
            continue
        found = images(speaker / name) + takes(speaker / name)
        if found:
            yield found


def _people(folder: Path) -> tuple[list[Path], dict[str, tuple[tuple[str, ...], str]]]:
    """The owner's tables, and by each name of a speaker all his names and his part."""
    places = [[place / name for place in (folder, folder / "meta", folder.parent)] for name in TABLES]
    tables = [table for table in (next(filter(Path.is_file, some), None) for some in places) if table]
    people: dict[str, tuple[tuple[str, ...], str]] = {}
    for table in tables:
        lines = rows(table, split=_cells)
        heading = next(lines, None)
        columns = heading.cells if heading else ()
        named = [i for i, column in enumerate(columns) if column.endswith("ID") or column == "Name"]
        if "Set" not in columns or not named:
            raise UserError(f"{table} has no columns of an ID and Set; its columns: {', '.join(columns) or 'none'}")
        for row in lines:
            if len(row.cells) != len(columns):
                raise UserError(f"{row}: {len(row.cells)} cells where the heading has {len(columns)}")
            part = row.cells[columns.index("Set")]
            if part not in PARTS.values():
                raise UserError(f"{row}: the set {part!r} is not dev or test")
            names = tuple(_bare(row.cells[i]) for i in named if row.cells[i])
            people.update(dict.fromkeys(names, (names, part)))
    return tables, people


def _cells(text: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"[\t,]", text)]


def _line(text: str) -> list[str]:
    return [text.strip()]


def _bare(name: str) -> str:
    """A name of the tables as the folders have it."""
    return name.rstrip(".")
