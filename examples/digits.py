"""Digits in each other's style: learn from house numbers, then draw every style in every geometry.

python examples/digits.py OUT [--mnist t10k-images-idx3-ubyte.gz] [--steps 1500]

A house number is a few digits in one paint, as in SVHN. Two digits of one number make a training pair, so that the
landmarks have to carry the shape and the source image the paint. The digits are drawn here, or are MNIST's.
"""

import argparse
import gzip
import struct
from pathlib import Path

import cv2
import numpy as np

from unsuplmk import Config, Detector, Job
from unsuplmk.frames.gather import as_images
from unsuplmk.frames.media import write_image
from unsuplmk.pictures.disentangle import check, describe
from unsuplmk.pictures.swap import Grid, picture

SIZE, DIGITS, NUMBERS, SHOWN = 32, 6, 1000, 6


def mnist(path: Path) -> np.ndarray:
    """Images of the original file: gzip, a big-endian header, bytes; 28 px, with a border of 2."""
    data = gzip.decompress(path.read_bytes())
    magic, count, height, width = struct.unpack(">4i", data[:16])
    if magic != 2051:
        raise SystemExit(f"{path} holds no images: its magic number is {magic}, not 2051")
    images = np.frombuffer(data, np.uint8, offset=16).reshape(count, height, width)
    border = (SIZE - height) // 2
    return np.pad(images, ((0, 0), (border, border), (border, border)))


def drawn(count: int, rng: np.random.Generator) -> np.ndarray:
    """Digits of our own, in one of four typefaces."""
    images = np.zeros((count, 4 * SIZE, 4 * SIZE), np.uint8)
    names = ("SIMPLEX", "DUPLEX", "COMPLEX", "SCRIPT_SIMPLEX")
    for image in images:
        text, font = str(rng.integers(10)), getattr(cv2, f"FONT_HERSHEY_{names[rng.integers(4)]}")
        (width, height), _ = cv2.getTextSize(text, font, 3, 10)
        cv2.putText(image, text, ((4 * SIZE - width) // 2, (4 * SIZE + height) // 2), font, 3, 255, 10, cv2.LINE_AA)
    return np.stack([cv2.resize(image, (SIZE, SIZE), interpolation=cv2.INTER_AREA) for image in images])


def moved(digit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The digit slanted, turned, stretched and shifted: digits that all stand alike teach landmarks little."""
    turn = np.eye(2) + rng.uniform(-0.25, 0.25, (2, 2))
    shift = SIZE / 2 - turn @ np.full(2, SIZE / 2) + rng.uniform(-5, 5, 2)
    return cv2.warpAffine(digit, np.column_stack([turn, shift]), (SIZE, SIZE))


def painted(digits: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    """One house number: all its digits in one light ink, on one dark ground, with one pen."""
    while True:
        ink, ground = rng.uniform(0, 255, (2, 3))
        if ink.mean() > ground.mean() + 70:
            break
    if rng.random() < 0.5:
        digits = np.stack([cv2.dilate(digit, np.ones((2, 2), np.uint8)) for digit in digits])
    cover = digits[..., None] / 255
    return list((cover * ink + (1 - cover) * ground).round().astype(np.uint8))


def main() -> None:
    """Paint, train, swap."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--mnist", type=Path)
    parser.add_argument("--steps", type=int, default=1500)
    arguments = parser.parse_args()

    rng = np.random.default_rng(0)
    count = NUMBERS * DIGITS + 2 * SHOWN
    digits = mnist(arguments.mnist)[:count] if arguments.mnist else drawn(count, rng)
    digits = np.stack([moved(digit, rng) for digit in digits])
    seen, unseen = digits[: -2 * SHOWN], digits[-2 * SHOWN :]
    clips = [painted(seen[start : start + DIGITS], rng) for start in range(0, len(seen), DIGITS)]
    # the source is seen at 8x8 only: too coarse for a digit's shape, which then has to come by the landmarks
    config = Config(
        landmarks=16, size=SIZE, steps=arguments.steps, batch=32, learning_rate=2e-3, warmup=20, ema=0.98, device="cpu",
        pairs={"name": "video"}, encoder={"name": "hourglass", "width": 32, "depth": 3, "stride": 2},
        bottleneck={"name": "gaussian", "sigma": 0.15}, generator={"name": "renderer", "stride": 4},
        loss={"pixel": {"weight": 20.0}, "equivariance": {"weight": 2.0}, "separation": {"weight": 0.1}},
    )  # fmt: skip
    detector = Detector.load(Job(config, clips).run(arguments.out / "run"))

    images = as_images([painted(digit[None], rng)[0] for digit in unseen])
    grid = Grid(detector, styles=images[:SHOWN], geometries=images[SHOWN:])
    write_image(arguments.out / "digits.png", picture(grid, cell=96))
    print("\n".join(describe(check(grid))))


if __name__ == "__main__":
    main()
