"""The report of a run has every section that applies and no other, and none is lost with another."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from tests.report.runs import STEPS, Page, train, written
from unsuplmk.cli import cli
from unsuplmk.errors import UserError
from unsuplmk.frames import media
from unsuplmk.report import page
from unsuplmk.report.blocks import Document, Picture, Pictures, Table
from unsuplmk.report.make import attempt, document

ALWAYS = ["What was trained", "Health", "Landmarks", "Curves", "Pictures of training"]
DRAWN = ["Geometry and style swapped", "Frames rebuilt", "All settings"]
PUPPETS = ("puppets", "--dataset.clips", "4", "--dataset.length", "6", "--dataset.side", "48")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(tmp_path_factory.mktemp("runs") / "käfer")


@pytest.fixture(scope="module")
def judged(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same run after `evaluate` and `name`."""
    folder = tmp_path_factory.mktemp("runs") / "judged"
    shutil.copytree(trained, folder)
    for command in (("evaluate", folder, *PUPPETS), ("name", folder, *PUPPETS, "--split", "train", "--repeats", "2")):
        done = CliRunner().invoke(cli, [str(word) for word in command])
        assert done.exit_code == 0, done.output
    return folder


@pytest.fixture
def copy(trained: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained, tmp_path / "run"))


@pytest.fixture
def told() -> tuple[list[str], Callable[[str], None]]:
    lines: list[str] = []
    return lines, lines.append


def titles(made: Document) -> list[str]:
    return [section.title for section in made.sections]


def text(made: Document) -> str:
    return Page(page.render(made)).text


def test_a_run_has_what_it_was_trained_on_curves_pictures_landmarks_and_what_its_generator_draws(
    trained: Path,
) -> None:
    made = document(trained, images=3)
    assert titles(made) == [*ALWAYS, *DRAWN]
    found = Page(page.render(made))
    assert found.titles == titles(made)
    for words in (
        "Report of käfer",
        "puppets, 16 frames in 4 clips",
        f"{STEPS} of {STEPS}",
        "5 x equivariance",
        "cpu, 1 process, float32",
    ):
        assert words in found.text
    assert "frames of the split test, which the run was not trained on" in found.text
    assert f"--config {trained}" in found.text.replace("'", "")
    assert len(found.tags("svg")) >= 7
    assert len(page.render(made)) < page.LIMIT


def test_data_that_a_program_gave_are_said_to_be_so(tmp_path: Path) -> None:
    lines: list[str] = []
    folder = written(tmp_path / "run", data="data given in Python (arrays)", dataset={})
    found = text(document(folder, report=lines.append))
    assert "4 landmarks discovered in data given in Python (arrays), without labels." in found
    assert f"with files in place of DATA: unsuplmk run DATA --config {folder} --out {folder}-again" in found
    assert "What it was trained on cannot be shown: data given in Python (arrays) cannot be read again" in found


def test_what_evaluate_and_name_left_is_told_with_protocol_and_constant_guess(judged: Path) -> None:
    made = document(judged, images=2)
    assert titles(made) == [*ALWAYS[:3], "Named points", "Judged by annotated points", *ALWAYS[3:], *DRAWN]
    figures = json.loads((judged / "metrics.json").read_text("utf-8"))
    found = text(made)
    assert figures["protocol"]["words"] in found
    ours, constant = figures["figures"]["with_intercept"]["error"], figures["figures"]["constant"]["error"]
    low, high = figures["intervals"]["with_intercept"]["error"]
    assert f"error {ours:.2f} (95 % interval {low:.2f} to {high:.2f}), beside {constant:.2f}" in found
    assert "fitted on 24 annotated images and judged on 24 others" in found
    assert "14 points were named by 24 labelled frames of puppets" in found


def test_landmarks_are_drawn_where_predict_finds_them(trained: Path, tmp_path: Path) -> None:
    from unsuplmk.detector import Detector
    from unsuplmk.report.sight import look

    frame = np.random.default_rng(0).integers(0, 255, (60, 90, 3), dtype=np.uint8)
    media.write_image(tmp_path / "a.png", frame)
    detector = Detector.load(trained)
    seen = look(detector, detector.cropped(str(tmp_path / "a.png")), [0], 1, pytest.fail)
    assert seen.pictures[0].shape == frame.shape
    np.testing.assert_allclose(seen.points(seen.landmarks)[0], detector.predict(str(tmp_path / "a.png")).xy[0])


def test_frames_that_are_given_are_the_ones_that_are_shown(trained: Path, tmp_path: Path) -> None:
    for number in range(3):
        noise = np.random.default_rng(number).integers(0, 255, (30, 40, 3), dtype=np.uint8)
        media.write_image(tmp_path / f"ä{number}.png", noise)
    made = document(trained, str(tmp_path), images=2)
    (shown,) = [section for section in made.sections if section.title == "Landmarks"]
    pictures = [one for block in shown.blocks if isinstance(block, Pictures) for one in block.pictures]
    assert len(pictures) == 2
    assert {f"ä{n}.png" for n in range(3)} >= {one.caption.partition(";")[0].split("/")[-1] for one in pictures}
    (table,) = [block for block in shown.blocks if isinstance(block, Table)]
    assert [row[0] for row in table.rows] == ["0", "1", "2", "3"]
    assert f"frames of {tmp_path}" in text(made)


def test_a_run_whose_frames_are_gone_still_has_a_report(
    copy: Path, told: tuple[list[str], Callable[[str], None]]
) -> None:
    config = (copy / "config.toml").read_text("utf-8").replace('"puppets"', '"/gone/<b>frames</b>"')
    (copy / "config.toml").write_text(config.partition("[dataset]")[0], "utf-8")
    lines, report = told
    made = document(copy, report=report)
    assert titles(made) == ["What was trained", "Health", "Curves", "Pictures of training", "All settings"]
    assert "What it was trained on cannot be shown: no file or folder '/gone/<b>frames</b>'" in text(made)
    assert len(lines) == 1


def test_a_run_that_was_killed_at_once_has_what_there_is(
    tmp_path: Path, told: tuple[list[str], Callable[[str], None]]
) -> None:
    folder = written(tmp_path / "run")
    (folder / "log.jsonl").unlink()
    made = document(folder, report=told[1])
    assert titles(made) == ["What was trained", "All settings"]
    found = text(made)
    assert "The log holds no figures" in found
    assert f"unsuplmk run --config {folder} --out {folder}-again" in found
    assert "asked for: cpu, processes: 1, precision float32; what it ran on was not recorded" in found
    assert "No landmarks can be shown:" in found
    assert "model.safetensors" in found


def test_a_section_that_fails_is_one_line(told: tuple[list[str], Callable[[str], None]]) -> None:
    def full() -> None:
        raise RuntimeError("out of\nmemory")

    section = attempt("Frames rebuilt", full, told[1])
    assert section is not None
    assert section.title == "Frames rebuilt"
    assert told[0] == ["no section 'Frames rebuilt': RuntimeError: out of memory"]


def test_warnings_of_the_log_and_unfinished_lines_are_told(copy: Path) -> None:
    with (copy / "log.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"step": 5, "warning": "landmarks <0> and 1 have merged"}\n{"step": 6, "los')
    made = document(copy, images=1)
    assert "Warnings while it was trained" in titles(made)
    found = text(made)
    assert "step 5: landmarks <0> and 1 have merged" in found
    assert "1 line(s) of the log cannot be read" in found


@pytest.mark.parametrize("damage", ["{", "{}", '{"protocol": 3}', '{"protocol": {"name": null}}'])
def test_damaged_figures_cost_their_section_and_no_other(
    damage: str, copy: Path, told: tuple[list[str], Callable[[str], None]]
) -> None:
    (copy / "metrics.json").write_text(damage, "utf-8")
    lines, report = told
    made = document(copy, images=1, report=report)
    (section,) = [section for section in made.sections if section.title == "Judged by annotated points"]
    assert len(section.blocks) == 1
    assert titles(made)[-1] == "All settings"
    assert len(lines) == 1
    assert "metrics.json" in lines[0]
    assert "\n" not in lines[0]


def test_a_contact_sheet_that_is_no_picture_costs_its_section_and_no_other(
    copy: Path, told: tuple[list[str], Callable[[str], None]]
) -> None:
    for path in (copy / "preview").iterdir():
        path.write_text("no picture", "utf-8")
    made = document(copy, images=1, report=told[1])
    assert "This section could not be made: " in text(made)
    assert titles(made) == [*ALWAYS, *DRAWN]


def test_hostile_names_are_text(copy: Path, told: tuple[list[str], Callable[[str], None]]) -> None:
    evil = "<script>alert('x')</script>"
    config = (copy / "config.toml").read_text("utf-8").replace('"puppets"', json.dumps(evil))
    (copy / "config.toml").write_text(config, "utf-8")
    with (copy / "log.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps({"step": 7, evil: 3.0, "loss": 1.0}) + "\n")
        file.write(json.dumps({"step": 8, evil: 4.0, "loss": 1.0}) + "\n")
    rendered = page.render(document(copy, report=told[1]))
    assert "<script" not in rendered
    assert Page(rendered).text.count(evil) >= 3


def test_collapsed_landmarks_are_named_at_the_top(copy: Path) -> None:
    from safetensors.torch import load_file, save_file

    state = load_file(copy / "model.safetensors")
    save_file({key: value * 0 for key, value in state.items()}, copy / "model.safetensors")
    first = document(copy, images=1).sections[0].blocks[0]
    assert "all landmarks lie at the centre of the image: they have collapsed" in first.text  # type: ignore[union-attr]


def test_a_run_whose_generator_draws_nothing_has_no_pictures_of_that(tmp_path: Path) -> None:
    folder = train(tmp_path / "run", steps=1, stage={}, generator="identity", loss=["equivariance"])
    made = document(folder, images=1)
    assert titles(made) == ["What was trained", "Health", "Landmarks", "Curves", "All settings"]


def test_what_is_asked_for_and_not_there_is_refused(trained: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no file or folder 'nowhere'"):
        document(trained, "nowhere")
    with pytest.raises(UserError, match="is not a run folder"):
        document(tmp_path)


def test_every_picture_says_what_it_shows(judged: Path) -> None:
    for section in document(judged, images=2).sections:
        pictures = [one for block in section.blocks if isinstance(block, Pictures) for one in block.pictures]
        assert all(isinstance(one, Picture) and len(one.alt) > 20 for one in pictures)
