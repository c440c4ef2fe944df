"""Odd files: a video that changes its size, and files that one may not read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

NOBODY = 65534


def changing(path: Path, sizes: tuple[tuple[int, int], ...] = ((64, 48), (96, 64)), frames: int = 8) -> Path:
    """A video of as many frames of each size; frame i has the grey value 10 i. The suffix has to be .mpg."""
    with av.open(str(path), "w", format="mpegts") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = *sizes[0], "yuv420p"
        for part, (width, height) in enumerate(sizes):
            encoder = av.CodecContext.create("libx264", "w")
            encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
            encoder.time_base, encoder.framerate, encoder.max_b_frames = Fraction(1, 25), Fraction(25), 0
            for number in range(part * frames, (part + 1) * frames):
                grey = np.full((height, width, 3), 10 * number, np.uint8)
                frame = av.VideoFrame.from_ndarray(grey, format="rgb24")
                frame.pts, frame.time_base = number, Fraction(1, 25)
                for packet in encoder.encode(frame):
                    packet.stream, packet.time_base = stream, Fraction(1, 25)
                    container.mux(packet)
            for packet in encoder.encode(None):
                packet.stream, packet.time_base = stream, Fraction(1, 25)
                container.mux(packet)
    return path


@contextmanager
def as_nobody(*forbidden: Path) -> Iterator[None]:
    """Without the right to read these; root, who may read everything, becomes another for as long."""
    modes = {path: path.stat().st_mode for path in forbidden}
    before = os.geteuid()
    for path in forbidden:
        path.chmod(0)
    if before == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(before)
        for path, mode in modes.items():
            path.chmod(mode)
