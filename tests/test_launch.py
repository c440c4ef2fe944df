"""Signals and devices, as the machine that trains meets them."""

from __future__ import annotations

import os
import signal

import pytest

from unsuplmk import launch
from unsuplmk.errors import UserError


def test_a_scheduler_may_repeat_sigterm_and_the_checkpoint_is_still_written() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with launch.Interruption() as interruption:
        for _ in range(3):
            os.kill(os.getpid(), signal.SIGTERM)
        assert interruption.asked == "SIGTERM"
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_second_ctrl_c_stops_at_once() -> None:
    with launch.Interruption() as interruption:
        os.kill(os.getpid(), signal.SIGINT)
        assert interruption.asked == "SIGINT"
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_a_device_may_be_known_and_not_here() -> None:
    for name in ("auto", *launch.DEVICES):
        launch.known(name)
    with pytest.raises(UserError, match="no device named 'tpu'; known: auto, cuda, mps, cpu"):
        launch.known("tpu")
    assert launch.resolve("auto") in launch.DEVICES
