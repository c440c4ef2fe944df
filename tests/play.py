"""Runs the commands that the documentation shows, each as it stands but for what the tables here say.

When the test of a page fails, it shows the command, the words that were run, and what they said. Then:

- The page is wrong, or the program: mend it.
- The command names a file that is not there: add a line to `stage_set.PROPS`, which makes small stand-ins.
- It takes long: `CUT` adds words to it, such as `--steps 1`. What costs seconds wherever it is shown is in `ONCE`.
- The page shows a file that is to be read: name it in `SHOWN`.
- It cannot run in a test at all: `UNPLAYED`, with the reason; then it is only parsed. Keep that table short.
- It is no command of `unsuplmk`: see `shell.PROGRAMS`.
"""

from __future__ import annotations

import re
import shlex
import traceback
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests import shell
from tests.docpages import Command, blocks, label
from tests.stage_set import Stage
from unsuplmk.cli import cli

REPLACED: Mapping[str, tuple[str, str]] = {
    "vgg16-397923af.pth": ("vgg16.pth", "the name promises the checksum of the real weights"),
    "alexnet-owt-7be5be79.pth": ("alexnet.pth", "the same"),
    "resnet18": ("test_resnet", "timm's smallest of the kind"),
    "vit_small_patch14_dinov2": ("test_vit", "the same"),
    "convnext_atto": ("test_convnext", "the same"),
    "NAME": ("glow", "a name of the reader's own"),
}
"""Word -> what stands for it, and why."""

SHORT, PUPPETS = "--steps 1 --batch 2 --size 32", "--dataset.clips 9 --dataset.length 4 --dataset.side 48"
NARROW = "--encoder.width 8 --encoder.depth 2 --generator.width 8"
CUT: Sequence[tuple[str, str]] = (
    (r"unsuplmk run (?!.*--resume)", SHORT),
    (r"unsuplmk run (?!.*(--resume|--config|--encoder|--generator))", NARROW),
    (r"unsuplmk run .*--resume", "--steps 3 --batch 2"),
    (r"unsuplmk (run (?=-|$)(?!.*--resume)|run puppets|evaluate \S+ puppets)", PUPPETS),
    (r"unsuplmk colorise ", "--steps 2 --batch 2 --size 32 --width 0.05"),
    (r"unsuplmk evaluate \S+ (mafl|celeba|sleap|deeplabcut|lightningpose):", "--ridge 1"),
    (r"unsuplmk name (?!.*--remove)", "--repeats 2"),
    (r"unsuplmk evaluate .*--labels", "--repeats 2"),
    (r"--compile", "--no-compile"),
    (r"--stage wandb\b", "--stage.wandb.mode disabled"),
    (r"--workers 8", "--workers 1"),
)
"""Commands that a pattern is found in -> what is added to them: the later value of an option counts."""

REFUSED: Mapping[str, str] = {
    r"unsuplmk datasets check ": "faults, listed above",
}
"""Commands whose stand-ins are refused, and rightly so: pattern -> what is then said."""

ONCE: Mapping[str, str] = {
    r"unsuplmk export \S+ --out \S+\.onnx$": "docs/export.md",
    r"unsuplmk run puppets --config puppets --out \S+$": "docs/first-run.md",
}
"""Commands that take long: pattern -> the page on which they are run; on others a stand-in is what they write."""

UNPLAYED: Mapping[str, str] = {
    "unsuplmk datasets get mnist /data/mnist": "downloads from its owner; tests/cli/test_datasets.py has a server here",
    "unsuplmk export runs/mouse --out small.onnx --precision int8 --calibrate mouse.mp4": (
        "six seconds more, for what tests/exports/test_export.py does"
    ),
    "unsuplmk slurm --local -- videos/ --steps 100": "a process; plugins/unsuplmk-slurm/tests/test_training.py has two",
    "unsuplmk run photos/ --devices 2": "two processes; tests/test_launch.py has them",
    "unsuplmk run recordings/ --devices 4 --batch 128": "the same",
    "unsuplmk run aflw/ --out runs/aflw --resume": "takes 50 images of 128 px a step; tests/training/test_released.py",
}
"""Command -> why no test runs it as the page shows it."""

OUTPUTS = ("--out", "--plot")
WRITES = {"push": 3, "convert": 3}
"""Commands that write what their words name: which one."""


SHOWN: Mapping[str, tuple[str, str]] = {
    "file,split,left_eye_x,left_eye_y,nose_x,nose_y": ("shown.csv", "unsuplmk inspect shown.csv"),
    "file,frame,left,top,width,height,track": ("boxes.csv", ""),
    'edges = [["nose", "neck"], ["neck", "tail"]]': (
        "skeleton.toml",
        "unsuplmk render named.npz mouse.mp4 --out shown.mp4 --skeleton skeleton.toml",
    ),
}
"""First line of a block that shows a file -> what to call it, and what reads it, if no command of the page does."""


def play(page: Path, commands: Sequence[Command], stage: Stage) -> None:
    """Run the commands of a page in the working folder, after writing the files that it shows.

    Raises:
        AssertionError: A command fails, what it should have written is not there, or nothing here knows it.
    """
    reading = []
    for block in blocks(page, "text", "toml"):
        name, reader = SHOWN.get(block.text.partition("\n")[0], ("", ""))
        if name:
            Path(name).write_text(block.text, "utf-8")
            for word in re.findall(r"^[\w.-]+\.(?:jpg|mp4)(?=,)", block.text, re.MULTILINE):
                stage.provide(word)
        if reader:
            reading.append(Command(page, block.line, reader))
    for command in (*commands, *reading):
        if command.text in UNPLAYED:
            continue
        if command.words[0] == "unsuplmk":
            _run(command, stage)
        else:
            shell.check(command, stage)


def elsewhere(command: Command) -> bool:
    """Whether another page's test runs such a command, once for all."""
    return any(re.search(pattern, command.text) and label(command.page) != page for pattern, page in ONCE.items())


def acted(command: Command) -> list[str]:
    """The words that are run for a command."""
    words = [_local(REPLACED.get(word, (word, ""))[0]) for word in command.words]
    if "--help" not in words:
        words += [word for pattern, more in CUT if re.search(pattern, command.text) for word in shlex.split(more)]
    return words


def _local(word: str) -> str:
    """A path from the root of the disk is one in the working folder."""
    return re.sub(r"^(\w+:)?/", lambda found: found[1] or "", word)


def _run(command: Command, stage: Stage) -> None:
    words = acted(command)
    written = [Path(value) for option, value in pairwise(words) if option in OUTPUTS]
    written += [Path(words[WRITES[words[1]]])] if words[1] in WRITES else []
    resumed = "--resume" in words
    for path in () if resumed else written:
        stage.clear(path)
    targets = set() if resumed else {str(path) for path in written}
    for word in words[2:]:
        value = (word.partition("=")[2] if word.startswith("--") else word).rstrip("/")
        if value and value not in targets:
            stage.provide(value)
    if elsewhere(command):
        return stage.provide(str(written[0]))
    done = CliRunner().invoke(cli, words[1:], terminal_width=100)
    ran = f"{command}\nran as: {shlex.join(words)}\n"
    expected = next((said for pattern, said in REFUSED.items() if re.search(pattern, command.text)), "")
    if expected:
        assert expected in str(done.exception), f"{ran}{done.output}"
    elif done.exit_code:
        trace = "".join(traceback.format_exception(done.exception)) if done.exception else ""
        pytest.fail(f"{ran}exit code {done.exit_code}\n{done.output}\n{trace}", pytrace=False)
    if not {"--dry-run", "--help"} & set(words):
        for path in written:
            assert words[1] == "push" or _there(path), f"{ran}{path} was not written\n{done.output}"
    return None


def _there(path: Path) -> bool:
    """Whether a file is there, or a file for each animal."""
    return path.exists() or any(path.parent.glob(f"{path.stem}.*{path.suffix}"))
