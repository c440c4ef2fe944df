"""Cost of a training step beside the same step written plainly: CPU seconds and peak memory, in one run.

    python benchmarks/training_step.py --weights VGG16.safetensors --out benchmarks/results/training_step.json

The plain step transcribes the published sizes (Jakab et al. 2018: 128 px, 10 landmarks, VGG-16 loss, batch 8)
into ordinary PyTorch: float32, channels last, the networks called one after the other. Ours is what `unsuplmk run`
does with the same sizes. Each variant runs in a process of its own, so that peak memory is its own.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import torch
import torch.nn.functional as F
from learning_curve import cpu
from torch import Tensor, nn

from unsuplmk import Model, checkpoint, launch, registry
from unsuplmk.ops.thinplate import random
from unsuplmk.ops.weights import read

BATCH, SIZE, LANDMARKS = 8, 128, 10


def main() -> None:
    """Run every variant in its own process and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--weights", required=True, help="VGG-16 in torchvision's layout")
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--variant", choices=VARIANTS)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    if given.variant:
        print(json.dumps(measure(VARIANTS[given.variant](given.weights), given.steps)))
        return
    found = {}
    for name in VARIANTS:
        command = [sys.executable, __file__, "--weights", given.weights, "--steps", str(given.steps), "--variant", name]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        found[name] = json.loads(done.stdout.splitlines()[-1])
        print(name, found[name], flush=True)
    plain = found["plain"]
    for figures in found.values():
        figures["cpu_to_plain"] = round(figures["cpu_seconds"] / plain["cpu_seconds"], 3)
        figures["memory_to_plain"] = round(figures["peak_mib"] / plain["peak_mib"], 3)
    result = {
        "command": "python benchmarks/training_step.py --weights VGG16.safetensors",
        "sizes": {"batch": BATCH, "size": SIZE, "landmarks": LANDMARKS},
        "figures": found,
        "hardware": f"{os.cpu_count()} cores, {cpu()}, {torch.get_num_threads()} threads",
        "versions": checkpoint.versions(),
    }
    if given.out:
        given.out.write_text(json.dumps(result, indent=1) + "\n", "utf-8")


def measure(step: Callable[[Tensor], Any], steps: int) -> dict[str, float]:
    """Medians over steps after two for warming up, each on fresh random images."""
    seconds, walls = [], []
    for number in range(steps + 2):
        images = torch.rand(BATCH, 3, SIZE, SIZE).contiguous(memory_format=torch.channels_last)
        cpu_before, before = time.process_time(), time.perf_counter()
        step(images)
        if number >= 2:
            seconds.append(time.process_time() - cpu_before)
            walls.append(time.perf_counter() - before)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"cpu_seconds": round(median(seconds), 3), "seconds": round(median(walls), 3), "peak_mib": round(peak)}


def ours(precision: str) -> Callable[[str], Callable[[Tensor], Any]]:
    """The library's step, in a precision of its own."""

    def build(weights: str) -> Callable[[Tensor], Any]:
        pairs = registry.build("pairs", "warped")
        bottleneck = registry.build("bottleneck", "gaussian", LANDMARKS)
        model = Model(
            registry.build("encoder", "convnet", LANDMARKS),
            bottleneck,
            registry.build("generator", "renderer", bottleneck.maps),
            {"vgg16": registry.build("loss", "vgg16", weights=weights)},
        ).to(memory_format=torch.channels_last)
        parameters = [p for p in model.parameters() if p.requires_grad]
        optimizer = torch.optim.AdamW(parameters, lr=1e-3)

        def step(images: Tensor) -> None:
            pair = pairs((images,))
            with launch.autocast("cpu", precision):
                total = model(pair, 0.0).total
            total.backward()
            nn.utils.clip_grad_norm_(parameters, 1.0)
            optimizer.step()
            optimizer.zero_grad()

        return step

    return build


def plain(weights: str) -> Callable[[Tensor], Any]:
    """The published step in ordinary PyTorch."""

    def block(a: int, b: int, k: int = 3, s: int = 1) -> list[nn.Module]:
        return [nn.Conv2d(a, b, k, s, k // 2), nn.BatchNorm2d(b, eps=1e-3, momentum=0.01), nn.ReLU()]

    def encoder() -> nn.Sequential:
        layers = block(3, 32, 7) + block(32, 32)
        for c in (32, 64, 128):
            layers += block(c, 2 * c, s=2) + block(2 * c, 2 * c)
        return nn.Sequential(*layers)

    pose, image = nn.Sequential(encoder(), nn.Conv2d(256, LANDMARKS, 1)), encoder()
    layers, inputs = [], 256 + LANDMARKS
    for c in (256, 128, 64):
        layers += block(inputs, c) + block(c, c) + [nn.Upsample(scale_factor=2, mode="bilinear")]
        inputs = c
    renderer = nn.Sequential(*layers, *block(64, 32), nn.Conv2d(32, 3, 3, padding=1))
    vgg = vgg16(weights)
    networks = nn.ModuleList([pose, image, renderer, vgg]).to(memory_format=torch.channels_last)
    parameters = [p for p in networks.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(parameters, lr=1e-3)
    axis = torch.linspace(-1, 1, 16)
    scale = torch.ones(6)

    def features(x: Tensor) -> list[Tensor]:
        found = [x]
        for index, layer in enumerate(vgg):
            x = layer(x)
            if index in (3, 8, 13, 20, 27):
                found.append(x)
        return found

    def step(images: Tensor) -> None:
        target = F.grid_sample(images, random(BATCH, images, bend_some=0.005, shift=0.1).field(SIZE, SIZE))
        source = F.grid_sample(target, random(BATCH, images, bend_some=0.01, shift=0.1).field(SIZE, SIZE))
        heatmaps = pose(target)
        y, x = (heatmaps.mean(d).softmax(-1) @ axis for d in (3, 2))
        squared = (axis[:, None] - y[..., None, None]) ** 2 + (axis - x[..., None, None]) ** 2
        prediction = renderer(torch.cat([image(source), torch.exp(-squared / 0.01)], 1))
        sizes = torch.stack(
            [((a - b) ** 2).mean() for a, b in zip(features(prediction), features(target), strict=True)]
        )
        scale.lerp_(sizes.detach(), 0.01)
        optimizer.zero_grad()
        (sizes / scale).sum().backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()

    return step


def vgg16(weights: str) -> nn.Sequential:
    """VGG-16 to conv5_2, frozen."""
    from torchvision.models.vgg import cfgs, make_layers

    network = make_layers(cfgs["D"])[:28].requires_grad_(False)
    state = {k.removeprefix("features."): v.float() for k, v in read(Path(weights)).items()}
    network.load_state_dict({k: state[k] for k in network.state_dict()})
    for layer in network:
        if isinstance(layer, nn.ReLU):
            layer.inplace = False
    return network


VARIANTS = {"plain": plain, "float32": ours("float32"), "bfloat16": ours("bfloat16")}

if __name__ == "__main__":
    main()
