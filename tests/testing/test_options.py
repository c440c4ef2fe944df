"""The contract sees options that are not described, or do not refuse what their annotations forbid."""

# ruff: noqa: ANN001, ANN201

from __future__ import annotations

from typing import Annotated, Literal

import pytest
from pydantic import BeforeValidator, Field
from torch import nn

from tests.testing.faults import faults
from unsuplmk.errors import UserError
from unsuplmk.interfaces import Encoder


class Plain(Encoder):
    """One strided convolution, without a fault."""

    def __init__(self, landmarks: int, *, stride: int = 8) -> None:
        super().__init__()
        self.head = nn.Conv2d(3, landmarks, 2 * stride + 1, stride, padding=stride)

    def forward(self, image):
        return self.head(image)


class Titled(Plain):
    """A title without a full stop

    Args:
        stride: Image side over heatmap side.
    """


class Clamping(Plain):
    """Takes any number for the nearest that it may be.

    Args:
        stride: Image side over heatmap side.
    """

    def __init__(
        self,
        landmarks: int,
        *,
        stride: Annotated[int, Field(ge=2, le=8), BeforeValidator(lambda given: min(max(int(given), 2), 8))] = 8,
    ) -> None:
        super().__init__(landmarks, stride=stride)


class Guessing(Plain):
    """Takes any word for the first choice.

    Args:
        padding: What lies outside.
    """

    def __init__(
        self,
        landmarks: int,
        *,
        padding: Annotated[
            Literal["zeros", "reflect"], BeforeValidator(lambda given: "reflect" if given == "reflect" else "zeros")
        ] = "zeros",
    ) -> None:
        super().__init__(landmarks)


class Unbuilt(Plain):
    """Offers a norm that it does not know.

    Args:
        norm: Of the features.
    """

    def __init__(self, landmarks: int, *, norm: Literal["batch", "layer"] = "batch") -> None:
        super().__init__(landmarks)
        self.norm = {"batch": nn.BatchNorm2d}[norm](landmarks)

    def forward(self, image):
        return self.norm(super().forward(image))


class Asking(Unbuilt):
    """Says what else that norm needs.

    Args:
        norm: Of the features.
    """

    def __init__(self, landmarks: int, *, norm: Literal["batch", "layer"] = "batch") -> None:
        if norm == "layer":
            raise UserError("--encoder.norm layer needs --encoder.width")
        super().__init__(landmarks, norm=norm)


@pytest.mark.parametrize(
    ("cls", "check", "sentence"),
    [
        (
            Titled,
            "is_described",
            "the docstring of Titled must begin with one line that is a sentence, not 'A title without a full stop'",
        ),
        (Clamping, "refuses_options_that_do_not_fit", "option 'stride' takes 1, which its annotation forbids, as 2"),
        (
            Guessing,
            "refuses_options_that_do_not_fit",
            "option 'padding' takes 'none of these', which its annotation forbids, as 'zeros'",
        ),
        (Unbuilt, "builds_with_every_choice", "with norm = 'layer' it cannot be built: KeyError: 'layer'"),
    ],
)
def test_a_bad_option_is_the_only_fault(cls: type, check: str, sentence: str) -> None:
    assert faults("encoder", cls) == {check: sentence}


def test_a_choice_that_needs_something_else_may_say_so() -> None:
    assert not faults("encoder", Asking)
