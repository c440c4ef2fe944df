r"""Cost of an evaluation beside that of detecting the landmarks alone: wall-clock and CPU seconds, in one run.

    python benchmarks/evaluation.py --out benchmarks/results/evaluation.json
    python benchmarks/evaluation.py DATA/mtfl/landmarks.csv --protocol aflw --out benchmarks/results/evaluation.json

Without data: drawn puppets in memory. The detector is untrained; training changes neither cost. "Alone" is
`Detector.predict` on both splits; "all" is `evaluate` on the same: detection, fits, figures, bootstrap. Both are
measured in turn, and the least of each counts.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from learning_curve import cpu

from unsuplmk import Config, Detector, Model, annotations, checkpoint, registry
from unsuplmk.evaluate import evaluate
from unsuplmk.interfaces import Dataset


def main() -> None:
    """Measure and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("annotations", nargs="?", default="puppets", help="CSV with a split column, or a dataset")
    parser.add_argument("--images", type=int, default=3000, help="test images to draw, without a CSV")
    parser.add_argument("--protocol", default="plain")
    parser.add_argument("--landmarks", type=int, default=10)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--encoder", default="hourglass")
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()

    options = {} if Path(given.annotations).suffix else {"clips": given.images // 10, "length": 10}
    train, test = annotations.splits(given.annotations, options)
    detector = untrained(given.encoder, given.landmarks, given.size)
    detector.predict(np.zeros((8, given.size, given.size, 3), np.uint8))  # what is imported and allocated once
    alone, whole = [], []
    for _ in range(given.repeats):
        alone.append(cost(lambda: predict_both(detector, train, test)))
        whole.append(cost(lambda: evaluate(detector, train, test, protocol=given.protocol, report=print)))
    detecting, evaluating = ([min(one) for one in zip(*costs, strict=True)] for costs in (alone, whole))
    result: dict[str, Any] = {
        "command": f"python benchmarks/evaluation.py {Path(given.annotations).name} --protocol {given.protocol}",
        "images": {"train": len(train), "test": len(test)},
        "sizes": {"landmarks": given.landmarks, "size": given.size, "encoder": given.encoder},
        **{
            clock: {
                "detecting": round(d, 2),
                "evaluating": round(e, 2),
                "more": round(e - d, 2),
                "ratio": round(e / d, 3),
            }
            for clock, d, e in zip(("seconds", "cpu_seconds"), detecting, evaluating, strict=True)
        },
        "hardware": f"{os.cpu_count()} cores, {cpu()}, {torch.get_num_threads()} threads",
        "versions": checkpoint.versions(),
    }
    text = json.dumps(result, indent=1) + "\n"
    print(text)
    if given.out:
        given.out.parent.mkdir(parents=True, exist_ok=True)
        given.out.write_text(text, "utf-8")


def untrained(encoder: str, landmarks: int, size: int) -> Detector:
    """A detector with random weights; the generator is never used."""
    torch.manual_seed(0)
    bottleneck = registry.build("bottleneck", "gaussian", landmarks)
    generator = registry.build("generator", "renderer", bottleneck.maps)
    model = Model(registry.build("encoder", encoder, landmarks), bottleneck, generator)
    return Detector(model, Config(landmarks=landmarks, size=size))


def predict_both(detector: Detector, train: Dataset, test: Dataset) -> None:
    """Only the landmarks."""
    for dataset in (train, test):
        detector.predict(dataset)


def cost(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock on the wall, and of the processor."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - processor


if __name__ == "__main__":
    main()
