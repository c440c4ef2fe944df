"""What a run folder records is read as far as it is there."""

from __future__ import annotations

from math import inf, isnan, nan
from pathlib import Path

import pytest

from tests.report.runs import written
from unsuplmk.errors import UserError
from unsuplmk.report.records import figures, records

LINES = [
    {"step": 10, "images/s": 4.0, "loss": 3.0, "pixel": 1.0, "learning_rate": 0.1},
    {"step": 15, "warning": "landmarks 0 and 1 have merged"},
    {"step": 20, "images/s": 8.0, "loss": 2.0, "pixel": nan, "learning_rate": 0.1, "spread": 7.5},
]


def test_figures_warnings_and_the_time_are_told_apart(tmp_path: Path) -> None:
    found = records(written(tmp_path / "run", LINES, batch=4))
    assert found.name == "run"
    assert found.steps == 20
    assert found.seconds == 10 * 4 / 4 + 10 * 4 / 8
    assert found.warnings == ((15, "landmarks 0 and 1 have merged"),)
    assert found.losses == ("loss", "pixel")
    assert found.series("loss") == ([10.0, 20.0], [3.0, 2.0])
    assert found.last("spread") == 7.5
    assert isnan(found.last("pixel"))
    assert isnan(found.last("agreement"))
    assert found.broken == 0


def test_a_line_that_was_never_finished_is_counted_and_the_others_stand(tmp_path: Path) -> None:
    folder = written(tmp_path / "run", LINES)
    with (folder / "log.jsonl").open("ab") as file:
        file.write(b'{"step": 30, "lo')
    found = records(folder)
    assert (len(found.lines), found.broken, found.steps) == (2, 1, 20)


@pytest.mark.parametrize("line", ["[1]", '{"loss": 1}', '{"step": "x"}', '{"step": null, "loss": 1}', "\ufffd", "7"])
def test_a_line_that_is_no_line_of_a_log_is_counted(line: str, tmp_path: Path) -> None:
    folder = written(tmp_path / "run", LINES)
    (folder / "log.jsonl").write_text(f"{line}\n", "utf-8")
    assert records(folder).broken == 1


def test_text_and_infinite_values_are_no_figures(tmp_path: Path) -> None:
    found = records(written(tmp_path / "run", [{"step": 1, "loss": 2.0, "words": "a", "flag": True, "odd": inf}]))
    assert found.names() == ("loss",)


def test_a_folder_without_a_log_has_no_steps(tmp_path: Path) -> None:
    folder = written(tmp_path / "run")
    (folder / "log.jsonl").unlink()
    found = records(folder)
    assert (found.steps, found.lines, found.previews()) == (0, (), [])
    assert isnan(found.seconds)


def test_settings_are_named_by_their_place_without_what_is_only_recorded(tmp_path: Path) -> None:
    found = records(written(tmp_path / "run")).settings()
    assert found["encoder.width"] == 8
    assert found["loss.pixel.weight"] == 20.0
    assert not [key for key in found if key.startswith(("versions", "plugins"))]


def test_contact_sheets_are_in_the_order_of_their_steps(tmp_path: Path) -> None:
    folder = written(tmp_path / "run")
    (folder / "preview").mkdir()
    for name in ("1000000.png", "000200.png", "notes.png", "000100.txt"):
        (folder / "preview" / name).touch()
    assert [step for step, _ in records(folder).previews()] == [200, 1000000]


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is not a run folder"):
        records(tmp_path)
    with pytest.raises(UserError, match="does not exist"):
        records(tmp_path / "nowhere")


@pytest.mark.parametrize("text", ["{", "[]", "3", '"a"'])
def test_damaged_figures_are_said_to_be_so_in_one_line(text: str, tmp_path: Path) -> None:
    (tmp_path / "metrics.json").write_text(text, "utf-8")
    with pytest.raises(UserError, match=r"^metrics\.json (cannot be read|is damaged)") as caught:
        figures(tmp_path / "metrics.json")
    assert "\n" not in str(caught.value)
    assert figures(tmp_path / "other.json") is None
