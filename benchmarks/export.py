"""What a frame costs: the detector as it is, compiled, and in each exported form, on one thread and on two.

    python benchmarks/export.py --out benchmarks/results/export.json

Weights are random, which costs the same; a frame is bytes in memory, alone in its batch, and the time is from the
frame to its points in pixels. All forms take turns within a process for each number of threads, so that whatever else
the machine does falls on all alike. CPU time is given beside time on the clock, for machines that do other things too.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch

from unsuplmk import Detector, checkpoint
from unsuplmk.config import make
from unsuplmk.exports import export, exported
from unsuplmk.exports.likeness import random_frames

ENCODERS: dict[str, dict[str, Any]] = {
    "hourglass": {"name": "hourglass"},
    "hourglass, width 128": {"name": "hourglass", "width": 128},
    "convnet": {"name": "convnet"},
}
FORMS = {"float32.onnx": "float32", "int8.onnx": "int8", "float32.pt2": "float32", "bfloat16.pt2": "bfloat16"}
FRAMES = {"128x128": (128, 128), "640x480": (640, 480), "1920x1080": (1920, 1080)}


def main() -> None:
    """Measure in a process for each number of threads, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--threads", type=int, default=0, help="Measure here, with so many, and print the figures.")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    if given.threads:
        torch.set_num_threads(given.threads)
        print(json.dumps(measured(given.rounds)))
        return
    figures = {}
    for threads in (1, 2):
        words = [sys.executable, __file__, "--threads", str(threads), "--rounds", str(given.rounds)]
        environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
        done = subprocess.run(words, capture_output=True, text=True, check=True, env=environment)
        figures[f"{threads} thread{'s' * (threads > 1)}"] = json.loads(done.stdout.splitlines()[-1])
    versions = {name: version(name) for name in ("torch", "onnxruntime", "opencv-python-headless")}
    text = json.dumps({"processor": processor(), "versions": versions, "milliseconds": figures}, indent=1)
    if given.out:
        given.out.write_text(text + "\n", "utf-8")
    print(text)


def measured(rounds: int) -> dict[str, Any]:
    """Milliseconds a frame by encoder, form and frame: the median and the least, on the clock and of the CPU."""
    found: dict[str, Any] = {}
    for name, encoder in ENCODERS.items():
        torch.manual_seed(0)
        config = make({"encoder": encoder}).resolved()
        detector = Detector(checkpoint.assemble(config, losses=False), config)
        forms = {**in_torch(detector), **(in_files(detector) if name == "hourglass" else {})}
        for size, (width, height) in FRAMES.items() if name == "hourglass" else [("128x128", (128, 128))]:
            frame = random_frames(128, (width, height))[0]
            found.setdefault(name, {})[size] = in_turn(forms, frame, rounds)
    return found


def in_torch(detector: Detector) -> dict[str, Callable[[np.ndarray], object]]:
    """The detector on one frame, and the same compiled."""

    def steps(locate: Callable[[torch.Tensor], Any]) -> Callable[[np.ndarray], object]:
        def run(frame: np.ndarray) -> object:
            square = torch.from_numpy(detector.fit(frame[0])).permute(2, 0, 1)[None] / 255
            xy = locate(square.contiguous(memory_format=torch.channels_last))
            return detector.fit.to_frame(xy.double().numpy(), (frame.shape[2], frame.shape[1]))

        return run

    model = detector.model

    def plain(images: torch.Tensor) -> torch.Tensor:
        return model.locate(images).xy

    forms = {"eager": steps(torch.inference_mode()(plain))}
    compiled = torch.compile(plain)
    try:
        with torch.no_grad():
            compiled(torch.zeros(1, 3, 128, 128).contiguous(memory_format=torch.channels_last))
    except Exception as error:  # no compiler of C++ here
        print(f"not compiled: {str(error).splitlines()[0]}", file=sys.stderr)
        return forms
    return {**forms, "compiled": steps(torch.no_grad()(compiled))}


def in_files(detector: Detector) -> dict[str, Callable[[np.ndarray], object]]:
    """The exported forms, opened."""
    frames = [batch[:1] for batch in random_frames(128, (128, 128)) * 4]
    opened = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, precision in FORMS.items():
            path = Path(folder) / name
            export.export(detector, path, precision=precision, tolerance=128.0, calibrate=frames)
            opened[name] = exported.program(path, "cpu")
    return opened


def in_turn(forms: dict[str, Callable[[np.ndarray], object]], frame: np.ndarray, rounds: int) -> dict[str, Any]:
    """Milliseconds of every form."""
    clock: dict[str, list[float]] = {name: [] for name in forms}
    cpu: dict[str, list[float]] = {name: [] for name in forms}
    for _ in range(rounds + 3):  # the first warm up
        for name, run in forms.items():
            start, busy = time.perf_counter(), time.process_time()
            run(frame)
            cpu[name].append(1e3 * (time.process_time() - busy))
            clock[name].append(1e3 * (time.perf_counter() - start))
    return {
        name: {
            "clock": round(median(clock[name][3:]), 2),
            "clock least": round(min(clock[name][3:]), 2),
            "cpu": round(median(cpu[name][3:]), 2),
        }
        for name in forms
    }


def processor() -> str:
    """What the machine calls its processor."""
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines() if Path("/proc/cpuinfo").is_file() else []
    return next((line.partition(":")[2].strip() for line in lines if "model name" in line), platform.machine())


if __name__ == "__main__":
    main()
