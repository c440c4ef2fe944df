"""The examples for tools that come after, each run as a reader would, on one small run."""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import unsuplmk
from unsuplmk.batches.data import open_data
from unsuplmk.types import Tracks

EXAMPLES = Path(__file__).parent.parent / "examples"
SMALL = ("--steps", "3", "--batch", "2", "--size", "32", "--landmarks", "3", "--encoder.width", "8")
EXTRA = {"markdown": set(), "code": {"execution_count", "outputs"}}
"""What a cell of a kind has beside what all have, in nbformat 4."""
TAKE = """
import json, runpy, sys
import unsuplmk
from napari.layers import Layer
layers = runpy.run_path(sys.argv[1])["layers"](unsuplmk.read("a.npz"))
print(json.dumps([Layer.create(*layer).data.tolist() for layer in layers]))
"""
"""Runs in a process of its own: napari's imports warn."""


def _python(*words: str | Path, cwd: Path) -> str:
    command = [sys.executable, *(str(word) for word in words)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run."""
    home = tmp_path_factory.mktemp("downstream")
    _python("-m", "unsuplmk", "run", *SMALL, "--out", "run", cwd=home)
    return home


def _tracks(*source: str, landmarks: int = 2, fps: float = 25.0) -> Tracks:
    rng = np.random.default_rng(0)
    frames = len(source)
    xy, score = rng.uniform(0, 90, (frames, landmarks, 2)), rng.uniform(0, 1, (frames, landmarks))
    names = ("nose", "tail", "ear")[:landmarks]
    return Tracks(xy, score, names, np.full((frames, 2), (100, 80)), fps, source)


def test_the_encoder_is_a_backbone_that_a_handful_of_labels_improve(home: Path) -> None:
    said = _python(EXAMPLES / "backbone.py", "run", "--steps", "60", cwd=home).splitlines()
    assert said[0] == "14 keypoints from 16 frames, judged on 50 others"
    before, after = (float(line.split()[1]) for line in said[1:])
    assert after < 0.9 * before


def test_the_losses_train_a_network_that_gives_probabilities(capsys: pytest.CaptureFixture[str]) -> None:
    example = runpy.run_path(str(EXAMPLES / "heatmap_loss.py"))
    assert len(capsys.readouterr().out.splitlines()) == 3
    images = torch.rand(2, 3, 64, 64)
    p = example["heatmaps"](images).detach()
    torch.testing.assert_close(p.sum((2, 3)), torch.ones(2, 5))
    # expected coordinates, written out: cell i of 16 lies at (2 i + 1) / 16 - 1
    axis = (2 * torch.arange(16) + 1) / 16 - 1
    expected = torch.stack([(p.sum(2) * axis).sum(-1), (p.sum(3) * axis).sum(-1)], -1)
    torch.testing.assert_close(example["locate"](images).xy.detach(), expected, atol=1e-5, rtol=0)
    network = example["network"]
    network.zero_grad()
    example["unsupervised"](images).backward()
    assert all(weight.grad.abs().sum() > 0 for weight in network.parameters())


def test_keypoint_moseq_gets_whole_recordings_by_name(tmp_path: Path) -> None:
    sources = ("films/a.mp4:4", "films/a.mp4:2", "films/b.mp4:0#ann", "films/b.mp4:1#ann", "films/b.mp4:0#bob")
    tracks = _tracks(*sources)
    unsuplmk.write(tracks, tmp_path / "mice.npz")
    said = _python(EXAMPLES / "moseq.py", "mice.npz", "moseq.npz", cwd=tmp_path).splitlines()
    assert said == [f"{name}: {count} frames of 2 keypoints" for name, count in (("a", 3), ("b.ann", 2), ("b.bob", 1))]
    with np.load(tmp_path / "moseq.npz") as saved:
        arrays = dict(saved)
    assert arrays.pop("bodyparts").tolist() == ["nose", "tail"]
    assert len(arrays) == 6
    xy = arrays["coordinates/a"]
    np.testing.assert_array_equal(xy[[0, 2]], tracks.xy[[1, 0]])
    assert np.isnan(xy[1]).all()
    np.testing.assert_array_equal(arrays["confidences/a"], [tracks.score[1], [0, 0], tracks.score[0]])
    np.testing.assert_array_equal(arrays["coordinates/b.ann"], tracks.xy[2:4])
    np.testing.assert_array_equal(arrays["confidences/b.bob"], tracks.score[4:])


def test_keypoint_moseq_is_given_no_two_recordings_as_one() -> None:
    arrays = runpy.run_path(str(EXAMPLES / "moseq.py"))["arrays"]
    with pytest.raises(SystemExit, match="a has two rows of frame 0"):
        arrays(_tracks("one/a.mp4:0", "two/a.mp4:0"))


def _layers(tracks: Tracks) -> list[tuple[np.ndarray, dict[str, Any], str]]:
    return runpy.run_path(str(EXAMPLES / "napari_points.py"))["layers"](tracks)


def test_napari_gets_frame_y_x_and_paths_in_the_order_of_time() -> None:
    tracks = _tracks("a.mp4:7", "a.mp4:5")
    tracks.xy[1, 1] = np.nan, 3
    (points, shown, kind), (paths, _, second) = _layers(tracks)
    assert (kind, second) == ("points", "tracks")
    (x0, y0), (x1, y1) = tracks.xy[0]
    x2, y2 = tracks.xy[1, 0]
    np.testing.assert_array_equal(points, [(7, y0, x0), (7, y1, x1), (5, y2, x2)])
    assert shown["features"]["name"].tolist() == ["nose", "tail", "nose"]
    np.testing.assert_array_equal(shown["features"]["score"], tracks.score[[0, 0, 1], [0, 1, 0]])
    np.testing.assert_array_equal(paths, [(0, 5, y2, x2), (0, 7, y0, x0), (1, 7, y1, x1)])


def test_napari_gets_a_path_for_each_animal_and_images_one_after_the_other() -> None:
    (points, shown, _), (paths, _, _) = _layers(_tracks("a.mp4:0#ann", "a.mp4:0#bob", "a.mp4:1#bob", landmarks=1))
    assert points[:, 0].tolist() == [0, 0, 1]
    assert shown["features"]["animal"].tolist() == ["ann", "bob", "bob"]
    assert paths[:, :2].tolist() == [[0, 0], [1, 0], [1, 1]]
    (points, _, _), _ = _layers(_tracks("one.png", "two.png", landmarks=1, fps=0.0))
    assert points[:, 0].tolist() == [0, 1]


def test_napari_itself_takes_the_layers(tmp_path: Path) -> None:
    if find_spec("napari") is None:
        pytest.skip("napari is not installed")
    tracks = _tracks("a.mp4:7", "a.mp4:5")
    unsuplmk.write(tracks, tmp_path / "a.npz")
    (tmp_path / "take.py").write_text(TAKE, "utf-8")
    points, paths = json.loads(_python("take.py", EXAMPLES / "napari_points.py", cwd=tmp_path))
    np.testing.assert_allclose(points[0], (7, *tracks.xy[0, 0, ::-1]))
    np.testing.assert_allclose(paths[0], (0, 5, *tracks.xy[1, 0, ::-1]))


def test_supervision_draws_the_landmarks_of_a_run_on_a_video(home: Path) -> None:
    pytest.importorskip("supervision")
    _python(EXAMPLES / "draw_puppets.py", "images", "one.mp4", cwd=home)
    _python(EXAMPLES / "supervision_video.py", "run", "one.mp4", "out.mp4", cwd=home)
    before, after = (open_data(home / name) for name in ("one.mp4", "out.mp4"))
    assert len(before) == len(after) == 75
    tracks = unsuplmk.Detector.load(home / "run").predict(home / "one.mp4")
    green = np.array((0, 255, 0))
    for frame in (0, 40):
        (x, y), *_ = np.round(tracks.xy[frame]).astype(int)
        assert np.abs(after.read(frame)[y, x] - green).max() < 60
        assert np.abs(before.read(frame)[y, x] - green).max() > 60


def test_the_cells_of_the_notebook_train_detect_and_show_a_picture(tmp_path: Path) -> None:
    book = json.loads((EXAMPLES / "notebook.ipynb").read_text("utf-8"))
    assert (book["nbformat"], book["nbformat_minor"]) == (4, 5)
    assert len({cell["id"] for cell in book["cells"]}) == len(book["cells"])
    assert all(
        set(cell) == {"cell_type", "id", "metadata", "source"} | EXTRA[cell["cell_type"]] for cell in book["cells"]
    )
    cells = ["".join(cell["source"]) for cell in book["cells"] if cell["cell_type"] == "code"]
    assert not any(cell["outputs"] for cell in book["cells"] if cell["cell_type"] == "code")
    long, short = "steps=5000", "steps=2, batch=2, size=32"
    assert long in cells[0]
    (tmp_path / "cells.json").write_text(json.dumps([cells[0].replace(long, short), *cells[1:]]), "utf-8")
    run = "import json\nspace = {}\nfor cell in json.load(open('cells.json')): exec(cell, space)\n"
    said = _python("-c", run + "print(space['tracks'].xy.shape, space['picture'].size)", cwd=tmp_path)
    assert said.splitlines()[-1] == "(6, 10, 2) (768, 128)"
    assert len((tmp_path / "landmarks.csv").read_text("utf-8").splitlines()) == 3 + 6
