"""The encoder `template`: the contract of encoders, and what is its own."""

import torch

from unsuplmk import registry
from unsuplmk.testing import contract

test_template = contract("encoder", "template")


def test_it_learns_to_find_a_bright_dot() -> None:
    torch.manual_seed(0)
    encoder = registry.build("encoder", "template", 1, width=8, stride=4)
    optimizer = torch.optim.Adam(encoder.parameters(), lr=0.01)
    for _ in range(60):
        images, cells = dots(16)
        loss = torch.nn.functional.cross_entropy(encoder(images).flatten(1), cells)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    images, cells = dots(64)
    found = encoder(images).flatten(1).argmax(1)
    assert (found == cells).float().mean() > 0.9


def dots(batch: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Dark images of 32 px with one bright square each, and in which of 8 x 8 cells it lies."""
    cells = torch.randint(64, (batch,))
    bright = torch.nn.functional.one_hot(cells, 64).view(batch, 1, 8, 8).float()
    noise = 0.2 * torch.rand(batch, 3, 32, 32)
    return noise + 0.6 * bright.repeat_interleave(4, 2).repeat_interleave(4, 3), cells
