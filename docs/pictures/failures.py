"""What failure looks like: runs that fail on purpose, and a good run on images that it cannot know."""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from cells import dots, save, sheet
from course import TITLES, pictures
from files import said
from joints import compared, distance, predicted
from scene import chosen, puppets
from transcript import BIN

from unsuplmk import Detector
from unsuplmk.pictures.draw import Picture

COMMANDS = {
    "collapsed": (
        "unsuplmk run puppets --config puppets --loss pixel --bottleneck.sharpness 1 --steps 250 "
        "--out failures/collapsed",
    ),
    "background": (
        "unsuplmk run puppets --config puppets --pairs warped --steps 250 --out failures/background",
        "unsuplmk evaluate failures/background puppets",
    ),
}
"""What makes each bad run, in the folder of the pictures; docs/concepts.md shows the same lines."""
SIDE, COLUMNS, SEED = 256, 4, 11
TURNS = (0, 45, 90, 180)
"""Degrees."""


def draw(folder: Path) -> None:
    """All three pictures."""
    for name, commands in COMMANDS.items():
        if not (folder / "failures" / name / "model.safetensors").is_file():
            _run(folder, name, commands)
    _collapsed(folder / "failures" / "collapsed")
    _background(folder / "failures" / "background")
    _viewpoint(folder / "demo" / "run")


def _run(folder: Path, name: str, commands: Sequence[str]) -> None:
    """Run the commands; keep their warnings and the end of what they say."""
    kept: list[str] = []
    for command in commands:
        program, *words = shlex.split(command)
        done = subprocess.run([BIN / program, *words], cwd=folder, capture_output=True, text=True, check=True)
        told = (done.stderr + done.stdout).splitlines()
        kept += [f"$ {command}", *(line for line in told if line.startswith(("Warning:", "backward:")))]
    said(name, *kept)


def _collapsed(run: Path) -> None:
    """Two pairs of the last sheet."""
    last = max((run / "preview").glob("*.png"))
    save("collapsed.webp", sheet([pictures(last, row) for row in (0, 2)], TITLES))


def _background(run: Path) -> None:
    """The landmarks that follow no joint, according to the evaluation, in two poses of each puppet."""
    odd = json.loads((run / "metrics.json").read_text("utf-8"))["backward"]["unexplained"]
    detector = Detector.load(run, "cpu")
    rows = []
    for moment in (0, 14):
        images, _ = _puppets(COLUMNS, moment)
        found = detector.predict(images)
        rows.append([dots(*both, 6.0, odd) for both in zip(images, found.xy, strict=True)])
    save("background.webp", sheet(rows))


def _viewpoint(run: Path) -> None:
    """One puppet, turned in the image: where its joints are predicted, and where they are."""
    images, truth = _puppets(1)
    turned = [_turned(images[0], truth[0], degrees) for degrees in TURNS]
    guess = predicted(run, [image for image, _ in turned])
    cells = [compared(image, points, true) for (image, true), points in zip(turned, guess, strict=True)]
    save("viewpoint.webp", sheet([cells], [f"{degrees} degrees" for degrees in TURNS]))
    many, truth = _puppets(50)
    lines = []
    for degrees in TURNS:
        frames, true = zip(*(_turned(*both, degrees) for both in zip(many, truth, strict=True)), strict=True)
        lines.append(f"turned by {degrees:3} degrees: {_share(predicted(run, frames), np.stack(true))} of the side")
    said("viewpoint", *lines)


def _puppets(count: int, moment: int = 0) -> tuple[list[Picture], np.ndarray]:
    """Frames of different puppets with their joints; beyond the number of puppets, at further moments."""
    dataset = puppets(SIDE)
    clips = len(dataset.clips)
    rows = [row for later in range(-(-count // clips)) for row in chosen(min(count, clips), SEED, moment + 7 * later)]
    return [dataset.read(row) for row in rows[:count]], np.stack([dataset.annotation(row) for row in rows[:count]])


def _turned(image: Picture, truth: np.ndarray, degrees: float) -> tuple[Picture, np.ndarray]:
    """An image turned about its puppet's middle, with its ground continued beyond the edges, and its joints."""
    import cv2

    middle = (truth.min(0) + truth.max(0)) / 2
    turn = cv2.getRotationMatrix2D(tuple(middle.tolist()), degrees, 1.0)
    moved = cv2.warpAffine(image, turn, (SIDE, SIDE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    return moved, truth @ turn[:, :2].T + turn[:, 2]


def _share(guess: np.ndarray, truth: np.ndarray) -> str:
    """Mean distance in % of the side."""
    return f"{100 * distance(guess, truth).mean() / SIDE:.1f} %"
