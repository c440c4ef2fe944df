"""Both kinds of coordinates on a row of four pixels."""

from __future__ import annotations

from pathlib import Path

from drawing import DARK, EDGE, pill, write

PIXELS, CELL, LEFT, TOP = 4, 90, 60, 114
POINT = 2.3
"""Where the example lies, in pixels of the file."""
TITLE = "A row of four pixels: files count pixel centres from 0, the network counts from -1 to 1 between the edges"


def draw(folder: Path) -> None:
    """Write the diagram; it needs no run."""
    del folder
    parts = [pill(240, 20, "in the network: -1 and 1 are the edges", size=18)]
    bottom = TOP + CELL
    for pixel in range(PIXELS):
        fill = ("#c3cedd", "#dfe6ef")[pixel % 2]
        x = LEFT + pixel * CELL
        parts += [
            f"<rect x='{x}' y='{TOP}' width='{CELL}' height='{CELL}' fill='{fill}' stroke='{EDGE}'/>",
            f"<circle cx='{x + CELL / 2:g}' cy='{TOP + CELL / 2:g}' r='4' fill='{DARK}'/>",
            pill(x + CELL / 2, TOP - 22, f"{network(pixel):g}", size=17),
            pill(x + CELL / 2, bottom + 22, f"{pixel}", size=17),
        ]
    for edge in (-0.5, PIXELS - 0.5):
        x = LEFT + (edge + 0.5) * CELL
        parts += [
            f"<line x1='{x:g}' y1='{TOP - 42}' x2='{x:g}' y2='{bottom + 42}' stroke='{EDGE}' stroke-width='2.5'/>",
            pill(x, TOP - 54, f"{network(edge):g}", dark=True, size=17),
            pill(x, bottom + 54, f"{edge:g}", dark=True, size=17),
        ]
    x = LEFT + (POINT + 0.5) * CELL
    parts += [
        f"<circle cx='{x:g}' cy='{TOP + CELL / 2:g}' r='9' fill='#e6194b' stroke='#fff' stroke-width='3'/>",
        pill(x, TOP + 18, f"{network(POINT):.2g}", size=17),
        pill(x, bottom - 18, f"{POINT:g}", size=17),
        pill(240, bottom + 92, "in files: pixels, the first centre is 0", size=18),
    ]
    write("coordinates.svg", 480, bottom + 112, TITLE, parts)


def network(pixel: float) -> float:
    """From pixels of the file to the network's coordinates, (2 i + 1) / W - 1."""
    return (2 * pixel + 1) / PIXELS - 1
