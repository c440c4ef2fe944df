"""`unsuplmk datasets`: what is known, whether it is right, and how it is fetched."""

from __future__ import annotations

import hashlib
import io
import json
import os
import pty
import select
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from tests import server, toys
from tests.toys import Toys
from unsuplmk import registry
from unsuplmk.card import Download
from unsuplmk.cli import cli
from unsuplmk.cli.bars import size_text
from unsuplmk.errors import UserError
from unsuplmk.frames.media import read_image

ROOT = Path(__file__).parents[2]


def invoke(*args: object, input: str | None = None) -> Result:
    done = CliRunner().invoke(
        cli, ["datasets", *map(str, args)], input=input, terminal_width=120, env={"COLUMNS": "250"}
    )
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> Iterator[registry.Component]:
    with toys.installed(monkeypatch) as component:
        yield component


@pytest.fixture
def site(known: registry.Component, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[server.Site]:
    """A site with the toys' archive and a list, which their card names."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    packed = io.BytesIO()
    written = toys.write(tmp_path / "written")
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(written.rglob("*.png")):
            archive.write(path, path.relative_to(written))
    with server.serve() as site:
        site.files = {"/toys.zip": packed.getvalue(), "/names.txt": b"Ted\n"}
        checksum = f"md5:{hashlib.md5(packed.getvalue()).hexdigest()}"
        downloads = (
            Download(f"{site.url}/toys.zip", "toys.zip", checksum, unpack=True),
            Download(f"{site.url}/names.txt", "lists/names.txt"),
        )
        monkeypatch.setattr(Toys, "card", replace(Toys.card, downloads=downloads))
        yield site


def test_the_list_has_the_facts_of_each_card(known: registry.Component) -> None:
    words = " ".join(invoke().output.split())
    assert "toys Toys of 2018; For play alone train, test video mafl" in words
    assert "reads no files" in words
    rows = {row["name"]: row for row in json.loads(invoke("--json").stdout)}
    assert list(rows) == list(registry.components("dataset"))
    assert rows["toys"]["splits"] == {"train": 40, "test": 3}
    assert rows["toys"]["reads_files"]
    assert not rows["puppets"]["reads_files"]
    assert [option["name"] for option in rows["toys"]["options"]] == ["split", "only", "shift"]


def test_a_misspelt_action_or_name_is_answered_with_the_nearest(known: registry.Component) -> None:
    with pytest.raises(UserError, match=r"no action of '.*datasets' named 'abuot'; did you mean 'about'"):
        invoke("abuot", "toys")
    with pytest.raises(UserError, match="no dataset named 'tosy'; did you mean 'toys'"):
        invoke("about", "tosy")
    assert "--json belongs after about" in invoke("--json", "about", "toys").output


def test_about_shows_the_card_and_ready_commands(known: registry.Component) -> None:
    text = invoke("about", "toys").output
    assert text.startswith("toys: Toys of 2018 (from unsuplmk ")
    for line in (
        "A folder of pictures for each split; a clip each.",
        "Paper\n  Child et al. 2018",
        "Where from\n  https://toys.example/\n  Write to the child.\n",
        "Terms\n  For play alone; not for sale.\n",
        "Layout\n  train/*.png  pictures\n  test/*.png   pictures\n",
        "Splits\n  train: 40 frames\n  test: 3 frames\n",
        "  unsuplmk datasets check toys PATH\n",
        "  unsuplmk run toys:PATH --pairs video --pairs.gap-min 3\n",
        "  unsuplmk evaluate RUN toys:PATH --protocol mafl\n",
        "--dataset.shift",
    ):
        assert line in text
    assert "datasets get" not in text
    assert "Args:" not in text
    answer = json.loads(invoke("about", "toys", "--json").stdout)
    assert answer["pairs"] == {"name": "video", "gap_min": 3}
    assert answer["commands"][-1] == "unsuplmk evaluate RUN toys:PATH --protocol mafl"


def test_about_a_dataset_that_reads_no_files_has_no_path(known: registry.Component) -> None:
    assert json.loads(invoke("about", "puppets", "--json").stdout)["commands"] == [
        "unsuplmk datasets check puppets",
        "unsuplmk inspect puppets",
        "unsuplmk run puppets --pairs warped",
        "unsuplmk evaluate RUN puppets",
    ]


def test_a_complete_set_is_checked_and_drawn(known: registry.Component, tmp_path: Path) -> None:
    folder = toys.write(tmp_path / "toys")
    out = tmp_path / "new" / "sheet.png"
    done = invoke("check", "toys", folder, "--out", out)
    words = done.output.split()
    assert " ".join(words[words.index("train") :][:8]) == "train 40 40 1 40 2 40 0"
    assert "No faults." in done.output
    sheet = read_image(out)
    assert sheet.shape[1] > 1000
    assert len(np.unique(sheet.reshape(-1, 3), axis=0)) > 50


def test_faults_are_shown_and_summed_up_in_one_error(known: registry.Component, tmp_path: Path) -> None:
    folder = toys.write(tmp_path / "toys")
    (folder / "train" / "train00.png").write_bytes(b"")
    (folder / "test" / "test00.png").unlink()
    line = [sys.executable, "-c", SCRIPT, "datasets", "check", "toys", str(folder), "--json"]
    done = subprocess.run(line, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 2, done.stderr
    answer = json.loads(done.stdout)
    assert len(answer["faults"]) == 2
    assert list(answer["splits"][0]["unreadable"]) == [str(folder / "train" / "train00.png")]
    assert done.stderr == f"Error: toys {folder} has 2 faults, listed above\n"
    done = subprocess.run(line[:-1], capture_output=True, text=True, cwd=ROOT)
    first, second = (line for line in done.stdout.splitlines() if line.startswith("Fault: "))
    assert first.startswith("Fault: split train: 1 of 40 frames cannot be read: cannot read image ")
    assert second == "Fault: split test: 2 frames, and Toys of 2018 has 3"


SCRIPT = """
import sys

import pytest

from tests.toys import installed
from unsuplmk.cli import main
with pytest.MonkeyPatch.context() as patch, installed(patch):
    main(sys.argv[1:])
"""


def test_the_options_of_the_dataset_are_those_of_check(known: registry.Component, tmp_path: Path) -> None:
    folder = toys.write(tmp_path / "toys")
    done = invoke("check", "toys", folder, "--dataset.only", 2, "--dataset.split", "test", "--sample", 1)
    assert "train" not in done.stdout
    assert "Warning: split test: 2 frames, and Toys of 2018 has 3" in done.stderr
    assert invoke("check", "toys", folder, "--dataset.onyl", 2).exit_code == 2
    assert "--dataset.shift" in invoke("check", "toys", "--help").output


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["toys"], "dataset 'toys' reads files: say where they are"),
        (["puppets", "x"], "dataset 'puppets' reads no files: leave out 'x'"),
        (["toys:/data"], "name and path are two words here: unsuplmk datasets check toys /data"),
        (["toys", "x", "--out", "x.pdf"], "cannot draw a contact sheet"),
        (["toys", "nowhere"], "toys nowhere has 2 faults, listed above"),
    ],
)
def test_what_cannot_be_checked_is_refused(known: registry.Component, args: list[str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        invoke("check", *args)


def test_a_set_is_fetched_unpacked_and_then_complete(site: server.Site, tmp_path: Path) -> None:
    folder = tmp_path / "got"
    done = invoke("get", "toys", folder, "--yes")
    assert done.stdout.startswith(
        "Toys of 2018\nChild et al. 2018, https://toys.example/paper\n\nTerms: For play alone"
    )
    assert f"{folder / 'toys.zip'}  {size_text(len(site.files['/toys.zip']))}  from {site.url}/toys.zip" in done.stdout
    assert f"{folder / 'toys.zip'}: 43 members unpacked" in done.stdout
    assert f"{folder / 'lists' / 'names.txt'}: 4 B, no checksum is known" in done.stdout
    assert done.stdout.endswith(
        "\nWhat is not fetched: Write to the child.\n\n"
        f"`unsuplmk datasets check toys {folder}` says what is there, and what is missing\n"
    )
    assert "No faults." in invoke("check", "toys", folder).output
    assert "toys.zip: checksum right" in invoke("check", "toys", folder).output


def test_what_is_there_is_not_fetched_again(site: server.Site, tmp_path: Path) -> None:
    invoke("get", "toys", tmp_path / "got", "--yes")
    site.asked.clear()
    (tmp_path / "got" / "train" / "train00.png").unlink()
    done = invoke("get", "toys", tmp_path / "got")  # nothing is fetched, so nothing has to be accepted
    assert site.asked == []
    assert "toys.zip  is there" in done.stdout
    assert (tmp_path / "got" / "train" / "train00.png").is_file()


def test_another_file_of_that_name_is_not_touched(site: server.Site, tmp_path: Path) -> None:
    (tmp_path / "toys.zip").write_bytes(b"mine")
    with pytest.raises(UserError, match=r"toys\.zip has checksum md5:.*: remove or rename it"):
        invoke("get", "toys", tmp_path, "--yes")
    assert (tmp_path / "toys.zip").read_bytes() == b"mine"


def test_without_a_terminal_the_terms_need_yes(site: server.Site, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="the terms above must be accepted: add --yes"):
        invoke("get", "toys", tmp_path / "got", input="y\n")
    assert not site.gets()
    assert not (tmp_path / "got").exists()


@pytest.mark.parametrize(("answer", "status"), [("y", 0), ("n", 2)])
def test_on_a_terminal_the_terms_are_asked_for(site: server.Site, tmp_path: Path, answer: str, status: int) -> None:
    """On a real pseudo-terminal; the bar is drawn there, too."""
    names = {"no_proxy": "127.0.0.1", "TERM": "xterm", "COLUMNS": "100", "TOYS": repr(Toys.card)}
    card = "Toys.card = eval(os.environ['TOYS'])"
    toys = f"import os\nfrom tests.toys import Toys\nfrom unsuplmk.card import *\n{card}"
    script = SCRIPT.replace("with pytest", f"{toys}\nwith pytest")
    ours, theirs = pty.openpty()
    line = [sys.executable, "-c", script, "datasets", "get", "toys", str(tmp_path / "got")]
    child = subprocess.Popen(line, stdin=theirs, stdout=theirs, stderr=theirs, cwd=ROOT, env={**os.environ, **names})
    os.close(theirs)
    seen, answered = "", False
    while select.select([ours], [], [], 60)[0]:
        try:
            seen += os.read(ours, 4096).decode()
        except OSError:  # the other end is closed
            break
        if "[y/N]" in seen and not answered:
            answered = True
            os.write(ours, f"{answer}\n".encode())
    os.close(ours)
    assert child.wait(60) == status, seen
    assert "Terms: For play alone; not for sale." in seen.partition("Do you accept the terms")[0]
    if answer == "y":
        assert "toys.zip" in seen
        assert (tmp_path / "got" / "train" / "train39.png").is_file()
    else:
        assert "nothing was fetched" in seen
        assert not (tmp_path / "got").exists()


def test_a_wrong_checksum_keeps_no_file_and_unpacks_nothing(site: server.Site, tmp_path: Path) -> None:
    site.files["/toys.zip"] = site.files["/toys.zip"][:-1] + b"?"
    with pytest.raises(UserError, match="nothing is kept"):
        invoke("get", "toys", tmp_path / "got", "--yes")
    assert not list((tmp_path / "got").iterdir())


def test_a_set_that_is_not_for_everyone_says_how_to_ask(known: registry.Component, tmp_path: Path) -> None:
    with pytest.raises(
        UserError,
        match=r"Toys of 2018 is not for everyone to fetch\. Write to the child\. Its page: https://toys\.example/\. "
        r"`unsuplmk datasets about toys` says which files are needed",
    ):
        invoke("get", "toys", tmp_path / "got", "--yes")
    with pytest.raises(UserError, match="dataset 'puppets' is no published data set: there is nothing to fetch"):
        invoke("get", "puppets", tmp_path / "got")


@pytest.mark.parametrize("file", ["../evil", "/tmp/evil-unsuplmk", ".", "a/../.."])
def test_a_card_cannot_write_outside_the_folder(
    site: server.Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    monkeypatch.setattr(Toys, "card", replace(Toys.card, downloads=(Download(f"{site.url}/names.txt", file),)))
    with pytest.raises(UserError, match="the card of the dataset is wrong"):
        invoke("get", "toys", tmp_path / "got", "--yes")
    assert not site.gets()


def test_sizes_are_told_as_one_reads_them() -> None:
    sizes = (0, 999, 1000, 1_340_000_000, 7_800_000_000_000)
    assert [size_text(size) for size in sizes] == ["0 B", "999 B", "1.0 kB", "1.3 GB", "7.8 TB"]
