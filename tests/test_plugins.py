"""Plugins are found through entry points; one that cannot be used is named and the rest goes on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

import pytest

from unsuplmk.errors import UserError
from unsuplmk.plugins import Host

REPOSITORY = Path(__file__).parents[1]
HEADER = """
from unsuplmk.hookspecs import hookimpl
from unsuplmk.interfaces import Encoder

"""
ENCODER = """
class {name}(Encoder):
    '''{summary}

    Args:
        gain: How strong.
    '''
    def __init__(self, landmarks: int, *, gain: float = 1.5) -> None:
        super().__init__()
    def forward(self, image):
        return image

@hookimpl
def register_encoders():
    return {{"{key}": {name}}}
"""

COMMAND = """
import click, sys
from unsuplmk.hookspecs import hookimpl

@hookimpl
def register_commands(cli):
    @cli.command()
    def greet():
        click.echo(f"hello, torch {'torch' in sys.modules}")
"""


def install(folder: Path, name: str, code: str, entry: str = "", version: str = "1.2") -> None:
    """A real distribution as an installer leaves it: a module, and a .dist-info with entry points."""
    module = f"{name.replace('-', '_')}_module"
    (folder / f"{module}.py").write_text(code)
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (info / "entry_points.txt").write_text(f"[unsuplmk]\n{entry or name} = {module}\n")


def host(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    monkeypatch.syspath_prepend(str(folder))
    found = [(d, entry) for d in distributions(path=[str(folder)]) for entry in d.entry_points]
    return Host(sorted(found, key=lambda pair: pair[0].metadata["Name"]))


def command(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join((str(folder), str(REPOSITORY)))
    environment = {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
    line = [sys.executable, "-m", "unsuplmk", *args]
    return subprocess.run(line, capture_output=True, text=True, env=environment, cwd=folder, timeout=120)


GOOD = "from unsuplmk.hookspecs import hookimpl\n@hookimpl\ndef register_losses(): return {}\n"
FAULTS = {
    "failing-import": ("import nothing_of_that_name", "ModuleNotFoundError: No module named 'nothing_of_that_name'"),
    "leaving": ("raise SystemExit('bye')", "SystemExit: bye"),
    "misspelt-hook": (
        GOOD.replace("losses", "loses"),
        "no hook named 'register_loses'; did you mean 'register_losses'?",
    ),
    "wrong-signature": (GOOD.replace("()", "(landmarks)"), "landmarks"),
    "unmarked": ("def register_losses(): return {}", "it implements no hook"),
    "half": (GOOD + "@hookimpl\ndef register_stages(what): return {}\n", "what"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_plugin_that_cannot_be_loaded_is_named_and_the_next_is_used(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, reason = FAULTS[name]
    install(tmp_path, f"a-{name}", code, entry=name)
    install(tmp_path, f"b-good-{name}", GOOD, entry="good")
    found = host(tmp_path, monkeypatch)
    assert list(found.plugins) == ["unsuplmk", "good"]
    (broken,) = found.broken
    assert (broken.plugin.name, broken.plugin.distribution, broken.plugin.version) == (name, f"a-{name}", "1.2")
    assert reason in broken.reason
    assert "\n" not in str(broken)
    answers = [plugin.name for plugin, _ in found.call("register_losses")]
    assert answers == ["unsuplmk", "good"]


def test_two_plugins_of_one_name_are_told_apart_by_distribution(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, "one-of-two", GOOD, entry="same")
    install(tmp_path, "two-of-two", GOOD, entry="same")
    found = host(tmp_path, monkeypatch)
    assert found.plugins["same"].distribution == "one-of-two"
    assert "one-of-two already brings a plugin of this name" in str(found.broken[0])


def test_a_hook_that_raises_loses_only_its_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = GOOD + "@hookimpl\ndef register_metrics(): raise OSError('two\\nlines')\n"
    install(tmp_path, "raising", code)
    found = host(tmp_path, monkeypatch)
    assert [plugin.name for plugin, _ in found.call("register_metrics")] == ["unsuplmk"]
    assert [plugin.name for plugin, _ in found.call("register_losses")] == ["unsuplmk", "raising"]
    assert str(found.broken[0]).endswith("skipped in part: register_metrics: OSError: two lines")


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A good plugin among many that break the contract of a part."""
    folder = tmp_path_factory.mktemp("crowd")
    bad = {
        "wrong-base": "@hookimpl\ndef register_encoders(): return {'based': int}\n",
        "no-mapping": "@hookimpl\ndef register_encoders(): return ['listed']\n",
        "bad-name": ENCODER.format(name="Odd", summary="Odd.", key="Odd_Name"),
        "takes-name": ENCODER.format(name="Thief", summary="Takes a built-in's name.", key="convnet"),
        "wrong-wiring": ENCODER.format(name="Loose", summary="Loose.", key="loose").replace("landmarks: int, ", ""),
        "abstract": ENCODER.format(name="Bare", summary="Bare.", key="bare").replace("def forward", "def backward"),
        "reserved": ENCODER.format(name="Grab", summary="Grabs.", key="grab").replace("gain: float", "name: float"),
        "unresolved": ENCODER.format(name="Lost", summary="Lost.", key="lost").replace("gain: float", "gain: 'Where'"),
    }
    for name, code in bad.items():
        install(folder, name, HEADER + code)
    install(folder, "broken-import", "import nothing_of_that_name")
    commands = (
        "import click\n@hookimpl\ndef register_commands(cli):\n    @cli.command()\n    def greet():\n        {}\n"
    )
    tiny = ENCODER.format(name="Tiny", summary="A small one.", key="tiny") + commands.format("click.echo('hello')")
    install(folder, "tiny-package", HEADER + tiny, entry="tiny")
    return folder


def test_each_broken_part_is_named_in_one_line_with_its_reason(crowd: Path) -> None:
    done = command(crowd, "plugins", "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    reasons = {broken["name"]: broken["reason"] for broken in answer["broken"] if broken["version"] == "1.2"}
    expected = {
        "wrong-base": "encoder 'based' must be a subclass of unsuplmk.interfaces.Encoder",
        "no-mapping": "register_encoders must return a mapping",
        "bad-name": "encoder name 'Odd_Name' must be lower-case",
        "takes-name": "encoder 'convnet' is a built-in's name",
        "wrong-wiring": "the constructor must be __init__(self, landmarks, *, options)",
        "abstract": "encoder 'bare' lacks forward",
        "reserved": "no option may be called name",
        "unresolved": "its options cannot be read: NameError",
        "broken-import": "ModuleNotFoundError",
    }
    for name, reason in expected.items():
        assert reason in reasons.pop(name)
    assert not reasons
    lines = [line for line in done.stderr.splitlines() if " 1.2 " in line]
    assert len(lines) == len(expected)
    assert all(line.startswith("Warning: plugin ") and " 1.2 is skipped" in line for line in lines)
    brought = {plugin["name"]: plugin["brings"] for plugin in answer["plugins"]}
    assert brought["tiny"] == ["encoder tiny", "command greet"]
    assert "encoder convnet" in brought["unsuplmk"]


def test_a_plugins_encoder_is_chosen_and_configured_like_ours(crowd: Path) -> None:
    done = command(crowd, "run", "--encoder", "tiny", "--help")
    assert done.returncode == 0, done.stderr
    assert "Encoder tiny:" in done.stdout
    assert "--encoder.gain NUMBER" in done.stdout
    assert "How strong.  [default: 1.5]" in done.stdout
    assert "plugin 'wrong-base'" in done.stderr


def test_a_name_that_two_plugins_claim_is_refused_with_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from unsuplmk import registry

    for name in ("twin-a", "twin-b"):
        install(tmp_path, f"{name}-claims", HEADER + ENCODER.format(name="Twin", summary="One of two.", key="twin"))
    found = host(tmp_path, monkeypatch)
    monkeypatch.setattr(registry, "host", lambda: found)
    registry._table.cache_clear()
    try:
        assert "twin" not in registry.components("encoder")
        with pytest.raises(UserError) as caught:
            registry.find("encoder", "twin")
    finally:
        registry._table.cache_clear()
    claims = "twin-a-claims 1.2 and twin-b-claims 1.2"
    assert str(caught.value) == f"encoder 'twin' is claimed by {claims}: uninstall one of them"


def test_a_plugins_command_runs_though_help_does_not_look_for_it(tmp_path: Path) -> None:
    install(tmp_path, "greeter", COMMAND)
    assert command(tmp_path, "greet").stdout == "hello, torch False\n"
    listed = command(tmp_path, "--help")
    assert "greet" not in listed.stdout
    assert "unsuplmk plugins" in listed.stdout
    assert not listed.stderr


def test_a_command_that_two_plugins_claim_or_that_is_ours_is_refused(tmp_path: Path) -> None:
    install(tmp_path, "greeter-a", COMMAND)
    install(tmp_path, "greeter-b", COMMAND)
    install(tmp_path, "thief", COMMAND.replace("def greet", "def info"))
    done = command(tmp_path, "greet")
    assert done.returncode == 2
    assert "command 'greet' is claimed by greeter-a 1.2 and greeter-b 1.2: uninstall one" in done.stderr
    assert "plugin 'thief' of thief 1.2 is skipped in part: command 'info' is a built-in's name" in done.stderr
