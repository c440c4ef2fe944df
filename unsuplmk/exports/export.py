"""The detector of a run as one file that runs without this library, held against the detector before it counts."""

from __future__ import annotations

import copy
import hashlib
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch

from unsuplmk import checkpoint
from unsuplmk.batches.data import Data
from unsuplmk.detector import Detector
from unsuplmk.errors import UserError
from unsuplmk.exports import exported, onnxfile, pt2file, quantise
from unsuplmk.exports.about import About
from unsuplmk.exports.likeness import Frames, Likeness, quickness, tried
from unsuplmk.exports.portable import Portable, traced
from unsuplmk.frames.cropping import WHOLE
from unsuplmk.naming.named import Points, fingerprint
from unsuplmk.sharing import hub

Precision = Literal["float32", "bfloat16", "int8"]

TOLERANCE = {"float32": 0.5, "bfloat16": 1.0, "int8": 1.0}
"""How far points may lie from the detector's, in pixels of the network's image."""

MOST = 200
"""Frames that are calibrated on and tried, together."""


@dataclass(frozen=True)
class Result:
    """A file that was written.

    Args:
        file: Where.
        bytes: Its size.
        about: What it says about itself.
        likeness: How far its points lie from the detector's.
        tolerance: How far they might.
        speed: How many times as fast as the detector it found the points of one frame here, in one run.
        notes: What one should know about it.
    """

    file: str
    bytes: int
    about: About
    likeness: Likeness
    tolerance: float
    speed: float
    notes: list[str]

    def as_dict(self) -> dict[str, Any]:
        """As plain values."""
        return {**asdict(self), "about": self.about.model_dump()}


def export(
    detector: Detector,
    out: Path,
    *,
    precision: Precision = "float32",
    frame: tuple[int, int] | None = None,
    points: Points = "raw",
    tolerance: float | None = None,
    calibrate: Sequence[Frames] = (),
) -> Result:
    """Write a detector to a file, and hold the file against it; nothing is left where they differ too much.

    Args:
        detector: Of a run, on the CPU.
        out: `FILE.onnx` or `FILE.pt2`.
        precision: What the network computes in: bfloat16 only in `.pt2`, int8 only in `.onnx`.
        frame: (width, height) of the frames that it is to take; None for any.
        points: The discovered landmarks, the points that `unsuplmk name` made of them, or both.
        tolerance: How far its points may lie from the detector's, in pixels of the network's image; None: as
            `TOLERANCE` has it.
        calibrate: Batches of frames like those that it will see. int8 chooses its scales on every other one, and the
            rest are what it is held against the detector on. Without any, these are random.

    Raises:
        UserError: It cannot be written, is not offered, or its points lie too far from the detector's.
    """
    kind = out.suffix.lower()
    offered(kind, precision, bool(calibrate))
    said = about(detector, precision, frame, points)
    allowed = TOLERANCE[precision] if tolerance is None else tolerance
    program = traced(_portable(detector, precision, points), frame)
    results: list[Result] = []

    def write(path: Path) -> None:
        if kind == ".pt2":
            pt2file.write(program, path, said)
        elif precision == "int8":
            quantise.write(program, path, said, calibrate[::2])
        else:
            onnxfile.write(program, path, said)
        opened = exported.program(path, "cpu")
        likeness = tried(opened, detector, points, calibrate[1::2])
        if not likeness.difference <= allowed:  # nor if it is no number
            raise UserError(
                f"not exported: points of the file lie up to {likeness.difference:.3g} px of the network's "
                f"{said.size} px image from the detector's, on {likeness.worst}, and the tolerance is {allowed:g}: "
                f"{_cure(precision)}"
            )
        speed = quickness(opened, detector)
        results.append(Result(str(out), path.stat().st_size, said, likeness, allowed, speed, _notes(detector)))

    checkpoint.write_atomically(out, write)
    return results[0]


def _notes(detector: Detector) -> list[str]:
    crop = detector.config.crop["name"]
    if crop == WHOLE:
        return []
    return [f"the run cuts frames by {crop}, which is not in the file: other programs must give it what is cut out"]


def _cure(precision: Precision) -> str:
    if precision == "float32":
        return "raise --tolerance if that is near enough for you"
    return "export float32, or raise --tolerance if that is near enough for you"


def _portable(detector: Detector, precision: Precision, points: Points) -> Portable:
    model = copy.deepcopy(detector.model)
    encoder = model.encoder.to(torch.bfloat16) if precision == "bfloat16" else model.encoder
    named = None if points == "raw" else copy.deepcopy(detector.naming()).float()
    return Portable(encoder, model.bottleneck, detector.fit, named, points).eval()


def offered(kind: str, precision: Precision, calibrated: bool) -> None:
    """Refuse what cannot be exported.

    Raises:
        UserError: The file is neither .onnx nor .pt2, the precision is not to be had in it, or int8 has no frames.
    """
    if kind not in exported.SUFFIXES:
        raise UserError(f"cannot export to {kind or 'a file without a suffix'}: name it FILE.onnx or FILE.pt2")
    if precision == "bfloat16" and kind == ".onnx":
        raise UserError(
            "ONNX Runtime has no convolutions in bfloat16 on the CPU: export float32 or int8 to .onnx, or bfloat16 "
            "to .pt2"
        )
    if precision == "int8" and kind == ".pt2":
        raise UserError("int8 is to be had in .onnx only: torch's own quantisation is a library of its own")
    if precision == "int8" and not calibrated:
        raise UserError("int8 needs frames like those that it will see, to choose its scales: add --calibrate DATA")


def frames_of(
    detector: Detector,
    source: Data,
    frame: tuple[int, int] | None = None,
    report: Callable[[str], None] = warnings.warn,
) -> list[Frames]:
    """Frames to calibrate on, as the detector gets to see them: at most `MOST`, spread over the data.

    Args:
        detector: Of the run; what it cuts out of frames is cut out of these.
        source: As for `Detector.predict`.
        frame: (width, height) that they must have; None for any.
        report: Called with one line for every frame that cannot be read.

    Raises:
        UserError: Nothing is there, fewer than two frames can be read, or they have another size.
    """
    dataset = detector.cropped(source, report=report)
    found: list[Frames] = []
    for index in np.unique(np.linspace(0, len(dataset) - 1, min(MOST, len(dataset))).round().astype(int)).tolist():
        try:
            picture = dataset.read(index)
        except UserError as error:
            report(str(error))
            continue
        if frame and picture.shape[:2] != frame[::-1]:
            have = f"{picture.shape[1]}x{picture.shape[0]}"
            raise UserError(f"{dataset.name(index)} is {have}, and the file is to take {frame[0]}x{frame[1]} only")
        found.append(picture[None])
    if len(found) < 2:
        raise UserError(
            f"{len(found)} frames cannot be divided: scales are chosen on half of them, and tried on the rest"
        )
    return found


def about(detector: Detector, precision: Precision, frame: tuple[int, int] | None, points: Points) -> About:
    """What the file will say about itself.

    Raises:
        UserError: The landmarks have no names and named points are asked for.
    """
    config = detector.config
    names = {"raw": detector.names}
    if points != "raw":
        named = detector.naming().names
        names |= {"named": named, "both": (*detector.names, *named)}
    return About(
        names=list(names[points]),
        frames="any" if frame is None else f"{frame[0]}x{frame[1]}",
        precision=precision,
        size=config.size,
        fit=config.fit,
        crop=config.crop,
        encoder=config.encoder,
        bottleneck=config.bottleneck,
        config=_digest(hub.resolve(detector.run) / checkpoint.CONFIG) if detector.run else "",
        model=fingerprint(detector.model, detector.fit),
        versions=checkpoint.versions(),
    )


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
