"""Plugins are found through entry points; one that cannot be used is named and the rest goes on."""

from __future__ import annotations

import json
import sys
from importlib.metadata import distributions
from pathlib import Path

import pytest

from tests.distributions import COMMAND, ENCODER, GOOD, HEADER, command, install, others, present
from unsuplmk import plugins, registry
from unsuplmk.errors import UserError
from unsuplmk.hosting import patience
from unsuplmk.plugins import WITHOUT, Host


def host(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    monkeypatch.syspath_prepend(str(folder))
    found = [(d, entry) for d in distributions(path=[str(folder)]) for entry in d.entry_points]
    return Host(sorted(found, key=lambda pair: pair[0].metadata["Name"]))


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


HANGING = "import time\n@hookimpl\ndef register_metrics(): time.sleep(600)\n"
RAISING = ENCODER.replace("super().__init__()", "super().__init__()\n        raise OSError('two\\nlines')")
CROWD = {
    "wrong-base": ("@hookimpl\ndef register_encoders(): return {'based': int}\n", "encoder 'based' must be a subclass"),
    "no-mapping": ("@hookimpl\ndef register_encoders(): return ['listed']\n", "must return a mapping"),
    "bad-name": (ENCODER.format(name="Odd", summary="Odd.", key="Odd_Name"), "'Odd_Name' must be lower-case"),
    "takes-name": (ENCODER.format(name="Thief", summary="Takes.", key="convnet"), "'convnet' is a built-in's name"),
    "wrong-wiring": (
        ENCODER.format(name="Loose", summary="Loose.", key="loose").replace("landmarks: int, ", ""),
        "the constructor must be __init__(self, landmarks, *, options), not",
    ),
    "abstract": (
        ENCODER.format(name="Bare", summary="Bare.", key="bare").replace("def forward", "def backward"),
        "encoder 'bare' lacks forward",
    ),
    "reserved": (
        ENCODER.format(name="Grab", summary="Grabs.", key="grab").replace("gain: float", "name: float"),
        "no option may be called name",
    ),
    "unresolved": (
        ENCODER.format(name="Lost", summary="Lost.", key="lost").replace("gain: float", "gain: 'Where'"),
        "its options cannot be read: NameError",
    ),
    "broken-import": ("import nothing_of_that_name", "ModuleNotFoundError: No module named 'nothing_of_that_name'"),
    "misspelt-hook": (GOOD.replace("losses", "loses"), "no hook named 'register_loses'; did you mean"),
    "odd-hook": (GOOD.replace("()", "(landmarks)"), "{'landmarks'} are declared in the hookimpl but can not be found"),
    "raising-hook": ("@hookimpl\ndef register_formats(): return 1 / 0\n", "register_formats: ZeroDivisionError"),
    "hanging-import": ("import time\ntime.sleep(600)\n", f"given up after 3 s; {patience.SECONDS}=600 waits longer"),
    "hanging-hook": (HANGING, f"register_metrics: given up after 3 s; {patience.SECONDS}=600 waits longer"),
    "twin-b": (ENCODER.format(name="Twin", summary="Two.", key="twin"), "'twin' is claimed by twin-a 1.2 and twin-b"),
    "greeter-b": (COMMAND, "command 'greet' is claimed by greeter-a 1.2 and greeter-b 1.2: uninstall one of them"),
    "thief": (COMMAND.replace("def greet", "def info"), "command 'info' is a built-in's name"),
    "future": (GOOD, "it asks for unsuplmk >=99, and this is unsuplmk "),
    "same-b": (GOOD, "same-a already brings a plugin of this name; uninstall one of them"),
}
"""Distributions that break the contract: name -> code, and what is said."""
WHOLE = {"broken-import", "misspelt-hook", "odd-hook", "hanging-import", "future", "same-b"}


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A good plugin among many that are broken in one way each."""
    folder = tmp_path_factory.mktemp("crowd")
    for name, (code, _) in CROWD.items():
        asked = ("unsuplmk>=99",) if name == "future" else ()
        install(folder, name, HEADER + code, entry="same" if name == "same-b" else name, requires=asked)
    install(folder, "twin-a", HEADER + CROWD["twin-b"][0])
    install(folder, "greeter-a", COMMAND)
    install(folder, "same-a", GOOD, entry="same")
    tiny = HEADER + ENCODER.format(name="Tiny", summary="A small one.", key="tiny") + COMMAND.replace("greet", "hail")
    install(folder, "tiny-package", tiny, entry="tiny", requires=("unsuplmk>=0.1; python_version > '3'", "torch"))
    return folder


def test_each_kind_of_broken_plugin_is_one_line_with_its_reason_and_the_rest_works(crowd: Path) -> None:
    done = command(crowd, "plugins", "--json", **{patience.SECONDS: "3"})
    assert done.returncode == 0, done.stderr
    rows = {row["distribution"]: row for row in json.loads(done.stdout)["plugins"]}
    lines = done.stderr.splitlines()
    for name, (_, reason) in CROWD.items():
        (problem,) = rows[name]["problems"]
        assert reason in problem
        assert rows[name]["health"] == ("skipped" if name in WHOLE else "skipped in part")
        (line,) = (line for line in lines if f"of {name} 1.2 is skipped" in line)
        assert line == f"Warning: plugin {rows[name]['name']!r} of {name} 1.2 is {rows[name]['health']}: {problem}"
    waits = [line for line in lines if line.startswith("unsuplmk: still ")]
    assert [line.partition(" after")[0] for line in waits] == [
        "unsuplmk: still importing plugin 'hanging-import' of hanging-import 1.2",
        "unsuplmk: still in register_metrics of plugin 'hanging-hook' of hanging-hook 1.2",
    ]
    assert len(lines) == len(CROWD) + len(waits)
    # both that claim a name are told so, and what a plugin brings, implements and asks for is there
    assert rows["twin-a"]["problems"] == rows["twin-b"]["problems"]
    assert rows["greeter-a"]["problems"] == rows["greeter-b"]["problems"]
    tiny = rows["tiny-package"]
    assert (tiny["name"], tiny["version"], tiny["core"], tiny["health"]) == ("tiny", "1.2", ">=0.1", "ok")
    assert tiny["brings"] == ["encoder tiny", "command hail"]
    assert sorted(tiny["hooks"]) == ["register_commands", "register_encoders"]
    assert rows["future"]["core"] == ">=99"
    assert "encoder convnet" in rows["unsuplmk"]["brings"]
    left_out = {name: row["health"] for name, row in rows.items() if row["health"] == "left out"}
    assert set(left_out) == set(filter(None, others().split(",")))


def test_the_list_of_plugins_fits_eighty_columns_and_shows_their_health(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from click.testing import CliRunner

    from unsuplmk.cli import cli
    from unsuplmk.cli.commands import of_plugins

    install(tmp_path, "no-mapping", HEADER + CROWD["no-mapping"][0], entry="listed")
    install(tmp_path, "tiny-package", HEADER + ENCODER.format(name="Tiny", summary="Small.", key="tiny"), entry="tiny")
    install(tmp_path, "future", GOOD, requires=("unsuplmk>=99",))
    monkeypatch.setenv(WITHOUT, others())
    with present(tmp_path):
        of_plugins.cache_clear()
        text = CliRunner().invoke(cli, ["plugins"], terminal_width=80).output
    of_plugins.cache_clear()
    assert max(map(len, text.splitlines())) <= 80
    blocks = {block.partition(",")[0]: block for block in text.split("\n\n")}
    assert blocks["tiny"] == (
        "tiny, of tiny-package 1.2: ok\n  encoder     tiny\n  hooks       register_encoders\n  asks for    any unsuplmk"
    )
    assert blocks["listed"].startswith(
        "listed, of no-mapping 1.2: skipped in part\n  register_encoders must return a mapping of names to classes, not"
    )
    assert blocks["future"].startswith("future, of future 1.2: skipped\n  it asks for unsuplmk >=99, and this is")


def test_a_constructor_that_raises_is_one_line_with_the_place_in_the_plugin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from unsuplmk.cli import cli
    from unsuplmk.cli.errors import status

    monkeypatch.setenv(WITHOUT, others())
    install(tmp_path, "weak", HEADER + RAISING.format(name="Raising", summary="Raises.", key="weak"))
    with present(tmp_path):
        out = str(tmp_path / "run")
        assert status(cli, ["run", "--encoder", "weak", "--device", "cpu", "--out", out]) == 2
    path = tmp_path / "weak_module.py"
    number = path.read_text().splitlines().index("        raise OSError('two\\nlines')") + 1
    what = "encoder 'weak' of weak 1.2 cannot be built: OSError: two lines"
    assert capsys.readouterr().err == f"Error: {what} ({path}:{number})\n"


def test_what_a_constructor_raises_is_the_cause_and_a_users_error_stays_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(WITHOUT, others())
    install(
        tmp_path, "leaving-a", HEADER + RAISING.format(name="A", summary="A.", key="a").replace("OSError", "SystemExit")
    )
    mine = RAISING.format(name="B", summary="B.", key="b").replace("OSError", "UserError")
    install(tmp_path, "refusing-b", f"from unsuplmk.errors import UserError\n{HEADER}{mine}")
    with present(tmp_path):
        with pytest.raises(UserError, match=r"encoder 'a' of leaving-a 1.2 cannot be built: SystemExit: two") as caught:
            registry.build("encoder", "a", 3)
        assert isinstance(caught.value.__cause__, SystemExit)
        with pytest.raises(UserError, match=r"^two\nlines$"):
            registry.build("encoder", "b", 3)
    with pytest.raises(TypeError):  # a bug of ours keeps its traceback
        registry.build("encoder", "convnet", None)


def test_plugins_that_the_environment_names_are_left_out_and_other_names_are_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, "bad-package", "raise AssertionError('it was imported')", entry="bad")
    install(tmp_path, "bad-twin", "raise AssertionError('it was imported')", entry="other")
    install(tmp_path, "good-package", GOOD, entry="good")
    monkeypatch.setenv(WITHOUT, " bad ,bad-twin,, goods")
    found = host(tmp_path, monkeypatch)
    assert list(found.plugins) == ["unsuplmk", "good"]
    assert not found.broken
    assert [str(left) for left in found.left_out] == [
        "plugin 'bad' of bad-package 1.2 is skipped: UNSUPLMK_WITHOUT names it",
        "plugin 'other' of bad-twin 1.2 is skipped: UNSUPLMK_WITHOUT names it",
    ]
    (note,) = found.notes
    assert note.startswith("UNSUPLMK_WITHOUT: no plugin named 'goods'; did you mean 'good'? Known: bad, bad-package,")


def test_a_name_that_nothing_answers_to_is_told_with_the_plugins_that_may_have_brought_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, "whole-broken", "import nothing_of_that_name")
    install(tmp_path, "broken-encoder", HEADER + CROWD["abstract"][0])
    install(tmp_path, "broken-format", HEADER + CROWD["raising-hook"][0])
    monkeypatch.setenv(WITHOUT, f"{others()},idle")
    install(tmp_path, "idle", GOOD)
    with present(tmp_path):
        registry.components("format")
        with pytest.raises(registry.MissingError) as caught:
            registry.find("encoder", "bare")
    first, *notes, last = str(caught.value).split("; plugin ")
    assert first.startswith("no encoder named 'bare'; ")
    assert [note.partition(" is skipped")[0] for note in (*notes, last)] == [
        "'whole-broken' of whole-broken 1.2",
        "'broken-encoder' of broken-encoder 1.2",
    ]
    assert "; left out by UNSUPLMK_WITHOUT: idle" in last


def test_of_a_plugin_that_was_given_up_nothing_half_imported_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "sleepy_module"
    package.mkdir()
    (package / "__init__.py").write_text("from sleepy_module import first\nimport time\ntime.sleep(600)\n")
    (package / "first.py").write_text("")
    install(tmp_path, "sleepy", "")
    (tmp_path / "sleepy_module.py").unlink()
    monkeypatch.setenv(patience.SECONDS, "0.5")
    found = host(tmp_path, monkeypatch)
    assert [broken.plugin.name for broken in found.broken] == ["sleepy"]
    assert not [name for name in sys.modules if name.startswith("sleepy_module")]


def test_a_hook_that_was_given_up_is_not_waited_for_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "dozing", HEADER + HANGING)
    monkeypatch.setenv(patience.SECONDS, "0.3")
    found = host(tmp_path, monkeypatch)
    for _ in range(3):
        assert [plugin.name for plugin, _ in found.call("register_metrics")] == ["unsuplmk"]
    assert len(found.broken) == 1


def test_a_plugin_that_asks_the_registry_while_it_is_imported_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(WITHOUT, others())
    install(tmp_path, "early", "from unsuplmk import registry\nNAMES = registry.components('encoder')\n" + GOOD)
    with present(tmp_path):
        (broken,) = plugins.host().broken
    assert broken.reason == (
        "plugin 'early' of early 1.2 asks for what is registered while it is imported; do so inside a function"
    )


def test_a_plugins_encoder_is_chosen_and_configured_like_ours(crowd: Path) -> None:
    done = command(crowd, "run", "--encoder", "tiny", "--help", **{WITHOUT: f"{others()},hanging-import,hanging-hook"})
    assert done.returncode == 0, done.stderr
    assert "Encoder tiny:" in done.stdout
    assert "--encoder.gain NUMBER" in done.stdout
    assert "How strong.  [default: 1.5]" in done.stdout
    assert "plugin 'wrong-base'" in done.stderr


def test_a_name_that_two_plugins_claim_is_refused_with_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WITHOUT, others())
    for name in ("twin-a", "twin-b"):
        install(tmp_path, f"{name}-claims", HEADER + ENCODER.format(name="Twin", summary="One of two.", key="twin"))
    with present(tmp_path):
        assert "twin" not in registry.components("encoder")
        assert list(registry.disputed("encoder")) == ["twin"]
        with pytest.raises(UserError) as caught:
            registry.find("encoder", "twin")
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
