r"""Speed and memory of `predict` on a video, beside what decoding and the network need one after the other.

    python benchmarks/predict.py --out benchmarks/results/predict.json

The video is made on the spot: dancing puppets, enlarged to 640x480. The detector has the default settings and random
weights; training changes no cost. Stages take turns in one process, and the least of some rounds counts, since other
work on the machine can only add to it: ratios of one run mean something, seconds of two runs do not. Peak memory is
that of a process of its own for each length of video.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from evaluation import untrained
from learning_curve import cpu

from unsuplmk import Detector, checkpoint
from unsuplmk.datasets.puppets import Puppets
from unsuplmk.detector import CACHED
from unsuplmk.frames.media import Video, write_video
from unsuplmk.frames.prepare import Fit

WIDTH, HEIGHT, FPS = 640, 480, 25
CLIP = 100
BATCH = 64
PEERS_MS = (54, 117)
"""Milliseconds an image of the peers' detectors: one CPU thread, 128x128, 10 landmarks, the fastest and slowest."""


def main() -> None:
    """Measure and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--frames", type=int, default=600)
    parser.add_argument("--long", type=int, default=6000, help="frames of the video for memory")
    parser.add_argument("--rounds", type=int, default=3, help="the least of each stage counts")
    parser.add_argument("--memory", type=Path, help="predict this video and print the peak; the script's own use")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    if given.memory:
        torch.set_num_threads(1)
        print(json.dumps(peak(given.memory)))
        return
    detector = untrained("hourglass", 10, 128)
    threads: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        short, long = Path(folder) / "short.mp4", Path(folder) / "long.mp4"
        write_video(short, film(given.frames), FPS)
        for count in (1, 2):
            torch.set_num_threads(count)
            threads[str(count)] = {**stages(detector, short, given.rounds), **images(detector, given.rounds)}
            print(count, threads[str(count)], flush=True)
        write_video(long, film(given.long), FPS)
        memory = {str(frames): alone(path) for frames, path in ((given.frames, short), (given.long, long))}
    first = threads["1"]["network_ms_per_image"]
    result = {
        "command": f"python benchmarks/predict.py --frames {given.frames} --long {given.long} --rounds {given.rounds}",
        "sizes": {"video": [WIDTH, HEIGHT], "frames": given.frames, "size": 128, "landmarks": 10, "batch": BATCH},
        "torch_threads": threads,
        "peers_ms_per_image": list(PEERS_MS),
        "peers_to_ours": [round(peer / first["batch 1"], 2) for peer in PEERS_MS],
        "peak_mib": memory,
        "hardware": f"{os.cpu_count()} cores, {cpu()}",
        "versions": checkpoint.versions(),
    }
    text = json.dumps(result, indent=1) + "\n"
    print(text)
    if given.out:
        given.out.parent.mkdir(parents=True, exist_ok=True)
        given.out.write_text(text, "utf-8")


def film(frames: int) -> Iterator[np.ndarray]:
    """Frames of dancing puppets, enlarged; the same dance again and again."""
    import cv2

    puppets = Puppets(clips=1, length=CLIP)
    drawn = [cv2.resize(puppets.read(index), (WIDTH, HEIGHT)) for index in range(CLIP)]
    return (drawn[index % CLIP] for index in range(frames))


def stages(detector: Detector, path: Path, rounds: int) -> dict[str, Any]:
    """Frames a second of each stage alone and of `predict`, and its time to that of the stages one after the other."""
    with_fit, frames = detector.fit, len(Video(path))
    square = np.stack([with_fit(frame) for frame in Video(path)])

    def network() -> None:
        for start in range(0, frames, CACHED):
            detector.detect(torch.from_numpy(square[start : start + CACHED]).permute(0, 3, 1, 2) / 255)

    work: dict[str, Callable[[], object]] = {
        "decoding": lambda: decode(path),
        "decoding and resizing": lambda: decode(path, with_fit),
        "network": network,
        "predict": lambda: detector.predict(path, batch=BATCH),
    }
    best = dict.fromkeys(work, float("inf"))
    for _ in range(rounds):
        for name, stage in work.items():
            best[name] = min(best[name], seconds(stage))
    one_by_one, whole = best["decoding"] + best["network"], best["decoding and resizing"] + best["network"]
    return {
        "frames_per_second": {name: round(frames / best[name], 1) for name in best},
        "predict_to_decoding_plus_network": round(best["predict"] / one_by_one, 3),
        "predict_to_decoding_resizing_plus_network": round(best["predict"] / whole, 3),
        "predict_to_slowest_stage": round(best["predict"] / max(best["network"], best["decoding and resizing"]), 3),
    }


def images(detector: Detector, rounds: int) -> dict[str, Any]:
    """Milliseconds an image of the network, by images a forward pass."""
    made = {}
    for batch in (1, CACHED, BATCH):
        pixels = torch.rand(batch, 3, 128, 128)
        detector.detect(pixels)
        least = min(seconds(lambda x=pixels: detector.detect(x)) for _ in range(5 * rounds))
        made[f"batch {batch}"] = round(1000 * least / batch, 2)
    return {"network_ms_per_image": made}


def decode(path: Path, fit: Fit | None = None) -> None:
    """Read every frame of a video, opened anew as `predict` does; make it square if asked."""
    for frame in Video(path):
        if fit is not None:
            fit(frame)


def seconds(work: Callable[[], object]) -> float:
    """By the clock on the wall."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def alone(path: Path) -> float:
    """Peak memory of predicting a video in a process of its own, MiB."""
    command = [sys.executable, __file__, "--memory", str(path)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1])


def peak(path: Path) -> float:
    """Peak memory of this process after predicting a video, MiB."""
    untrained("hourglass", 10, 128).predict(path, batch=BATCH)
    # VmHWM, as ru_maxrss of a process starts from that of the one which started it
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text("utf-8").splitlines())
    return round(int(status["VmHWM"].split()[0]) / 1024, 1)


if __name__ == "__main__":
    main()
