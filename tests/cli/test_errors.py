"""What the user did wrong is one line and status 2; an interruption 130; a bug keeps its traceback."""

from __future__ import annotations

import click
import pytest

from unsuplmk.cli import cli, main
from unsuplmk.cli.errors import status
from unsuplmk.errors import UserError


@click.group
def group() -> None: ...


def raising(error: BaseException) -> None:
    @group.command("fail")
    def _() -> None:
        raise error


def test_the_users_error_is_one_line_and_status_two(capsys: pytest.CaptureFixture[str]) -> None:
    raising(UserError("no such thing;\ntry another"))
    assert status(group, ["fail"]) == 2
    assert capsys.readouterr() == ("", "Error: no such thing; try another\n")


def test_an_interruption_says_what_was_saved_and_has_status_130(capsys: pytest.CaptureFixture[str]) -> None:
    raising(KeyboardInterrupt("SIGTERM at step 7; saved"))
    assert status(group, ["fail"]) == 130
    assert capsys.readouterr().err.strip() == "Interrupted. SIGTERM at step 7; saved"


def test_a_bug_keeps_its_traceback() -> None:
    raising(ZeroDivisionError("a bug"))
    with pytest.raises(ZeroDivisionError, match="a bug"):
        status(group, ["fail"])


def test_a_usage_error_has_status_two(capsys: pytest.CaptureFixture[str]) -> None:
    assert status(cli, ["predict"]) == 2
    assert "Missing argument 'RUN'" in capsys.readouterr().err


def test_main_exits_with_the_status() -> None:
    for args, expected in ((["--version"], 0), (["predict"], 2)):
        with pytest.raises(SystemExit) as caught:
            main(args)
        assert caught.value.code == expected
