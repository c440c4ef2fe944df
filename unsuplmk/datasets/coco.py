"""Keypoints in COCO's JSON: every annotated person or animal a frame of its own, cut out by its box."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal, final

import numpy as np
from jaxtyping import Float
from pydantic import Field

from unsuplmk.card import Card, Download
from unsuplmk.errors import UserError
from unsuplmk.files import cocojson
from unsuplmk.frames.clips import Clips
from unsuplmk.frames.holdout import select
from unsuplmk.frames.media import read_image
from unsuplmk.interfaces import Dataset
from unsuplmk.ops.window import Window

SITE = "http://images.cocodataset.org"


@final
class Coco(Dataset):
    """Annotations with keypoints of one category, each a frame; keypoints of visibility 0 are missing.

    Lin et al. 2014, https://arxiv.org/abs/1405.0312. Crowds, annotations with fewer than `least` keypoints, and those
    without a box of some area (for `crop` box) are left out. A share of the images is held out for tests, with
    all that is annotated in them, see `unsuplmk.frames.holdout`; or the test split is a JSON of its own.

    Args:
        path: The JSON.
        split: Which images to take: train, test, or all.
        test_file: JSON of the test split, where there is one; all of `path` is then the training split.
        images: Folder that the names of images are relative to; if it is not given, it is looked for beside the JSON.
        category: Which category to take, where several have keypoints.
        crop: box for a square about each box; none for whole images, of those with a single annotation.
        margin: Of the square beyond its box, on each side, in lengths of the box's longer side.
        least: Fewest keypoints of an annotation; 0 takes those without any too.
        test_share: Of the images that are held out for tests.
        seed: Chooses which.

    Raises:
        UserError: The file is no such JSON, an annotation is malformed, nothing is left, or no image is found.
    """

    card = Card(
        title="COCO keypoints",
        paper="Lin, Maire, Belongie et al., ECCV 2014, https://arxiv.org/abs/1405.0312",
        url="https://cocodataset.org",
        terms="Of COCO itself: annotations CC BY 4.0; images under the terms of Flickr, each by its own licence.",
        layout="annotations/person_keypoints_train2017.json: images, annotations, categories\n"
        "annotations/person_keypoints_val2017.json: the same, for --dataset.test-file\n"
        "train2017/*.jpg, val2017/*.jpg: the images",
        downloads=tuple(
            Download(f"{SITE}/{folder}/{file}", file, f"md5:{checksum}", unpack=True)
            for folder, file, checksum in (
                ("annotations", "annotations_trainval2017.zip", "f4bbac642086de4f52a3fdda2de5fa2c"),
                ("zips", "val2017.zip", "442b8da7639aecaf257c1dceb8ba8c80"),
                ("zips", "train2017.zip", "cced6f7f71b7629ddf16f17bbcfab6b2"),
            )
        ),
        crop="The square about each box, 1.25 times as long as its longer side.",
    )

    def __init__(
        self,
        path: str | Path,
        *,
        split: Literal["train", "test", "all"] = "train",
        test_file: str = "",
        images: str = "",
        category: str = "",
        crop: Literal["box", "none"] = "box",
        margin: Annotated[float, Field(ge=0)] = 0.125,
        least: Annotated[int, Field(ge=0)] = 1,
        test_share: Annotated[float, Field(gt=0, lt=1)] = 0.2,
        seed: int = 0,
    ) -> None:
        self._path = Path(test_file if test_file and split == "test" else path).expanduser()
        content = cocojson.read(self._path, category, "--dataset.category")
        if crop == "box":
            usable = content.boxed
        else:
            alone = Counter(content.images)
            usable = np.array([alone[image] == 1 for image in content.images], bool)
        found = np.flatnonzero(usable & (content.visible >= least))
        if not len(found):
            what = "with a box" if crop == "box" else "alone in their image"
            raise UserError(
                f"{self._path}: of {len(usable)} annotations of {content.category}, {usable.sum()} are {what}, and "
                f"none of these has {least} keypoints"
            )
        kept = found[select([content.images[i] for i in found], "all" if test_file else split, test_share, seed)]
        self._category, self._points, self._margin = content.category, content.points, margin
        self._images = [content.images[i] for i in kept]
        self._ids = np.array([content.ids[i] for i in kept])
        self._xy, self._boxes = content.xy[kept], content.boxes[kept] if crop == "box" else np.empty((0, 4))
        self._folder = Path(images).expanduser() if images else _folder(self._path, self._images)

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """A `.json` that speaks of images, annotations, categories and keypoints."""
        return cocojson.looks_like(path)

    def __len__(self) -> int:
        return len(self._images)

    @property
    def clips(self) -> Sequence[range]:
        """Each frame a clip of its own."""
        return Clips.singles(len(self))

    def read(self, index: int) -> np.ndarray:
        """What the square about the box holds; an error names the annotation."""
        window = self._window(index)
        try:
            frame = read_image(self._folder / self._images[index])
            return frame if window is None else window.cut(frame)
        except UserError as error:
            raise UserError(f"{self._path}: annotation {self._ids[index]}: {error}") from None

    def name(self, index: int) -> str:
        """The image's path, with `#` and the annotation's id."""
        return f"{self._folder / self._images[index]}#{self._ids[index]}"

    @property
    def points(self) -> tuple[str, ...]:
        """The keypoints of the category."""
        return self._points

    def annotation(self, index: int) -> Float[np.ndarray, "points 2"]:
        """Keypoints of annotation `index`."""
        window = self._window(index)
        return self._xy[index] if window is None else window.inside(self._xy[index])

    def tags(self, index: int) -> Mapping[str, str]:
        """The category, and the image's name, which all in one image share."""
        return {"category": self._category, "image": self._images[index]}

    def _window(self, index: int) -> Window | None:
        if not len(self._boxes):
            return None
        left, top, width, height = self._boxes[index].tolist()  # in edge coordinates, as windows are
        side = max(width, height) * (1 + 2 * self._margin)
        return Window(left + (width - side) / 2, top + (height - side) / 2, side, side)


def _folder(path: Path, images: Sequence[str]) -> Path:
    """Where the images are: the first folder near a JSON that holds one of the first of them.

    Raises:
        UserError: None does.
    """
    word = path.stem.rpartition("_")[2]  # person_keypoints_train2017.json lies in annotations/ beside train2017/
    names = (".", "images", word, f"images/{word}")
    folders = [base / name for base in (path.parent, path.parent / "..") for name in names]
    for folder in folders:
        if any((folder / image).is_file() for image in images[:100]):
            return folder
    raise UserError(
        f"{path}: none of its first images, such as {images[0]}, is in {', '.join(map(str, folders))}: say where they "
        "are with --dataset.images FOLDER"
    )
