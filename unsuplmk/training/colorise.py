"""Trains a loss network without labels: predict the colours of one's own images from their grey values.

Larsson, Maire, Shakhnarovich, "Colorization as a Proxy Task for Visual Understanding", CVPR 2017. The result is
a file for `--loss selfsup`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, final

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor

from unsuplmk import launch
from unsuplmk.batches.data import Data, open_data, pack
from unsuplmk.batches.pack import Pack
from unsuplmk.checkpoint import write_atomically
from unsuplmk.console import Console, Silent
from unsuplmk.errors import UserError
from unsuplmk.frames.clips import Clips
from unsuplmk.frames.prepare import Fit
from unsuplmk.ops import colour
from unsuplmk.ops.hypercolumn import Hypercolumn

PIXELS = 128
"""Random pixels of an image that a step looks at."""

FEWEST = 20
"""Images in colour; with fewer there is nothing to hold out."""

HELD = 512
"""Images held out at most; a tenth of them if that is less."""

GREYEST = 0.01
"""Mean chroma below which an image counts as grey: JPEG leaves a little in grey ones."""

LOG_EVERY, JUDGE_EVERY = 50, 500

Batch = tuple[Tensor, Tensor, Tensor]
"""Images, some of their pixels (x, y), and the colours there."""


@dataclass(frozen=True)
class Result:
    """What was trained.

    Args:
        out: The file.
        steps: Training steps done.
        images: Images in colour that it was trained on.
        loss: On held-out images, in nats a pixel.
        constant: The same of a guess that does not look: how often each colour occurs.
    """

    out: Path
    steps: int
    images: int
    loss: float
    constant: float


def colorise(
    data: Data,
    out: Path,
    *,
    options: Mapping[str, Any] | None = None,
    steps: int = 2000,
    batch: int = 32,
    size: int = 64,
    fit: Literal["pad", "crop", "stretch"] = "pad",
    width: float = 0.25,
    learning_rate: float = 1e-3,
    seed: int = 0,
    device: str = "auto",
    precision: str = "auto",
    console: Console | None = None,
) -> Result:
    """Train such a network and write it.

    Args:
        data: Whatever `open_data` takes.
        out: The file to write, `.safetensors`.
        options: The dataset's options.
        steps: Training steps.
        batch: Images a step.
        size: Side of the images, px.
        fit: How frames of other shapes are made square.
        width: Share of VGG-16's channels.
        learning_rate: Peak learning rate of Adam.
        seed: Of everything drawn at random.
        device: auto, cpu, cuda or mps.
        precision: auto, float32 or bfloat16.
        console: Who is told.

    Raises:
        UserError: The images are too few or grey, or the file cannot be written.
        KeyboardInterrupt: Ctrl-C or SIGTERM came; what was learnt so far was saved first.
    """
    if size < 32 or batch < 2:
        raise UserError(f"size {size}, batch {batch}: colourisation takes images of at least 32 px, and 2 a step")
    console, name = console or Silent(), launch.resolve(device)
    _writable(out)
    frames = pack(open_data(data, options), Fit(size, fit), report=console.note)
    train, held = _split(frames, seed, console)
    torch.manual_seed(seed)
    network = Hypercolumn(width, 2 * colour.BINS).to(name).to(memory_format=torch.channels_last)
    judge = _Judge(frames, train, held, seed, name, precision)
    random = torch.Generator(name).manual_seed(seed)
    order = (_batch(frames, chosen, random) for chosen in _order(train, batch, steps, seed))
    console.start(steps, 0, f"the colours of {len(train)} images, {len(held)} held out, on {name}")
    try:
        with launch.Interruption() as interruption:
            number, loss = _train(network, order, steps, learning_rate, judge, console, interruption)
    finally:
        console.finish()
    result = Result(out, number, len(train), loss, judge.constant)
    _write(network, result, {"width": width, "size": size, "seed": seed})
    if interruption.asked:
        raise KeyboardInterrupt(f"{interruption.asked} at step {number} of {steps}; what was learnt is in {out}")
    return result


def _train(
    network: Hypercolumn,
    order: Iterable[Batch],
    steps: int,
    learning_rate: float,
    judge: _Judge,
    console: Console,
    interruption: launch.Interruption,
) -> tuple[int, float]:
    """The loop: how many steps were done, and the loss on held-out images in the end."""
    optimizer = torch.optim.AdamW(network.parameters(), lr=learning_rate, weight_decay=1e-4)
    figures = {"constant guess": judge.constant}
    clock, since, total, number = time.perf_counter(), 0, 0.0, 0
    for number, batch in enumerate(order, 1):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate * _course(number / steps)
        loss = judge.surprise(network.train(), batch)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        total = total + loss.detach()
        stop = bool(interruption.asked) or number == steps
        if number % LOG_EVERY and not stop:
            console.update(number, {})
            continue
        mean = float(total) / (number - since)
        if not math.isfinite(mean):
            raise UserError(f"the loss became NaN or infinite by step {number}; lower --learning-rate")
        pace = (number - since) * len(batch[0]) / (time.perf_counter() - clock)
        if stop or number % JUDGE_EVERY == 0:
            figures = {**figures, "held out": judge(network)}
        console.update(number, {"images/s": pace, "loss": mean, **figures})
        clock, since, total = time.perf_counter(), number, 0.0
        if stop:
            break
    return number, figures["held out"]


def _course(progress: float) -> float:
    """Of the learning rate: a linear warm-up over the first twentieth, then half a cosine down to zero."""
    return min(1, 20 * progress) * (1 + math.cos(math.pi * progress)) / 2


def _batch(frames: Pack, chosen: np.ndarray, random: torch.Generator) -> Batch:
    """Images, each as it is or mirrored; random pixels (x, y); and their colours."""
    image = torch.from_numpy(frames.frames[chosen]).to(random.device).permute(0, 3, 1, 2).float().div_(255)
    mirrored = torch.rand(len(image), 1, 1, 1, device=random.device, generator=random) < 0.5
    image = torch.where(mirrored, image.flip(-1), image)
    side = image.shape[-1]
    place = torch.randint(side * side, (len(image), PIXELS), device=random.device, generator=random)
    pixels = torch.stack([place % side, place // side], -1)
    rgb = image.flatten(2).gather(2, place[:, None].expand(-1, 3, -1)).transpose(1, 2)
    return image, pixels, rgb


def _order(train: np.ndarray, batch: int, steps: int, seed: int) -> Iterator[np.ndarray]:
    """The images of each step: one permutation after another."""
    random, waiting = np.random.default_rng(seed), np.empty(0, np.int64)
    for _ in range(steps):
        while len(waiting) < batch:
            waiting = np.concatenate([waiting, random.permutation(train)])
        chosen, waiting = waiting[:batch], waiting[batch:]
        yield chosen


def _split(frames: Pack, seed: int, console: Console) -> tuple[np.ndarray, np.ndarray]:
    """Indices to train on and to hold out: whole clips while they last, then the end of one; grey images are left out.

    Raises:
        UserError: Too few images are in colour.
    """
    chroma = ((frame.max(-1) - frame.min(-1)).mean() / 255 for frame in frames.frames)
    coloured = np.fromiter(chroma, np.float64, len(frames.frames)) >= GREYEST
    count, total = int(coloured.sum()), len(coloured)
    if count < FEWEST:
        why = "they are grey: there is no colour to learn from" if total >= FEWEST else "they are too few"
        raise UserError(
            f"{count} of {total} images are in colour, and colourisation needs at least {FEWEST}; {why}. "
            "Give images in colour, or train with another loss (--loss vgg16)"
        )
    if count < total:
        console.note(f"{total - count} of {total} images are grey and are left out")
    ends = Clips.of(frames.clips).ends
    chosen = np.random.default_rng(seed).permutation(len(ends))
    lengths = np.diff(ends, prepend=0)[chosen]
    order = np.repeat(ends[chosen] - np.cumsum(lengths), lengths) + np.arange(ends[-1])
    order = order[coloured[order]]
    held = min(HELD, max(1, count // 10))
    return order[:-held], order[-held:]


@final
class _Judge:
    """The loss on held-out images, always at the same pixels, and that of the best constant guess."""

    def __init__(
        self, frames: Pack, train: np.ndarray, held: np.ndarray, seed: int, device: str, precision: str
    ) -> None:
        self.frames, self.held, self.seed, self.device, self.precision = frames, held, seed, device, precision
        some = np.random.default_rng(seed).permutation(train)[:HELD]
        seen, truth = (torch.cat([rgb.flatten(0, 1) for _, _, rgb in self._batches(part)]) for part in (some, held))
        self.constant = float(colour.surprise(colour.constant(seen).expand(len(truth), -1), truth))

    def _batches(self, indices: np.ndarray) -> Iterator[Batch]:
        random = torch.Generator().manual_seed(self.seed)
        for part in np.array_split(indices, math.ceil(len(indices) / 64)):
            yield _batch(self.frames, part, random)

    def surprise(self, network: Hypercolumn, batch: Batch) -> Tensor:
        """Of the network at a batch's colours."""
        image, pixels, rgb = (part.to(self.device) for part in batch)
        with launch.autocast(self.device, self.precision):
            return colour.surprise(network(image, pixels).flatten(0, 1), rgb.flatten(0, 1))

    @torch.no_grad()
    def __call__(self, network: Hypercolumn) -> float:
        """Its mean over the held-out images."""
        network.eval()
        total = 0.0
        for batch in self._batches(self.held):
            total += float(self.surprise(network, batch)) * len(batch[0])
        return total / len(self.held)


def _writable(out: Path) -> None:
    if out.suffix.lower() != ".safetensors":
        raise UserError(f"--out {out}: the network is written as a .safetensors file; give it that suffix")
    if out.exists():
        raise UserError(f"{out} is there already: choose another --out, or remove it")
    write_atomically(out, lambda path: path.touch())  # a full disk or a missing right is found before the training
    out.unlink()


def _write(network: Hypercolumn, result: Result, settings: Mapping[str, object]) -> None:
    facts = {**settings, "steps": result.steps, "images": result.images}
    judged = {"loss": round(result.loss, 4), "constant": round(result.constant, 4)}
    texts = {key: str(value) for key, value in {**facts, **judged}.items()}
    about = {"format": "unsuplmk", "network": "grey VGG-16 trained by colourisation", **texts}
    state = network.folded()
    write_atomically(result.out, lambda path: save_file(state, path, about))
