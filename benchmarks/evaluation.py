r"""Cost of an evaluation beside that of detecting the landmarks alone: wall-clock and CPU seconds, in one run.

    python benchmarks/evaluation.py --out benchmarks/results/evaluation.json
    python benchmarks/evaluation.py DATA/mtfl/landmarks.csv --protocol aflw --out benchmarks/results/evaluation.json

Without data: drawn puppets in memory. The detector is untrained; training changes neither cost. `evaluate` is
timed in its two halves: the landmarks and annotations of both splits, then everything else (fits, figures,
intervals). So the ratio is one of the same run: two runs on a busy machine differ by more than the second half.
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

from unsuplmk import Config, Detector, Model, checkpoint, registry
from unsuplmk.evaluation import annotations
from unsuplmk.evaluation.evaluate import Found, evaluate_found, find


def main() -> None:
    """Measure and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("annotations", nargs="?", default="puppets", help="CSV with a split column, or a dataset")
    parser.add_argument("--images", type=int, default=3000, help="test images to draw, without a CSV")
    parser.add_argument("--protocol", default="plain")
    parser.add_argument("--landmarks", type=int, default=10)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--encoder", default="hourglass")
    parser.add_argument("--repeats", type=int, default=3, help="of the second half; the least counts")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()

    options = {} if Path(given.annotations).suffix else {"clips": given.images // 10, "length": 10}
    train, test = annotations.splits(given.annotations, options)
    detector = untrained(given.encoder, given.landmarks, given.size)
    detector.predict(np.zeros((8, given.size, given.size, 3), np.uint8))  # what is imported and allocated once
    found: list[Found] = []
    detecting = cost(lambda: found.append(find(detector, train, test, protocol=given.protocol, report=print)))
    judging = min(cost(lambda: evaluate_found(found[0], report=print)) for _ in range(given.repeats))
    result: dict[str, Any] = {
        "command": f"python benchmarks/evaluation.py {Path(given.annotations).name} --protocol {given.protocol} "
        f"--landmarks {given.landmarks} --size {given.size} --encoder {given.encoder}",
        "images": {"train": len(train), "test": len(test)},
        "sizes": {"landmarks": given.landmarks, "size": given.size, "encoder": given.encoder},
        **{
            clock: {"detecting": round(d, 2), "judging": round(j, 2), "ratio": round((d + j) / d, 4)}
            for clock, d, j in zip(("seconds", "cpu_seconds"), detecting, judging, strict=True)
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


def cost(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock on the wall, and of the processor."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - processor


if __name__ == "__main__":
    main()
