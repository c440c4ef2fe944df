"""Pictures changed at random, in colour and in place, by a serialised albumentations pipeline; points go along."""

from __future__ import annotations

import hashlib
import json
import os
import warnings
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8

from unsuplmk.errors import UserError
from unsuplmk.ops.carry import CARRIED

LARGEST, VALUES, MOST = 2**20, 20_000, 200
"""Bytes of a file, values in it, and transforms: more is no pipeline, and a few lines of YAML may mean billions."""
SIDE = 160
"""Of the picture that each transform is tried on, in pixels."""
DROPPED = ("bbox_params", "keypoint_params", "additional_targets")
"""What a pipeline may have said of other inputs; there is the picture and its points."""
RESIZING = ("Crop", "Pad", "Resize", "Scale", "Size")
MIRRORS = frozenset(("D4", "HorizontalFlip", "SquareSymmetry", "TimeReverse", "Transpose", "VerticalFlip"))
WORKING = f"geometric transforms that work: {', '.join(sorted(CARRIED))}"


def library() -> Any:
    """The module albumentations, which takes seconds to import."""
    os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")  # it asks the network at import otherwise
    import albumentations

    return albumentations


class Augmentation:
    """A serialised albumentations pipeline, whose changes depend on a seed and on the size of the picture alone.

    So equal seeds change all frames of a pair alike: whatever is known of how one is a warp of the other stays
    true. Reading a file runs no code of it: it is plain data, and names the transforms of albumentations only.

    Args:
        path: JSON or YAML, as written by `albumentations.save`.

    Attributes:
        mirrors: Whether left and right may change places.
        digest: Of the pipeline, whichever way its file writes it: as many characters as tell pipelines apart.

    Raises:
        UserError: The file is no pipeline, or holds a transform that changes the size or the type of a picture,
            needs more than a picture, or moves pixels and nobody knows where it puts points.
    """

    def __init__(self, path: str | Path) -> None:
        self._path = str(path)
        tree = _tree(self._path)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of options that its own files name for no reason; see _check
                loaded = library().from_dict({"transform": tree})
            self.digest = hashlib.sha256(json.dumps(tree, sort_keys=True, default=str).encode()).hexdigest()[:12]
        except Exception as error:  # a foreign file: pydantic's errors, TypeError, ...
            raise _no_pipeline(self._path, error) from None
        for leaf, channels in _leaves(loaded):
            self._check(leaf, channels)
            if type(leaf).__name__ in CARRIED:
                leaf.apply_to_keypoints = CARRIED[type(leaf).__name__]
        try:
            self._pipeline = library().Compose([loaded], additional_targets={"points": "keypoints"})
        except Exception as error:
            raise _no_pipeline(self._path, error) from None
        self._nodes = list(_nodes(self._pipeline))
        self.mirrors = any(type(node).__name__ in MIRRORS for node in self._nodes)
        self._run(np.full((SIDE, SIDE, 3), 128, np.uint8), np.zeros((0, 2)), 0)

    def __call__(self, image: UInt8[np.ndarray, "height width 3"], seed: int) -> UInt8[np.ndarray, "h w 3"]:
        """The changed image; equal seeds draw equal changes.

        Raises:
            UserError: A transform cannot change an image of this size.
        """
        return self._run(image, np.zeros((0, 2)), seed)[0]

    def carry(
        self, image: UInt8[np.ndarray, "height width 3"], points: Float[np.ndarray, "points 2"], seed: int
    ) -> tuple[UInt8[np.ndarray, "h w 3"], Float[np.ndarray, "points 2"], bool]:
        """The image as `__call__` changes it, its points, and whether left and right have changed places.

        Args:
            image: Of any size.
            points: (x, y) in pixels, the first pixel's centre at 0. NaN stays NaN, and points that leave the image
                are not lost.
            seed: Of the change.

        Raises:
            UserError: As `__call__`.
        """
        height, width = image.shape[:2]
        corner = np.array([(width - 1) / 2, (height - 1) / 2])
        corners = corner + np.array([(0, 0), (width / 8, 0), (0, height / 8)])
        known = np.where(np.isnan(points).any(-1, keepdims=True), np.nan, points)  # half a point is none
        changed, moved = self._run(image, np.concatenate([corners, known]), seed)
        right, below = moved[1] - moved[0], moved[2] - moved[0]
        return changed, moved[3:], bool(right[0] * below[1] < right[1] * below[0])

    def _run(self, image: np.ndarray, points: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
        # The library's own seeding gives every transform the same numbers: two flips would always come together.
        for number, node in enumerate(self._nodes):
            node.random_generator = np.random.default_rng([seed, number])
            node.py_random = Random(seed * len(self._nodes) + number)
        try:
            out = {"points": points, **self._pipeline(image=image, **({"points": points} if len(points) else {}))}
        except Exception as error:  # whatever a transform says about a size that it does not like
            raise self._fails("the pipeline", image, error) from None
        self._same("the pipeline", image, out["image"])
        return out["image"], out["points"]

    def _check(self, leaf: Any, channels: bool) -> None:
        """Refuse a transform, whatever its probability, that does not give back a picture of the same kind."""
        name = type(leaf).__name__
        options = leaf.get_transform_init_args_names()
        for option in leaf.invalid_args:
            if option not in options:  # the library saves those of parent classes, too
                raise UserError(f"--augment {self._path}: {name} has no option {option!r}")
        moves = isinstance(leaf, library().DualTransform)
        if moves and name not in CARRIED:
            raise UserError(f"--augment {self._path} holds {name}, which {_reason(leaf)}; {WORKING}")
        if moves and channels:
            raise UserError(f"--augment {self._path}: {name} in SelectiveChannelTransform would tear colours apart")
        grey = np.full((SIDE, SIDE, 3), 128, np.uint8)
        leaf.set_random_seed(0)
        try:
            out = leaf(force_apply=True, image=grey)["image"]
        except Exception as error:
            raise self._fails(name, grey, error) from None
        self._same(name, grey, out)

    def _fails(self, name: str, image: np.ndarray, error: Exception) -> UserError:
        size = f"{image.shape[1]} x {image.shape[0]} px"
        return UserError(f"--augment {self._path}: {name} cannot be applied to an image of {size}: {_line(error)}")

    def _same(self, name: str, image: np.ndarray, out: Any) -> None:
        square = image.shape[0] == image.shape[1]
        shapes = (image.shape,) if square else (image.shape, (image.shape[1], image.shape[0], 3))  # a quarter turn
        if not isinstance(out, np.ndarray) or out.dtype != np.uint8 or out.shape not in shapes:
            raise UserError(
                f"--augment {self._path}: {name} turns uint8 {image.shape} into {out.dtype} {tuple(out.shape)}; leave "
                "out what normalises, converts or resizes (keep_size=True keeps the size; so do crop_border=False and "
                "fit_output=False)"
            )


def _tree(path: str) -> Any:
    """The transforms of a file as plain values, looked through before anything is built of them."""
    layout = Path(path).suffix.lower()
    if layout not in (".json", ".yaml", ".yml"):
        raise UserError(f"--augment {path}: a pipeline is a .json or .yaml file, as albumentations.save writes it")
    try:
        if Path(path).stat().st_size > LARGEST:
            raise ValueError(f"it is larger than {LARGEST:,} bytes")
        text = Path(path).read_text("utf-8")
        if layout == ".json":
            tree = json.loads(text)
        else:
            import yaml

            tree = yaml.safe_load(text)
        _count(tree, [0])
        root = tree.get("transform") if isinstance(tree, dict) else None
        _look_through(root, [0])
    except Exception as error:  # OSError, and whatever JSON, YAML and foreign layouts lead to
        raise _no_pipeline(path, error) from None
    return root


def _count(value: Any, seen: list[int]) -> None:
    seen[0] += 1
    if seen[0] > VALUES:
        raise ValueError(f"it holds more than {VALUES:,} values")
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            _count(inner, seen)


def _look_through(node: Any, seen: list[int]) -> None:
    """Make sure that a transform, and those in it, are few and have names of albumentations' own."""
    seen[0] += 1
    if seen[0] > MOST:
        raise ValueError(f"it holds more than {MOST} transforms")
    name = node.get("__class_fullname__") if isinstance(node, dict) else None
    if not isinstance(name, str):
        raise ValueError("no transform where albumentations.save writes one, as {__class_fullname__: NAME, ...}")
    if name.rpartition(".")[2] == "Lambda":
        raise ValueError("a Lambda is code, which no file can hold; name one of albumentations' transforms")
    if name == "ReplayCompose":
        raise ValueError("ReplayCompose writes down what it draws, for which there is no place; name it Compose")
    known = _known()
    if name.removeprefix("albumentations.") not in known:  # a longer path is no name of its own
        near = get_close_matches(name, known, 1)
        raise ValueError(f"albumentations has no {name!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
    for key in DROPPED:
        node.pop(key, None)
    for child in node.get("transforms", ()):
        _look_through(child, seen)


def _known() -> list[str]:
    """Names of the transforms and compositions of albumentations."""
    made = library()
    return [
        name
        for name, kind in vars(made).items()
        if isinstance(kind, type) and issubclass(kind, made.BasicTransform | made.BaseCompose)
    ]


def _nodes(node: Any) -> Iterator[Any]:
    yield node
    if isinstance(node, library().BaseCompose):  # others may have an attribute `transforms`, too
        for child in node.transforms:
            yield from _nodes(child)


def _leaves(node: Any, channels: bool = False) -> Iterator[tuple[Any, bool]]:
    """The transforms, and whether each is applied to some of the channels only."""
    if isinstance(node, library().BaseCompose):
        channels = channels or isinstance(node, library().SelectiveChannelTransform)
        for child in node.transforms:
            yield from _leaves(child, channels)
    else:
        yield node, channels


def _reason(leaf: Any) -> str:
    """Why a transform that moves pixels does not work."""
    needed = [name for name in leaf.targets_as_params if name != "image"]
    if needed or any(word in type(leaf).__name__ for word in ("Mask", "Constrained")):
        inputs = ", ".join(needed) or "masks or boxes"
        return f"needs more than the picture ({inputs}), so that frames of a pair would be changed differently"
    if any(word in type(leaf).__name__ for word in RESIZING):
        return "changes the size; CropAndPad(keep_size=True) and Affine(scale=...) cut out and keep it"
    return "moves pixels, and where it puts points is not known"


def _no_pipeline(path: str, error: Exception) -> UserError:
    return UserError(f"--augment {path} is not an albumentations pipeline: {_line(error)}")


def _line(error: Exception) -> str:
    said = str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"
    return " ".join(said.split())[:500]
