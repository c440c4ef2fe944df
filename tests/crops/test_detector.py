"""Tests of objects that a detection network finds; its weights here are random, and take anything for a person."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from unsuplmk.crops.detector import Detector, categories, network
from unsuplmk.datasets.arrays import Arrays
from unsuplmk.errors import UserError
from unsuplmk.interfaces import Dataset


def pictures(count: int = 3) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    sizes = [(90, 120), (120, 90), (64, 64)]
    return [
        np.kron(rng.integers(0, 256, (6, 6, 3)), np.ones((height // 6, width // 6, 1))).astype(np.uint8)
        for height, width in (sizes * count)[:count]
    ]


@pytest.mark.parametrize(("label", "number"), [("person", 1), ("dog", 18)])
def test_it_is_the_best_box_of_the_kind_that_is_asked_for(
    label: str, number: int, detection_weights: Path, tmp_path: Path
) -> None:
    state, data = load_file(detection_weights), Arrays(pictures())
    bias = state["roi_heads.box_predictor.cls_score.bias"]
    bias[1], bias[number] = 0.0, 5.0  # takes anything for one of these
    torch.save(state, tmp_path / "network.pth")
    crop = Detector(label=label, threshold=0.1, margin=0.0, weights=str(tmp_path / "network.pth"), device="cpu")
    boxes = crop.boxes(data, lambda line: None)
    assert boxes.frames.tolist() == [0, 1, 2]
    model = network(0.1).eval()
    model.load_state_dict(state)
    with torch.inference_mode():
        all_found = model([torch.from_numpy(frame).permute(2, 0, 1).float() / 255 for frame in pictures()])
    for found, edges in zip(all_found, boxes.edges, strict=True):
        kind = found["labels"] == number
        best = found["boxes"][kind][found["scores"][kind].argmax()].numpy()
        middle, side = (best[:2] + best[2:]) / 2, max(best[2:] - best[:2])
        assert np.abs((edges[:2] + edges[2:]) / 2 - middle).max() <= 1
        assert np.abs(edges[2:] - edges[:2] - side).max() <= 1


class Broken(Dataset):
    """The second of three frames cannot be read."""

    def __len__(self) -> int:
        return 3

    @property
    def clips(self) -> list[range]:
        return [range(3)]

    def read(self, index: int) -> np.ndarray:
        if index == 1:
            raise UserError("frame 1 is broken")
        return pictures()[index]

    def name(self, index: int) -> str:
        return str(index)


def test_frames_without_a_box_are_counted_and_left_out(detection_weights: Path) -> None:
    lines: list[str] = []
    boxes = Detector(threshold=0.1, weights=str(detection_weights), device="cpu").boxes(Broken(), lines.append)
    assert boxes.frames.tolist() == [0, 2]
    assert lines == ["1 of 3 frames show no person with a score of 0.1 or more and are left out"]


def test_when_nothing_is_found_the_error_says_what_would_help(detection_weights: Path) -> None:
    with pytest.raises(UserError, match=r"none of the 2 frames .* shows a cat with a score of 1 .*--crop\.threshold"):
        Detector(label="cat", threshold=1.0, weights=str(detection_weights), device="cpu").boxes(
            Broken(), lambda line: None
        )


def test_a_kind_that_coco_does_not_have_is_answered_with_the_nearest() -> None:
    with pytest.raises(UserError, match="no kind of object in COCO named 'hoarse'; did you mean 'horse'"):
        Detector(label="hoarse")
    assert len(categories()) == 80


def test_weights_of_another_network_and_no_file_are_refused(tmp_path: Path) -> None:
    save_file({"features.0.weight": torch.zeros(3)}, tmp_path / "vgg.safetensors")
    data = Arrays(pictures(1))
    with pytest.raises(UserError, match="not weights of fasterrcnn in torchvision's layout"):
        Detector(weights=str(tmp_path / "vgg.safetensors")).boxes(data, lambda line: None)
    with pytest.raises(UserError, match=r"no weights file .*gone\.pth"):
        Detector(weights=str(tmp_path / "gone.pth")).boxes(data, lambda line: None)
