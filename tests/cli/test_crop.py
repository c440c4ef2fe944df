"""`--crop` of the commands that show a run new data: as the run was trained, unless the command line says otherwise."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from unsuplmk import config, tables
from unsuplmk.cli import cli
from unsuplmk.cli.crop import crop_choice
from unsuplmk.errors import UserError
from unsuplmk.frames.media import read_image, write_image


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Annotated images, 80 x 60, with a box each."""
    folder, rng = tmp_path_factory.mktemp("images"), np.random.default_rng(0)
    rows, boxes = ["file,split,nose_x,nose_y,tail_x,tail_y"], ["file,left,top,width,height"]
    for i in range(24):
        name, (x, y) = f"{i:02}.png", rng.integers(0, (40, 20), 2)
        write_image(folder / name, rng.integers(0, 256, (60, 80, 3), dtype=np.uint8))
        points = np.round(rng.uniform(5, 35, 4) + np.array([x, y, x, y]), 2)
        rows.append(f"{name},{'train' if i < 16 else 'test'},{','.join(map(str, points))}")
        boxes.append(f"{name},{x},{y},40,40")
    (folder / "points.csv").write_text("\n".join(rows) + "\n", "utf-8")
    (folder / "boxes.csv").write_text("\n".join(boxes) + "\n", "utf-8")
    return folder


@pytest.fixture(scope="module")
def run(images: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A run that was trained on the boxes."""
    folder = tmp_path_factory.mktemp("runs") / "boxes"
    small = ("--size", "32", "--steps", "2", "--batch", "2", "--landmarks", "3", "--encoder.width", "8")
    crop = ("--crop", "boxes", "--crop.file", images / "boxes.csv", "--crop.margin", "0")
    invoke("run", images, *small, "--generator.width", "4", "--loss", "pixel", *crop, "--out", folder)
    return str(folder)


def invoke(*args: object) -> Result:
    done = CliRunner().invoke(cli, [str(arg) for arg in args], terminal_width=200)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def predicted(run: str, out: Path, *args: object) -> np.ndarray:
    invoke("predict", run, *args, "--out", out)
    return tables.read(out).xy


def test_the_crop_is_kept_in_the_run(run: str, images: Path) -> None:
    kept = config.load(run)["crop"]
    assert kept == {"name": "boxes", "file": str(images / "boxes.csv"), "margin": 0.0}


def test_landmarks_are_in_the_boxes_of_the_original_frames(run: str, images: Path, tmp_path: Path) -> None:
    xy = predicted(run, tmp_path / "own.npz", images)
    boxes = np.loadtxt(images / "boxes.csv", delimiter=",", skiprows=1, usecols=(1, 2, 3, 4))
    inside = (xy > boxes[:, None, :2] - 0.5) & (xy < boxes[:, None, :2] + 39.5)
    assert inside.all()
    again = predicted(run, tmp_path / "again.npz", images, "--crop", "boxes", "--crop.file", images / "boxes.csv")
    np.testing.assert_array_equal(again, xy)
    wider = predicted(run, tmp_path / "wide.npz", images, "--crop.margin", "0.5")
    assert not np.allclose(wider, xy)
    whole = predicted(run, tmp_path / "whole.npz", images, "--crop", "whole")
    assert not np.allclose(whole, xy)


def test_render_draws_onto_the_original_frames(run: str, images: Path, tmp_path: Path) -> None:
    invoke("render", run, images / "00.png", "--out", tmp_path / "one.png")
    shown = read_image(tmp_path / "one.png")
    assert shown.shape[1] / shown.shape[0] == pytest.approx(80 / 60)


def test_evaluate_judges_what_is_cropped_in_pixels_of_the_frames(run: str, images: Path) -> None:
    answers = [
        json.loads(invoke("evaluate", run, images / "points.csv", *args, "--ridge", "1", "--json").stdout)
        for args in ((), ("--crop", "whole"))
    ]
    assert [answer["test"] for answer in answers] == [8, 8]
    own, whole = (answer["figures"]["constant"]["error"] for answer in answers)
    assert own < whole  # the box says about where the points are


def test_swap_and_evaluate_against_take_a_crop(run: str, images: Path, tmp_path: Path) -> None:
    grid = ("--rows", "2", "--columns", "2", "--cell", "32")
    for number, args in enumerate(((), ("--crop", "whole"))):
        invoke("swap", run, images, "--out", tmp_path / f"{number}.png", *grid, *args)
    assert not np.array_equal(read_image(tmp_path / "0.png"), read_image(tmp_path / "1.png"))
    invoke("swap", run, "--style", images, "--drive", images, "--out", tmp_path / "a.gif", *grid[:2], *grid[4:])
    assert (tmp_path / "a.gif").is_file()
    same = invoke("evaluate", run, images, "--against", run, "--json", "--crop", "boxes")
    assert json.loads(same.stdout)["images"] == 24


def test_help_has_the_options_of_the_crop_that_would_be_taken(run: str, images: Path) -> None:
    assert "--crop.file" in invoke("predict", run, images, "--help").output
    other = invoke("predict", run, images, "--crop", "motion", "--help").output
    assert "--crop.contrast" in other
    assert "--crop.file" not in other


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        (("--crop", "moton"), "no crop named 'moton'; did you mean 'motion'"),
        (("--crop", "boxes", "--crop.file", "gone.csv"), "cannot read gone.csv"),
        (("--crop", "motion"), "motion cannot be seen in a clip of 1 frames"),
        (("--crop", "motion", "--crop.smooth", "4"), "--crop.smooth 4"),
    ],
)
def test_a_crop_that_cannot_be_is_refused_in_one_line(
    args: tuple[str, ...], reason: str, run: str, images: Path, tmp_path: Path
) -> None:
    with pytest.raises(UserError) as caught:
        invoke("predict", run, images, "--out", tmp_path / "x.csv", *args)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "x.csv").exists()


def test_options_of_another_crop_are_no_options(run: str, images: Path, tmp_path: Path) -> None:
    done = invoke("predict", run, images, "--out", tmp_path / "x.csv", "--crop.contrast", "3")
    assert done.exit_code == 2
    assert "--crop.contrast" in done.output


def test_the_same_crop_named_again_keeps_the_runs_options_and_another_has_its_defaults() -> None:
    own = {"name": "motion", "side": 50, "margin": 0.5, "contrast": 15.0, "smooth": 5}
    assert crop_choice("", {}, own) == own
    assert crop_choice("motion", {"crop__smooth": 3}, own) == {**own, "smooth": 3}
    assert crop_choice("whole", {}, own) == {"name": "whole"}
    assert crop_choice("motion", {}, {"name": "whole"})["side"] == 0
