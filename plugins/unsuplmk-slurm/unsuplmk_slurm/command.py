"""`unsuplmk slurm`: the run that `unsuplmk run` would do, as a Slurm job."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any, final

import click

from unsuplmk.errors import UserError
from unsuplmk_slurm import asking, queue
from unsuplmk_slurm import folder as folders
from unsuplmk_slurm import local as here
from unsuplmk_slurm.script import Allocation, Errand, log, script
from unsuplmk_slurm.values import Extra, GpusType, Line, Memory, Span, spoken


@final
class Slurm(click.Command):
    """A click command that tells options of `unsuplmk run` from misspelt ones of its own."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click's, with a hint."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            hint = f"{error.format_message()} Options of `unsuplmk run` stand after --"
            raise click.UsageError(hint, ctx) from None


@click.command(cls=Slurm, context_settings={"allow_interspersed_args": False})
@click.option("--partition", type=Line(), help="Where the job is queued.")
@click.option("--time", type=Span(), help="Limit of each stretch: minutes, H:MM:SS or D-HH.")
@click.option("--gpus", type=GpusType(), default="0", help="GPUs of each node; each gets a process.")
@click.option("--nodes", type=click.IntRange(1, 1024), default=1, show_default=True, help="Nodes.")
@click.option("--cpus", type=click.IntRange(min=1), help="Cores of each process.")
@click.option("--memory", type=Memory(), help="Memory of each node, as in 32G.")
@click.option("--account", type=Line(), help="What the job is charged to.")
@click.option("--qos", type=Line(), help="Quality of service.")
@click.option("--constraint", type=Line(), help="Features that the nodes must have.")
@click.option("--job-name", type=Line(), help="Name in the queue.  [default: the run folder's]")
@click.option("--sbatch", type=Extra(), multiple=True, help="A further option of sbatch, as in --sbatch=--exclusive.")
@click.option("--setup", metavar="SHELL", multiple=True, help="A line of shell to run first, as in 'module load cuda'.")
@click.option(
    "--notice",
    type=click.IntRange(10, 36000),
    default=120,
    show_default=True,
    help="Seconds before the limit at which the run saves and is queued again.",
)
@click.option("--dry-run", is_flag=True, help="Print the job's script, and submit nothing.")
@click.option("--local", is_flag=True, help="Run the job's script on this machine, without Slurm.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="-- [DATA] [OPTIONS OF RUN]")
@click.pass_context
def command(
    ctx: click.Context, words: tuple[str, ...], dry_run: bool, local: bool, as_json: bool, **asked: Any
) -> None:
    """Submit a run to Slurm.

    What stands after -- are the words of `unsuplmk run`, checked here before anything is submitted.

    The job saves before its time limit and when it has to make room, is queued again, and goes on.

    Options of the run: unsuplmk slurm -- --help
    """
    if dry_run and local:
        raise UserError("--dry-run only prints, and --local runs: choose one of them")
    if "--" in words:
        raise UserError("one -- is enough, before the words for `unsuplmk run`; of a path --, write ./--")
    if not dry_run and not local:
        queue.needs_slurm()
    allocation, errand, fresh = _prepared(words, asked)
    text = script(allocation, errand)
    if dry_run:
        click.echo(json.dumps({"run": str(errand.run), "script": text}) if as_json else text, nl=as_json)
        return
    if local and allocation.nodes > 1:
        raise UserError(f"--local is this machine alone: leave out --nodes {allocation.nodes}")
    file = folders.write(errand.folder, text, fresh=fresh)
    if local:
        ctx.exit(here.run(file, allocation.processes))
    try:
        job = queue.submit(file)
    except UserError:
        folders.discard(file)
        raise
    answer = {"job": job, "run": str(errand.run), "script": str(file), "log": str(log(errand, job))}
    click.echo(json.dumps(answer) if as_json else _said(answer, allocation))


def _prepared(words: tuple[str, ...], asked: dict[str, Any]) -> tuple[Allocation, Errand, bool]:
    """What is asked for, the errand, and whether its folder must be new; every error of the run comes now."""
    from unsuplmk.cli.request import parse
    from unsuplmk.training.rehearsal import rehearse

    request = parse(words)
    run = folders.choose(request)
    folder = folders.beside(run)
    queue.refuse_queued(folder / folders.SCRIPT)
    allocation = asking.allocation(asked, request.config, run)
    rehearse(request.config, run, resume=request.resume, processes=allocation.nodes * allocation.processes)
    errand = Errand(
        words=asking.words(words, allocation, request, run),
        run=run,
        resume=request.resume,
        settings=folders.settings(request),
        folder=folder,
        start=Path.cwd(),
    )
    return allocation, errand, request.out is None


def _said(answer: dict[str, str], asked: Allocation) -> str:
    job, log, file = answer["job"], shlex.quote(answer["log"]), shlex.quote(answer["script"])
    processes = asked.nodes * asked.processes
    stretch = f", {spoken(asked.time)} at a stretch" if asked.time else ""
    return "\n".join(
        (
            f"Job {job}: {processes} process{'es' if processes > 1 else ''} on "
            f"{asked.nodes} node{'s' if asked.nodes > 1 else ''}{stretch}",
            f"Run folder: {shlex.quote(answer['run'])}",
            f"Script:     {file}",
            "Next:",
            f"  squeue -j {job}",
            f"  tail -F {log}",
            f"  scancel {job}   # saves and ends it",
            f"  sbatch {file}   # goes on with it",
        )
    )
