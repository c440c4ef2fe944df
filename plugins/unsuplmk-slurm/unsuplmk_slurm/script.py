"""The job's script: what is printed by `--dry-run` is what Slurm gets."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from unsuplmk_slurm.values import Gpus

INTERRUPTED, TERMINATED = 130, 143
"""How a run leaves that saved because it was told to stop, and one that had not begun yet."""


@dataclass(frozen=True)
class Allocation:
    """What Slurm is asked for; an empty text leaves it to Slurm.

    Args:
        name: Of the job.
        processes: On each node.
        nodes: How many.
        gpus: Of each node.
        cpus: Cores of each process; 0 leaves it to Slurm.
        memory: Of each node.
        time: Limit of each stretch.
        notice: Seconds before the limit at which the run is told to save.
        partition: Where the job is queued.
        account: What it is charged to.
        qos: Quality of service.
        constraint: Features that the nodes must have.
        more: Further options of sbatch.
        setup: Lines of shell that run first.
    """

    name: str
    processes: int = 1
    nodes: int = 1
    gpus: Gpus = field(default_factory=Gpus)
    cpus: int = 0
    memory: str = ""
    time: str = ""
    notice: int = 120
    partition: str = ""
    account: str = ""
    qos: str = ""
    constraint: str = ""
    more: tuple[str, ...] = ()
    setup: tuple[str, ...] = ()


@dataclass(frozen=True)
class Errand:
    """The run, and where the job keeps its own files.

    Args:
        words: Those after `unsuplmk run`.
        run: Its folder, as the job finds it from `start`.
        resume: Whether the words ask to go on already.
        settings: Text of the file that `--config` names; None for a recipe, or for none.
        folder: Where the script and the logs lie.
        start: Where the job starts.
    """

    words: tuple[str, ...]
    run: Path
    resume: bool
    settings: str | None
    folder: Path
    start: Path


def script(allocation: Allocation, errand: Errand) -> str:
    """The whole text; it may be submitted any number of times, and goes on where the run stands."""
    parts = (
        ["#!/bin/bash", *_head(allocation, errand)],
        _start(allocation, errand),
        _words(errand),
        _step(allocation),
        _end(errand),
    )
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def log(errand: Errand, job: str) -> Path:
    """Where Slurm writes what a job says."""
    return errand.folder / f"{job}.log"


def _head(asked: Allocation, errand: Errand) -> Iterator[str]:
    gpus = f"gpu:{asked.gpus.model}:{asked.gpus.count}".replace("::", ":") if asked.gpus.count else ""
    output = str(log(errand, "@")).replace("%", "%%").replace("@.log", "%j.log")
    options = {
        "job-name": asked.name,
        "partition": asked.partition,
        "account": asked.account,
        "qos": asked.qos,
        "constraint": asked.constraint,
        "time": asked.time,
        "nodes": asked.nodes,
        "ntasks-per-node": asked.processes,
        "cpus-per-task": asked.cpus,
        "gres": gpus,
        "mem": asked.memory,
        "signal": f"B:USR1@{asked.notice}",
        "output": output,
    }
    yield from (f"#SBATCH --{name}={shlex.quote(str(value))}" for name, value in options.items() if value)
    yield "#SBATCH --open-mode=append"
    yield "#SBATCH --requeue"
    for option in asked.more:
        name, equals, value = option.partition("=")
        yield f"#SBATCH {name}{equals}{shlex.quote(value) if equals else ''}"


def _start(asked: Allocation, errand: Errand) -> Iterator[str]:
    yield f"cd -- {shlex.quote(str(errand.start))} || exit"
    if asked.setup:
        yield "set -e # a line that fails ends the job"
        yield from asked.setup
        yield "set +e"


def _words(errand: Errand) -> Iterator[str]:
    yield f"run={shlex.quote(str(errand.run))}"
    yield f"folder={shlex.quote(str(errand.folder))}"
    yield f"words=({shlex.join(errand.words)})"
    if errand.settings is not None:
        yield "# the settings as they were when the job was submitted"
        yield from _here_document(errand.settings)
    if not errand.resume:
        yield 'if [ -f "$run/config.toml" ]; then # it was begun: go on, with its own settings'
        yield '    words+=(--config "$run" --resume)'
    if errand.settings is not None:
        yield from (
            ['words+=(--config "$folder/settings.toml")']
            if errand.resume
            else ["else", '    words+=(--config "$folder/settings.toml")']
        )
    if not errand.resume:
        yield "fi"


def _here_document(text: str) -> Iterator[str]:
    lines = text.splitlines()
    end = "END"
    while end in lines:
        end += "_"
    yield f"""cat >"$folder/settings.toml" <<'{end}'"""
    yield from lines
    yield end


def _step(asked: Allocation) -> Iterator[str]:
    python = f"{shlex.quote(sys.executable)} -P -m unsuplmk run"
    srun = "srun --kill-on-bad-exit=1" + (f" --cpus-per-task={asked.cpus}" if asked.cpus else "")
    yield "warned="
    yield """trap 'warned=yes; scancel --signal=TERM "$SLURM_JOB_ID"' USR1 # the time is nearly over: the run saves"""
    yield "trap : TERM # Slurm tells the run itself; wait for it"
    yield 'touch "$folder/started"'
    if asked.processes * asked.nodes == 1:
        yield f'{srun} {python} "${{words[@]}}" &'
    else:
        yield 'MASTER_ADDR=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)'
        yield "export MASTER_ADDR MASTER_PORT=$((10000 + SLURM_JOB_ID % 20000)) # where the processes meet"
        yield "export OMP_NUM_THREADS=${OMP_NUM_THREADS:-${SLURM_CPUS_PER_TASK:-1}}"
        yield "as_rank='RANK=$SLURM_PROCID LOCAL_RANK=$SLURM_LOCALID WORLD_SIZE=$SLURM_NTASKS exec \"$@\"'"
        yield f'{srun} bash -c "$as_rank" rank {python} "${{words[@]}}" &'
    yield "step=$!"
    yield 'until wait "$step"; ! kill -0 "$step" 2>/dev/null; do :; done # a signal ends a wait early'
    yield 'wait "$step"'
    yield "code=$?"


def _end(errand: Errand) -> Sequence[str]:
    again = shlex.quote(f"sbatch {shlex.quote(str(errand.folder / 'job.sh'))}")
    return (
        f'case "$code" in {INTERRUPTED} | {TERMINATED}) ;; *) exit "$code" ;; esac # done, or failed',
        'if [ "$(squeue -h -j "$SLURM_JOB_ID" -o %T)" != RUNNING ]; then',
        '    exit "$code" # cancelled, or Slurm queues it again itself',
        "fi",
        'if [ "$warned" ] && ! [ "$run/state.pt" -nt "$folder/started" ]; then',
        '    echo "Not queued again: the time was over before the first step; ask for more" >&2',
        '    exit "$code"',
        "fi",
        'echo "Queued again: the run was told to make room, and will go on where it was saved" >&2',
        'scontrol requeue "$SLURM_JOB_ID" && exit',
        f'echo "Slurm does not queue it again; to go on:" {again} >&2',
        'exit "$code"',
    )
