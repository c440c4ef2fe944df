"""The contract of each kind finds the one fault that each of these has."""

# ruff: noqa: ANN001, ANN201, ANN204, ANN206

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest
from torch import nn

from tests.testing.faults import faults
from unsuplmk import registry
from unsuplmk.interfaces import Dataset, Encoder, Format, Metric, PairSource, Stage, Tracker
from unsuplmk.plugins import host
from unsuplmk.types import Pair


class Double(Encoder):
    """Heatmaps in float64."""

    def __init__(self, landmarks: int) -> None:
        super().__init__()
        self.head = nn.Conv2d(3, landmarks, 8, 8)

    def forward(self, image):
        return self.head(image).double()


class Rounded(registry.find("bottleneck", "gaussian").cls):
    """Points in the precision of the scores."""

    def __init__(self, landmarks: int) -> None:
        super().__init__(landmarks)

    def locate(self, heatmaps):
        found = super().locate(heatmaps)
        return replace(found, score=found.score.to(heatmaps.dtype))


class Stuck(PairSource):
    """Holds what no pickle can."""

    def __init__(self) -> None:
        super().__init__()
        self.choose = lambda index: (index,)

    def frames(self, index: int, clip: range, rng: Random):
        return self.choose(index)

    def forward(self, frames):
        return Pair(frames[0], frames[0])


class Habitual(PairSource):
    """Darker with each pair."""

    made = 0

    def frames(self, index: int, clip: range, rng: Random):
        return (index,)

    def forward(self, frames):
        self.made += 1
        return Pair(frames[0] / self.made, frames[0])


class Frames(Dataset):
    """Four frames, without a fault."""

    clips = (range(4),)

    def __len__(self) -> int:
        return 4

    def name(self, index: int):
        return f"frame {index}"

    def read(self, index: int):
        return np.full((4, 4, 3), index, np.uint8)


class Opened(Frames):
    """Holds a file open."""

    def __init__(self) -> None:
        self.file = Path(__file__).open("rb")  # noqa: SIM115

    def __del__(self) -> None:
        self.file.close()


class Curious(Frames):
    """Reads whatever it is asked about."""

    @classmethod
    def recognises(cls, path: Path) -> bool:
        return b"frames" in path.read_bytes()


class Vague(Frames):
    """Says neither yes nor no."""

    @classmethod
    def recognises(cls, path: Path):
        return path.suffix == ".frames" or None


class Numbered(Frames):
    """Tags that are numbers."""

    def tags(self, index: int):
        return {"view": index}


class Backwards(Frames):
    """Time runs backwards."""

    def seconds(self, index: int) -> float:
        return -index / 25


class Distance(Metric):
    """Mean distance, without a fault."""

    def __call__(self, predicted, truth, scale):
        distance = np.linalg.norm(predicted - truth, axis=-1) / scale[:, None]
        return {"error": float(distance[np.isfinite(truth).all(-1)].mean())}


class Single(Distance):
    """A number of NumPy's own where the points are in float32."""

    def __call__(self, predicted, truth, scale):
        error = super().__call__(predicted, truth, scale)["error"]
        return {"error": error if predicted.dtype == np.float64 else np.float32(error)}


class Rounding(Distance):
    """Rounds the predictions where they lie."""

    def __call__(self, predicted, truth, scale):
        predicted[:] = predicted.round(3)
        return super().__call__(predicted, truth, scale)


class Differing(Tracker):
    """Needs two frames."""

    def __call__(self, tracks):
        if not (np.diff(tracks.xy, axis=0).shape[0] >= 1):
            raise ValueError("zero-size array")
        return replace(tracks, xy=tracks.xy.copy())


class Loud(Tracker):
    """Doubles the scores."""

    def __call__(self, tracks):
        return replace(tracks, score=2 * tracks.score)


class Wrapped(Format):
    """As a CSV of DeepLabCut, but for what a subclass does."""

    suffixes = (".csv",)
    inner = registry.find("format", "deeplabcut").cls()

    def write(self, tracks, path):
        self.inner.write(tracks, path)

    def read(self, path):
        return self.inner.read(path)


class Ascii(Wrapped):
    """Names without spaces."""

    def write(self, tracks, path):
        self.inner.write(replace(tracks, names=tuple(name.replace(" ", "_") for name in tracks.names)), path)


class Appending(Wrapped):
    """Adds to what is there."""

    def write(self, tracks, path):
        before = path.read_bytes() if path.exists() else b""
        self.inner.write(tracks, path)
        rows = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(before + b"".join(rows[3:]) if before else b"".join(rows))


class Greedy(Wrapped):
    """Takes every file for its own."""

    @classmethod
    def recognises(cls, path):
        return True


class Strict(Wrapped):
    """Fails where a file is none of its own."""

    @classmethod
    def recognises(cls, path):
        return path.read_text("utf-8").index("scorer") == 0


class Fresh(Stage):
    """Insists on a folder of its own."""

    def start(self, training):
        (training.folder / "mine").mkdir()


@pytest.mark.parametrize(
    ("kind", "cls", "check", "sentence"),
    [
        ("pairs", Stuck, "chooses_alike_in_another_process", "it cannot be sent to another process: "),
        ("pairs", Habitual, "repeats_itself_under_a_seed", "a pair depends on the pairs that were made before it"),
        ("dataset", Opened, "reads_the_same_in_another_process", "it cannot be sent to another process: TypeError"),
        ("dataset", Curious, "recognises_without_raising", "recognises() raises IsADirectoryError"),
        ("dataset", Vague, "recognises_without_raising", "recognises() gives None for"),
        ("dataset", Numbered, "tells_what_else_it_knows", "the tags of frame 0 are not text by name: {'view': 0}"),
        ("dataset", Backwards, "tells_what_else_it_knows", "times within a clip do not ascend"),
        ("metric", Single, "takes_points_in_single_precision", "error of float32 is float32, not float"),
        ("metric", Rounding, "leaves_the_points_alone", "the metric changes its input in place"),
        ("tracker", Differing, "takes_short_and_empty_tracks", "one frame: ValueError: zero-size array"),
        ("tracker", Loud, "gives_points_and_scores", "a score leaves [0, 1]"),
        ("format", Ascii, "keeps_a_single_frame_and_odd_names", "names ('left ear', 'Schnauze ä', 'tail, tip') come"),
        ("format", Appending, "writes_what_it_was_given", "12 frames over a longer file come back as 42"),
        ("format", Greedy, "recognises_nothing_that_is_not_its_own", "b'' is recognised as its own"),
        ("format", Strict, "recognises_nothing_that_is_not_its_own", "recognises() raises ValueError for b''"),
        ("bottleneck", Rounded, "runs_in_bfloat16", "score is torch.bfloat16, not float32"),
    ],
)
def test_a_part_has_the_one_fault_that_it_was_given(kind: str, cls: type, check: str, sentence: str) -> None:
    found = faults(kind, cls)
    assert list(found) == [check]
    assert found[check].startswith(sentence)


@pytest.mark.parametrize(
    ("kind", "cls"),
    [("dataset", Frames), ("metric", Distance), ("format", Wrapped)],
)
def test_without_it_there_is_none(kind: str, cls: type) -> None:
    assert not faults(kind, cls)


def test_heatmaps_in_double_precision_are_a_fault() -> None:
    said = "heatmaps are torch.float64, not torch.float32"
    assert faults("encoder", Double)["gives_a_heatmap_for_each_landmark"] == said


def test_a_stage_that_cannot_be_started_again_has_this_one_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    component = registry.Component(registry.KINDS["stage"], "fresh", Fresh, host().plugins["unsuplmk"])
    monkeypatch.setitem(registry._table("stage"), "fresh", [component])
    found = faults("stage", Fresh, "goes_on_when_a_run_is_resumed", name="fresh")
    assert list(found) == ["goes_on_when_a_run_is_resumed"]
    assert found["goes_on_when_a_run_is_resumed"].startswith("a run with it cannot be resumed: FileExistsError: ")
