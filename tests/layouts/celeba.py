"""CelebA as the owner's drive has it, aligned and in the wild, with the lists of MAFL."""

from __future__ import annotations

from pathlib import Path

from tests.layouts import pictures

PARTITION = {1: 0, 2: 0, 3: 0, 4: 0, 5: 0, 6: 1, 7: 1, 8: 2, 9: 2, 10: 2}
"""Number of each image -> its split."""
MAFL_TRAIN = (7, 3, 1)
MAFL_TEST = (9, 4)
WILD = {number: (40 + number, 30) if number % 2 else (30, 50 + number) for number in PARTITION}
"""Width and height of each photo."""
HEADER = "lefteye_x lefteye_y righteye_x righteye_y nose_x nose_y leftmouth_x leftmouth_y rightmouth_x rightmouth_y "


def write(folder: Path) -> Path:
    """Write it; returns what the dataset reads."""
    for number in PARTITION:
        pictures.picture(folder / "Img" / "img_align_celeba" / name(number), 178, 218)
        pictures.picture(folder / "Img" / "img_celeba" / name(number), *WILD[number])
    for file, of in (("list_landmarks_align_celeba.txt", aligned), ("list_landmarks_celeba.txt", wild)):
        table(folder / "Anno" / file, HEADER, [[v for point in of(number) for v in point] for number in PARTITION])
    table(folder / "Anno" / "list_bbox_celeba.txt", "image_id x_1 y_1 width height", [box(n) for n in PARTITION])
    lines(folder / "Eval" / "list_eval_partition.txt", [f"{name(n)} {split}" for n, split in PARTITION.items()])
    lines(folder / "MAFL" / "training.txt", [name(number) for number in MAFL_TRAIN], end="")
    lines(folder / "MAFL" / "testing.txt", [name(number) for number in MAFL_TEST], end="")
    return folder


def name(number: int) -> str:
    """File name of an image."""
    return f"{number:06d}.jpg"


def aligned(number: int) -> list[tuple[int, int]]:
    """The five points of an aligned image."""
    return [(69 + number, 111), (106, 113 - number), (77, 130 + number), (73, 152), (105 + number, 154)]


def wild(number: int) -> list[tuple[int, int]]:
    """The five points of a photo."""
    return [(8 + number, 9), (16 + number, 10), (12, 14), (9 + number, 20), (15, 21)]


def box(number: int) -> list[int]:
    """Left, top, width and height of the face in a photo: the share of it grows with the number."""
    width, height = WILD[number]
    return [2, 3, width // 2, number * height // 10]


def table(path: Path, header: str, rows: list[list[int]]) -> None:
    """Write a list that begins with its length and a line of headings."""
    text = [f"{name(number)} {' '.join(f'{value:4d}' for value in row)}" for number, row in enumerate(rows, 1)]
    lines(path, [str(len(rows)), header, *text])


def lines(path: Path, text: list[str], end: str = "\n") -> None:
    """Write lines, the folder too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(text) + end, "utf-8")
