r"""Judges what a run rebuilds, on frames it never saw, and keeps the figures with the run's settings.

    unsuplmk run --config puppets --size 32 --steps 1500 --batch 16 --encoder.width 32 --generator unet \
        --generator.width 16 --loss pixel --loss.pixel.weight 50 --loss equivariance --loss.equivariance.weight 5 \
        --loss separation --loss.separation.weight 0.1 --out runs/puppets
    python benchmarks/reconstruction.py runs/puppets puppets --out benchmarks/results/reconstruction-puppets.json

The figures are those of `unsuplmk reconstruct RUN DATA --split test --json`.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

import torch
from learning_curve import cpu, without_paths

from unsuplmk import Detector, checkpoint, registry
from unsuplmk.batches.data import open_data
from unsuplmk.evaluation.rebuild import rebuild
from unsuplmk.evaluation.reconstruct import judge


def main() -> None:
    """Rebuild, judge, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("run", help="folder of a trained run")
    parser.add_argument("data", help="a dataset with splits")
    parser.add_argument("--split", default="test")
    parser.add_argument("--images", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--lpips", metavar="FILE", help="weights of VGG-16, for the quality of unsuplmk-lpips")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()

    qualities = {name: registry.build("quality", name) for name in ("psnr", "ssim", "mae")}
    if given.lpips:
        qualities["lpips"] = registry.build("quality", "lpips", network="vgg", weights=given.lpips)
    detector = Detector.load(given.run)
    dataset = open_data(given.data, {"split": given.split})
    found = judge(rebuild(detector, dataset, images=given.images, seed=given.seed, report=print), qualities)
    lpips = f" --lpips {Path(given.lpips).name}" if given.lpips else ""
    result = {
        "command": f"python benchmarks/reconstruction.py {Path(given.run).name} {Path(given.data).name} "
        f"--split {given.split} --images {given.images} --seed {given.seed}{lpips}",
        "config": without_paths(detector.config.dump()),
        **found.as_dict(),
        "hardware": f"{os.cpu_count()} cores, {cpu()}, {torch.get_num_threads()} threads",
        "versions": checkpoint.versions(),
    }
    text = json.dumps(result, indent=1) + "\n"
    print(text)
    if given.out:
        given.out.parent.mkdir(parents=True, exist_ok=True)
        given.out.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
