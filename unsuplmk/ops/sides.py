"""Left and right in the names of points: which point takes which one's place in a mirrored picture."""

from __future__ import annotations

import re
from collections.abc import Sequence

SIDE = re.compile(r"left|right", re.IGNORECASE)
LETTER = re.compile(r"(?<![A-Za-z])[lr](?![a-z])|(?<![A-Z])[LR](?![A-Za-z])|^[LR](?=[A-Za-z])")
"""l_eye, eye.r, lEye; wingL, forelegR4, eye_L; LEye, Lear."""
OTHER = {"left": "right", "right": "left", "l": "r", "r": "l"}


def opposite(names: Sequence[str]) -> list[int]:
    """The number of each point's partner on the other side: the point itself where there is none.

    Sides are the words left and right anywhere in a name, or a letter L or R that stands alone, begins the name or
    ends a part of it. Two points are partners if their names differ in the side alone, so that bright has none.
    """
    number = {name: index for index, name in enumerate(names)}
    found = list(range(len(names)))
    for index, name in enumerate(names):
        for side in (SIDE, LETTER):
            partner = number.get(side.sub(_other, name), index)
            if partner != index:
                found[index] = partner
                break
    return [partner if found[partner] == index else index for index, partner in enumerate(found)]


def _other(found: re.Match[str]) -> str:
    side = found[0]
    other = OTHER[side.lower()]
    return other.upper() if side.isupper() else other.capitalize() if side[0].isupper() else other
