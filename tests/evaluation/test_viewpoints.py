"""Tests of what the tags of images say about object, viewpoint and light."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.golden import SHARED
from unsuplmk.datasets.listing import Listing
from unsuplmk.errors import UserError
from unsuplmk.evaluation.viewpoints import Viewpoints

ETH80 = SHARED / "data/eth80/views.csv"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    rows = ["file,split,category,thing,angle,tilt,light"]
    rows += ["a.png,train,cup,1,0,9,lamp", "a.png,test,cup,2,90,9,sun", "b.png,train,pan,1,0,9,"]
    path = tmp_path / "views.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


def cups(table: Path) -> Listing:
    return Listing(table, split="all", where=("category=cup",))


def test_instance_view_and_lighting_are_the_tags_that_are_named(table: Path) -> None:
    found = Viewpoints.of(cups(table), view=["angle", "tilt"], instance="thing", lighting="light")
    assert found.instances == ("1", "2")
    assert found.views == (("0", "9"), ("90", "9"))
    assert found.lightings == ("lamp", "sun")
    assert found.judged.tolist() == [True, True]


def test_without_a_lighting_none_is_told_apart(table: Path) -> None:
    assert Viewpoints.of(cups(table), view=["angle"], instance="thing").lightings == ("", "")


def test_only_some_of_the_images_may_count(table: Path) -> None:
    found = Viewpoints.of(cups(table), view=["angle"], instance="thing", only=("split", "test"))
    assert found.judged.tolist() == [False, True]
    with pytest.raises(UserError, match="no split of the images named 'tests'; did you mean 'test'"):
        Viewpoints.of(cups(table), view=["angle"], instance="thing", only=("split", "tests"))
    with pytest.raises(UserError, match="no tag of the images named 'splits'; did you mean 'split'"):
        Viewpoints.of(cups(table), view=["angle"], instance="thing", only=("splits", "test"))


def test_a_tag_that_is_not_there_or_empty_is_named(table: Path) -> None:
    with pytest.raises(UserError, match="no tag of the images named 'thin'; did you mean 'thing'"):
        Viewpoints.of(cups(table), view=["angle"], instance="thin")
    pans = Listing(table, split="all", where=("category=pan",))
    with pytest.raises(UserError, match=r"nothing says the light of .*b\.png"):
        Viewpoints.of(pans, view=["angle"], instance="thing", lighting="light")


def test_several_categories_are_refused_with_the_option_that_chooses_one(table: Path) -> None:
    with pytest.raises(UserError, match=r"--dataset\.where category=cup or --dataset.where category=pan"):
        Viewpoints.of(Listing(table, split="all"), view=["angle"], instance="thing")


@pytest.mark.skipif(not ETH80.is_file(), reason="the shared research images are not here")
def test_a_real_table_of_objects_on_a_turntable_is_read() -> None:
    dataset = Listing(ETH80, split="all", where=("category=cow",))
    found = Viewpoints.of(dataset, view=["polar_deg", "azimuth_deg"], instance="instance", only=("split", "test"))
    assert len(found.instances) == 410
    assert len(set(found.instances)) == 10
    assert len(set(found.views)) == 41
    assert found.judged.sum() == 82
    mask = dataset.mask(7)
    assert mask is not None
    assert mask.shape == dataset.read(7).shape[:2] == (128, 128)
    assert 0.05 < mask.mean() < 0.6


@pytest.mark.skipif(not ETH80.is_file(), reason="the shared research images are not here")
def test_clips_of_the_real_table_are_objects_in_the_order_of_viewpoint() -> None:
    dataset = Listing(ETH80, where=("category=car",))
    assert [len(clip) for clip in dataset.clips] == [41] * 8
    for clip in dataset.clips:
        tags = [dataset.tags(i) for i in clip]
        views = [(int(tag["polar_deg"]), int(tag["azimuth_deg"])) for tag in tags]
        assert views == sorted(views)
        assert len({tag["video"] for tag in tags}) == 1
