"""Tests of the plots."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from unsuplmk.errors import UserError
from unsuplmk.evaluation.label_curve import LEAST_SQUARES, Few, LabelCurve
from unsuplmk.evaluation.plots import bars, check, cumulative, draw, labels
from unsuplmk.evaluation.published import compare
from unsuplmk.frames.media import read_image

pytest.importorskip("matplotlib")

CURVE = LabelCurve(
    (Few(1, 10, 15.0, 2.0, LEAST_SQUARES), Few(1000, 10, 9.0, 0.1, LEAST_SQUARES)),
    "% of the side",
    False,
    12,
    24,
    0.0,
    0,
)
ERRORS = {"ours": np.linspace(1, 12, 50), "constant guess": np.linspace(6, 30, 50)}
COMPARISON = compare("aflw", 7.05, trained_on="my faces", landmarks=12, intercept=False)


def test_all_panels_are_drawn_into_one_picture(tmp_path: Path) -> None:
    path = tmp_path / "new" / "plot.png"
    draw(path, [labels(CURVE, beside=True), cumulative(ERRORS, 10.0, "%"), bars(COMPARISON)])
    image = read_image(path)
    assert image.shape[1] > 2.5 * image.shape[0]
    assert (image[0] == 255).all()  # on white
    assert len(np.unique(image.reshape(-1, 3), axis=0)) > 50


def test_an_svg_holds_its_words_as_text_and_is_the_same_each_time(tmp_path: Path) -> None:
    for name in ("a.svg", "b.svg"):
        draw(tmp_path / name, [labels(CURVE, beside=True), cumulative(ERRORS, 10.0, "px"), bars(COMPARISON)])
    text = (tmp_path / "a.svg").read_text()
    assert text == (tmp_path / "b.svg").read_text()
    for words in ("ours, K = 12", "IMM 2018, K = 30, MAFL", "error, % of the side", "constant guess, area", "my faces"):
        assert words in text
    draw(tmp_path / "c.svg", [labels(CURVE)])
    assert "MAFL" not in (tmp_path / "c.svg").read_text()


def test_points_of_the_label_curve_are_where_they_belong() -> None:
    from matplotlib.figure import Figure

    axes = Figure().subplots()
    labels(CURVE, beside=True)(axes)
    ours, _, imm = axes.containers
    assert ours.lines[0].get_xydata().tolist() == [[1, 15], [1000, 9]]
    assert imm.lines[0].get_xydata().tolist()[:2] == [[1, 12.89], [5, 8.16]]
    assert axes.get_xscale() == "log"


def test_an_unknown_suffix_is_refused() -> None:
    with pytest.raises(UserError, match=r"ends in \.pdf, \.png, \.svg"):
        check(Path("plot.gif"))


def test_without_matplotlib_the_error_says_how_to_get_it_and_drawing_never_touches_pyplot(tmp_path: Path) -> None:
    code = f"""
import sys
from pathlib import Path
import numpy as np
from unsuplmk.errors import UserError
from unsuplmk.evaluation.plots import check, cumulative, draw
assert "matplotlib" not in sys.modules
draw(Path({str(tmp_path / "p.png")!r}), [cumulative({{"a": np.ones(3)}}, 2.0, "px")])
assert "matplotlib.pyplot" not in sys.modules
for name in [name for name in sys.modules if name.startswith("matplotlib")]:
    del sys.modules[name]
sys.modules["matplotlib"] = None
try:
    check(Path("a.png"))
except UserError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'unsuplmk[plots]'" in done.stdout
