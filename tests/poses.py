"""Tracks that are hard to write: odd names, missing points, numbers of every size."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from unsuplmk.types import Tracks

ODD = ("left ear", "Schnauze ä", "tail, tip", 'the "hip"', "it's; a # paw:", "x", "likelihood", "鼻")
NUMBER = st.floats(-1e150, 1e150)  # the area of a box must be a number, too
PIXEL = st.floats(-1e4, 1e4)


def of(source: tuple[str, ...], fps: float = 0.0, names: tuple[str, ...] = ("nose", "tail"), seed: int = 0) -> Tracks:
    """Points anywhere in frames of 96 by 64, of which some are missing."""
    rng = np.random.default_rng(seed)
    xy = rng.uniform(-1, 64, (len(source), len(names), 2))
    xy[1::3, -1] = np.nan
    size = np.broadcast_to(np.array((96, 64), np.int64), (len(source), 2)).copy()
    return Tracks(xy, rng.random((len(source), len(names))), names, size, fps, source)


@st.composite
def fields(draw: st.DrawFn, number: st.SearchStrategy[float] = NUMBER, fewest: int = 0) -> dict[str, Any]:
    """Of tracks of a video, with any numbers, points that are missing whole, and names that no two landmarks share."""
    names = draw(
        st.lists(
            st.sampled_from(ODD) | st.text('ab,"äß#:/\\ .', min_size=1, max_size=6).filter(str.strip),
            min_size=1,
            max_size=3,
            unique=True,
        )
    )
    frames = draw(st.integers(fewest, 4))
    shape = (frames, len(names), 2)
    count = int(np.prod(shape))
    xy = np.array(draw(st.lists(number, min_size=count, max_size=count)), np.float64).reshape(shape)
    missing = draw(st.lists(st.booleans(), min_size=count // 2, max_size=count // 2))
    xy[np.array(missing, bool).reshape(shape[:2])] = np.nan
    score = np.array(draw(st.lists(st.floats(0, 1), min_size=count // 2, max_size=count // 2)), np.float64)
    size = np.full((frames, 2), (640, 480), np.int64)
    first = draw(st.integers(0, 999))
    source = tuple(f"/films, alle/früh.mp4:{first + row}" for row in range(frames))
    fps = draw(st.sampled_from((25.0, 29.97)))
    return {
        "xy": xy,
        "score": score.reshape(shape[:2]),
        "names": tuple(names),
        "size": size,
        "fps": fps,
        "source": source,
    }
