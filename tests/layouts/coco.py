"""A COCO JSON in a folder of annotations: four images of two people each, beside the folder of images."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.layouts import pictures


def write(folder: Path) -> Path:
    """Write it; returns what the dataset reads."""
    return save(folder / "annotations" / "people_val.json", content(folder / "val"))


def content(images: Path) -> dict[str, Any]:
    """Images, annotations and categories; the pictures are written to a folder."""
    found: dict[str, Any] = {"info": {"year": 2026}, "images": [], "annotations": []}
    for number in range(4):
        name = f"foto {number} ä.png"
        pictures.picture(images / name, 40, 30)
        found["images"].append({"id": 10 + number, "file_name": name, "width": 40, "height": 30})
        for who in range(2):
            left, top = 2.5 + 18 * who, 4 + number
            keypoints = [left + 3, top + 2, 2, left + 8, top + 11, 1, 0, 0, 0]
            found["annotations"].append(
                {
                    "id": 100 + 2 * number + who,
                    "image_id": 10 + number,
                    "category_id": 1,
                    "keypoints": keypoints,
                    "num_keypoints": 2,
                    "bbox": [left, top, 10, 16],
                    "iscrowd": 0,
                }
            )
    found["categories"] = [{"id": 1, "name": "person", "keypoints": ["nose", "hip", "toe"], "skeleton": [[1, 2]]}]
    return found


def save(path: Path, what: object) -> Path:
    """Write a JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(what), "utf-8")
    return path
