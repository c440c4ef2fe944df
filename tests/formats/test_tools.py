"""Tests of our files with the readers of the tools that they are for, and with the very lines that these read with."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests import poses
from tests.layouts.pictures import picture
from unsuplmk import tables
from unsuplmk.types import Tracks

pd = pytest.importorskip("pandas")
NAMES = ("nose", "tail, tip", "öhrchen")


@pytest.fixture
def video() -> Tracks:
    return poses.of(tuple(f"films/mouse.mp4:{i}" for i in range(7)), 25.0, NAMES)


@pytest.fixture
def images(tmp_path: Path) -> Tracks:
    files = [tmp_path / "project" / "labeled-data" / folder / f"img{i:03}.png" for folder in "ab" for i in (3, 14)]
    for file in files:
        picture(file, 96, 64)
    return poses.of(tuple(map(str, files)), names=NAMES)


def relative(tracks: Tracks) -> list[str]:
    return ["/".join(Path(source).parts[-3:]) for source in tracks.source]


def test_deeplabcut_analyses_our_predictions_as_its_own(tmp_path: Path, video: Tracks) -> None:
    tables.write(video, tmp_path / "a.csv", scorer="DLC_net")
    table = pd.read_csv(tmp_path / "a.csv", header=[0, 1, 2], index_col=0)
    assert table.index.tolist() == list(range(7))
    assert table.columns.names == ["scorer", "bodyparts", "coords"]
    scorer = table.columns.get_level_values(0)[0]
    assert scorer == "DLC_net"
    assert table[scorer].columns.get_level_values(0).unique().tolist() == list(NAMES)
    for point, name in enumerate(NAMES):
        np.testing.assert_array_equal(table[scorer][name][["x", "y"]].to_numpy(), video.xy[:, point])
        np.testing.assert_array_equal(table[scorer][name]["likelihood"].to_numpy(), video.score[:, point])


def test_deeplabcut_converts_our_labels(tmp_path: Path, images: Tracks) -> None:
    path = tmp_path / "CollectedData_ann.csv"
    tables.write(images, path, labels=True, scorer="ann")
    with path.open(encoding="utf-8") as file:  # its conversion of CSV to HDF5 looks at the fifth line
        head = list(islice(file, 5))
    assert "individuals" not in head[1]
    columns = [0, 1, 2] if head[-1].split(",")[0] == "labeled-data" else 0
    table = pd.read_csv(path, index_col=columns, header=[0, 1, 2])
    table.columns = table.columns.set_levels(["ann"], level="scorer")
    table.index = pd.MultiIndex.from_tuples(tuple(table.index.str.split("/")))
    assert table.index.tolist() == [tuple(name.split("/")) for name in relative(images)]
    assert sorted(table.columns.get_level_values("coords").unique()) == ["x", "y"]
    np.testing.assert_array_equal(table.to_numpy().reshape(4, 3, 2), images.xy)


def test_pandas_reads_our_hdf5_as_it_reads_deeplabcuts(tmp_path: Path, video: Tracks, images: Tracks) -> None:
    pytest.importorskip("tables")
    pytest.importorskip("h5py")
    for tracks, labels in ((video, False), (images, False), (images, True), (poses.of((), names=NAMES), False)):
        for name in ("a.h5", "a.csv"):
            tables.write(tracks, tmp_path / name, labels=labels)
        found = pd.read_hdf(tmp_path / "a.h5", key="df_with_missing")
        same = pd.read_csv(tmp_path / "a.csv", header=[0, 1, 2], index_col=0)
        np.testing.assert_array_equal(found.to_numpy(float), same.to_numpy(float))
        assert found.columns.tolist() == same.columns.tolist()
        assert found.columns.names == ["scorer", "bodyparts", "coords"]
        index = [tuple(name.split("/")) for name in same.index] if labels else same.index.tolist()
        assert found.index.tolist() == index
        found.to_hdf(tmp_path / "b.h5", key="df_with_missing", mode="w")
        ours, theirs = tables.read(tmp_path / "a.h5"), tables.read(tmp_path / "b.h5")
        np.testing.assert_array_equal(theirs.xy, ours.xy)
        np.testing.assert_array_equal(theirs.score, ours.score)
        assert (theirs.names, theirs.source) == (ours.names, ours.source)


def test_the_layout_that_deeplabcut_writes_predictions_in_is_read(tmp_path: Path, video: Tracks) -> None:
    pytest.importorskip("tables")
    pytest.importorskip("h5py")
    columns = pd.MultiIndex.from_product(
        [["me"], NAMES, ["x", "y", "likelihood"]], names=["scorer", "bodyparts", "coords"]
    )
    values = np.concatenate([video.xy, video.score[..., None]], -1).reshape(7, -1)
    pd.DataFrame(values, columns=columns).to_hdf(tmp_path / "a.h5", key="df_with_missing", format="table", mode="w")
    found = tables.read(tmp_path / "a.h5")
    np.testing.assert_array_equal(found.xy, video.xy)
    np.testing.assert_array_equal(found.score, video.score)
    assert (found.names, found.source) == (NAMES, tuple("0123456"))


def test_lightning_pose_reads_our_predictions_and_labels(tmp_path: Path, video: Tracks, images: Tracks) -> None:
    tables.write(video, tmp_path / "a.csv", "lightningpose")
    table = pd.read_csv(tmp_path / "a.csv", header=[0, 1, 2], index_col=0)
    points = [column[1] for column in table.columns if column[2] == "x"]
    assert points == list(NAMES)
    np.testing.assert_array_equal(table.xs("likelihood", axis=1, level=2).to_numpy(), video.score)
    tables.write(images, tmp_path / "CollectedData.csv", "lightningpose", labels=True)
    table = pd.read_csv(tmp_path / "CollectedData.csv", header=[0, 1, 2], index_col=0)
    assert table.index.tolist() == relative(images)  # which it joins to the folder of the data
    np.testing.assert_array_equal(table.to_numpy().reshape(len(table), -1, 2), images.xy)


def test_lightning_poses_own_predictions_are_recognised(tmp_path: Path, images: Tracks) -> None:
    columns = pd.MultiIndex.from_product([["heatmap_tracker"], NAMES, ["x", "y", "likelihood"]])
    columns.names = ["scorer", "bodyparts", "coords"]
    values = np.concatenate([images.xy, images.score[..., None]], -1).reshape(4, -1)
    table = pd.DataFrame(values, index=relative(images), columns=columns)
    table[("set", "", "")] = ["train", "train", "val", "unused"]
    table.to_csv(tmp_path / "predictions.csv")
    found = tables.read(tmp_path / "predictions.csv")
    np.testing.assert_array_equal(found.xy, images.xy)
    np.testing.assert_array_equal(found.score, images.score)
    assert (found.names, found.source) == (NAMES, tuple(relative(images)))
    from unsuplmk.formats.deeplabcut import Deeplabcut
    from unsuplmk.formats.lightningpose import Lightningpose

    assert Lightningpose.recognises(tmp_path / "predictions.csv")
    assert not Deeplabcut.recognises(tmp_path / "predictions.csv")


def sleap(name: str, path: Path, **options: Any) -> Any:
    return getattr(pytest.importorskip("sleap_io"), f"load_{name}")(str(path), **options)


def points(labels: Any, names: tuple[str, ...]) -> np.ndarray:
    """Of the first instance of each frame, by the names of the points; NaN for those that it does not show."""
    found = np.full((len(labels), len(names), 2), np.nan)
    for row, frame in enumerate(labels):
        for instance in frame.instances[:1]:
            for place, name in enumerate(names):
                if name in instance.skeleton.node_names and instance[name]["visible"]:
                    found[row, place] = instance[name]["xy"]
    return found


def test_sleap_io_reads_our_labels_for_deeplabcut(tmp_path: Path, video: Tracks, images: Tracks) -> None:
    path = tmp_path / "project" / "labels.csv"
    tables.write(images, path, labels=True)
    labels = sleap("dlc", path)
    assert len(labels) == 4
    np.testing.assert_array_equal(points(labels, NAMES), images.xy)
    assert ["/".join(Path(name).parts[-3:]) for one in labels.videos for name in one.filename] == relative(images)
    tables.write(video, path)  # rows of frames, as DeepLabCut predicts: to sleap-io these name no images
    assert len(sleap("dlc", path)) == 0


def test_sleap_io_reads_our_coco(tmp_path: Path, images: Tracks) -> None:
    tables.write(images, tmp_path / "a.json")
    labels = sleap("coco", tmp_path / "a.json", dataset_root="/")
    np.testing.assert_allclose(points(labels, NAMES), images.xy, rtol=1e-6)  # which are single precision there
    assert labels.skeletons[0].node_names == list(NAMES)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_sleap_io_reads_our_label_studio_from_the_edge_of_the_image(tmp_path: Path, images: Tracks) -> None:
    tables.write(images, tmp_path / "a.json", "labelstudio", labels=True)
    labels = sleap("labelstudio", tmp_path / "a.json")
    np.testing.assert_allclose(points(labels, NAMES), images.xy + 0.5, rtol=0, atol=1e-9)
    assert [frame.video.filename for frame in labels] == list(images.source)


def test_sleap_ios_label_studio_is_read_whatever_the_order_of_its_nodes(tmp_path: Path, images: Tracks) -> None:
    sleap_io = pytest.importorskip("sleap_io")
    tables.write(images, tmp_path / "a.json")
    labels = sleap("coco", tmp_path / "a.json", dataset_root="/")
    sleap_io.save_labelstudio(labels, str(tmp_path / "b.json"))
    content = json.loads((tmp_path / "b.json").read_text())
    for number, task in enumerate(content):
        task["data"]["image"] = f"{number}.png"  # which sleap-io leaves out
        task["annotations"][0]["result"].reverse()
    (tmp_path / "b.json").write_text(json.dumps(content))
    found = tables.read(tmp_path / "b.json")
    assert set(found.names) == set(NAMES)
    order = [found.names.index(name) for name in NAMES]
    np.testing.assert_allclose(found.xy[:, order] + 0.5, images.xy, rtol=1e-6)
    assert found.source == ("0.png", "1.png", "2.png", "3.png")


def test_cocos_evaluation_finds_our_results_perfect_and_worse_ones_worse(tmp_path: Path, images: Tracks) -> None:
    module: Any = pytest.importorskip("faster_coco_eval")
    tables.write(images, tmp_path / "truth.json", category="mouse")
    truth = module.COCO(str(tmp_path / "truth.json"))
    assert truth.loadCats(1)[0]["keypoints"] == list(NAMES)
    assert [len(truth.getAnnIds(imgIds=[i])) for i in truth.getImgIds()] == [1] * 4

    def average_precision(tracks: Tracks) -> float:
        options = {"results": True, "truth": str(tmp_path / "truth.json")}
        tables.write(tracks, tmp_path / "results.json", **options)
        found = truth.loadRes(str(tmp_path / "results.json"))
        evaluation = module.COCOeval_faster(truth, found, "keypoints", kpt_oks_sigmas=[0.1] * 3)
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
        return float(evaluation.stats[0])

    order = [2, 0, 1]  # results are in the order of the category, whatever that of the landmarks
    turned = Tracks(
        images.xy[:, order],
        images.score[:, order],
        tuple(NAMES[i] for i in order),
        images.size,
        0.0,
        tuple(reversed(images.source)),
    )
    assert average_precision(images) == pytest.approx(1)
    assert average_precision(turned) < 0.9  # the points of other images
    back = Tracks(turned.xy[::-1], turned.score[::-1], turned.names, turned.size, 0.0, turned.source)
    assert average_precision(back) == pytest.approx(1)
