"""`unsuplmk plugins new` writes a project where it may, and refuses what would not work."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from unsuplmk import registry
from unsuplmk.cli.commands import OURS
from unsuplmk.cli.plugins_new import new
from unsuplmk.errors import UserError
from unsuplmk.hosting import scaffold


def run(*arguments: object) -> str:
    return CliRunner().invoke(new, [str(word) for word in arguments], catch_exceptions=False).output


def test_the_project_is_written_and_the_next_commands_are_printed(tmp_path: Path) -> None:
    said = run("glow", "--kind", "encoder", "--kind", "loss", "--path", tmp_path).splitlines()
    folder = tmp_path / "unsuplmk-glow"
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} == {
        *("README.md", "pyproject.toml", ".gitignore"),
        *(f"unsuplmk_glow/{name}" for name in ("__init__.py", "py.typed", "encoder.py", "loss.py")),
        *("tests/test_glow_encoder.py", "tests/test_glow_loss.py"),
    }
    assert said[0].startswith(f"{folder} brings encoder 'glow', unsuplmk_glow/encoder.py and loss 'glow'")
    install, test, use = (shlex.split(line) for line in said[2:])
    assert install[-3:] == ["install", "-e", f"{folder}[dev]"]
    assert test[-1] == str(folder)
    assert use[-7:] == ["run", "--encoder", "glow", "--steps", "200", "--size", "64"]


def following(folder: Path) -> list[str]:
    return json.loads(run("glow", "--kind", "metric", "--path", folder, "--json"))["commands"]


def test_the_commands_are_short_where_a_shell_finds_this_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))
    python = Path(sys.executable).name
    assert [line.split()[0] for line in following(tmp_path)] == ["pip", python, "unsuplmk"]


def test_the_commands_name_this_python_where_a_shell_would_find_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    install, test, use = following(tmp_path / "with a space")
    words = shlex.split(install)
    assert words == [sys.executable, "-m", "pip", "install", "-e", f"{tmp_path}/with a space/unsuplmk-glow[dev]"]
    done = subprocess.run(use, shell=True, capture_output=True, text=True)
    assert "no metric named 'glow'" in done.stderr  # until the first command is followed
    assert "pytest" in subprocess.run(f"{test} --version", shell=True, capture_output=True, text=True).stdout


def test_as_json_it_says_what_it_wrote(tmp_path: Path) -> None:
    said = json.loads(run("glow", "--kind", "format", "--path", tmp_path, "--json"))
    assert said["folder"] == str(tmp_path / "unsuplmk-glow")
    assert all(Path(path).is_file() for path in said["files"])
    assert str(tmp_path / "unsuplmk-glow" / "unsuplmk_glow" / "format.py") in said["files"]


def test_a_second_project_of_the_name_is_refused_and_the_first_kept(tmp_path: Path) -> None:
    run("glow", "--kind", "loss", "--path", tmp_path)
    part = tmp_path / "unsuplmk-glow" / "unsuplmk_glow" / "loss.py"
    part.write_text("mine", "utf-8")
    with pytest.raises(UserError, match="unsuplmk-glow is there already, and is left as it is"):
        run("glow", "--kind", "loss", "--path", tmp_path)
    assert part.read_text("utf-8") == "mine"


def test_a_plugin_brings_something_that_there_is(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="say what glow is to be, --kind encoder for example; kinds: pairs, encoder,"):
        run("glow", "--path", tmp_path)
    with pytest.raises(UserError, match="no kind of component named 'encodr'; did you mean 'encoder'"):
        run("glow", "--kind", "encodr", "--path", tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "kind", "reason"),
    [
        ("Glow", "loss", "a plugin cannot be named 'Glow': .* hyphens; 'glow' would do"),
        ("my_glow", "loss", "'my-glow' would do"),
        ("MyGlow2", "loss", "'my-glow2' would do"),
        ("2d", "loss", "a plugin cannot be named '2d': lower-case letters, digits and single hyphens$"),
        ("a--b", "loss", "'a-b' would do"),
        ("", "loss", "a plugin cannot be named ''"),
        ("../glow", "loss", "'glow' would do"),
        ("lambda", "loss", "lambda has a meaning in its code; add a word to it"),
        ("none", "loss", "None has a meaning in its code"),
        ("tensor", "loss", "Tensor has a meaning in its code"),
        ("zoom", "pairs", "Zoom has a meaning in its code"),
        ("exception", "loss", "Exception has a meaning in its code"),
        ("hourglass", "encoder", "encoder 'hourglass' is there already; choose another name"),
        ("run", "command", "command 'run' is there already"),
        ("timm", "tracker", "unsuplmk-timm [0-9.]+ is there already; choose another name, or uninstall it"),
        ("template", "encoder", "encoder 'template' is there already"),
    ],
)
def test_a_name_that_will_not_do_is_refused_and_nothing_is_written(
    name: str, kind: str, reason: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=reason):
        run(name, "--kind", kind, "--path", tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_name_of_another_kinds_part_will_do(tmp_path: Path) -> None:
    assert "renderer" in registry.components("generator")
    run("renderer", "--kind", "tracker", "--path", tmp_path)
    assert (tmp_path / "unsuplmk-renderer").is_dir()


def test_no_command_of_ours_may_be_taken() -> None:
    from unsuplmk.hosting import naming

    for name in OURS:
        with pytest.raises(UserError, match="already"):
            naming.check(name, ["command"], OURS)
    naming.check("glow", scaffold.offered(), OURS)
