"""What failure looks like: runs that fail on purpose, and a good run on images that it cannot know."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import numpy as np
from cells import save, sheet
from course import TITLES, pictures
from files import said
from joints import compared, distance, predicted
from scene import chosen, puppets
from transcript import BIN

from unsuplmk.pictures.draw import Picture

COMMANDS = {
    "collapsed": "unsuplmk run puppets --config puppets --loss pixel --bottleneck.sharpness 1 --steps 250 "
    "--out failures/collapsed",
    "background": "unsuplmk run puppets --config puppets --loss.separation.weight 5 --loss.separation.sigma 0.4 "
    "--steps 200 --stage.health.every 100 --out failures/background",
}
"""What makes each bad run, in the folder of the pictures; docs/concepts.md shows the same lines."""
PAIRS = (0, 2)
"""Of the last sheet of a run."""
SIDE, SEED = 256, 11
TURNS = (0, 45, 90, 180)
"""Degrees."""


def draw(folder: Path) -> None:
    """All three pictures."""
    for name, command in COMMANDS.items():
        run = folder / "failures" / name
        if not (run / "model.safetensors").is_file():
            _run(folder, name, command)
        last = max((run / "preview").glob("*.png"))
        save(f"{name}.webp", sheet([pictures(last, row) for row in PAIRS], TITLES))
    _viewpoint(folder / "demo" / "run")


def _run(folder: Path, name: str, command: str) -> None:
    """Run a command; keep its warnings."""
    program, *words = shlex.split(command)
    done = subprocess.run([BIN / program, *words], cwd=folder, stderr=subprocess.PIPE, text=True, check=True)
    said(name, f"$ {command}", *(line for line in done.stderr.splitlines() if line.startswith("Warning:")))


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


def _puppets(count: int) -> tuple[list[Picture], np.ndarray]:
    """Frames of different puppets with their joints."""
    dataset, rows = puppets(SIDE), chosen(count, SEED, 0)
    return [dataset.read(row) for row in rows], np.stack([dataset.annotation(row) for row in rows])


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
