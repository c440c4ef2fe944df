r"""What each loss network costs: time and memory of judging a batch, as ratios to VGG-16 in the same run.

    python benchmarks/loss_networks.py --weights VGG16.safetensors --out benchmarks/results/loss_networks.json

Timed is what a training step asks of the loss: the features of the target, those of the reconstruction, and the
gradient down to the reconstruction. Every network runs in a process of its own. Losses whose weights are not given are
left out.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import torch

from unsuplmk import checkpoint, launch, registry
from unsuplmk.types import Landmarks, Pair, Reconstruction, Step


def main() -> None:
    """Measure each loss in turn, or one in this process."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--weights", default="", help="VGG-16 weights; random ones cost the same but are not made up")
    parser.add_argument("--sizes", type=int, nargs="+", default=[64, 128])
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measure(given, *given.one.split(":"))))
        return
    losses = ["pixel", "compact", *(["vgg16"] if given.weights else [])]
    found: dict[str, Any] = {}
    for size in given.sizes:
        rows = {}
        for name in losses:
            line = [sys.executable, __file__, *sys.argv[1:], "--one", f"{name}:{size}"]
            done = subprocess.run(line, check=True, capture_output=True, text=True)
            rows[name] = json.loads(done.stdout.splitlines()[-1])
        reference = rows.get("vgg16")
        for name, row in rows.items():
            if reference:
                row["to_vgg16"] = round(row["cpu_seconds"] / reference["cpu_seconds"], 4)
            print(size, name, row, flush=True)
        found[f"{size} px"] = rows
    if given.out:
        result = {
            "command": "python benchmarks/loss_networks.py --weights VGG16.safetensors",
            "batch": given.batch,
            "precision": given.precision,
            "results": found,
            "hardware": f"{os.cpu_count()} cores, {torch.get_num_threads()} threads",
            "versions": checkpoint.versions(),
        }
        given.out.write_text(json.dumps(result, indent=1) + "\n", "utf-8")


def measure(given: argparse.Namespace, name: str, side: str) -> dict[str, float]:
    """Median CPU seconds of one judgement with its gradient, and the process's peak memory."""
    size = int(side)
    loss = registry.build("loss", name, **({"weights": given.weights} if name == "vgg16" else {}))
    loss.to(memory_format=torch.channels_last).train()
    points = Landmarks(torch.zeros(given.batch, 1, 2), torch.ones(given.batch, 1), torch.zeros(given.batch, 1, 4, 4))
    seconds = []
    for repeat in range(given.repeats + 2):
        torch.manual_seed(repeat)
        target, made = (torch.rand(given.batch, 3, size, size).to(memory_format=torch.channels_last) for _ in range(2))
        made.requires_grad_()
        since = time.process_time()
        with launch.autocast("cpu", given.precision):
            step = Step(Pair(target, target), points, Reconstruction(made), 0.0, lambda _: points)
            value = loss(step)
        value.backward()
        seconds.append(time.process_time() - since)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"cpu_seconds": round(statistics.median(seconds[2:]), 5), "peak_mib": round(peak)}


if __name__ == "__main__":
    main()
