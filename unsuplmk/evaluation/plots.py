"""Plots of an evaluation: error by labels, cumulative errors, ours beside the published figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from unsuplmk.checkpoint import write_atomically
from unsuplmk.errors import UserError
from unsuplmk.evaluation.label_curve import LabelCurve
from unsuplmk.evaluation.published import OURS, Comparison, published
from unsuplmk.ops.cumulative import area, curve

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Panel = Callable[["Axes"], None]
"""Draws into one pair of axes."""
SUFFIXES = (".pdf", ".png", ".svg")
BLUE, GREY, DARK = "#0a5fb4", "#9a9a9a", "#4d4d4d"
DASHES = ("-", "--", ":", "-.")


def check(path: Path) -> None:
    """Make sure, before anything is computed, that a plot can be written.

    Raises:
        UserError: matplotlib is missing, or the suffix is of no known kind.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise UserError(f"--plot {path}: give a file that ends in {', '.join(SUFFIXES)}")
    try:
        import matplotlib as _  # noqa: F401
    except ImportError:
        raise UserError("plots need matplotlib: pip install 'unsuplmk[plots]'") from None


def draw(path: Path, panels: Sequence[Panel]) -> None:
    """Write panels side by side into a file; its suffix chooses the format.

    Raises:
        UserError: matplotlib is missing, or the suffix is of no known kind.
    """
    check(path)
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    # no state of pyplot, no style of the user's, text as text
    with rc_context({"font.family": "DejaVu Sans", "font.size": 9, "svg.fonttype": "none", "svg.hashsalt": "unsuplmk"}):
        figure = Figure(figsize=(5.6 * len(panels), 4.2), layout="constrained", facecolor="white")
        for axes, panel in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
            axes.set_facecolor("white")
            axes.spines[["top", "right"]].set_visible(False)
            panel(axes)
        kind = path.suffix.lower()[1:]
        metadata: dict[str, Any] = {"png": {}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}[kind]
        write_atomically(path, lambda temporary: figure.savefig(temporary, format=kind, dpi=160, metadata=metadata))


def labels(found: LabelCurve, beside: bool = False) -> Panel:
    """Error by the number of labelled images.

    Args:
        found: Ours.
        beside: Whether to draw the published curves too, which are of MAFL.
    """

    def panel(axes: Axes) -> None:
        axes.errorbar(
            [row.labels for row in found.rows],
            [row.mean for row in found.rows],
            yerr=[row.sd for row in found.rows],
            color=BLUE,
            marker="o",
            capsize=3,
            label=f"{OURS}, K = {found.landmarks}",
            zorder=3,
        )
        for row, dashes in zip(published("labels").rows if beside else (), DASHES, strict=False):
            counts = list(row.values)
            axes.errorbar(
                [int(count) for count in counts],
                list(row.values.values()),
                yerr=[row.sd.get(count, 0.0) for count in counts],
                color=DARK,
                linestyle=dashes,
                marker=".",
                capsize=3,
                label=f"{row.method} {row.paper.year if row.paper else ''}, K = {row.landmarks}, MAFL",
            )
        axes.set(xscale="log", xlabel="labelled training images", ylabel=f"error, {found.unit}")
        axes.set_ylim(bottom=0)
        axes.legend(frameon=False)

    return panel


def cumulative(errors: Mapping[str, Float[np.ndarray, "_"]], threshold: float, unit: str) -> Panel:
    """Share of the images by their error.

    Args:
        errors: Name of a curve -> the error of each image; the first is ours.
        threshold: Where the axis ends.
        unit: Of the errors.
    """

    def panel(axes: Axes) -> None:
        for number, (name, values) in enumerate(errors.items()):
            x, y = curve(values, threshold)
            label = f"{name}, area to {threshold:.3g}: {area(values, threshold):.1f} %"
            color = GREY if number else BLUE
            axes.step(x, y, where="post", label=label, color=color, linestyle=DASHES[number % len(DASHES)])
        axes.set(xlim=(0, threshold), ylim=(0, 100), xlabel=f"error of an image, {unit}", ylabel="images, %")
        axes.legend(frameon=False, loc="best")

    return panel


def bars(found: Comparison) -> Panel:
    """Ours among the published figures, best on top."""

    def panel(axes: Axes) -> None:
        names = []
        for row, value in found.rows:
            ours = row.method == OURS
            parts = (row.method, f"K={row.landmarks}" if row.landmarks else "", row.trained_on, row.words())
            names.append(", ".join(part for part in parts if part))
            colour = BLUE if ours else DARK if row.supervised else GREY
            axes.barh(len(names), value, color=colour)
            axes.text(value, len(names), f" {value:.2f}", va="center", fontsize=7, color="black")
        axes.set_yticks(range(1, len(names) + 1), names, fontsize=7)
        axes.invert_yaxis()
        axes.set(xlabel=found.unit, title=found.title)

    return panel
