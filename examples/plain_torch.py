"""The parts are plain PyTorch modules: a training loop of one's own."""

import torch

from unsuplmk import Model
from unsuplmk.bottlenecks.gaussian import Gaussian
from unsuplmk.encoders.hourglass import Hourglass
from unsuplmk.generators.unet import UNet
from unsuplmk.losses.equivariance import Equivariance
from unsuplmk.losses.pixel import Pixel
from unsuplmk.pairs.warped import Warped

pairs = Warped()
model = Model(Hourglass(10), Gaussian(10), UNet(10), {"pixel": Pixel(), "equivariance": Equivariance()})
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
images = torch.rand(4, 3, 64, 64)  # your batch: RGB in [0, 1]

for _ in range(2):
    outcome = model(pairs((images,)))
    optimizer.zero_grad()
    outcome.total.backward()
    optimizer.step()

landmarks = model.eval().locate(images)
print(landmarks.xy.shape)  # (4, 10, 2): (x, y) in [-1, 1] from edge to edge
