r"""Cost of `--augment`: images a second of one core that the loader makes, beside those without augmentation.

    python benchmarks/augmentation.py --out benchmarks/results/augmentation.json

Batches of pairs are drawn of noise in memory, so that nothing is decoded. CPU seconds count, in one process and with
one OpenCV thread, as in each of `--workers`; the least of some repeats. Then the same with points carried along, for
annotated sets.
"""

from __future__ import annotations

import argparse
import json
import os
import runpy
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from evaluation import cost
from learning_curve import cpu

from unsuplmk import checkpoint, registry
from unsuplmk.batches import data
from unsuplmk.batches.augment import Augmentation, library

EXAMPLE = Path(__file__).parents[1] / "examples" / "augment.py"


def main() -> None:
    """Measure and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--size", type=int, default=128, help="side of the images")
    parser.add_argument("--images", type=int, default=1024, help="of each repeat")
    parser.add_argument("--points", type=int, default=14)
    parser.add_argument("--repeats", type=int, default=5, help="the least cost counts")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()

    cv2.setNumThreads(0)
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 256, (256, given.size, given.size, 3), dtype=np.uint8)
    pack = data.Pack(frames, (range(256),), tuple(map(str, range(256))), ())
    pairs = registry.build("pairs", "within")

    def drawn(augment: str) -> None:
        for _ in data.batches(pack, pairs, batch=32, seed=0, start=0, stop=given.images // 64, augment=augment):
            pass

    def rate(work: Callable[[], object]) -> float:
        work()  # what is imported and allocated once
        return given.images / min(cost(work)[1] for _ in range(given.repeats))

    plain = rate(lambda: drawn(""))
    rows: dict[str, Any] = {"none": {"images_per_cpu_second": round(plain), "ratio": 1.0}}
    with tempfile.TemporaryDirectory() as folder:
        for name, path in pipelines(Path(folder)).items():
            change, points = Augmentation(path), rng.uniform(0, given.size, (given.points, 2))
            made = rate(lambda path=path: drawn(str(path)))
            alone = rate(lambda c=change: [c(frames[i % 256], i) for i in range(given.images)])
            carried = rate(lambda c=change, p=points: [c.carry(frames[i % 256], p, i) for i in range(given.images)])
            rows[name] = {
                "images_per_cpu_second": round(made),
                "ratio": round(made / plain, 4),
                "with_points": round(carried),
                "with_points_ratio": round(carried / alone, 3),
            }
            print(name, rows[name])
    result = {
        "command": f"python benchmarks/augmentation.py --size {given.size} --images {given.images} "
        f"--points {given.points} --repeats {given.repeats}",
        "pipelines": rows,
        "hardware": f"{os.cpu_count()} cores, {cpu()}, 1 thread",
        "versions": checkpoint.versions(),
    }
    text = json.dumps(result, indent=1) + "\n"
    print(text)
    if given.out:
        given.out.parent.mkdir(parents=True, exist_ok=True)
        given.out.write_text(text, "utf-8")


def pipelines(folder: Path) -> dict[str, Path]:
    """Files of what is compared: colours, places, both as in the example."""
    made = library()
    affine = {"rotate": (-20, 20), "scale": (0.85, 1.15), "translate_percent": (-0.08, 0.08), "p": 1}
    steps = {
        "colour jitter": made.ColorJitter(p=1),
        "affine": made.Affine(**affine),
        "elastic": made.ElasticTransform(alpha=30, sigma=8, p=1),
        "affine and colour jitter": made.Compose([made.Affine(**affine), made.ColorJitter(p=1)]),
    }
    files = {name: folder / f"{name}.json" for name in (*steps, "example")}
    for name, step in steps.items():
        made.save(step, files[name])
    sys.argv = [str(EXAMPLE), str(files["example"])]
    runpy.run_path(str(EXAMPLE))
    return files


if __name__ == "__main__":
    main()
