"""`unsuplmk swap` on a run that has just been trained for two steps."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from tests.small import settings
from unsuplmk.cli import cli
from unsuplmk.errors import UserError
from unsuplmk.frames import media


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> str:
    from unsuplmk.job import train

    return str(train(settings(steps=2, batch=2), tmp_path_factory.mktemp("runs") / "tiny"))


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Five images of different shapes, and a file that only looks like one."""
    folder = tmp_path / "images"
    folder.mkdir()
    for number in range(5):
        noise = np.random.default_rng(number).integers(0, 255, (30 + 5 * number, 40, 3), dtype=np.uint8)
        media.write_image(folder / f"{number}.png", noise)
    (folder / "broken.jpg").write_text("no image")
    media.write_video(folder / "clip.mp4", [np.full((32, 48, 3), 9 * i, np.uint8) for i in range(4)], 20.0)
    return folder


def invoke(*args: object) -> Result:
    done = CliRunner().invoke(cli, [str(arg) for arg in args])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def test_a_grid_is_drawn_and_judged(run: str, images: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "grid.png"
    done = invoke("swap", run, images / "*.[pj]*g", "--out", out, "--rows", 2, "--columns", 3, "--cell", 32)
    first, geometry, style = done.stdout.splitlines()
    assert first == f"{out}: 2 styles in 3 geometries"
    assert geometry.startswith("geometry kept, landmarks: ")
    assert style.startswith("style kept, colours: ")
    assert media.read_image(out).shape == (3 * 36 + 4, 4 * 36 + 4, 3)
    again = tmp_path / "again.png"
    invoke("swap", run, images / "*.[pj]*g", "--out", again, "--rows", 2, "--columns", 3, "--cell", 32, "--batch", 1)
    np.testing.assert_allclose(media.read_image(again), media.read_image(out), atol=2)
    invoke("swap", run, images / "*.[pj]*g", "--out", again, "--rows", 2, "--columns", 3, "--cell", 32, "--seed", 1)
    assert (media.read_image(again) != media.read_image(out)).mean() > 0.1


def test_a_corrupt_image_is_named_and_styles_may_come_from_elsewhere(run: str, images: Path, tmp_path: Path) -> None:
    out = tmp_path / "grid.png"
    done = invoke("swap", run, images / "*.[pj]*g", "--style", images / "0.png", "--out", out, "--cell", 32)
    assert done.stdout.startswith(f"{out}: 1 styles in 5 geometries\n")
    assert done.stderr.count("Warning") == 1
    assert "broken.jpg" in done.stderr


def test_a_dataset_is_known_by_its_name(run: str, tmp_path: Path) -> None:
    out = tmp_path / "grid.png"
    done = invoke("swap", run, "puppets", "--out", out, "--rows", 1, "--columns", 1)
    assert done.stdout.startswith(f"{out}: 1 styles in 1 geometries\n")


@pytest.mark.parametrize("name", ["out.mp4", "out.gif"])
def test_a_video_moves_the_styles(name: str, run: str, images: Path, tmp_path: Path) -> None:
    out = tmp_path / name
    args = ["--style", images / "[0-2].png", "--drive", images / "clip.mp4", "--rows", 2, "--cell", 32, "--relative"]
    assert invoke("swap", run, *args, "--out", out).stdout == f"{out}: 4 frames\n"
    if name.endswith(".mp4"):
        video = media.Video(out)
        assert (len(video), video.fps, video.size) == (4, 20, (104, 68))
        video.close()


def test_a_folder_of_frames_has_the_speed_that_is_asked_for(run: str, images: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    done = invoke("swap", run, "--style", images / "0.png", "--drive", images / "?.png", "--out", out, "--fps", "8")
    assert done.stdout == f"{out}: 5 frames\n"
    video = media.Video(out)
    assert (len(video), video.fps) == (5, 8)
    video.close()


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        (["nowhere", "{images}", "--out", "x.png"], "no run at nowhere"),
        (["{run}", "nowhere", "--out", "x.png"], "no file or folder 'nowhere'"),
        (["{run}", "{images}", "--out", "x.mp4"], "cannot draw a grid to x.mp4"),
        (["{run}", "{images}", "--out", "x.xyz"], "known: .bmp"),
        (["{run}", "{images}/0.png", "--out", "x.png"], "one image cannot be swapped with itself"),
        (["{run}", "{images}/broken.jpg", "--out", "x.png"], "none of the 1 images can be read"),
        (["{run}", "{empty}", "--out", "x.png"], "no images"),
        (["{run}", "--out", "x.png"], "either INPUT for a grid, or --style and --drive"),
        (["{run}", "{images}", "--drive", "{images}/clip.mp4", "--out", "x.mp4"], "either INPUT for a grid"),
        (["{run}", "--drive", "{images}/clip.mp4", "--out", "x.mp4"], "either INPUT for a grid"),
        (["{run}", "{images}", "--relative", "--out", "x.png"], "it needs --drive"),
        (
            ["{run}", "--style", "{images}", "--drive", "{images}/clip.mp4", "--out", "x.png"],
            "cannot write an animation",
        ),
        (["{run}", "{images}", "--out", "x.png", "--device", "gpu"], "no device named 'gpu'"),
        (["{headless}", "{images}", "--out", "x.png"], "generator"),
    ],
)
def test_what_cannot_be_swapped_is_refused_in_one_line(
    args: list[str], reason: str, run: str, images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from safetensors.torch import load_file, save_file

    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    headless = tmp_path / "headless"
    shutil.copytree(run, headless)
    weights = load_file(headless / "model.safetensors")
    save_file({k: v for k, v in weights.items() if not k.startswith("generator.")}, headless / "model.safetensors")
    places = {"run": run, "images": str(images), "empty": str(tmp_path / "empty"), "headless": str(headless)}
    with pytest.raises(UserError) as caught:
        invoke("swap", *(arg.format(**places) for arg in args))
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.glob("x.*"))
