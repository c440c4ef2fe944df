"""`--quality NAME` and `--quality.NAME.KEY`: by which figures rebuilt images are judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from unsuplmk.cli.several import option

if TYPE_CHECKING:
    from unsuplmk.interfaces import Quality

USUAL = ("psnr", "ssim")
"""What is taken where nothing is chosen."""


quality_option = option("quality", f"A figure to compare by; may be repeated.  [default: {', '.join(USUAL)}]")


def build(names: Sequence[str], given: Mapping[str, Any]) -> dict[str, Quality]:
    """The chosen qualities, with their options.

    Args:
        names: What `--quality` says.
        given: What else the command was given.

    Raises:
        UserError: An option is wrong, or what a quality needs is not to be had.
    """
    from unsuplmk import registry
    from unsuplmk.cli.dataset import options_of

    return {
        name: registry.build("quality", name, **options_of(f"quality.{name}", given))
        for name in dict.fromkeys(names or USUAL)
    }
