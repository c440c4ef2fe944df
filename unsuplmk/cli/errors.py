"""What the command line says when something goes wrong, and the exit status it leaves with."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from unsuplmk.errors import UserError

DONE, FAULT_OF_THE_USER, INTERRUPTED = 0, 2, 130

_told: set[str] = set()


def status(cli: click.Group, args: Sequence[str] | None) -> int:
    """Run a command line; the user's errors become one line and a status, bugs keep their traceback."""
    try:
        answer = cli.main(args, prog_name="unsuplmk", standalone_mode=False)
        return answer if isinstance(answer, int) else DONE
    except click.Abort as error:  # click's name for KeyboardInterrupt; the job's own says what was saved
        click.echo(f"Interrupted. {error.__cause__ or ''}".strip(), err=True)
        return INTERRUPTED
    except click.ClickException as error:
        error.show()
        return FAULT_OF_THE_USER
    except UserError as error:
        click.echo(f"Error: {' '.join(str(error).splitlines())}", err=True)
        return FAULT_OF_THE_USER
    finally:
        warn_of_broken_plugins()


def warn_of_broken_plugins() -> None:
    """Say on stderr which plugins are skipped, each reason once; silent as long as no plugin was looked for."""
    plugins = sys.modules.get("unsuplmk.plugins")
    if plugins is None or not plugins.host.cache_info().currsize or os.environ.get("RANK", "0") != "0":
        return
    for line in (*plugins.host().notes, *map(str, plugins.host().broken)):
        if line not in _told:
            _told.add(line)
            warn(line)


def warn(text: str) -> None:
    """One line on stderr."""
    click.echo(f"Warning: {' '.join(text.splitlines())}", err=True)
