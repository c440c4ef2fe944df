"""The pictures and the transcript of the documentation are what its scripts make, and the pages show them."""

from __future__ import annotations

import ast
import os
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.small import settings
from unsuplmk.job import train

ROOT = Path(__file__).parent.parent
SCRIPTS, IMAGES = ROOT / "docs" / "pictures", ROOT / "docs" / "images"
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]
SHOWN = [
    (page, alt, page.parent / link)
    for page in PAGES
    for alt, link in re.findall(r"!\[([^\]]*)\]\((?!https?:)([^)\s]+)\)", page.read_text("utf-8"))
]
KNOWN: dict[str, Any] = runpy.run_path(str(SCRIPTS / "files.py"))["KNOWN"]
QUICK = [name for name, known in KNOWN.items() if known.module not in ("judged", "failures")]
"""The others fit a map on all puppets."""
TRANSCRIPT = ROOT / "docs" / "transcripts" / "first-run.txt"


def _demo() -> list[str]:
    """The commands of the demo as a reader would type them."""
    lines = (ROOT / "examples" / "demo.sh").read_text("utf-8").splitlines()
    return [
        re.sub(r'"\$bin/(\w+)"', r"\1", line.replace('"$here/draw_puppets.py"', "examples/draw_puppets.py"))
        for line in lines
        if line.startswith('"$bin/')
    ]


def _typed(text: str) -> list[str]:
    return [line.removeprefix("$ ") for line in text.splitlines() if line.startswith("$ ")]


def test_the_transcript_is_of_the_demo_as_it_is_now() -> None:
    assert _typed(TRANSCRIPT.read_text("utf-8")) == _demo()


def test_the_page_of_the_first_run_shows_the_whole_transcript_in_its_order() -> None:
    sections = re.findall(r"^# --8<-- \[start:(\w+)\]", TRANSCRIPT.read_text("utf-8"), re.MULTILINE)
    page = (ROOT / "docs" / "first-run.md").read_text("utf-8")
    assert re.findall(r'^--8<-- "docs/transcripts/first-run\.txt:(\w+)"', page, re.MULTILINE) == sections


def test_transcripts_name_no_place_on_the_machine_that_they_were_made_on() -> None:
    for path in TRANSCRIPT.parent.glob("*.txt"):
        text = path.read_text("utf-8")
        assert not re.findall(r"(?<![\w.])/[a-z]+/|\x1b|Traceback", text), path.name


def test_a_transcript_has_commands_output_and_seconds_but_nothing_of_bash(tmp_path: Path) -> None:
    demo, out, folder = tmp_path / "demo.sh", tmp_path / "out.txt", tmp_path / "work"
    demo.write_text(
        'bin=$1\nsay() { printf "\\n== %s\\n" "$*"; }\nsay "First: this"\n"$bin/python" -c "print(1 + 1)"\n'
        'say "Then that"\n"$bin/python" -c "import os; print(os.getcwd() + \'/x\')"\necho "$(basename a/b)"\n',
        "utf-8",
    )
    runpy.run_path(str(SCRIPTS / "transcript.py"))["record"](folder, demo, out)
    lines = [re.sub(r"^\[\d+ s\]$", "[0 s]", line) for line in out.read_text("utf-8").splitlines()]
    assert lines[0].startswith("# ")
    assert "core" in lines[0]
    assert lines[2:] == [
        *("", "# --8<-- [start:first]", "== First: this", "$ python -c 'print(1 + 1)'", "2", "[0 s]"),
        *("# --8<-- [end:first]", "", "# --8<-- [start:then]", "== Then that"),
        *("$ python -c 'import os; print(os.getcwd() + '\\''/x'\\'')'", "x", "[0 s]", "b", "# --8<-- [end:then]"),
    ]


def test_a_demo_that_fails_leaves_the_transcript_as_it_was(tmp_path: Path) -> None:
    demo, out = tmp_path / "demo.sh", tmp_path / "out.txt"
    demo.write_text("exit 3\n", "utf-8")
    out.write_text("before", "utf-8")
    with pytest.raises(SystemExit, match="ended with 3"):
        runpy.run_path(str(SCRIPTS / "transcript.py"))["record"](tmp_path, demo, out)
    assert out.read_text("utf-8") == "before"


@pytest.mark.parametrize(("page", "alt", "picture"), SHOWN, ids=lambda value: getattr(value, "name", ""))
def test_every_picture_that_a_page_shows_is_drawn_by_a_script_and_described(
    page: Path, alt: str, picture: Path
) -> None:
    assert picture.name in KNOWN, f"{page.name} shows {picture.name}, which no script draws"
    assert picture.resolve().parent == IMAGES.resolve()
    assert len(alt) >= 20, f"{page.name} does not say what {picture.name} shows"


def test_every_picture_is_shown_and_none_is_left_over() -> None:
    assert {picture.name for _, _, picture in SHOWN} == set(KNOWN) == {path.name for path in IMAGES.iterdir()}


@pytest.mark.parametrize("name", KNOWN)
def test_a_picture_has_the_size_of_a_page_and_a_script_that_draws_it(name: str) -> None:
    path, known = IMAGES / name, KNOWN[name]
    assert 1_000 < path.stat().st_size <= known.most
    script = (SCRIPTS / f"{known.module}.py").read_text("utf-8")
    assert "\ndef draw(folder: Path) -> None:" in script
    assert f'"{path.stem}"' in script or f'"{name}"' in script
    if path.suffix == ".svg":
        text = path.read_text("utf-8")
        assert "<title>" in text
        assert not re.findall(r"(?:href|src)='(?!data:)|url\((?!#)|@import", text), "it would be fetched from elsewhere"
        width = int(re.findall(r"viewBox='0 0 (\d+) \d+'", text)[0])
    else:
        with Image.open(path) as picture:
            width, height = picture.size
        assert 200 <= height <= 1200
    assert 240 <= width <= 1700


def test_the_page_about_failures_shows_the_commands_that_made_them() -> None:
    tree = ast.parse((SCRIPTS / "failures.py").read_text("utf-8"))
    (made,) = (
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "COMMANDS"
    )
    page = (ROOT / "docs" / "concepts.md").read_text("utf-8")
    for name, command in made.items():
        assert f"```sh\n{command}\n```\n" in page, name
        assert _typed((TRANSCRIPT.parent / f"{name}.txt").read_text("utf-8")) == [command]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pictures that a small run gives, drawn by a copy of the scripts beside another `images`."""
    folder = tmp_path_factory.mktemp("documentation")
    shutil.copytree(SCRIPTS, folder / "docs" / "pictures", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "docs" / "transcripts").mkdir()
    stages = {"preview": {"every": 1, "rows": 3}}
    train(settings(steps=3, size=32, batch=3, stage=stages), folder / "work" / "demo" / "run")
    draw = folder / "docs" / "pictures" / "draw.py"
    subprocess.run(
        [sys.executable, draw, folder / "work", *QUICK], check=True, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    return folder / "docs" / "images"


def test_the_scripts_draw_any_run(drawn: Path) -> None:
    assert {path.name for path in drawn.iterdir()} == set(QUICK)
    for name in ("puppets.webp", "video.webp"):
        with Image.open(drawn / name) as one, Image.open(IMAGES / name) as kept:
            assert one.size == kept.size
            assert getattr(one, "n_frames", 1) == getattr(kept, "n_frames", 1)
    assert (drawn / "coordinates.svg").read_bytes() == (IMAGES / "coordinates.svg").read_bytes()
