r"""Which figures that need no labels rank runs as the labels do: trains runs that differ, and correlates the figures.

    S="--set steps=300 --set batch=16 --set learning_rate=3e-3 --set generator.width=32"
    E='encoder={"name":"hourglass","width":32}'
    python benchmarks/judging.py puppets puppets $S --set "$E" --runs runs/judging --out judging.json
    python benchmarks/judging.py puppets MOUSE/keypoints.csv --data MOUSE/video_frames.csv --landmarks 10:6 \
        --changes '' $S --set "$E" --set loss.equivariance.rotation=90 --runs runs/judging-mouse --out mouse.json

Runs that are there are not trained again, and figures that are there are not computed again: an interrupted
benchmark goes on. A run's error is that of a linear map to the annotated points, fitted on one split and judged on
the other. Everything else is computed without the annotations, on frames that were not trained on.
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import shlex
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from judging_figures import Frames, alone, among
from judging_ranks import judged, table
from learning_curve import assign, cpu, without_paths

from unsuplmk import checkpoint, config
from unsuplmk.detector import Detector
from unsuplmk.job import Job

CHANGES: Mapping[str, Mapping[str, Any]] = {
    "separation": {"loss.separation.weight": 10.0},
    "plain": {"loss": {"compact": {"weight": 1.0}}},
    "pixel": {"loss": {"pixel": {"weight": 1.0}}},
    "warped": {"pairs": "warped"},
    "short": {"steps": 0.2},
    "untrained": {"steps": 0},
    "few": {"dataset.clips": 3},
}
"""What is wrong, or only different, about a run: key -> value; of the steps, their share, and one at least."""


def main() -> None:
    """Train, judge, correlate, write."""
    given = parser().parse_args()
    torch.set_num_threads(given.threads)
    runs = dict(plan(given))
    frames = Frames(given.annotations, given.frames, apart=bool(given.data))
    for name, settings in runs.items():
        if not (given.runs / name).is_dir():
            print(f"{name}: {settings.steps} steps", flush=True)
            trained(settings, given.runs / name)
    both = {name: kept(given.runs / name, frames) for name in runs}
    of = {name: runs[name].landmarks if name.startswith("landmarks-") else 0 for name in runs}  # 0: a change
    others = among({name: xy for name, (_, xy) in both.items()}, of)
    rows = [
        {"run": name, "landmarks": of[name], **logged(given.runs / name), **both[name][0], **others[name]}
        for name in runs
    ]
    result = {
        "command": command(given),
        "config": without_paths(config.make(base(given)).resolved().dump()),
        "data": Path(given.annotations).parent.name or given.annotations,
        "frames": len(frames),
        "runs": rows,
        **judged(rows),
        "hardware": f"{os.cpu_count()} cores, {cpu()}, {torch.get_num_threads()} threads",
        "versions": checkpoint.versions(),
    }
    print(table(result))
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps(result, indent=1) + "\n", "utf-8")


def parser() -> argparse.ArgumentParser:
    """What may be asked for."""
    made = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    made.add_argument("config", help="recipe or TOML file")
    made.add_argument("annotations", help="CSV with a split column, or a dataset with points")
    made.add_argument("--data", help="what to train on, without labels; the annotations' training split by default")
    made.add_argument("--landmarks", default="4:3,10:4,16:4", help="numbers of landmarks, each with its seeds")
    made.add_argument("--changes", default=",".join(CHANGES), help="further runs, of 10 landmarks and seed 0")
    made.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="for example steps=100")
    made.add_argument("--frames", type=int, default=600, help="of each split, where they are drawn")
    made.add_argument("--threads", type=int, default=1)
    made.add_argument("--runs", type=Path, required=True, help="folder of the run folders")
    made.add_argument("--out", type=Path, required=True)
    return made


def base(given: argparse.Namespace) -> dict[str, Any]:
    """Settings that all runs share."""
    values = config.load(given.config)
    values |= {"data": given.data or given.annotations, "landmarks": 10, "seed": 0}
    for assignment in given.set:
        assign(values, *assignment.split("=", 1))
    return values


def plan(given: argparse.Namespace) -> Iterator[tuple[str, config.Config]]:
    """Every run: its name and its settings."""
    shared = base(given)
    for part in filter(None, given.landmarks.split(",")):
        landmarks, seeds = map(int, part.split(":"))
        for seed in range(seeds):
            yield f"landmarks-{landmarks}-{seed}", config.make(shared | {"landmarks": landmarks, "seed": seed})
    for name in filter(None, given.changes.split(",")):
        values = copy.deepcopy(shared)
        for key, value in CHANGES[name].items():
            changed = max(1, round(value * shared["steps"])) if key == "steps" else value
            assign(values, key, json.dumps(changed))
        yield name, config.make(values)


def trained(settings: config.Config, folder: Path) -> None:
    """Train a run under another name first, so that one that was interrupted is no run."""
    part = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    Job(settings).run(part)
    part.rename(folder)


def kept(folder: Path, frames: Frames) -> tuple[dict[str, Any], np.ndarray]:
    """The figures of a run by itself, and its landmarks; computed once, and kept in its folder."""
    figures, landmarks = folder / "judging.json", folder / "judging.npy"
    if not figures.is_file():
        print(f"{folder.name}: figures", flush=True)
        found, xy = alone(Detector.load(folder, "cpu"), frames)
        np.save(landmarks, xy)
        figures.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    return json.loads(figures.read_text("utf-8")), np.load(landmarks)


def logged(folder: Path) -> dict[str, float]:
    """The last losses that the run wrote down."""
    lines = (folder / "log.jsonl").read_text("utf-8").splitlines()
    last = next(line for line in map(json.loads, reversed(lines)) if "loss" in line)
    return {f"loss_{name}": last[name] for name in ("compact", "equivariance") if name in last}


def command(given: argparse.Namespace) -> str:
    """What was typed, files by their names alone."""
    default = parser()
    words = ["python", "benchmarks/judging.py", given.config, shown(given.annotations)]
    words += ["--data", shown(given.data)] if given.data else []
    for name in ("landmarks", "changes", "frames", "threads"):
        if getattr(given, name) != default.get_default(name):
            words += [f"--{name}", str(getattr(given, name))]
    words += [word for assignment in given.set for word in ("--set", assignment)]
    return shlex.join([*words, "--runs", "RUNS", "--out", given.out.name])


def shown(path: str) -> str:
    """A file by its name, in a folder that the reader has."""
    return f"DATA/{Path(path).name}" if "/" in path else path


if __name__ == "__main__":
    main()
