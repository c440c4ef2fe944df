r"""Trains the weights of the loss `compact`, which ship with the package, to stand in for VGG-16.

    python benchmarks/train_compact.py PHOTOS... --teacher VGG16.safetensors --out unsuplmk/losses/compact.safetensors

The network learns the leading principal components of VGG-16's features at the five layers that the 2018 method
compares, on crops of the given images and of drawn puppets, half of them blurred as reconstructions are. Distances
between components then approximate distances between features. The script prints, for each layer, how much of the
features' variance the components keep, and how much of that the network explains on images that were held out.

What the shipped weights were trained on, and the terms of each image, is written in docs/loss-networks.md.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from unsuplmk import checkpoint, launch
from unsuplmk.datasets.puppets import Puppets
from unsuplmk.errors import UserError
from unsuplmk.frames.media import IMAGES, read_image
from unsuplmk.losses.compact import CHANNELS, build
from unsuplmk.losses.vgg16 import Vgg16
from unsuplmk.ops.perceptual import IMAGENET_MEAN, IMAGENET_SD

SIDE = 64
LAYERS = ("conv1_2", "conv2_2", "conv3_2", "conv4_2", "conv5_2")


def main() -> None:
    """Train, judge on held-out images, save."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("images", nargs="+", type=Path, help="files and folders of images")
    parser.add_argument("--teacher", required=True, help="VGG-16 weights")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=12, help="times that fresh crops are drawn")
    parser.add_argument("--crops", type=int, default=2048, help="crops of a round")
    parser.add_argument("--epochs", type=int, default=3, help="passes over the crops of a round")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--learning-rate", type=float, default=3e-3)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()

    random.seed(given.seed)
    torch.manual_seed(given.seed)
    since = time.perf_counter()
    photos = load(given.images)
    held = photos[::10]
    kept = [photo for index, photo in enumerate(photos) if index % 10]
    teacher = Vgg16(weights=given.teacher, layers=LAYERS).perceptual.to(memory_format=torch.channels_last).eval()
    first = crops(kept, given.crops)
    bases = [components(teacher, first, layer, given.batch) for layer in range(len(LAYERS))]
    print("variance kept by the components:", [round(share, 3) for _, _, share in bases], flush=True)

    student = build(norm=True).to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(student.parameters(), lr=given.learning_rate, weight_decay=1e-4)
    steps = given.rounds * given.epochs * (given.crops // given.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, given.learning_rate, steps, pct_start=0.05)
    test = crops(held, 512)
    wanted_test = targets(teacher, bases, test, given.batch)
    for turn in range(given.rounds):
        images = first if turn == 0 else crops(kept, given.crops)
        wanted = targets(teacher, bases, images, given.batch)
        sizes = [w.float().square().mean() for w in wanted]
        student.train()
        for _ in range(given.epochs):
            for rows in torch.randperm(len(images)).split(given.batch):
                if len(rows) < given.batch:
                    continue
                with launch.autocast("cpu", "auto"):
                    made = taps(student, normalised(images[rows]))
                loss = sum(
                    (m.float() - w[rows].float()).square().mean() / size
                    for m, w, size in zip(made, wanted, sizes, strict=True)
                )
                optimizer.zero_grad()
                loss.backward()  # type: ignore[union-attr]
                nn.utils.clip_grad_norm_(student.parameters(), 1.0)
                optimizer.step()
                schedule.step()
        explained = judge(student, test, wanted_test, given.batch)
        minutes = (time.perf_counter() - since) / 60
        print(f"round {turn + 1}, {minutes:.1f} min: explained {[round(e, 3) for e in explained]}", flush=True)

    plain = fold(student)
    state = {key: value.half().contiguous() for key, value in plain.state_dict().items()}
    facts = {
        "explained": [round(e, 4) for e in explained],
        "kept": [round(share, 4) for _, _, share in bases],
        "images": len(photos),
        "steps": steps,
        "batch": given.batch,
        "seed": given.seed,
        "versions": checkpoint.versions(),
    }
    metadata = {"teacher": "VGG-16, ImageNet", "training": json.dumps(facts)}
    checkpoint.write_atomically(given.out, lambda path: save_file(state, path, metadata))
    print(f"{given.out}: {given.out.stat().st_size / 1e6:.2f} MB", json.dumps(facts))


def load(paths: list[Path]) -> list[np.ndarray]:
    """All images, none larger than 1,024 px, and 400 puppets; in a fixed order."""
    files = [path for path in paths if path.is_file()]
    for folder in (path for path in paths if path.is_dir()):
        files += sorted(path for path in folder.rglob("*") if path.suffix.lower() in IMAGES)
    photos = []
    for path in files:
        try:
            photo = read_image(path)
        except UserError as error:
            print(error)
            continue
        shrink = min(1.0, 1024 / max(photo.shape))
        if min(photo.shape[:2]) >= 48:
            photos.append(cv2.resize(photo, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA))
    puppets = Puppets()
    photos += [puppets.read(index) for index in range(0, len(puppets), max(1, len(puppets) // 400))]
    random.shuffle(photos)
    print(len(photos), "images")
    return photos


def crops(photos: list[np.ndarray], count: int) -> Tensor:
    """Random crops as uint8 (count 3 side side): large photos more often, at every scale, half of them degraded."""
    areas = [photo.shape[0] * photo.shape[1] for photo in photos]
    chosen = random.choices(photos, areas, k=count)
    made = [degraded(crop(photo)) if index % 2 else crop(photo) for index, photo in enumerate(chosen)]
    return torch.from_numpy(np.stack(made)).permute(0, 3, 1, 2)


def crop(photo: np.ndarray) -> np.ndarray:
    """A square of random size, turned and recoloured a little."""
    height, width = photo.shape[:2]
    low, high = math.log(min(40, height, width)), math.log(min(height, width))
    side = int(math.exp(random.uniform(low, high)))
    y, x = random.randint(0, height - side), random.randint(0, width - side)
    square = cv2.resize(photo[y : y + side, x : x + side], (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    if random.random() < 0.5:
        square = square[:, ::-1]
    if random.random() < 0.3:
        square = np.rot90(square, random.randint(1, 3))
    gain = np.exp(np.random.default_rng(random.getrandbits(32)).normal(0, 0.15, 3)) * math.exp(random.gauss(0, 0.2))
    lift = random.gauss(0, 20)
    return np.clip((square.astype(np.float32) - 127) * gain + 127 + lift, 0, 255).astype(np.uint8)


def degraded(square: np.ndarray) -> np.ndarray:
    """Blurred, faded or washed over with a smooth colour field, as the generator's first attempts are."""
    blurred = cv2.GaussianBlur(square, (0, 0), math.exp(random.uniform(-0.7, 2.0)))
    field = np.random.default_rng(random.getrandbits(32)).uniform(0, 255, (3, 3, 3)).astype(np.float32)
    field = cv2.resize(field, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    share = random.choice((0.0, 0.0, 0.2, 0.5))
    return np.clip((1 - share) * blurred.astype(np.float32) + share * field, 0, 255).astype(np.uint8)


def normalised(images: Tensor) -> Tensor:
    """As the network of the loss sees them."""
    mean, sd = torch.tensor(IMAGENET_MEAN), torch.tensor(IMAGENET_SD)
    scaled = (images.float() / 255 - mean.view(3, 1, 1)) / sd.view(3, 1, 1)
    return scaled.contiguous(memory_format=torch.channels_last)


def taps(student: nn.Sequential, x: Tensor) -> list[Tensor]:
    """The outputs that are compared: one behind each stage."""
    found = []
    for stage in student:
        x = stage(x)
        found.append(x)
    return found


@torch.no_grad()
def features(teacher: nn.Module, images: Tensor, batch: int) -> Iterator[list[Tensor]]:
    """The teacher's layers, batch by batch."""
    for part in images.split(batch):
        with launch.autocast("cpu", "auto"):
            yield teacher.features((part.float() / 255).contiguous(memory_format=torch.channels_last))  # type: ignore[operator]


def components(teacher: nn.Module, images: Tensor, layer: int, batch: int) -> tuple[Tensor, Tensor, float]:
    """Mean, leading principal directions (teacher's channels x ours) and their share of the variance."""
    total, outer, count = 0.0, 0.0, 0
    for found in features(teacher, images[:512], batch):
        rows = found[layer].float().movedim(1, -1).flatten(0, 2)
        rows = rows[torch.randperm(len(rows))[:20_000]].double()
        total, outer, count = total + rows.sum(0), outer + rows.T @ rows, count + len(rows)
    mean = total / count  # type: ignore[operator]
    values, vectors = torch.linalg.eigh(outer / count - mean[:, None] * mean)  # type: ignore[operator]
    share = float(values[-CHANNELS[layer] :].sum() / values.sum())
    return mean.float(), vectors[:, -CHANNELS[layer] :].float(), share


def targets(teacher: nn.Module, bases: list[tuple[Tensor, Tensor, float]], images: Tensor, batch: int) -> list[Tensor]:
    """Principal components of the teacher's layers, in half precision to save memory."""
    made: list[list[Tensor]] = [[] for _ in bases]
    for found in features(teacher, images, batch):
        for layer, (mean, vectors, _) in enumerate(bases):
            centred = found[layer].float().movedim(1, -1) - mean
            made[layer].append((centred @ vectors).movedim(-1, 1).bfloat16())
    return [torch.cat(parts) for parts in made]


@torch.no_grad()
def judge(student: nn.Sequential, images: Tensor, wanted: list[Tensor], batch: int) -> list[float]:
    """Share of the components' variance that the network explains, a layer each."""
    student.eval()
    missed = [0.0] * len(wanted)
    for rows in torch.arange(len(images)).split(batch):
        for layer, made in enumerate(taps(student, normalised(images[rows]))):
            missed[layer] += float((made - wanted[layer][rows].float()).square().sum())
    return [1 - miss / float(w.float().square().sum()) for miss, w in zip(missed, wanted, strict=True)]


def fold(student: nn.Sequential) -> nn.Sequential:
    """The same network with its batch norms folded into the convolutions before them."""
    from torch.nn.utils.fusion import fuse_conv_bn_eval

    plain = build(norm=False)
    for own, stage in zip(plain, student.eval(), strict=True):
        convolutions = [layer for layer in own if isinstance(layer, nn.Conv2d)]  # type: ignore[union-attr]
        layers = list(stage)  # type: ignore[arg-type]
        trained = [layer for layer in layers if isinstance(layer, nn.Conv2d)]
        for target, source in zip(convolutions, trained, strict=True):
            after = layers[layers.index(source) + 1] if source is not layers[-1] else None
            fused = fuse_conv_bn_eval(source, after) if isinstance(after, nn.BatchNorm2d) else source
            target.load_state_dict(fused.state_dict())
    return plain


if __name__ == "__main__":
    main()
