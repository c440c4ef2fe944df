"""Which object each image of a dataset shows, from where and in what light, as its tags say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool

from unsuplmk import registry
from unsuplmk.errors import UserError, unknown
from unsuplmk.interfaces import Dataset

CATEGORY = "category"
"""The tag that says what kind of object an image shows."""
NAMED = 8
"""Categories that an error names."""


@dataclass(frozen=True)
class Viewpoints:
    """What is known of each image, compared as text: two have one viewpoint if their tags are the same.

    Args:
        instances: The object that it shows.
        views: The viewpoint.
        lightings: The light; empty text where none is told apart.
        judged: Whether it counts; all images predict those that do.
    """

    instances: tuple[str, ...]
    views: tuple[tuple[str, ...], ...]
    lightings: tuple[str, ...]
    judged: Bool[np.ndarray, "images"]

    @classmethod
    def of(
        cls,
        dataset: Dataset,
        *,
        view: Sequence[str],
        instance: str,
        lighting: str = "",
        only: tuple[str, str] = ("", ""),
    ) -> Viewpoints:
        """Read them from the tags of a dataset's images.

        Args:
            dataset: Images of one kind of object.
            view: Names of the tags that together say the viewpoint.
            instance: Name of the tag that says which object it is.
            lighting: Name of the tag that says the lighting; none if empty.
            only: A tag, and the value that it has in the images that are judged; all are if empty.

        Raises:
            UserError: There is no such tag or value, an image lacks one, or the images are of several categories.
        """
        tags = [dataset.tags(index) for index in range(len(dataset))]
        names = dict.fromkeys(name for one in tags for name in one)
        for name in filter(None, (*view, instance, lighting, only[0])):
            if name not in names:
                raise unknown("tag of the images", name, names)
        for name in filter(None, (*view, instance, lighting)):
            lacking = next((index for index, one in enumerate(tags) if not one.get(name)), None)
            if lacking is not None:
                raise UserError(f"nothing says the {name} of {dataset.name(lacking)}")
        _one_category(dataset, tags)
        return cls(
            tuple(one[instance] for one in tags),
            tuple(tuple(one[name] for name in view) for one in tags),
            tuple(one[lighting] if lighting else "" for one in tags),
            _judged(tags, *only),
        )


def _judged(tags: Sequence[Mapping[str, str]], name: str, value: str) -> Bool[np.ndarray, "images"]:
    judged = np.array([not name or one.get(name, "") == value for one in tags], bool)
    if not judged.any():
        raise unknown(f"{name} of the images", value, {one[name] for one in tags if one.get(name)})
    return judged


def _one_category(dataset: Dataset, tags: Sequence[Mapping[str, str]]) -> None:
    """Refuse several kinds of object, and name the option that chooses one."""
    categories = sorted({one[CATEGORY] for one in tags if CATEGORY in one})
    if len(categories) < 2:
        return
    options = registry.options(type(dataset)).model_fields
    before = {CATEGORY: f"--dataset.{CATEGORY} ", "where": f"--dataset.where {CATEGORY}="}
    way = next((text for option, text in before.items() if option in options), "")
    known = " or ".join(f"{way}{category}" for category in categories[:NAMED])
    raise UserError(f"the images show {len(categories)} categories, and one is judged at a time: {known}")
