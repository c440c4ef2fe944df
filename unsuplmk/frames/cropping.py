"""A dataset cropped as a word or a table of the config says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from unsuplmk import registry
from unsuplmk.datasets.augmented import Augmented
from unsuplmk.datasets.cropped import Cropped
from unsuplmk.interfaces import Dataset

Choice = str | Mapping[str, Any]
"""The name of a crop, or a table with `name` and the crop's options."""
WHOLE = "whole"
"""The crop that cuts nothing out."""


def cropped(dataset: Dataset, choice: Choice, report: Callable[[str], None]) -> Dataset:
    """The pictures that a crop cuts out of a dataset; one that is cropped already stays as it is.

    Args:
        dataset: The frames; of changed copies, the images are cropped before they are changed.
        choice: Which crop, with its options.
        report: Called with one line for whatever the user should know.

    Raises:
        UserError: There is no such crop, an option is wrong, or there is nothing to cut out.
    """
    if isinstance(dataset, Cropped):
        return dataset
    if isinstance(dataset, Augmented):
        inner = cropped(dataset.dataset, choice, report)
        return dataset if inner is dataset.dataset else dataset.on(inner)
    table = {"name": choice} if isinstance(choice, str) else dict(choice)
    boxes = registry.build("crop", table.pop("name"), **table).boxes(dataset, report)
    return dataset if boxes is None else Cropped(dataset, boxes)
