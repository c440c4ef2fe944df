"""The command line: a group of commands, each imported when it is asked for."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from unsuplmk import __version__
from unsuplmk.cli.commands import Commands
from unsuplmk.cli.errors import status

cli = Commands(
    name="unsuplmk",
    help="Find an object's landmarks in images and videos, without labels.",
    epilog="Plugins may bring further commands: `unsuplmk plugins` lists them.",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
click.version_option(__version__, prog_name="unsuplmk")(cli)


def main(args: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit: 0 when done, 2 for the user's errors, 130 when interrupted.

    Args:
        args: The arguments; None takes those of the process.
    """
    sys.exit(status(cli, args))
