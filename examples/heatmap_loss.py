"""Unsupervised losses on the heatmaps of a supervised network: one more term in a loop of one's own.

The network may be any that gives probabilities (batch, keypoints, h, w), as Lightning Pose's heatmap trackers do.
"""

import torch
from torch import Tensor, nn

from unsuplmk import Landmarks, Pair, Reconstruction, Step
from unsuplmk.bottlenecks.gaussian import Gaussian
from unsuplmk.losses.equivariance import Equivariance
from unsuplmk.losses.separation import Separation

KEYPOINTS = 5
MEAN, STD = (torch.tensor(values)[:, None, None] for values in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))

network = nn.Sequential(nn.Conv2d(3, 16, 7, 4, 3), nn.ReLU(), nn.Conv2d(16, KEYPOINTS, 3, 1, 1))  # yours
readout = Gaussian(KEYPOINTS, sharpness=1.0)
equivariance, separation = Equivariance(), Separation()


def heatmaps(images: Tensor) -> Tensor:
    """Your network's output for RGB images in [0, 1]: the probabilities of each keypoint's cells sum to 1."""
    return network((images - MEAN) / STD).flatten(2).softmax(-1).unflatten(2, (16, 16))


def locate(images: Tensor) -> Landmarks:
    """The expected position of each keypoint; the softmax of log p is p again."""
    return readout.locate(heatmaps(images).clamp_min(1e-12).log())


def unsupervised(images: Tensor) -> Tensor:
    """What frames without labels can teach: keypoints move with the image, and stay apart."""
    step = Step(Pair(images, images), locate(images), Reconstruction(images), progress=0.0, encode=locate)
    return equivariance(step) + 0.1 * separation(step)


optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
labelled, truth = torch.rand(4, 3, 64, 64), torch.rand(4, KEYPOINTS, 16, 16).flatten(2).softmax(-1)  # your batches
unlabelled = torch.rand(8, 3, 64, 64)
for _ in range(3):
    supervised = (heatmaps(labelled).flatten(2) - truth).square().mean()
    extra = unsupervised(unlabelled)
    optimizer.zero_grad()
    (supervised + 0.01 * extra).backward()
    optimizer.step()
    print(f"supervised {supervised:.6f}, unsupervised {extra:.4f}")
