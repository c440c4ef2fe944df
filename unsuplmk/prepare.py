"""Frames made square for the network, with the exact map of coordinates; photometric augmentation."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from jaxtyping import Float, Num, UInt8

from unsuplmk.errors import UserError
from unsuplmk.ops.coordinates import from_pixels, to_pixels

Frame = UInt8[np.ndarray, "height width 3"]


def _albumentations() -> Any:
    os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")  # it asks the network at import otherwise
    import albumentations

    return albumentations


@dataclass(frozen=True)
class _Geometry:
    """Crop the frame to `crop` at `corner`, scale that to `scaled`, pad it by `border` on the left and top."""

    crop: tuple[int, int]
    corner: tuple[int, int]
    scaled: tuple[int, int]
    border: tuple[int, int]


@dataclass(frozen=True)
class Fit:
    """Makes frames of any shape square.

    Args:
        size: Side of the square, in pixels.
        mode: `pad` shows the whole frame and repeats its border, `crop` keeps the central square, `stretch`
            shows the whole frame and gives up its proportions.
    """

    size: int
    mode: Literal["pad", "crop", "stretch"] = "pad"

    def __call__(self, image: Frame) -> UInt8[np.ndarray, "size size 3"]:
        """The frame, made square; averaged over areas where it shrinks."""
        if image.shape[:2] == (self.size, self.size):
            return image
        height, width = image.shape[:2]
        how = self._geometry(width, height)
        albumentations, (x, y) = _albumentations(), how.corner
        import cv2

        image = np.ascontiguousarray(image[y : y + how.crop[1], x : x + how.crop[0]])
        shrunk = min(how.crop[0], how.scaled[0]), min(how.crop[1], how.scaled[1])
        for (w, h), interpolation in ((shrunk, cv2.INTER_AREA), (how.scaled, cv2.INTER_LINEAR)):
            if image.shape[:2] != (h, w):
                image = albumentations.Resize(h, w, interpolation=interpolation, p=1)(image=image)["image"]
        if image.shape[:2] != (self.size, self.size):
            square = {"min_height": self.size, "min_width": self.size, "position": "center"}
            pad = albumentations.PadIfNeeded(**square, border_mode=cv2.BORDER_REPLICATE, p=1)
            image = pad(image=image)["image"]
        return image

    def to_square(self, pixels: Num[np.ndarray, "*any 2"], size: Sequence[int]) -> Float[np.ndarray, "*any 2"]:
        """From pixels of a frame of `size` (width, height) to [-1, 1] of the square."""
        how = self._geometry(*map(int, size))
        inside = from_pixels(np.asarray(pixels, np.float64) - how.corner, how.crop)
        return from_pixels(to_pixels(inside, how.scaled) + how.border, (self.size, self.size))

    def to_frame(self, xy: Float[np.ndarray, "*any 2"], size: Sequence[int]) -> Float[np.ndarray, "*any 2"]:
        """From [-1, 1] of the square to pixels of the frame of `size` (width, height) that it was made of."""
        how = self._geometry(*map(int, size))
        inside = from_pixels(to_pixels(np.asarray(xy, np.float64), (self.size, self.size)) - how.border, how.scaled)
        return to_pixels(inside, how.crop) + how.corner

    def _geometry(self, width: int, height: int) -> _Geometry:
        whole, none, full = (width, height), (0, 0), (self.size, self.size)
        if self.mode == "stretch":
            return _Geometry(whole, none, full, none)
        if self.mode == "crop":
            side = min(whole)
            return _Geometry((side, side), ((width - side) // 2, (height - side) // 2), full, none)
        w, h = (max(1, round(side * self.size / max(whole))) for side in whole)
        return _Geometry(whole, none, (w, h), ((self.size - w) // 2, (self.size - h) // 2))


class Augmentation:
    """A serialised albumentations pipeline of photometric changes.

    Args:
        path: JSON or YAML, as written by `albumentations.save`.

    Raises:
        UserError: The file is no pipeline, or holds a transform that moves pixels: the pair's known warp and
            the landmarks would be wrong.
    """

    def __init__(self, path: str | Path) -> None:
        albumentations, name = _albumentations(), Path(path)
        layout = {".json": "json", ".yaml": "yaml", ".yml": "yaml"}.get(name.suffix.lower())
        if layout is None:
            raise UserError(f"--augment {path}: a pipeline is a .json or .yaml file, as albumentations.save writes it")
        try:
            loaded = albumentations.load(name, data_format=layout)
            spatial = [type(t).__name__ for t in _transforms(loaded) if isinstance(t, albumentations.DualTransform)]
        except Exception as error:  # a foreign file: JSON, YAML, KeyError for unknown transforms, pydantic's errors ...
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            raise UserError(f"--augment {path} is not an albumentations pipeline: {reason}") from None
        if spatial:
            raise UserError(
                f"--augment {path} holds {', '.join(spatial)}, which would move or remove pixels and so break the "
                "known warp between the images of a pair; keep photometric transforms only"
            )
        self._pipeline = albumentations.Compose([loaded])
        self._try(path)

    def _try(self, path: str | Path) -> None:
        grey = np.full((32, 32, 3), 128, np.uint8)
        try:
            out = self._pipeline(image=grey)["image"]
        except Exception as error:  # whatever a transform says about inputs that it lacks
            raise UserError(f"--augment {path} cannot be applied to an image: {error}") from None
        if out.dtype != np.uint8 or out.shape != grey.shape:
            raise UserError(
                f"--augment {path} turns uint8 {grey.shape} into {out.dtype} {out.shape}; leave out what normalises, "
                "converts or resizes"
            )

    def __call__(self, image: Frame, seed: int) -> Frame:
        """The image with its colours changed; equal seeds draw equal changes."""
        self._pipeline.set_random_seed(seed)
        return self._pipeline(image=image)["image"]


def _transforms(node: Any) -> Iterator[Any]:
    yield node
    for child in getattr(node, "transforms", ()):
        yield from _transforms(child)


def augmentation(path: str | Path) -> Augmentation:
    """The photometric pipeline of a file; see `Augmentation`."""
    return Augmentation(path)
