"""The trained encoder as a backbone, fine-tuned on a handful of labelled frames in plain PyTorch.

python examples/backbone.py runs/mine [--steps 100]
"""

import argparse

import numpy as np
import torch
from torch import nn

from unsuplmk import Detector
from unsuplmk.batches.data import open_data
from unsuplmk.bottlenecks.gaussian import Gaussian

parser = argparse.ArgumentParser()
parser.add_argument("run")
parser.add_argument("--steps", type=int, default=100)
arguments = parser.parse_args()

detector = Detector.load(arguments.run, device="cpu")
fit, backbone = detector.fit, detector.model.encoder


def labelled(split: str, count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Images (batch, 3, height, width) in [0, 1], and their points, (x, y) in [-1, 1]; one of each clip."""
    data = open_data("puppets", {"split": split})  # your frames and points in pixels
    frames = [clip[0] for clip in data.clips[:count]]
    pixels = [data.read(frame) for frame in frames]
    points = [fit.to_square(data.annotation(frame), pixels[0].shape[1::-1]) for frame in frames]
    images = torch.from_numpy(np.stack([fit(image) for image in pixels])).permute(0, 3, 1, 2) / 255
    return images, torch.from_numpy(np.stack(points)).float()


images, points = labelled("train", 16)
unseen, truth = labelled("test", 50)

# without the layer that scores landmarks, the encoder gives features: (batch, channels, h, w)
last, head = [found for found in backbone.named_modules() if isinstance(found[1], nn.Conv2d)][-1]
backbone.set_submodule(last, nn.Identity())
keypoints = points.shape[1]
network = nn.Sequential(backbone, nn.Conv2d(head.in_channels, keypoints, 1))
network.requires_grad_(True)  # a detector comes frozen
network.eval()  # batch norm keeps what it learned of many frames: a handful would spoil it
readout = Gaussian(keypoints, sharpness=1.0)


@torch.no_grad()
def error() -> float:
    """Mean distance on the unseen frames, in percent of the image's side."""
    return float((readout.locate(network(unseen)).xy - truth).norm(dim=-1).mean()) * 50


print(f"{keypoints} keypoints from {len(images)} frames, judged on {len(unseen)} others")
print(f"before: {error():.1f} % of the side")
optimizer = torch.optim.Adam(network.parameters(), lr=3e-3)
for _ in range(arguments.steps):
    loss = (readout.locate(network(images)).xy - points).norm(dim=-1).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(f"after: {error():.1f} % of the side")
