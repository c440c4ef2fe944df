"""A detector from an exported file: the network as ONNX Runtime or torch run it, behind the face of a model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import final

import torch

from unsuplmk.errors import UserError
from unsuplmk.exports import onnxfile, pt2file
from unsuplmk.exports.about import Program
from unsuplmk.ops.coordinates import from_pixels
from unsuplmk.types import Image, Landmarks

SUFFIXES = (".onnx", ".pt2")
"""Of the files that can be written and read."""


@final
class Exported:
    """Finds what a file finds, in images that are square already.

    Args:
        program: The file.
    """

    def __init__(self, program: Program) -> None:
        self.about = program.about
        self.program = program

    def locate(self, images: Image) -> Landmarks:
        """Points of images in [0, 1], which are rounded to bytes; there are no heatmaps."""
        frames = (images.detach().cpu().clamp(0, 1) * 255).round().to(torch.uint8).permute(0, 2, 3, 1).contiguous()
        xy, score = self.program(frames.numpy())
        found = from_pixels(torch.from_numpy(xy), (images.shape[3], images.shape[2]))
        return Landmarks(found, torch.from_numpy(score), torch.zeros(*score.shape, 0, 0))


def is_exported(path: str | Path) -> bool:
    """Whether a path names a file like those that are exported."""
    found = Path(path).expanduser()
    return found.suffix.lower() in SUFFIXES and not found.is_dir()


def program(path: Path, device: str = "cpu") -> Program:
    """A file that is ready to run.

    Args:
        path: Where it is.
        device: auto, cpu, cuda or mps.

    Raises:
        UserError: It is not there, damaged, foreign, or what runs it is not installed.
    """
    if not path.is_file():
        raise UserError(f"{path} does not exist; give the file that `unsuplmk export` wrote, or a run folder")
    readers: dict[str, Callable[[Path, str], Program]] = {".onnx": onnxfile.OnnxProgram, ".pt2": pt2file.Pt2Program}
    return readers[path.suffix.lower()](path, device)


def load(path: Path, device: str) -> Exported:
    """The detector of an exported file.

    Args:
        path: Where it is.
        device: auto, cpu, cuda or mps.

    Raises:
        UserError: As for `program`, or it takes frames of one size only.
    """
    found = program(path, device)
    if found.about.frame not in (None, (found.about.size, found.about.size)):
        raise UserError(
            f"{path} takes frames of {found.about.frames} only, for programs that are not this library: export "
            "with --size any to use it here"
        )
    return Exported(found)
