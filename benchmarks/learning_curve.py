r"""Trains a config and judges its checkpoints: the error over training time, against annotations it never saw.

    python benchmarks/learning_curve.py benchmarks/faces.toml DATA/mtfl/landmarks.csv --normalise 0,1 \
        --set loss.vgg16.weights=VGG16.safetensors --every 400 --out benchmarks/results/faces.json

The clock counts training only; it stands still while a checkpoint is judged. Each checkpoint's linear map is
fitted on all annotated training images, with an intercept.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import resource
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from unsuplmk import Detector, checkpoint, config
from unsuplmk.evaluation import annotations
from unsuplmk.evaluation.evaluate import evaluate
from unsuplmk.job import Job


def main() -> None:
    """Train, judge on the way, write the curve."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("config", help="recipe or TOML file")
    parser.add_argument("annotations", help="CSV with a split column")
    parser.add_argument("--data", help="what to train on, without labels; the annotated training split by default")
    parser.add_argument("--normalise", default="px")
    parser.add_argument("--test-split", default="test")
    parser.add_argument("--every", type=int, default=400, help="steps between two judgements")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="for example steps=100")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True, help="run folder to make")
    given = parser.parse_args()

    values = config.load(given.config)
    values |= {"data": given.data or given.annotations, "seed": given.seed, "save_every": given.every}
    for assignment in given.set:
        assign(values, *assignment.split("=", 1))
    settings = config.make(values)
    curve = Curve(given, settings)
    Job(settings).run(given.run, console=curve)
    curve.judge(settings.steps)


def assign(values: dict[str, Any], key: str, text: str) -> None:
    """Set a dotted key to a JSON value, or to text."""
    *tables, last = key.split(".")
    for table in tables:
        values = values.setdefault(table, {})
    try:
        values[last] = json.loads(text)
    except ValueError:
        values[last] = text


class Curve:
    """A console that judges every checkpoint as soon as it has been written."""

    def __init__(self, given: argparse.Namespace, settings: config.Config) -> None:
        self.given, self.settings = given, settings
        self.points: list[dict[str, Any]] = []
        self.seconds, self.since = 0.0, time.perf_counter()

    def start(self, total: int, done: int, title: str) -> None:
        """The clock starts when the frames are in memory."""
        print(title, flush=True)
        self.since = time.perf_counter()

    def update(self, number: int, figures: Mapping[str, float]) -> None:
        """The checkpoint of the step before this one lies in the run folder."""
        if figures:
            print(number, {k: round(v, 4) for k, v in figures.items()}, flush=True)
        if number > 1 and (number - 1) % self.given.every == 0:
            self.judge(number - 1)

    def judge(self, number: int) -> None:
        """Error of the checkpoint of step `number`."""
        self.seconds += time.perf_counter() - self.since
        train, test = annotations.splits(self.given.annotations, test=self.given.test_split)
        report = evaluate(Detector.load(self.given.run), train, test, normalise=self.given.normalise)
        figures = {kind: report.figures[kind]["error"] for kind in report.figures}
        point = {"step": number, "seconds": round(self.seconds), **{k: round(v, 3) for k, v in figures.items()}}
        self.points.append(point | {"train": report.train, "test": report.test, "unit": report.unit})
        print(self.points[-1], flush=True)
        self.given.out.parent.mkdir(parents=True, exist_ok=True)  # written each time: an interrupted curve is kept
        self.given.out.write_text(json.dumps(self.result(), indent=1) + "\n", "utf-8")
        self.since = time.perf_counter()

    def note(self, text: str) -> None:
        """As a line."""
        print(text, flush=True)

    def warn(self, text: str) -> None:
        """As a line."""
        print("warning:", text, flush=True)

    def finish(self) -> None:
        """Nothing."""

    def result(self) -> dict[str, Any]:
        """Everything that is needed to repeat it."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        return {
            "command": command(self.given),
            "config": without_paths(self.settings.resolved().dump()),
            "data": Path(self.given.annotations).parent.name,
            "curve": self.points,
            "cpu_seconds_with_judging": round(used.ru_utime + used.ru_stime),
            "hardware": f"{os.cpu_count()} cores, {cpu()}, {torch.get_num_threads()} threads",
            "versions": checkpoint.versions(),
        }


def command(given: argparse.Namespace) -> str:
    """What was typed, files by their names alone."""
    words = [f"python benchmarks/learning_curve.py {given.config} {Path(given.annotations).name}"]
    words += [f"--normalise {given.normalise} --every {given.every} --seed {given.seed}"]
    words += [f"--test-split {given.test_split}"] if given.test_split != "test" else []
    words += [f"--data {Path(given.data).name}"] if given.data else []
    return " ".join(words + [f"--set '{re.sub(r'/[^ ,]*/', '', one)}'" for one in given.set])


def without_paths(values: dict[str, Any]) -> dict[str, Any]:
    """Files by their names alone: where they lie is this machine's business."""
    return {
        key: without_paths(value) if isinstance(value, dict) else Path(value).name if isinstance(value, str) else value
        for key, value in values.items()
    }


def cpu() -> str:
    """Name of the processor, where the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


if __name__ == "__main__":
    main()
