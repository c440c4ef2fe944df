"""`predict`, `render` and `evaluate` on a run that has just been trained for two steps."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from unsuplmk import config, tables
from unsuplmk.cli import cli
from unsuplmk.errors import UserError
from unsuplmk.frames.media import write_image


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> str:
    from unsuplmk.job import train

    settings = config.make(
        {
            "landmarks": 3,
            "size": 32,
            "steps": 2,
            "batch": 2,
            "encoder": {"name": "convnet", "width": 4},
            "generator": {"name": "renderer", "width": 4},
            "dataset": {"clips": 2, "length": 2},
            "stage": {},
        }
    )
    return str(train(settings, tmp_path_factory.mktemp("runs") / "tiny"))


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Three images of different shapes, and a file that only looks like one."""
    (tmp_path / "images").mkdir()
    for number, shape in enumerate([(40, 60, 3), (64, 32, 3), (20, 20, 3)]):
        noise = np.random.default_rng(number).integers(0, 255, shape, dtype=np.uint8)
        write_image(tmp_path / f"images/{number}.png", noise)
    (tmp_path / "images/broken.jpg").write_text("no image")
    return tmp_path / "images"


def invoke(*args: object) -> Result:
    done = CliRunner().invoke(cli, [str(arg) for arg in args])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


@pytest.mark.parametrize("name", ["out.csv", "deep/er/out.npz"])
def test_predict_writes_a_row_for_each_image_in_the_format_of_the_suffix(
    name: str, run: str, images: Path, tmp_path: Path
) -> None:
    done = invoke("predict", run, images, "--out", tmp_path / name)
    assert done.stdout == f"{tmp_path / name}: 3 landmarks in 3 frames\n"
    assert done.stderr.count("Warning") == 1
    assert "broken.jpg" in done.stderr
    tracks = tables.read(tmp_path / name)
    assert tracks.xy.shape == (3, 3, 2)
    assert (tracks.xy[1] > -0.5).all()
    assert (tracks.xy[1] < (31.5, 63.5)).all()


def test_what_a_format_cannot_hold_is_kept_in_another_file(run: str, images: Path, tmp_path: Path) -> None:
    boxes = tmp_path / "boxes.csv"
    name = next(file for file in sorted(images.iterdir()) if file.suffix == ".png")
    boxes.write_text(f"file,left,top,width,height\n{name},0,0,16,16\n{name},8,8,16,16\n", "utf-8")
    args = ("--crop", "boxes", "--crop.file", boxes, "--out", tmp_path / "out.csv")
    with pytest.raises(UserError, match=rf"holds one animal, but {name} has .*kept in {tmp_path}/out\.kept\.npz"):
        invoke("predict", run, images, *args)
    assert len(tables.read(tmp_path / "out.kept.npz").source) == 2
    assert not (tmp_path / "out.csv").exists()


def test_a_format_is_chosen_by_name_and_a_wrong_one_is_refused_before_anything_is_computed(
    run: str, images: Path, tmp_path: Path
) -> None:
    invoke("predict", run, images, "--out", tmp_path / "out.txt", "--format", "deeplabcut")
    assert tables.read(tmp_path / "out.txt", "deeplabcut").score.shape == (3, 3)
    for args, reason in (
        (["--out", tmp_path / "out.txt"], "no format for"),
        (["--out", tmp_path / "out.csv", "--format", "deeplabcat"], "did you mean 'deeplabcut'"),
    ):
        with pytest.raises(UserError, match=reason):
            invoke("predict", "no/run/is/looked/for", images, *args)


def test_render_draws_a_picture_of_each_image(run: str, images: Path, tmp_path: Path) -> None:
    assert invoke("render", run, images, "--out", tmp_path / "drawn").stdout == f"{tmp_path / 'drawn'}: 3 pictures\n"
    assert len(list((tmp_path / "drawn").glob("*.png"))) == 3
    one = tmp_path / "one.png"
    assert invoke("render", run, images / "0.png", "--out", one).stdout == f"{one}\n"
    assert one.is_file()


def annotated(images: Path) -> Path:
    """A CSV of annotations in which the images appear again and again."""
    rng = np.random.default_rng(0)
    rows = ["file,split,nose_x,nose_y,tail_x,tail_y"]
    for number in range(24):
        points = ",".join(f"{value:.2f}" for value in rng.uniform(1, 18, 4))
        name = f"{number}.png"
        write_image(images / name, rng.integers(0, 255, (20, 20, 3), dtype=np.uint8))
        rows.append(f"{name},{'train' if number < 16 else 'test'},{points}")
    (images / "points.csv").write_text("\n".join(rows) + "\n")
    return images / "points.csv"


def test_evaluate_prints_a_table_or_json_and_keeps_the_figures_in_the_run(run: str, images: Path) -> None:
    data = annotated(images)
    answer = json.loads(invoke("evaluate", run, data, "--normalise", "nose,tail", "--pck", "50", "--json").stdout)
    assert answer == json.loads((Path(run) / "metrics.json").read_text())
    assert (answer["train"], answer["test"], answer["headline"]) == (16, 8, "with_intercept")
    assert answer["unit"] == "% of the distance nose to tail"
    assert set(answer["figures"]["constant"]) >= {"error", "pck@50"}
    without = json.loads(invoke("evaluate", run, data, "--no-intercept", "--ridge", "0.1", "--json").stdout)
    assert without["headline"] == "without_intercept"
    assert without["unit"] == "px"
    table = invoke("evaluate", run, data).stdout
    assert "constant guess" in table
    assert "error of nose" in table


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        (["predict", "nowhere", "{images}", "--out", "x.csv"], "no run at nowhere"),
        (["predict", "{run}", "nowhere", "--out", "x.csv"], "nowhere"),
        (["predict", "{run}", "{images}", "--out", "x.csv", "--device", "gpu"], "no device named 'gpu'"),
        (["render", "{run}", "{images}", "--out", "x.mp4"], "cannot render"),
        (["evaluate", "{run}", "nowhere.csv"], "nowhere.csv"),
        (["evaluate", "{run}", "{csv}", "--test-split", "tst"], "tst"),
        (["evaluate", "{run}", "{csv}", "--normalise", "nose,tale"], "did you mean 'tail'"),
    ],
)
def test_what_is_not_there_is_refused_in_one_line(
    args: list[str], reason: str, run: str, images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    places = {"run": run, "images": str(images), "csv": str(annotated(images))}
    with pytest.raises(UserError) as caught:
        invoke(*(arg.format(**places) for arg in args))
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "x.csv").exists()
