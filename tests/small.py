"""Settings of a run that takes a second: few small figures, small networks, no pictures."""

from __future__ import annotations

from unsuplmk import config

SMALL = {
    "data": "puppets",
    "landmarks": 4,
    "size": 32,
    "steps": 8,
    "batch": 4,
    "log_every": 1,
    "save_every": 4,
    "precision": "float32",
    "device": "cpu",
    "encoder": {"name": "convnet", "width": 8, "stride": 4, "norm": "group"},
    "generator": {"name": "renderer", "width": 8, "stride": 4, "norm": "group"},
    "loss": {"pixel": {"weight": 20.0}, "equivariance": {"weight": 5.0}, "separation": {"weight": 0.1}},
    "stage": {},
    "dataset": {"clips": 4, "length": 4, "side": 48},
}


def settings(**changes: object) -> config.Config:
    return config.make({**SMALL, **changes})
