"""Tests of random draws in several processes."""

from pathlib import Path

import pytest
import torch

from tests.processes import results
from unsuplmk.ops import draws

LINES = """
from unsuplmk.ops import draws

like = torch.zeros(())
batch = 6 // world
result = [draws.normal(batch, 3, like=like), draws.uniform(batch, 2, 2, like=like), draws.normal(batch, like=like)]
"""


def test_two_processes_draw_what_one_draws_each_its_own_rows(tmp_path: Path) -> None:
    torch.manual_seed(0)
    like = torch.zeros(())
    alone = [draws.normal(6, 3, like=like), draws.uniform(6, 2, 2, like=like), draws.normal(6, like=like)]
    shares = results(LINES, tmp_path)
    for whole, *parts in zip(alone, *shares, strict=True):
        assert torch.equal(torch.cat(parts), whole)


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.uint8])
def test_numbers_are_float32_whatever_they_are_for(dtype: torch.dtype) -> None:
    like = torch.zeros(1, dtype=dtype)
    assert draws.normal(2, like=like).dtype == torch.float32
    assert draws.uniform(2, like=like).dtype == torch.float32


def test_normal_numbers_are_standard_and_uniform_ones_lie_in_the_unit_interval() -> None:
    torch.manual_seed(0)
    normal, uniform = draws.normal(100, 200, like=torch.zeros(())), draws.uniform(100, 200, like=torch.zeros(()))
    assert float(normal.mean()) == pytest.approx(0, abs=0.03)
    assert float(normal.std()) == pytest.approx(1, abs=0.02)
    assert float(uniform.mean()) == pytest.approx(0.5, abs=0.01)
    assert 0 <= float(uniform.min()) < 0.01
    assert 0.99 < float(uniform.max()) < 1
