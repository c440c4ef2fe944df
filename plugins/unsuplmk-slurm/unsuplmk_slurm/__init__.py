"""The plugin's door: the command `slurm`; nothing here imports torch."""

from typing import TYPE_CHECKING

from unsuplmk.hookspecs import hookimpl

if TYPE_CHECKING:
    import click


@hookimpl
def register_commands(cli: "click.Group") -> None:
    """The command `unsuplmk slurm`."""
    from unsuplmk_slurm.command import command

    cli.add_command(command, "slurm")
