"""`colorise` on the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from unsuplmk.cli import cli
from unsuplmk.errors import UserError
from unsuplmk.frames.media import write_image

SMALL = ("--size", 32, "--width", 0.05, "--batch", 4, "--device", "cpu")


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Thirty pictures of coloured noise."""
    (tmp_path / "some images").mkdir()
    for number in range(30):
        noise = np.random.default_rng(number).integers(0, 255, (32, 40, 3), dtype=np.uint8)
        write_image(tmp_path / f"some images/{number}.png", noise)
    return tmp_path / "some images"


def invoke(*args: object) -> Result:
    done = CliRunner().invoke(cli, [str(arg) for arg in args])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def test_it_ends_with_both_losses_and_the_command_that_uses_the_network(
    images: Path, tmp_path: Path, parse_command: Callable[[str], None]
) -> None:
    out = tmp_path / "net.safetensors"
    done = invoke("colorise", images, "--out", out, "--steps", 2, *SMALL)
    first, held, guess, _, then = done.stdout.splitlines()
    assert str(out) in first
    assert "2 steps on 27 images" in first
    assert float(held.split()[-1]) > 0
    assert float(guess.split()[2]) > 0
    parse_command(then.strip().removeprefix("unsuplmk "))
    assert then.endswith(f"--loss.selfsup.weights {out}")
    assert "no better than a guess that does not look" in done.stderr
    assert out.is_file()


def test_json_holds_every_figure(images: Path, tmp_path: Path) -> None:
    out = tmp_path / "net.safetensors"
    found = json.loads(invoke("colorise", images, "--out", out, "--steps", 1, "--json", *SMALL).stdout)
    assert found["out"] == str(out)
    assert (found["steps"], found["images"]) == (1, 27)
    assert {"loss", "constant"} < set(found)


def test_a_csv_gives_the_rows_of_the_split_that_is_asked_for(images: Path, tmp_path: Path) -> None:
    rows = [f"{path},{'a' if number < 25 else 'b'}" for number, path in enumerate(sorted(images.iterdir()))]
    (tmp_path / "list.csv").write_text("\n".join(["file,split", *rows]))
    out = tmp_path / "net.safetensors"
    found = invoke("colorise", tmp_path / "list.csv", "--split", "a", "--out", out, "--steps", 1, "--json", *SMALL)
    assert json.loads(found.stdout)["images"] == 23
    with pytest.raises(UserError, match="no rows of split 'train'; known: a"):
        invoke("colorise", tmp_path / "list.csv", "--out", tmp_path / "other.safetensors", *SMALL)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--size", 16), "16 is not in the range"),
        (("--width", 0), "0.0 is not in the range"),
        (("--batch", 1), "1 is not in the range"),
        ((), "Missing option '--out'"),
    ],
)
def test_wrong_options_are_refused(words: tuple[object, ...], message: str, tmp_path: Path) -> None:
    out = ("--out", tmp_path / "net.safetensors") if words else ()
    done = invoke("colorise", "puppets", *out, *words)
    assert done.exit_code == 2
    assert message in done.stderr
