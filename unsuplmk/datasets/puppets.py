"""Puppets: articulated figures that dance on textured grounds, with known joints; drawn, not downloaded."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Literal, final

import numpy as np
from jaxtyping import Float
from pydantic import Field

from unsuplmk.frames.clips import Clips
from unsuplmk.interfaces import Dataset
from unsuplmk.ops.canvas import Point
from unsuplmk.ops.figure import SIDES, Figure, between, draw, figure
from unsuplmk.ops.texture import background

POINTS = ("head", "neck", *(f"{side}_{joint}" for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
                            for side in SIDES))  # fmt: skip
SPLITS = ("train", "test")
DEGREE = math.pi / 180

Joints = dict[str, Point]


@final
class Puppets(Dataset):
    """Figures in bright clothes that dance, one figure and one background a clip; drawn on demand.

    Left and right are the figure's own: it faces the viewer, so that its left is on the right. Limbs of the two
    sides differ in colour. Equal options give equal bytes on every machine.

    Args:
        clips: How many clips there are.
        length: Frames a clip.
        side: Side of the square frames, px.
        seed: Seed of everything drawn at random.
        split: Figures of the two splits have nothing in common.
    """

    def __init__(
        self,
        *,
        clips: Annotated[int, Field(ge=1)] = 200,
        length: Annotated[int, Field(ge=1)] = 10,
        side: Annotated[int, Field(ge=16, le=2048)] = 128,
        seed: Annotated[int, Field(ge=0)] = 0,
        split: Literal["train", "test"] = "train",
    ) -> None:
        self._count, self._length, self._side, self._seed, self._split = clips, length, side, seed, split

    def __len__(self) -> int:
        return self._count * self._length

    @property
    def clips(self) -> Sequence[range]:
        """One range a figure."""
        return Clips([self._length] * self._count)

    def read(self, index: int) -> np.ndarray:
        """Draw frame `index`."""
        clip, frame = self._clip(index)
        return draw(clip.look, clip.ground, clip.joints[frame], clip.height, clip.floor, clip.gaze[frame])

    def name(self, index: int) -> str:
        """`puppets/split/clip/frame`."""
        clip, frame = self._where(index)
        return f"puppets/{self._split}/{clip:04d}/{frame:03d}"

    @property
    def points(self) -> tuple[str, ...]:
        """The fourteen joints."""
        return POINTS

    def annotation(self, index: int) -> Float[np.ndarray, "points 2"]:
        """Where the joints of frame `index` are drawn."""
        clip, frame = self._clip(index)
        return np.array([clip.joints[frame][point] for point in POINTS])

    def _where(self, index: int) -> tuple[int, int]:
        if not 0 <= index < len(self):
            raise IndexError(f"frame {index} of {len(self)}")
        return divmod(index, self._length)

    def _clip(self, index: int) -> tuple[_Clip, int]:
        clip, frame = self._where(index)
        return _clip(self._seed, SPLITS.index(self._split), clip, self._length, self._side), frame


@dataclass(frozen=True)
class _Clip:
    look: Figure
    ground: Float[np.ndarray, "side side 3"]
    height: float
    floor: float
    joints: tuple[Joints, ...]
    gaze: tuple[float, ...]


@lru_cache(32)
def _clip(seed: int, split: int, clip: int, length: int, side: int) -> _Clip:
    rng = np.random.Generator(np.random.PCG64([seed, split, clip]))
    look = figure(rng)
    height = side * between(rng, 0.6, 0.78)
    pose = _Pose(rng)
    shift = between(rng, -0.17, 0.17)
    drift, level = _Wave(rng, 0.0, 0.035), _Wave(rng, between(rng, 0.78, 0.93), 0.012)
    joints = []
    for frame in range(length):
        drawn = pose.joints(look, frame)
        low = max(drawn["left_ankle"][1], drawn["right_ankle"][1])
        middle = (drawn["left_ankle"][0] + drawn["right_ankle"][0] + 2 * drawn["neck"][0]) / 4
        x, y = (0.5 + shift + drift.at(frame)) * side - middle * height, level.at(frame) * side - low * height
        joints.append({name: (px * height + x, py * height + y) for name, (px, py) in drawn.items()})
    joints = _inside(joints, side)
    floor = max(max(frame["left_ankle"][1], frame["right_ankle"][1]) for frame in joints)
    gaze = tuple(round(pose.gaze.at(frame) * 64) / 64 for frame in range(length))
    return _Clip(look, background(side, rng), height, floor, tuple(joints), gaze)


def _inside(frames: list[Joints], side: int) -> list[Joints]:
    """The frames moved together as little as keeps every joint in the image, on a grid of 1/64 px.

    The grid makes the picture independent of the last bits of sine and cosine.
    """
    move = []
    for axis in (0, 1):
        values = [point[axis] for frame in frames for point in frame.values()]
        low, high = 0.05 * side - min(values), 0.94 * side - max(values)
        move.append((low + high) / 2 if low > high else max(low, min(0.0, high)))
    return [
        {name: (round((x + move[0]) * 64) / 64, round((y + move[1]) * 64) / 64) for name, (x, y) in frame.items()}
        for frame in frames
    ]


class _Wave:
    """A smooth course over frames: a middle and two sines of random speed and phase."""

    def __init__(self, rng: np.random.Generator, middle: float, swing: float) -> None:
        self._middle = middle
        self._parts = [(swing * share, between(rng, *speed), between(rng, 0.0, 1.0))
                       for share, speed in ((0.7, (0.03, 0.07)), (0.3, (0.08, 0.14)))]  # fmt: skip

    def at(self, frame: int) -> float:
        return self._middle + sum(a * math.sin(2 * math.pi * (f * frame + phase)) for a, f, phase in self._parts)


class _Pose:
    """Joint angles over time, in degrees: from straight down, outwards positive."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._lean = _Wave(rng, between(rng, -5.0, 5.0), 9.0)
        self._bend = _Wave(rng, 0.0, 8.0)
        self._tilt = _Wave(rng, 0.0, 12.0)
        self.gaze = _Wave(rng, between(rng, -0.15, 0.15), 0.25)
        self._limbs = {
            side: {
                "shoulder": _Wave(rng, between(rng, 30.0, 110.0), 55.0),
                "elbow": _Wave(rng, between(rng, -15.0, 60.0), 50.0),
                "hip": _Wave(rng, between(rng, 10.0, 34.0), 26.0),
                "knee": _Wave(rng, between(rng, 5.0, 38.0), 32.0),
            }
            for side in SIDES
        }

    def joints(self, look: Figure, frame: int) -> Joints:
        """The joints in standing heights, the middle of the hips at the origin."""
        lean = self._lean.at(frame)
        spine = lean + self._bend.at(frame)
        neck = _step((0.0, 0.0), 180 - spine, 0.315)
        joints = {"neck": neck, "head": _step(neck, 180 - spine - self._tilt.at(frame), 0.045 + look.head)}
        for side, out in zip(SIDES, (1, -1), strict=True):
            angle = {name: wave.at(frame) for name, wave in self._limbs[side].items()}
            arm = max(5.0, min(165.0, angle["shoulder"]))
            forearm = arm + max(-20.0, min(125.0, angle["elbow"]))
            leg = max(0.0, min(62.0, angle["hip"]))
            shin = max(-9.0, leg - max(0.0, min(80.0, angle["knee"])))
            shoulder = _step(_step(neck, -spine, 0.025), out * 90 - spine, look.shoulders)
            elbow = _step(shoulder, out * arm - spine, look.arm)
            hip = _step((0.0, 0.0), out * 90 - lean, look.hips)
            knee = _step(hip, out * leg - lean / 2, look.leg)
            joints |= {
                f"{side}_shoulder": shoulder,
                f"{side}_elbow": elbow,
                f"{side}_wrist": _step(elbow, out * forearm - spine, 0.94 * look.arm),
                f"{side}_hip": hip,
                f"{side}_knee": knee,
                f"{side}_ankle": _step(knee, out * shin - lean / 2, 0.96 * look.leg),
            }
        return joints


def _step(start: Point, degrees: float, length: float) -> Point:
    """From a point, `degrees` from straight down towards the right."""
    return start[0] + length * math.sin(degrees * DEGREE), start[1] + length * math.cos(degrees * DEGREE)
