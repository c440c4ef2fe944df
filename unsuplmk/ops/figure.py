"""The looks of a puppet: its proportions and clothes, and how it is drawn over its joints."""

from __future__ import annotations

import colorsys
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8

from unsuplmk.ops.canvas import Canvas, Colour, Paint, Point

SIDES = ("left", "right")
INK = Paint((0.1, 0.08, 0.1))
WHITE = Paint((0.97, 0.97, 0.95))


@dataclass(frozen=True)
class Figure:
    """Proportions in standing heights, and clothes; the colours of the two sides differ."""

    head: float
    shoulders: float
    hips: float
    arm: float
    leg: float
    girth: float
    skin: Paint
    hair: Paint
    style: int
    shirt: Paint
    sleeves: Mapping[str, Paint]
    cuffs: Mapping[str, Paint]
    thighs: Mapping[str, Paint]
    shins: Mapping[str, Paint]
    shoes: Paint


def between(rng: np.random.Generator, low: float, high: float) -> float:
    """A uniform number."""
    return low + (high - low) * float(rng.random())


def figure(rng: np.random.Generator) -> Figure:
    """A new figure: one cut of clothes, whose colours, patterns and proportions vary a little."""
    tone = between(rng, 0.0, 1.0)
    skin = (0.98 - 0.42 * tone, 0.8 - 0.42 * tone, 0.68 - 0.42 * tone)
    hues = {"left": 0.57 + between(rng, -0.03, 0.03), "right": 0.015 + between(rng, -0.02, 0.03)}
    arms = {side: _hsv(hue, between(rng, 0.7, 0.85), between(rng, 0.85, 0.98)) for side, hue in hues.items()}
    legs = {
        "left": _hsv(0.36 + between(rng, -0.04, 0.04), between(rng, 0.5, 0.7), between(rng, 0.5, 0.66)),
        "right": _hsv(0.78 + between(rng, -0.04, 0.04), between(rng, 0.45, 0.65), between(rng, 0.45, 0.6)),
    }
    shirt = _hsv(0.12 + between(rng, -0.03, 0.04), between(rng, 0.25, 0.75), between(rng, 0.92, 1.0))
    accent = _hsv(between(rng, 0.0, 1.0), 0.75, between(rng, 0.55, 0.8))
    long_sleeves, striped = rng.random() < 0.5, int(rng.integers(3))
    hair = _hsv(between(rng, 0.02, 0.12), between(rng, 0.3, 0.8), between(rng, 0.12, 0.62))
    return Figure(
        head=between(rng, 0.068, 0.08),
        shoulders=between(rng, 0.092, 0.112),
        hips=between(rng, 0.05, 0.062),
        arm=between(rng, 0.15, 0.17),
        leg=between(rng, 0.21, 0.235),
        girth=between(rng, 0.9, 1.15),
        skin=Paint(skin),
        hair=Paint(hair),
        style=int(rng.integers(3)),
        shirt=Paint(shirt, accent, bands=(0, 3, 5)[striped]),
        sleeves={side: Paint(arms[side]) for side in SIDES},
        cuffs={side: Paint(_mix(arms[side], 0.85), skin, cut=1.0 if long_sleeves else 0.5) for side in SIDES},
        thighs={side: Paint(legs[side]) for side in SIDES},
        shins={side: Paint(_mix(legs[side], 1.15), _mix(legs[side], 1.5), bands=3 * (striped == 2)) for side in SIDES},
        shoes=Paint(_hsv(between(rng, 0.0, 1.0), between(rng, 0.0, 0.7), between(rng, 0.25, 0.9))),
    )


def draw(
    look: Figure,
    ground: Float[np.ndarray, "side side 3"],
    joints: Mapping[str, Point],
    height: float,
    floor: float,
    gaze: float,
) -> UInt8[np.ndarray, "side side 3"]:
    """The figure on its ground.

    Args:
        look: Who it is.
        ground: The background, in [0, 1].
        joints: Where the joints are, in pixels.
        height: The figure's standing height, px.
        floor: Where its shadow lies, px from the top.
        gaze: How far the face is turned, in head radii to the right.
    """
    canvas = Canvas(ground)
    middle = (joints["left_ankle"][0] + joints["right_ankle"][0]) / 2
    canvas.shadow((middle, floor + 0.035 * height), 0.3 * height, 0.05 * height, 0.5)
    girth = look.girth * height
    if look.style == 2:
        _mane(canvas, look, joints, height)
    for side in reversed(SIDES):
        _leg(canvas, look, joints, side, girth)
    _trunk(canvas, look, joints, girth)
    _head(canvas, look, joints, height, gaze)
    for side in reversed(SIDES):
        _arm(canvas, look, joints, side, girth)
    return canvas.image()


def _leg(canvas: Canvas, look: Figure, joints: Mapping[str, Point], side: str, girth: float) -> None:
    hip, knee, ankle = (joints[f"{side}_{name}"] for name in ("hip", "knee", "ankle"))
    out = 1 if side == "left" else -1
    canvas.capsule((ankle[0], ankle[1] + 0.012 * girth), (ankle[0] + out * 0.05 * girth, ankle[1] + 0.022 * girth),
                   (0.027 * girth, 0.022 * girth), look.shoes)  # fmt: skip
    canvas.capsule(knee, ankle, (0.037 * girth, 0.026 * girth), look.shins[side])
    canvas.capsule(hip, knee, (0.053 * girth, 0.038 * girth), look.thighs[side])


def _trunk(canvas: Canvas, look: Figure, joints: Mapping[str, Point], girth: float) -> None:
    neck, head = joints["neck"], joints["head"]
    canvas.capsule(_toward(neck, head, -0.1), _toward(neck, head, 0.6), (0.03 * girth, 0.026 * girth), look.skin)
    corners = [joints[name] for name in ("right_shoulder", "left_shoulder", "left_hip", "right_hip")]
    belt = [_toward(corners[3], corners[0], 0.02), _toward(corners[2], corners[1], 0.02)]
    canvas.capsule(belt[0], belt[1], (0.046 * girth, 0.046 * girth), Paint(_mix(look.shirt.other, 0.55)))
    waist = [corners[0], corners[1], _toward(corners[2], corners[1], 0.1), _toward(corners[3], corners[0], 0.1)]
    canvas.torso(waist, 0.03 * girth, look.shirt)


def _arm(canvas: Canvas, look: Figure, joints: Mapping[str, Point], side: str, girth: float) -> None:
    shoulder, elbow, wrist = (joints[f"{side}_{name}"] for name in ("shoulder", "elbow", "wrist"))
    canvas.capsule(wrist, _toward(elbow, wrist, 1.2), (0.023 * girth, 0.026 * girth), look.skin)
    canvas.capsule(elbow, wrist, (0.03 * girth, 0.022 * girth), look.cuffs[side])
    canvas.capsule(shoulder, elbow, (0.04 * girth, 0.031 * girth), look.sleeves[side])


def _head(canvas: Canvas, look: Figure, joints: Mapping[str, Point], height: float, gaze: float) -> None:
    head, r = joints["head"], look.head * height
    ux, uy = _direction(joints["neck"], head)

    def at(right: float, up: float) -> Point:
        return head[0] + r * (up * ux - right * uy), head[1] + r * (up * uy + right * ux)

    if look.style == 1:
        canvas.capsule(at(0.0, 1.2), at(0.0, 1.25), (0.42 * r, 0.42 * r), look.hair)
    canvas.capsule(at(0.0, 0.3), at(0.0, 0.05), (1.04 * r, 1.0 * r), look.hair)
    canvas.capsule(at(0.35 * gaze, 0.05), at(0.35 * gaze, -0.18), (0.88 * r, 0.8 * r), look.skin)
    for side in (-1, 1):
        eye = at(gaze + 0.36 * side, 0.08)
        canvas.capsule(eye, eye, (0.21 * r, 0.21 * r), WHITE, flat=True)
        pupil = at(1.15 * gaze + 0.36 * side, 0.06)
        canvas.capsule(pupil, pupil, (0.12 * r, 0.12 * r), INK, flat=True)
    mouth = Paint(_mix((0.75, 0.25, 0.25), 0.9))
    canvas.capsule(at(gaze - 0.2, -0.45), at(gaze + 0.2, -0.45), (0.08 * r, 0.08 * r), mouth, flat=True)


def _mane(canvas: Canvas, look: Figure, joints: Mapping[str, Point], height: float) -> None:
    head, r = joints["head"], look.head * height
    ux, uy = _direction(joints["neck"], head)
    low = (head[0] - 1.5 * r * ux, head[1] - 1.5 * r * uy)
    canvas.capsule(head, low, (1.08 * r, 0.8 * r), look.hair)


def _direction(start: Point, end: Point) -> Point:
    x, y = end[0] - start[0], end[1] - start[1]
    length = float(np.sqrt(x * x + y * y))
    return x / length, y / length


def _toward(start: Point, end: Point, share: float) -> Point:
    return start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])


def _hsv(hue: float, saturation: float, value: float) -> Colour:
    return colorsys.hsv_to_rgb(hue % 1, saturation, value)


def _mix(colour: Colour, gain: float) -> Colour:
    """A darker or lighter shade."""
    red, green, blue = (min(1.0, channel * gain) for channel in colour)
    return red, green, blue
