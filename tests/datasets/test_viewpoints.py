"""Tests of images from known viewpoints."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.golden import SHARED
from unsuplmk.datasets.viewpoints import Viewpoints
from unsuplmk.errors import UserError
from unsuplmk.media import write_image

ETH80 = SHARED / "data/eth80/views.csv"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    image = np.full((4, 6, 3), 200, np.uint8)
    mask = np.zeros((4, 6, 3), np.uint8)
    mask[1, 2:] = 255
    write_image(tmp_path / "a.png", image)
    write_image(tmp_path / "mask.png", mask)
    rows = ["file,split,category,thing,angle,light,outline"]
    rows += ["a.png,train,cup,1,0,lamp,mask.png", "a.png,test,cup,2,90,sun,mask.png", "b.png,train,pan,1,0,sun,x.png"]
    (tmp_path / "views.csv").write_text("\n".join(rows) + "\n")
    return tmp_path / "views.csv"


def test_rows_of_a_category_have_instance_view_lighting_mask_and_split(table: Path) -> None:
    data = Viewpoints(table, view=["angle"], instance="thing", lighting="light", mask="outline", category="cup")
    assert (len(data), list(data.clips)) == (2, [range(0, 1), range(1, 2)])
    assert (data.instances, data.views, data.lightings) == (("1", "2"), (("0",), ("90",)), ("lamp", "sun"))
    assert data.read(0).shape == (4, 6, 3)
    assert data.name(0) == str(table.parent / "a.png")
    assert data.mask(1).tolist() == [[False] * 6, [False] * 2 + [True] * 4, [False] * 6, [False] * 6]
    assert data.split("test").tolist() == [False, True]


def test_what_is_wrong_with_the_table_is_said(table: Path) -> None:
    with pytest.raises(UserError, match=r"no column of .* named 'thin'; did you mean 'thing'"):
        Viewpoints(table, view=["angle"], instance="thin")
    with pytest.raises(UserError, match="--category cup or pan"):
        Viewpoints(table, view=["angle"], instance="thing")
    with pytest.raises(UserError, match="did you mean 'cup'"):
        Viewpoints(table, view=["angle"], instance="thing", category="cups")
    data = Viewpoints(table, view=["angle"], instance="thing", category="cup")
    with pytest.raises(UserError, match="did you mean 'test'"):
        data.split("tests")
    with pytest.raises(UserError, match="no column of masks"):
        data.mask(0)
    assert data.lightings == ("", "")
    table.write_text("file,a,b\nx.png,1\n")
    with pytest.raises(UserError, match=":2: 2 cells where the header has 3"):
        Viewpoints(table, view=["a"], instance="b")
    table.write_text("file,a,b\n")
    with pytest.raises(UserError, match="lists no images"):
        Viewpoints(table, view=["a"], instance="b")
    table.write_text("file,a,b\nx.png,1,2\n")
    with pytest.raises(UserError, match="has no column 'category'"):
        Viewpoints(table, view=["a"], instance="b", category="cup")
    with pytest.raises(UserError, match="cannot read"):
        Viewpoints(table.parent / "none.csv")


@pytest.mark.skipif(not ETH80.is_file(), reason="the shared research images are not here")
def test_a_real_table_of_objects_on_a_turntable_is_read() -> None:
    data = Viewpoints(ETH80, mask="mask", category="cow")
    assert len(data) == 410
    assert len(set(data.instances)) == 10
    assert len(set(data.views)) == 41
    assert data.split("test").sum() == 82
    assert data.mask(7).shape == data.read(7).shape[:2] == (128, 128)
    assert 0.05 < data.mask(7).mean() < 0.6
