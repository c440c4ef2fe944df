"""DeepLabCut projects: the labelled images with their points, or the videos."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path, PureWindowsPath
from typing import Annotated, Any, Literal, final

import numpy as np
from jaxtyping import Float
from pydantic import Field

from unsuplmk.card import Card
from unsuplmk.errors import UserError
from unsuplmk.files.posetable import Labels, labels
from unsuplmk.frames.clips import Clips
from unsuplmk.frames.holdout import select
from unsuplmk.frames.media import VIDEOS, natural, read_image
from unsuplmk.frames.videos import Videos
from unsuplmk.interfaces import Dataset

CONFIG, LABELLED, VIDEOS_IN = "config.yaml", "labeled-data", "videos"
KEYS = ("Task", "scorer")


@final
class Deeplabcut(Dataset):
    """A DeepLabCut project: its labelled images, where those of one video are a clip, or the frames of its videos.

    Mathis et al. 2018, https://doi.org/10.1038/s41593-018-0209-y. Points are the bodyparts. DeepLabCut keeps its own
    splits in files that can run code when they are read, so they are not: a share of the images, or of the videos,
    is held out here, see `unsuplmk.frames.holdout`.

    Videos are those that the configuration names, there or by name in the folder `videos`; where none of them is
    to be found, all of that folder.

    Args:
        path: The project's folder, or its config.yaml.
        split: Which images to take: train, test, or all.
        frames: labelled for the annotated images; videos for every frame of the videos, without points.
        individual: Whose points to take in a project with several animals.
        hold_out: What the test split is made of: single frames, or whole videos, which then are no training videos
            either.
        test_share: Of frames or videos that are held out for tests.
        seed: Chooses which.

    Raises:
        UserError: The path is no project, nothing is labelled there, a table is malformed, or no video is there.
    """

    card = Card(
        title="DeepLabCut projects",
        paper="Mathis, Mamidanna, Cury, Abe, Murthy, Mathis, Bethge, Nature Neuroscience 2018, "
        "https://doi.org/10.1038/s41593-018-0209-y",
        url="https://github.com/DeepLabCut/DeepLabCut",
        terms="The owner's of the project.",
        layout=f"{CONFIG}: Task, scorer, video_sets\nlabeled-data/VIDEO/CollectedData_SCORER.csv: points\n"
        "labeled-data/VIDEO/*.png: the labelled images\nvideos/*: the videos, for --dataset.frames videos",
        ask="Your own project, or one that others share. DeepLabCut itself is not needed.",
        crop="None; --crop cuts out the animal.",
    )

    def __init__(
        self,
        path: str | Path,
        *,
        split: Literal["train", "test", "all"] = "train",
        frames: Literal["labelled", "videos"] = "labelled",
        individual: str = "",
        hold_out: Literal["frames", "videos"] = "frames",
        test_share: Annotated[float, Field(gt=0, lt=1)] = 0.2,
        seed: int = 0,
    ) -> None:
        root = _root(Path(path).expanduser())
        config = _config(root / CONFIG)
        self._videos = Videos()
        self._films: list[Path] = []
        self._rates: list[float] = []
        self._labels = Labels((), [], [], np.empty((0, 0, 2)))
        if frames == "videos":
            films = _films(root, config)
            if hold_out == "videos" and split != "all":
                folders = [table.parent.name for table in _tables(root, config)]
                test = {folders[i] for i in select(folders, "test", test_share, seed)}
                films = [film for film in films if (film.stem in test) == (split == "test")]
            self._open(root, films)
            return
        found = labels(_tables(root, config), _beside, individual, "--dataset.individual")
        names = [f"{file.parent.name}/{file.name}" for file in found.files]
        groups = [file.parent.name for file in found.files] if hold_out == "videos" else names
        chosen = select(groups, split, test_share, seed).tolist()
        self._labels = found.take(sorted(chosen, key=lambda i: (natural(found.files[i].parent), natural(names[i]))))
        self._clips = Clips(len(list(run)) for _, run in groupby(file.parent for file in self._labels.files))

    def _open(self, root: Path, films: Sequence[Path]) -> None:
        """Count the frames; a video that is not there, or broken, stands as one unreadable frame beside others."""
        lengths: list[int] = []
        reason = "" if films else "there is none"
        for film in films:
            try:
                lengths.append(len(self._videos[film]))
                self._rates.append(self._videos[film].fps)
            except UserError as error:
                lengths.append(0)
                self._rates.append(0.0)
                reason = str(error)
        if not any(lengths):
            raise UserError(f"no video of {root / CONFIG} or in {root / VIDEOS_IN} can be read: {reason}")
        self._films, self._clips = list(films), Clips(max(1, length) for length in lengths)

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """A `config.yaml` that names a Task and a scorer, or its folder."""
        try:
            with (path if path.name == CONFIG else path / CONFIG).open(encoding="utf-8", errors="replace") as file:
                head = file.read(1 << 16)
        except (OSError, ValueError):
            return False
        return all(re.search(rf"^{key}\s*:", head, re.MULTILINE) for key in KEYS)

    def __len__(self) -> int:
        return self._clips.frames

    @property
    def clips(self) -> Sequence[range]:
        """One range a video, of its labelled images or of all its frames."""
        return self._clips

    def read(self, index: int) -> np.ndarray:
        """Image `index`, whole; an error names the line of the CSV."""
        if self._films:
            clip, frame = self._clips.find(index)
            return self._videos[self._films[clip]].read(frame)
        try:
            return read_image(self._labels.files[index])
        except UserError as error:
            raise UserError(f"{self._labels.places[index]}: {error}") from None

    def name(self, index: int) -> str:
        """The image's path, or `video.mp4:frame`."""
        if self._films:
            clip, frame = self._clips.find(index)
            return f"{self._films[clip]}:{frame}"
        return str(self._labels.files[index])

    @property
    def fps(self) -> float:
        """Frames a second, where the frames are those of one video."""
        return self._rates[0] if len(self._rates) == 1 else 0.0

    def seconds(self, index: int) -> float:
        """The frame's time in its video; not known of labelled images."""
        if not self._films:
            return math.nan
        clip, frame = self._clips.find(index)
        return frame / self._rates[clip] if self._rates[clip] else math.nan

    @property
    def points(self) -> tuple[str, ...]:
        """The bodyparts of the labelled images."""
        return self._labels.points

    def annotation(self, index: int) -> Float[np.ndarray, "points 2"]:
        """Labelled points of image `index`."""
        return np.empty((0, 2)) if self._films else self._labels.xy[index]

    def tags(self, index: int) -> Mapping[str, str]:
        """The name of its video."""
        clip, _ = self._clips.find(index)
        return {"video": self._films[clip].stem if self._films else self._labels.files[index].parent.name}


def _root(path: Path) -> Path:
    """The folder of the project that a path means."""
    root = path.parent if path.name == CONFIG else path
    if not (root / CONFIG).is_file():
        here = ", ".join(sorted(entry.name for entry in root.iterdir())[:8]) if root.is_dir() else "no such folder"
        raise UserError(f"{path} is no DeepLabCut project: it has no {CONFIG}; there: {here or 'nothing'}")
    return root


def _config(path: Path) -> dict[str, Any]:
    import yaml

    try:
        config = yaml.safe_load(path.read_text("utf-8"))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UserError(f"{path}:{line}: {error.problem or 'no YAML'}") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UserError(f"cannot read {path}: {' '.join(str(error).split())}") from None
    missing = [key for key in KEYS if not isinstance(config, dict) or not config.get(key)]
    if missing:
        raise UserError(f"{path} is no DeepLabCut configuration: it has no {' and no '.join(missing)}")
    return config


def _tables(root: Path, config: Mapping[str, Any]) -> list[Path]:
    """The CSVs of the project's scorer, in the natural order of their videos."""
    name = f"CollectedData_{config['scorer']}"
    folders = sorted((folder for folder in (root / LABELLED).glob("*") if folder.is_dir()), key=natural)
    tables = [folder / f"{name}.csv" for folder in folders if (folder / f"{name}.csv").is_file()]
    if tables:
        return tables
    binary = next((folder / f"{name}.h5" for folder in folders if (folder / f"{name}.h5").is_file()), None)
    if binary:
        raise UserError(
            f"{binary} has no CSV beside it, which is what is read; make it with pandas: "
            f"pandas.read_hdf('{name}.h5').to_csv('{name}.csv')"
        )
    others = [str(file.relative_to(root)) for folder in folders for file in sorted(folder.glob("CollectedData_*.csv"))]
    there = ", ".join(others or [folder.name for folder in folders]) or "nothing"
    raise UserError(
        f"{root} has no {LABELLED}/VIDEO/{name}.csv, so nothing is labelled by the scorer of {CONFIG}; there: {there}. "
        "--dataset.frames videos needs no labels"
    )


def _beside(table: Path, image: Path) -> Path:
    """Images lie beside their CSV, whatever path they once had."""
    return table.parent / image.name


def _films(root: Path, config: Mapping[str, Any]) -> list[Path]:
    """The videos that are named, where they are; if none of them is anywhere, those in the project."""
    named = config.get("video_sets") or {}
    if not isinstance(named, dict):
        raise UserError(f"{root / CONFIG}: video_sets is no table of videos")
    known = dict.fromkeys(map(str, named))
    films = [Path(film) if Path(film).is_file() else root / VIDEOS_IN / PureWindowsPath(film).name for film in known]
    if any(film.is_file() for film in films):
        return films
    inside = (file for file in (root / VIDEOS_IN).glob("*") if file.suffix.lower() in VIDEOS)
    return sorted((file for file in inside if not file.stem.endswith("_labeled")), key=natural)  # drawn by DeepLabCut
