"""CUB-200-2011 with six birds of three species."""

from __future__ import annotations

from pathlib import Path

from tests.layouts import pictures

PARTS = (
    *("back", "beak", "belly", "breast", "crown", "forehead", "left eye", "left leg", "left wing", "nape"),
    *("right eye", "right leg", "right wing", "tail", "throat"),
)
SIZES = ((50, 40), (40, 50), (60, 30), (45, 45), (48, 36), (36, 48))
BOXES = ((5, 10, 30, 20), (0, 4, 38, 30), (20, 0, 30, 30), (10, 10, 20, 20), (2, 2, 40, 30), (30, 40, 6, 8))
"""The last reaches the corner of its picture."""
SPECIES = ("001.Black_footed_Albatross", "002.Laysan_Albatross", "003.Sooty_Albatross")
LEFT, RIGHT = 7, 11
"""Numbers of the eyes."""


def part(image: int, number: int) -> tuple[float, float, int]:
    """x, y and visibility of a part; the right eye is seen in odd images alone, the left in even ones."""
    visible = number % 5 != image % 5
    if number in (LEFT, RIGHT):
        visible = image % 2 == (number == RIGHT)
    left, top, width, height = BOXES[image - 1]
    where = (left + number % 4 * width / 4 + 0.5, top + number % 3 * height / 3)
    return (*where, 1) if visible else (0.0, 0.0, 0)


def write(folder: Path) -> Path:
    """Write it; returns what the dataset reads."""
    root = folder / "CUB_200_2011"
    images, labels, splits, boxes, parts = [], [], [], [], []
    for number, (size, box) in enumerate(zip(SIZES, BOXES, strict=True), 1):
        species = (number - 1) // 2
        name = f"{SPECIES[species]}/Möwe_{number:04}.jpg"
        pictures.picture(root / "images" / name, *size)
        images.append(f"{number} {name}")
        labels.append(f"{number} {species + 1}")
        splits.append(f"{number} {number % 2 if number < 5 else 1}")
        boxes.append(" ".join(map(str, (number, *map(float, box)))))
        parts += [" ".join(map(str, (number, one, *part(number, one)))) for one in range(1, 16)]
    (root / "parts").mkdir()
    tables = {
        "images.txt": images,
        "image_class_labels.txt": labels,
        "train_test_split.txt": splits,
        "bounding_boxes.txt": boxes,
        "parts/parts.txt": [f"{number} {name}" for number, name in enumerate(PARTS, 1)],
        "parts/part_locs.txt": parts,
    }
    for name, lines in tables.items():
        (root / name).write_text("\n".join(lines) + "\n", "utf-8")
    return root
