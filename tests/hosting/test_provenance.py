"""A run records which distributions brought its parts, and says so where one is missing."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import pytest
import torch

from tests.distributions import install, others, present
from tests.small import settings
from unsuplmk import checkpoint
from unsuplmk.cli import cli
from unsuplmk.cli.choice import choose
from unsuplmk.cli.errors import status
from unsuplmk.detector import Detector
from unsuplmk.errors import UserError
from unsuplmk.job import Job
from unsuplmk.plugins import WITHOUT
from unsuplmk.registry import MissingError

TINY = """
from torch import nn
from unsuplmk.hookspecs import hookimpl
from unsuplmk.interfaces import Encoder

class Tiny(Encoder):
    '''A small one.

    Args:
        gain: How strong.
    '''

    def __init__(self, landmarks: int, *, gain: float = 1.5) -> None:
        super().__init__()
        self.gain, self.scores = gain, nn.Conv2d(3, landmarks, 4, 4)

    def forward(self, image):
        return self.gain * self.scores(image)

@hookimpl
def register_encoders():
    return {"tiny": Tiny}
"""
REST = """
import numpy as np
from torch import nn
from unsuplmk.hookspecs import hookimpl
from unsuplmk.interfaces import Crop, Dataset, Generator, Loss, PairSource, Stage
from unsuplmk.types import Pair, Reconstruction

class Strokes(Generator):
    '''Draws.'''
    def __init__(self, maps: int) -> None:
        super().__init__()
        self.colours = nn.Conv2d(maps, 3, 1)
    def forward(self, pair, source, target, render):
        return Reconstruction(self.colours(render(target, tuple(pair.target.shape[-2:]))))

class Far(Loss):
    '''How far.

    Args:
        steps: Some numbers.
    '''
    needs = frozenset({"reconstruction"})
    def __init__(self, *, steps: tuple[int, ...] = (1, 2)) -> None:
        super().__init__()
    def forward(self, step):
        return (step.reconstruction.image - step.pair.target).abs().mean()

class Quiet(Stage):
    '''Does nothing.'''

class Same(PairSource):
    '''A frame and itself.'''
    def frames(self, index, clip, rng):
        return (index,)
    def forward(self, frames):
        return Pair(frames[0], frames[0])

class Nothing(Crop):
    '''Cuts nothing out.'''
    def boxes(self, dataset, report):
        return None

class Noise(Dataset):
    '''Reads nothing.'''
    clips = (range(8),)
    def __len__(self):
        return 8
    def read(self, index):
        return np.random.default_rng(index).integers(0, 255, (32, 32, 3), "uint8")
    def name(self, index):
        return str(index)

@hookimpl
def register_generators(): return {"strokes": Strokes}
@hookimpl
def register_losses(): return {"far": Far}
@hookimpl
def register_stages(): return {"quiet": Quiet}
@hookimpl
def register_pair_sources(): return {"same": Same}
@hookimpl
def register_crops(): return {"nothing": Nothing}
@hookimpl
def register_datasets(): return {"noise": Noise}
"""


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv(WITHOUT, others())
    with present():  # what is known of plugins afterwards is found anew
        yield


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where unsuplmk-tiny is installed."""
    folder = tmp_path_factory.mktemp("tiny")
    install(folder, "unsuplmk-tiny", TINY)
    return folder


@pytest.fixture(scope="module")
def run(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with an encoder of unsuplmk-tiny."""
    with present(tiny):
        encoder = {"name": "tiny", "gain": 2.0}
        return Job(settings(steps=2, encoder=encoder)).run(tmp_path_factory.mktemp("runs") / "run")


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, torch.Tensor, torch.Tensor]:
    """A run whose encoder and bottleneck are ours and all else a plugin's; images, and its landmarks of them."""
    folder = tmp_path_factory.mktemp("rest")
    install(folder, "unsuplmk-rest", REST, version="0.3")
    parts = {"generator": "strokes", "pairs": "same", "crop": "nothing", "data": "noise", "dataset": {}}
    with present(folder):
        config = settings(steps=2, loss=["far"], stage=["quiet"], **parts)
        run = Job(config).run(tmp_path_factory.mktemp("runs") / "mixed")
        images = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
        points = Detector.load(run, "cpu").detect(images).xy
    return run, images, points


def test_a_run_records_who_brought_each_part_and_in_which_version(run: Path, tiny: Path) -> None:
    values = tomllib.loads((run / "config.toml").read_text("utf-8"))
    assert values["plugins"] == {"encoder tiny": "unsuplmk-tiny 1.2"}
    assert values["versions"]["unsuplmk-tiny"] == "1.2"
    with present(tiny):
        assert Detector.load(run, "cpu").config.encoder == {"name": "tiny", "gain": 2.0}


def test_every_kind_of_part_is_recorded(mixed: tuple[Path, torch.Tensor, torch.Tensor]) -> None:
    values = tomllib.loads((mixed[0] / "config.toml").read_text("utf-8"))
    parts = ("pairs same", "generator strokes", "loss far", "dataset noise", "crop nothing", "stage quiet")
    assert values["plugins"] == dict.fromkeys(parts, "unsuplmk-rest 0.3")


def test_a_detector_without_its_encoders_plugin_says_who_brought_it_and_how_to_get_it(run: Path) -> None:
    needs = f"{run} needs encoder 'tiny' of unsuplmk-tiny 1.2, which is not installed"
    text = f"{needs}: pip install unsuplmk-tiny, or install it from where you keep it"
    with pytest.raises(MissingError) as caught:
        Detector.load(run, "cpu")
    assert str(caught.value) == text
    for words in (["--config", str(run)], ["--config", str(run / "config.toml")], ["--resume", "--out", str(run)]):
        with pytest.raises(MissingError) as caught:
            choose(words)
        assert str(caught.value) == text.replace(str(run), words[-1], 1)


@pytest.mark.parametrize("line", ["predict {run} {data} --out a.csv", "evaluate {run} {data}", "run --config {run}"])
def test_a_missing_plugin_is_one_line_of_the_command(
    line: str, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.layouts import deeplabcut

    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    assert status(cli, line.format(run=run, data=deeplabcut.write(tmp_path / "data")).split()) == 2
    (error,) = (text for text in capsys.readouterr().err.splitlines() if text.startswith("Error"))
    assert error.startswith(f"Error: {run} needs encoder 'tiny' of unsuplmk-tiny 1.2, which is not installed: pip")


def test_a_plugin_that_is_there_and_broken_is_told_with_the_reason(
    run: Path, tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, part, other = (tmp_path / name for name in ("whole", "part", "other"))
    for folder in (whole, part, other):
        folder.mkdir()
    install(whole, "unsuplmk-tiny", "import nothing_of_that_name", version="1.3")
    install(part, "Unsuplmk_Tiny", TINY.replace("landmarks: int, *", "maps: int, *"), version="1.4")
    install(other, "unsuplmk-tiny", TINY.replace('"tiny"', '"small"'), version="2.0")
    needs = f"{run} needs encoder 'tiny' of unsuplmk-tiny 1.2, which "
    reasons = {
        whole: "is installed and cannot be used: ModuleNotFoundError: No module named 'nothing_of_that_name'",
        part: "is installed and cannot be used: encoder 'tiny': the constructor must be",
        other: 'has no such part in the installed version 2.0: pip install "unsuplmk-tiny==1.2"',
    }
    for folder, reason in reasons.items():
        with present(folder), pytest.raises(MissingError) as caught:
            Detector.load(run, "cpu")
        assert str(caught.value).startswith(needs + reason)
    monkeypatch.setenv(WITHOUT, f"{others()},unsuplmk-tiny")
    with present(tiny), pytest.raises(MissingError, match=r"which is left out: UNSUPLMK_WITHOUT names it$"):
        Detector.load(run, "cpu")


def test_a_detector_needs_none_of_the_parts_that_it_does_not_use(
    mixed: tuple[Path, torch.Tensor, torch.Tensor],
) -> None:
    run, images, points = mixed
    detector = Detector.load(run, "cpu")
    assert torch.equal(detector.detect(images).xy, points)
    frames = (images.permute(0, 2, 3, 1) * 255).byte().numpy()
    assert detector.predict(frames, crop="whole").xy.shape == (2, 4, 2)
    assert detector.config.loss == {"far": {"weight": 1.0, "steps": [1, 2]}}
    assert detector.config.stage == {"quiet": {}}


def test_a_part_that_is_asked_for_after_all_is_missed_by_name(
    mixed: tuple[Path, torch.Tensor, torch.Tensor], tmp_path: Path
) -> None:
    from unsuplmk.types import Pair

    run, images, _ = mixed
    detector = Detector.load(run, "cpu")
    frames = (images.permute(0, 2, 3, 1) * 255).byte().numpy()
    absent = "'{}' of unsuplmk-rest 0.3, which is not installed: pip install unsuplmk-rest"
    with pytest.raises(UserError, match=f"^{run} needs crop {absent.format('nothing')}"):
        detector.predict(frames)
    with pytest.raises(UserError, match=f"^{run} needs generator {absent.format('strokes')}"):
        detector.model(Pair(images, images))
    with pytest.raises(UserError, match=f"^{run} needs crop {absent.format('nothing')}"):
        choose(["--config", str(run)])
    ours = ["--pairs", "warped", "--generator", "renderer", "--crop", "whole", "--loss", "pixel", "--stage", "health"]
    with pytest.raises(UserError, match=f"^{run} needs dataset {absent.format('noise')}"):
        choose(["--config", str(run), *ours])
    assert choose(["puppets", "--config", str(run), *ours]).data == "puppets"


def test_a_run_can_be_resumed_without_the_stage_that_it_began_with(run: Path, tiny: Path, tmp_path: Path) -> None:
    stages = tmp_path / "stages"
    stages.mkdir()
    install(stages, "unsuplmk-rest", REST)
    with present(tiny, stages):
        begun = Job(settings(steps=2, encoder="tiny", stage=["quiet"])).run(tmp_path / "run")
    with present(tiny):
        assert Job(settings(steps=3, encoder="tiny")).run(begun, resume=True) == begun
        with pytest.raises(UserError, match="was begun with encoder"):
            Job(settings(steps=4, encoder="convnet")).run(begun, resume=True)


@pytest.mark.parametrize("text", ['"rm -rf; 1.2"', "3", '""', '["unsuplmk-tiny 1.2"]'])
def test_a_record_that_names_no_distribution_is_no_advice(text: str, run: Path, tmp_path: Path) -> None:
    copy = copytree(run, tmp_path / "copy")
    written = (copy / "config.toml").read_text("utf-8")
    (copy / "config.toml").write_text(written.replace('"unsuplmk-tiny 1.2"', text), "utf-8")
    with pytest.raises(MissingError, match=r"^no encoder named 'tiny'"):
        checkpoint.load_model(copy)
