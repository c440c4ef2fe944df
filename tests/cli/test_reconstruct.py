"""`unsuplmk reconstruct` on a run that has just been trained for two steps."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from tests.small import settings
from unsuplmk.cli import cli
from unsuplmk.config import Config
from unsuplmk.errors import UserError
from unsuplmk.frames import media

Runs = Callable[..., str]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """Trains a run with some settings, once."""
    made: dict[str, str] = {}

    def run(name: str = "tiny", **changes: object) -> str:
        from unsuplmk.job import train

        if name not in made:
            config: Config = settings(steps=1, batch=2, **changes)
            made[name] = str(train(config, tmp_path_factory.mktemp("runs") / name))
        return made[name]

    return run


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Five images of different shapes, a file that only looks like one, and a CSV that puts them into splits."""
    folder, rows = tmp_path / "images", ["file,split,nose_x,nose_y"]
    folder.mkdir()
    for number in range(5):
        noise = np.random.default_rng(number).integers(0, 255, (30 + 5 * number, 40, 3), dtype=np.uint8)
        media.write_image(folder / f"{number}.png", noise)
        rows.append(f"{number}.png,{'train' if number < 2 else 'test'},3,3")
    (folder / "broken.jpg").write_text("no image")
    (folder / "points.csv").write_text("\n".join(rows) + "\n", "utf-8")
    return folder


def invoke(*args: object) -> Result:
    done = CliRunner().invoke(cli, [str(arg) for arg in args], terminal_width=200, env={"COLUMNS": "200"})
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def printed(*args: object) -> dict[str, object]:
    return json.loads(invoke("reconstruct", *args, "--json").stdout)


def test_every_figure_stands_beside_both_baselines_and_a_picture_is_drawn(
    runs: Runs, images: Path, tmp_path: Path
) -> None:
    out = tmp_path / "new" / "picture.png"
    done = invoke("reconstruct", runs(), images / "*.png", "--out", out)
    for words in ("5 pairs rebuilt at 32 x 32 px", "psnr", "ssim", "the source itself", "other landmarks"):
        assert words in done.stdout
    assert done.stdout.rstrip().endswith(f"picture: {out}")
    assert media.read_image(out).shape[1] == 4 * 210 - 10 + 24
    assert not done.stderr


def test_the_figures_are_those_of_the_python_api(runs: Runs, images: Path) -> None:
    from unsuplmk import registry
    from unsuplmk.batches.data import open_data
    from unsuplmk.detector import Detector
    from unsuplmk.evaluation.rebuild import rebuild
    from unsuplmk.evaluation.reconstruct import judge

    options = ("--quality", "mae", "--quality", "ssim", "--quality.ssim.window", "5", "--images", "4", "--seed", "3")
    found = printed(runs(), images / "*.png", *options)
    qualities = {"mae": registry.build("quality", "mae"), "ssim": registry.build("quality", "ssim", window=5)}
    passes = rebuild(Detector.load(runs()), open_data(images / "*.png"), images=4, seed=3)
    assert found == json.loads(json.dumps(judge(passes, qualities).as_dict()))
    assert list(found["figures"]) == ["mae", "ssim"]  # type: ignore[call-overload]
    assert found == printed(runs(), images / "*.png", *options)
    assert found != printed(runs(), images / "*.png", *options, "--seed", "4")


def test_a_corrupt_image_is_named_and_its_pair_left_out(runs: Runs, images: Path) -> None:
    done = invoke("reconstruct", runs(), images / "*.[pj]*g")
    assert "5 pairs rebuilt" in done.stdout
    assert done.stderr.count("Warning") == 1
    assert "broken.jpg" in done.stderr


def test_without_data_it_is_what_the_run_was_trained_on_and_that_is_said(runs: Runs) -> None:
    done = invoke("reconstruct", runs())
    assert "16 pairs rebuilt" in done.stdout
    assert done.stderr == "note: without DATA or --split, these are frames that the run was trained on\n"
    assert printed(runs(), "puppets", "--dataset.clips", "4", "--dataset.length", "2")["pairs"] == 8


def test_a_split_is_taken_of_data_that_has_several(runs: Runs, images: Path) -> None:
    assert [printed(runs(), images / "points.csv", *s)["pairs"] for s in ((), ("--split", "test"))] == [2, 3]
    assert printed(runs(), images / "points.csv", "--dataset.split", "train")["pairs"] == 2
    assert invoke("reconstruct", runs(), "--split", "test").stderr == ""


def test_a_run_on_video_pairs_is_shown_pairs_of_two_frames(runs: Runs, images: Path, tmp_path: Path) -> None:
    video = runs("video", pairs="video")
    media.write_video(tmp_path / "clip.mp4", [np.full((32, 48, 3), 9 * i, np.uint8) for i in range(6)], 20.0)
    assert printed(video, tmp_path / "clip.mp4")["pairs"] == 6


def test_help_has_the_options_of_the_qualities_that_are_chosen(runs: Runs) -> None:
    usual = invoke("reconstruct", runs(), "--help").output
    assert "--quality.ssim.window" in usual
    assert "--dataset" not in usual
    chosen = invoke("reconstruct", runs(), "puppets", "--quality", "mae", "--help").output
    assert "--quality.ssim.window" not in chosen
    assert "--dataset.clips" in chosen


def test_options_of_components_are_listed_with_the_name_in_their_path() -> None:
    (row,) = [r for r in json.loads(invoke("components", "quality", "--json").stdout) if r["name"] == "ssim"]
    assert row["kind"] == "quality"
    window = json.loads(invoke("components", "quality", "ssim", "--json").stdout)["options"][0]
    assert window["flag"] == "--quality.ssim.window"


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        (["nowhere", "{images}"], "no run at nowhere"),
        (["{images}", "{images}"], "config.toml"),
        (["{run}", "nowhere"], "no file or folder 'nowhere'"),
        (["{run}", "{images}", "--quality", "simm"], "no quality named 'simm'; did you mean 'ssim'?"),
        (["{run}", "{images}", "--quality.mae.x", "1"], "quality 'mae' is not chosen; add --quality mae"),
        (["{run}", "{images}", "--quality", "mae", "--quality.ssim.window", "5"], "add --quality ssim"),
        (["{run}", "{images}", "--quality.sim.window", "5"], "no quality named 'sim'; did you mean 'ssim'?"),
        (["{run}", "{images}", "--quality.ssim.window", "8"], "a window has a middle pixel; take 9"),
        (["{run}", "{images}", "--quality.ssim.window", "33"], "needs images of at least 33 px, not of 32"),
        (["{run}", "{images}/0.png"], "the data gives 1 of these pairs"),
        (["{run}", "{images}/broken.jpg"], "the data gives 0 of these pairs"),
        (["{run}", "{images}", "--split", "test"], "--split test: dataset 'files' has no splits"),
        (["{run}", "{images}/points.csv", "--split", "val"], "val"),
        (["{run}", "{images}", "--out", "x.mp4"], "cannot draw a contact sheet to x.mp4"),
        (["{run}", "{images}", "--device", "gpu"], "no device named 'gpu'"),
        (["{video}", "{images}/0.png"], "trained on pairs of 'video', two frames of one clip"),
        (["{none}", "{images}"], "--generator identity rebuilds nothing"),
    ],
)
def test_what_cannot_be_judged_is_refused_in_one_line(
    args: list[str], reason: str, runs: Runs, images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    places = {
        "run": runs(),
        "images": str(images),
        "video": runs("video", pairs="video"),
        "none": runs("none", generator="identity", loss=["equivariance"]),
    }
    with pytest.raises(UserError) as caught:
        invoke("reconstruct", *(arg.format(**places) for arg in args))
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.glob("x.*"))


def test_an_unknown_option_of_a_quality_is_a_usage_error(runs: Runs, images: Path) -> None:
    done = invoke("reconstruct", runs(), images, "--quality.ssim.windw", "5")
    assert done.exit_code == 2
    assert "--quality.ssim.window" in done.output
