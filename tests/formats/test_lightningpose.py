"""Tests of Lightning Pose's CSV."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests import poses
from tests.layouts import lightningpose
from tests.layouts.pictures import picture
from unsuplmk import tables
from unsuplmk.datasets.lightningpose import Lightningpose
from unsuplmk.errors import UserError

PREDICTED = (
    "scorer,heatmap_tracker,heatmap_tracker,heatmap_tracker,set\nbodyparts,nose,nose,nose,\n"
    "coords,x,y,likelihood,\nlabeled-data/v/img0.png,1.5,2,0.75,train\nlabeled-data/v/img1.png,,,0.1,val\n"
)


def test_the_column_that_says_what_was_trained_on_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(PREDICTED, "utf-8")
    for found in (tables.read(tmp_path / "a.csv"), tables.read(tmp_path / "a.csv", "lightningpose")):
        np.testing.assert_array_equal(found.xy, [[[1.5, 2]], [[np.nan, np.nan]]])
        np.testing.assert_array_equal(found.score, [[0.75], [0.1]])
        assert (found.names, found.source) == (("nose",), ("labeled-data/v/img0.png", "labeled-data/v/img1.png"))


def test_a_file_of_several_animals_is_sent_to_the_format_that_has_them(tmp_path: Path) -> None:
    text = "scorer,s,s\nindividuals,ann,ann\nbodyparts,n,n\ncoords,x,y\n0,1,2\n"
    (tmp_path / "a.csv").write_text(text, "utf-8")
    with pytest.raises(UserError, match=r"has individuals, as Lightning Pose has not: read it as format 'deeplabcut'"):
        tables.read(tmp_path / "a.csv", "lightningpose")
    with pytest.raises(UserError, match=r"labels are of images"):
        tables.write(poses.of(()), tmp_path / "b.csv", "lightningpose", labels=True, rows="frames")


def test_labels_are_read_by_the_dataset_and_its_tables_by_the_format(tmp_path: Path) -> None:
    files = [tmp_path / "data" / "labeled-data" / "v" / f"img{i}.png" for i in range(4)]
    for file in files:
        picture(file, 96, 64)
    before = poses.of(tuple(map(str, files)))
    tables.write(before, tmp_path / "data" / "CollectedData.csv", "lightningpose", labels=True)
    dataset = Lightningpose(tmp_path / "data", split="all")
    assert (dataset.points, [dataset.name(i) for i in range(4)]) == (before.names, list(before.source))
    np.testing.assert_array_equal(np.stack([dataset.annotation(i) for i in range(4)]), before.xy)
    theirs = lightningpose.write(tmp_path / "theirs")
    table = next(theirs.glob("CollectedData*.csv"))
    assert tables.read(table, "lightningpose").names == Lightningpose(theirs, split="all").points
