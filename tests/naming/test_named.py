"""Tests of the map from landmarks to named points, and of its file."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.labels import Labels
from tests.small import settings
from tests.spots import detector
from unsuplmk import checkpoint
from unsuplmk.detector import Detector
from unsuplmk.errors import UserError
from unsuplmk.naming import named
from unsuplmk.naming.named import NAMES, Named

RNG = np.random.default_rng(0)


def some(points: tuple[str, ...] = ("nose", "tail"), landmarks: int = 3) -> Named:
    count = len(points)
    return Named(points, RNG.normal(size=(count, 2, landmarks, 2)), RNG.normal(size=(count, 2)))


def test_points_are_linear_in_all_landmarks_coordinates() -> None:
    one, xy = some(), RNG.uniform(-1, 1, (5, 3, 2))
    found, _ = one(torch.from_numpy(xy), torch.ones(5, 3, dtype=torch.float64))
    for frame in range(5):
        for point in range(2):
            for axis in range(2):
                expected = one.offset[point, axis].item() + (one.weights[point, axis].numpy() * xy[frame]).sum()
                assert found[frame, point, axis].item() == pytest.approx(expected)


def test_a_score_is_the_mean_of_the_landmarks_scores_by_their_share_of_the_absolute_weights() -> None:
    weights = np.zeros((3, 2, 3, 2))
    weights[0, :, 1] = [[0.5, 0.0], [0.0, -0.5]]  # all of landmark 1
    weights[1, 0, 0, 0], weights[1, 1, 2, 1] = 3.0, -1.0
    score = torch.tensor([[0.2, 0.9, 0.6]], dtype=torch.float64)
    _, found = Named(("a", "b", "c"), weights, np.zeros((3, 2)))(torch.zeros(1, 3, 2, dtype=torch.float64), score)
    np.testing.assert_allclose(found[0], [0.9, 0.75 * 0.2 + 0.25 * 0.6, 0.0])


def test_it_is_a_module_that_can_be_exported_in_float32() -> None:
    one, xy, score = some().float(), torch.rand(4, 3, 2), torch.rand(4, 3)
    program = torch.export.export(one, (xy, score))
    for ours, theirs in zip(one(xy, score), program.module()(xy, score), strict=True):
        torch.testing.assert_close(ours, theirs)
    assert set(one.state_dict()) == {"weights", "offset", "shares"}


@pytest.mark.parametrize(
    ("names", "reason"),
    [(("a", "b", "a"), "several points alike: 'a'"), (("a", " "), "named ' '"), (("landmark_1",), "'landmark_1'")],
)
def test_names_are_unique_and_none_is_a_landmarks(names: tuple[str, ...], reason: str) -> None:
    with pytest.raises(UserError, match=reason):
        some(names)


def test_a_detector_gives_named_points_in_pixels_or_both_and_says_when_there_are_none() -> None:
    data, one = Labels(4, sizes=((64, 64), (128, 64))), detector()
    with pytest.raises(UserError, match="have no names: give them some with `unsuplmk name RUN LABELS`"):
        one.predict(data, points="named")
    weights = np.zeros((2, 2, 3, 2))
    for point, spots in ((0, (0,)), (1, (1, 2))):
        for spot in spots:
            weights[point, :, spot] = np.eye(2) / len(spots)
    one.named = Named(("nose", "middle"), weights, np.zeros((2, 2)))
    tracks, raw, both = (one.predict(data, points=points) for points in ("named", "raw", "both"))
    assert tracks.names == ("nose", "middle")
    np.testing.assert_allclose(tracks.xy, np.array(data.truth)[:, :2], atol=1.5)
    np.testing.assert_allclose(tracks.xy[:, 0], raw.xy[:, 0], atol=1e-9)
    np.testing.assert_allclose(tracks.score[:, 1], raw.score[:, 1:].mean(1))
    assert both.names == ("landmark_0", "landmark_1", "landmark_2", "nose", "middle")
    np.testing.assert_array_equal(both.xy, np.concatenate([raw.xy, tracks.xy], 1))
    assert raw.names == one.predict(data).names


def run_folder(folder: Path, seed: int = 0) -> Path:
    torch.manual_seed(seed)
    config = settings(landmarks=3).resolved()
    checkpoint.create(folder, config)
    checkpoint.save(folder, checkpoint.assemble(config, losses=False), {})
    return folder


def kept(folder: Path, one: Named) -> bool:
    loaded = Detector.load(folder, "cpu")
    return named.save(folder, one, loaded.model, loaded.fit, {"frames": 7})


def test_a_run_folder_keeps_the_map_to_the_last_bit(tmp_path: Path) -> None:
    run, one = run_folder(tmp_path / "run"), some()
    assert Detector.load(run).named is None
    assert not kept(run, one)
    assert kept(run, one)  # in place of the first
    assert not list(run.glob(".*"))
    found = Detector.load(run).named
    assert found is not None
    assert found.names == one.names
    for key, value in one.state_dict().items():
        assert torch.equal(found.state_dict()[key], value)
    assert json.loads((run / NAMES).read_text())["fitted"] == {"frames": 7}
    assert named.remove(run)
    assert not named.remove(run)
    assert Detector.load(run).named is None


def test_a_map_of_another_state_of_the_model_is_refused_and_raw_landmarks_are_not(tmp_path: Path) -> None:
    run, data = run_folder(tmp_path / "run"), Labels(2)
    kept(run, some())
    run_folder(tmp_path / "other", seed=1)
    (run / checkpoint.MODEL).write_bytes((tmp_path / "other" / checkpoint.MODEL).read_bytes())
    trained_on = Detector.load(run, "cpu")
    with pytest.raises(UserError, match="of another model, such as of before it was trained on: fit it again"):
        trained_on.predict(data, points="named")
    assert trained_on.predict(data).names[0] == "landmark_0"


def test_the_generator_may_change_and_the_square_may_not(tmp_path: Path) -> None:
    loaded = Detector.load(run_folder(tmp_path / "run"), "cpu")
    before = named.fingerprint(loaded.model, loaded.fit)
    next(loaded.model.generator.parameters()).data.add_(1)
    assert named.fingerprint(loaded.model, loaded.fit) == before
    assert named.fingerprint(loaded.model, type(loaded.fit)(loaded.fit.size, "crop")) != before
    next(loaded.model.encoder.parameters()).data.add_(1e-6)
    assert named.fingerprint(loaded.model, loaded.fit) != before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"names"', '"name"'),
        ('"nose"', '"tail"'),
        ('"offset"', '"ofset"'),
        ("{", "["),
        ('"version": 1', '"version": 2'),
    ],
)
def test_a_damaged_file_is_named_in_one_line(tmp_path: Path, old: str, new: str) -> None:
    run = run_folder(tmp_path / "run")
    kept(run, some())
    text = (run / NAMES).read_text()
    assert old in text
    (run / NAMES).write_text(text.replace(old, new, 1))
    with pytest.raises(UserError) as raised:
        _ = Detector.load(run).named
    assert str(run / NAMES) in str(raised.value) or "alike" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_numbers_that_do_not_fit_the_names_are_damage(tmp_path: Path) -> None:
    run = run_folder(tmp_path / "run")
    kept(run, some())
    content = json.loads((run / NAMES).read_text())
    for change in (
        {"offset": content["offset"][:1]},
        {"offset": [[0.0, float("nan")], [0.0, 0.0]]},
        {"weights": content["weights"][:1]},
        {"weights": []},
    ):
        (run / NAMES).write_text(json.dumps(content | change))
        with pytest.raises(UserError, match="damaged or not ours"):
            _ = Detector.load(run).named
