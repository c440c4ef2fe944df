"""Every command that the documentation shows is run, page by page and in the page's order; every block is checked.

What to do when a new page fails here stands at the top of `tests/play.py`.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from xml.etree import ElementTree

import pytest
import torch
from safetensors.torch import load_file
from torchvision.models import get_weight

from tests import hubserver, play, sharedruns, shell
from tests.docpages import PAGES, ROOT, Block, Command, blocks, commands, label
from tests.stage_set import Stage, Store
from unsuplmk import config
from unsuplmk.crops.detector import OFFICIAL, categories
from unsuplmk.sharing import hub


def unplayed(command: Command) -> bool:
    """Whether a command is only parsed."""
    return command.text in play.UNPLAYED or play.elsewhere(command)


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory, network_weights: Mapping[str, Path]) -> Store:
    return Store(tmp_path_factory.mktemp("store"), network_weights)


@pytest.fixture(scope="session")
def downloads(store: Store, detection_weights: Path) -> Path:
    """A folder of torch's downloads that has random weights under the names of the official ones."""
    folder = store.folder / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    for official, file in (
        ("VGG16_Weights.IMAGENET1K_V1", store.weights["vgg16"]),
        ("VGG19_Weights.IMAGENET1K_V1", store.weights["vgg19"]),
        ("AlexNet_Weights.IMAGENET1K_V1", store.weights["alexnet"]),
        ("SqueezeNet1_1_Weights.IMAGENET1K_V1", store.weights["squeezenet"]),
        (OFFICIAL, detection_weights),
    ):
        state = load_file(file)
        if official == OFFICIAL:  # everything is a dog
            state["roi_heads.box_predictor.cls_score.bias"].zero_()[categories()["dog"]] = 9.0
        torch.save(state, folder / get_weight(official).url.rpartition("/")[2])
    return store.folder


@pytest.fixture
def stage(store: Store, downloads: Path, tmp_path: Path) -> Iterator[Stage]:
    """An empty folder to work in, with a hub, a cluster and downloads that are on this machine."""
    hub.fetch.cache_clear()
    with (
        shell.sandbox(tmp_path, downloads),
        hubserver.serve() as server,
        sharedruns.client(server.url, tmp_path / "cache"),
    ):
        yield Stage(store, server)
    hub.fetch.cache_clear()
    shutil.rmtree(tmp_path)


@pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # the hub's client, of its own client
@pytest.mark.parametrize("page", [page for page in PAGES if commands(page)], ids=label)
def test_the_commands_of_a_page_run_in_their_order(page: Path, stage: Stage) -> None:
    play.play(page, commands(page), stage)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("unsuplmk predict runs/mouse mouse.mp4 --out a.csv --trakcer gaps", "No such option '--trakcer'"),
        ("unsuplmk predict runs/mouse nowhere.tar --out a.csv", "no file or folder 'nowhere.tar'"),
        ("make everything", "everything"),
        ("python examples/nothing.py", "there is no examples/nothing.py"),
        ("python benchmarks/learning_curve.py --nothing", "has no --nothing"),
        ("pip install unsuplmk[nothing]", "no such extra"),
        ("pip install nothing", "nothing of ours needs nothing"),
        ("rm -r runs", "add it to PROGRAMS"),
    ],
)
def test_a_wrong_command_in_a_page_fails_with_its_reason(text: str, reason: str, stage: Stage) -> None:
    with pytest.raises((AssertionError, pytest.fail.Exception)) as caught:
        play.play(ROOT / "docs" / "cli.md", [Command(ROOT / "docs" / "cli.md", 7, text)], stage)
    assert reason in str(caught.value)
    assert f"docs/cli.md:7: {text}" in str(caught.value)


def test_what_is_not_run_or_changed_is_still_shown_somewhere() -> None:
    shown = [command for page in PAGES for command in commands(page)]
    texts, words = {command.text for command in shown}, {word for command in shown for word in command.words}
    assert set(play.UNPLAYED) <= texts, "UNPLAYED has commands that no page shows"
    assert set(play.REPLACED) <= words, "REPLACED has words that no page shows"
    patterns = (*(pattern for pattern, _ in play.CUT), *play.REFUSED, *play.ONCE)
    assert [one for one in patterns if not any(re.search(one, text) for text in texts)] == []
    assert set(play.ONCE.values()) <= {label(page) for page in PAGES}
    begun = {block.text.partition("\n")[0] for page in PAGES for block in blocks(page)}
    assert set(play.SHOWN) <= begun, "SHOWN has files that no page shows"
    asked = {f"{program} " for text in texts for program in shell.PLAYED if f"python {program} " in text}
    assert len(asked) == len(shell.PLAYED), "PLAYED has scripts that no page shows"


@pytest.mark.parametrize("command", [one for page in PAGES for one in commands(page) if unplayed(one)], ids=str)
def test_a_command_that_is_not_run_parses(
    command: Command, parse_command: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if "--resume" in command.words:  # there has to be a run
        run = tmp_path / command.words[command.words.index("--out") + 1]
        run.mkdir(parents=True)
        (run / "config.toml").write_text(config.to_toml(config.Config(), {}), "utf-8")
    parse_command(command.text.removeprefix("unsuplmk "))


@pytest.mark.parametrize("page", PAGES, ids=label)
def test_every_block_is_of_a_language_that_is_checked_and_passes(page: Path) -> None:
    for block in blocks(page):
        assert block.language in LANGUAGES, (
            f"{block}: no test knows what to do with {block.language or 'no language'!r}"
        )
        assert "--8<--" not in block.text, f"{block} includes what is not there"
        LANGUAGES[block.language](block)


def _nothing(_: Block) -> None:
    """Another test sees to it."""


def _toml(block: Block) -> None:
    """A plugin's project, settings, or a file that `play.SHOWN` has a command for."""
    found = tomllib.loads(block.text)
    if "project" in found:
        assert found["project"]["entry-points"]["unsuplmk"], f"{block} is no plugin"
    elif block.text.partition("\n")[0] not in play.SHOWN:
        config.make(found, str(block)).resolved()


def _text(block: Block) -> None:
    """What a program prints, or a file: one that a program reads is in `play.SHOWN`, and commands are `sh`."""
    first = block.text.partition("\n")[0]
    if re.fullmatch(r"\w+(,\w+)+", first):
        assert first in play.SHOWN, f"{block} shows a file: name it in tests/play.py, SHOWN"
    for line in block.text.splitlines():
        assert line.split(" ")[0] not in {"unsuplmk", *shell.PROGRAMS}, f"{block}: a command belongs into ```sh: {line}"


def _bash(block: Block) -> None:
    done = subprocess.run(["bash", "-n"], input=block.text, capture_output=True, text=True)
    assert done.returncode == 0, f"{block}: {done.stderr}"


LANGUAGES: Mapping[str, Callable[[Block], object]] = {
    "sh": _nothing,
    "python": _nothing,  # tests/test_docs.py: all of it is included from files that are tested
    "bibtex": _nothing,
    "text": _text,
    "console": _nothing,  # transcripts, whose commands are run, too
    "toml": _toml,
    "bash": _bash,
    "json": lambda block: json.loads(block.text),
    "xml": lambda block: ElementTree.fromstring(block.text),
}
"""Language of a block -> what checks it."""
