"""What encoders on timm backbones cost: CPU seconds of a training step and of detection, beside the hourglass.

    python benchmarks/timm_encoders.py --out benchmarks/results/timm_encoders.json

A step is that of `unsuplmk run` with 10 landmarks, warped pairs, the default renderer and the pixel loss: only the
encoder differs. All encoders take turns in one process, so that whatever else the machine does falls on all alike;
the ratios are medians over the rounds of (this encoder / hourglass) in the same round. Weights are random: those that
timm publishes cost the same.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import torch
from learning_curve import cpu
from torch import Tensor, nn

from unsuplmk import Model, launch, registry

LANDMARKS = 10
FROZEN = {"frozen": True, "checkpoint": "random weights cost the same"}
"""The file is only read when a run begins."""
DINO = {"backbone": "vit_small_patch14_dinov2"}
ENCODERS: dict[str, dict[str, Any]] = {
    "hourglass": {},
    "resnet18": {"backbone": "resnet18"},
    "resnet18 frozen": {"backbone": "resnet18", **FROZEN},
    "convnext_atto": {"backbone": "convnext_atto"},
    "vit_small_patch14_dinov2 frozen, stride 8": {**DINO, "stride": 8, **FROZEN},
    "vit_small_patch14_dinov2 frozen, stride 4": {**DINO, "stride": 4, **FROZEN},
    "vit_small_patch14_dinov2, stride 8": {**DINO, "stride": 8},
}


def main() -> None:
    """Let the encoders take turns, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--precision", default="float32")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    torch.manual_seed(0)
    steps = {name: stepper(name, options, given.precision) for name, options in ENCODERS.items()}
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in steps}
    for _ in range(given.rounds + 1):  # the first warms up
        for name, (train, detect, _) in steps.items():
            images = torch.rand(given.batch, 3, given.size, given.size).contiguous(memory_format=torch.channels_last)
            seconds[name].append((timed(train, images), timed(detect, images)))
    found = {}
    for name, (_, _, counts) in steps.items():
        own, reference = seconds[name][1:], seconds["hourglass"][1:]
        ratios = [median(a[i] / b[i] for a, b in zip(own, reference, strict=True)) for i in (0, 1)]
        found[name] = {
            "step_to_hourglass": round(ratios[0], 2),
            "detection_to_hourglass": round(ratios[1], 2),
            "step_cpu_seconds": round(median(train for train, _ in own), 3),
            **counts,
        }
        print(name, found[name], flush=True)
    if given.out:
        result = {
            "command": "python benchmarks/timm_encoders.py",
            "sizes": {"batch": given.batch, "size": given.size, "landmarks": LANDMARKS, "precision": given.precision},
            "figures": found,
            "hardware": f"{os.cpu_count()} cores, {cpu()}, {torch.get_num_threads()} threads",
            "versions": {name: version(name) for name in ("unsuplmk", "torch", "timm")},
        }
        given.out.write_text(json.dumps(result, indent=1) + "\n", "utf-8")


def stepper(
    name: str, options: dict[str, Any], precision: str
) -> tuple[Callable[[Tensor], object], Callable[[Tensor], object], dict[str, float]]:
    """A training step, detection, and how many million weights the encoder has and trains."""
    pairs = registry.build("pairs", "warped")
    bottleneck = registry.build("bottleneck", "gaussian", LANDMARKS)
    encoder = registry.build("encoder", "timm" if options else name, LANDMARKS, **options)
    generator = registry.build("generator", "renderer", bottleneck.maps)
    model = Model(encoder, bottleneck, generator, {"pixel": registry.build("loss", "pixel")})
    model = model.to(memory_format=torch.channels_last).train()
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=1e-4)

    def train(images: Tensor) -> None:
        pair = pairs((images,))
        with launch.autocast("cpu", precision):
            total = model(pair, 0.0).total
        total.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        optimizer.zero_grad()

    def detect(images: Tensor) -> object:
        model.eval()
        with torch.no_grad(), launch.autocast("cpu", precision):
            found = model.locate(images)
        model.train()
        return found

    millions = {
        "weights_million": sum(p.numel() for p in encoder.parameters()) / 1e6,
        "trained_million": sum(p.numel() for p in encoder.parameters() if p.requires_grad) / 1e6,
    }
    return train, detect, {key: round(value, 2) for key, value in millions.items()}


def timed(call: Callable[[Tensor], object], images: Tensor) -> float:
    """CPU seconds of the whole process."""
    since = time.process_time()
    call(images)
    return time.process_time() - since


if __name__ == "__main__":
    main()
