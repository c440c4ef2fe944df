r"""Speed and memory of `predict` on a video, beside what decoding and the network need one after the other.

    python benchmarks/predict.py --out benchmarks/results/predict.json
    python benchmarks/predict.py --hour --out benchmarks/results/predict-hour.json

The video is made on the spot: dancing puppets, enlarged to 640x480. The detector has the default settings and random
weights; training changes no cost. Stages take turns in one process. The least of some rounds counts, since other work
on the machine can only add to it, and the median is given beside it: ratios of one run mean something, seconds of two
runs do not. Peak memory is that of a process of its own for each length of video.

With `--hour` instead: the command `unsuplmk predict` on an hour at 25 frames a second, killed at nine tenths and
started again.
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
from statistics import median
from typing import Any

import numpy as np
import torch
from evaluation import untrained
from learning_curve import cpu
from torch import nn

from unsuplmk import Detector, checkpoint, registry
from unsuplmk.datasets.puppets import Puppets
from unsuplmk.detector import PASS
from unsuplmk.frames.media import Video, require_av, write_video
from unsuplmk.frames.prepare import Fit

WIDTH, HEIGHT, FPS = 640, 480, 25
CLIP = 100
BATCH = 64
PEERS_MS = (54, 117)
"""Milliseconds an image of the peers' detectors: one CPU thread, 128x128, 10 landmarks, the fastest and slowest."""


def main() -> None:
    """Measure and write the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--frames", type=int, default=1500)
    parser.add_argument("--long", type=int, default=6000, help="frames of the video for memory")
    parser.add_argument("--rounds", type=int, default=5, help="the least of each stage counts, and the median")
    parser.add_argument("--hour", action="store_true", help="an hour of video instead, by the command line")
    parser.add_argument("--minutes", type=int, default=60, help="of that hour")
    parser.add_argument("--memory", type=Path, help="predict this video and print the peak; the script's own use")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    if given.memory:
        untrained("hourglass", 10, 128).predict(given.memory, batch=BATCH)
        print(peak(os.getpid()))
        return
    load = os.getloadavg()
    with tempfile.TemporaryDirectory() as folder:
        found = hour(Path(folder), given.minutes) if given.hour else speed(Path(folder), given)
    what = f"--hour --minutes {given.minutes}" if given.hour else f"--frames {given.frames} --long {given.long}"
    result = {
        "command": f"python benchmarks/predict.py {what}" + ("" if given.hour else f" --rounds {given.rounds}"),
        "sizes": {"video": [WIDTH, HEIGHT], "size": 128, "landmarks": 10, "batch": BATCH},
        **found,
        "load_average_of_a_minute": {"before": round(load[0], 1), "after": round(os.getloadavg()[0], 1)},
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


def repeat(path: Path, times: int, out: Path) -> None:
    """A video so many times in a row, without coding it anew."""
    av = require_av()
    with av.open(str(out), "w") as written:
        stream, lasts = None, 0
        for turn in range(times):
            with av.open(str(path)) as read:
                source = read.streams.video[0]
                stream = stream or written.add_stream_from_template(source)
                lasts = lasts or round(source.frames / FPS / source.time_base)
                for packet in read.demux(source):
                    if packet.dts is not None:  # the last one is empty
                        packet.pts, packet.dts = packet.pts + turn * lasts, packet.dts + turn * lasts
                        packet.stream = stream
                        written.mux(packet)


def speed(folder: Path, given: argparse.Namespace) -> dict[str, Any]:
    """Of predicting, with one of torch's threads and with two; of networks; and what memory it takes."""
    detector = untrained("hourglass", 10, 128)
    short, long = folder / "short.mp4", folder / "long.mp4"
    write_video(short, film(given.frames), FPS)
    threads = stages(detector, short, given.rounds)
    torch.set_num_threads(1)
    images = networks(given.rounds)
    repeat(short, max(1, given.long // given.frames), long)
    ours = images["hourglass, the default"]["milliseconds"]
    return {
        "frames": given.frames,
        "torch_threads": threads,
        "one_image_one_thread": images,
        "peers_ms_per_image": list(PEERS_MS),
        "peers_to_ours": [round(ms / ours, 2) for ms in PEERS_MS],
        "peak_mib": {str(len(Video(path))): alone(path) for path in (short, long)},
    }


def stages(detector: Detector, path: Path, rounds: int) -> dict[str, Any]:
    """Frames a second of each stage alone and of `predict`, and its time to that of the stages one after the other."""
    frames = len(Video(path))
    square, at_once = np.stack([detector.fit(frame) for frame in Video(path)]), PASS // detector.fit.size**2

    def network() -> None:
        for start in range(0, frames, at_once):
            detector.detect(torch.from_numpy(square[start : start + at_once]).permute(0, 3, 1, 2) / 255)

    work: dict[str, Callable[[], object]] = {
        "decoding": lambda: decode(path),
        "decoding and resizing": lambda: decode(path, detector.fit),
        "network": network,
        "predict": lambda: detector.predict(path, batch=BATCH),
    }
    took = {threads: {name: [] for name in work} for threads in (1, 2)}
    for _ in range(rounds):
        for threads, of_these in took.items():
            torch.set_num_threads(threads)
            for name, stage in work.items():
                of_these[name].append(costs(stage))
        print({n: {name: t[-1] for name, t in of.items()} for n, of in took.items()}, os.getloadavg()[0], flush=True)
    return {str(threads): compared(frames, of_these) for threads, of_these in took.items()}


def compared(frames: int, took: dict[str, list[tuple[float, float]]]) -> dict[str, Any]:
    """Figures of stages that took turns, from the seconds of each on the clock and of the processor."""
    least = {name: min(clock for clock, _ in times) for name, times in took.items()}
    each = zip(*([clock for clock, _ in times] for times in took.values()), strict=True)
    return {
        "frames_per_second": {name: round(frames / seconds, 1) for name, seconds in least.items()},
        "frames_per_second_median": {
            name: round(frames / median(clock for clock, _ in times), 1) for name, times in took.items()
        },
        "cpu_ms_per_frame": {
            name: round(1000 * min(busy for _, busy in times) / frames, 2) for name, times in took.items()
        },
        "predict_to_decoding_plus_network": round(least["predict"] / (least["decoding"] + least["network"]), 3),
        "predict_to_decoding_plus_network_median": round(
            median(predict / (decoding + network) for decoding, _, network, predict in each), 3
        ),
        "predict_to_slowest_stage": round(least["predict"] / max(least["network"], least["decoding and resizing"]), 3),
    }


def networks(rounds: int) -> dict[str, Any]:
    """Milliseconds that one image of 128x128 takes on one thread: our encoders, and a network that everyone knows."""
    import torchvision

    made: dict[str, nn.Module] = {
        "hourglass, the default": registry.build("encoder", "hourglass", 10),
        "convnet, the network of 2018": registry.build("encoder", "convnet", 10),
        "hourglass, 256 channels, 2 stacks": registry.build("encoder", "hourglass", 10, width=256, stacks=2),
        "ResNet-50 of torchvision": torchvision.models.resnet50(weights=None),
    }
    bottleneck, took = registry.build("bottleneck", "gaussian", 10), {name: [] for name in made}
    image = torch.rand(1, 3, 128, 128).contiguous(memory_format=torch.channels_last)

    @torch.inference_mode()
    def once(network: nn.Module) -> object:
        scores = network(image)
        return bottleneck.locate(scores) if scores.ndim == 4 else scores

    for network in made.values():
        network.eval()
    for _ in range(10 * rounds):
        for name, network in made.items():
            took[name].append(costs(lambda network=network: once(network)))
    return {
        name: {
            "million_weights": round(sum(weight.numel() for weight in made[name].parameters()) / 1e6, 2),
            "milliseconds": round(1000 * min(clock for clock, _ in times), 2),
            "milliseconds_median": round(1000 * median(clock for clock, _ in times), 2),
            "cpu_milliseconds_median": round(1000 * median(busy for _, busy in times), 2),
        }
        for name, times in took.items()
    }


def hour(folder: Path, minutes: int) -> dict[str, Any]:
    """Peak memory and speed of the command over a long file, killed at nine tenths and started again."""
    detector, (minute, whole) = untrained("hourglass", 10, 128), (folder / "minute.mp4", folder / "hour.mp4")
    write_video(minute, film(60 * FPS), FPS)
    repeat(minute, minutes, whole)
    checkpoint.create(folder / "run", detector.config.resolved())
    checkpoint.save(folder / "run", detector.model, {})
    frames, found = 60 * FPS * minutes, {}
    words = [sys.executable, "-m", "unsuplmk", "predict", folder / "run", whole, "--out", folder / "hour.csv"]
    start = time.perf_counter()
    with subprocess.Popen([*map(str, words), "--device", "cpu"]) as begun:
        for name, until in (("a tenth", 0.1 * frames), ("a half", 0.5 * frames), ("nine tenths", 0.9 * frames)):
            while kept(folder / ".hour.csv.part") < until and begun.poll() is None:
                time.sleep(0.2)
            if begun.poll() is not None:
                raise SystemExit(f"predict ended before {name} of the frames: {found}")
            found[name] = {"seconds": round(time.perf_counter() - start, 1), "peak_mib": peak(begun.pid)}
            print(name, found[name], os.getloadavg()[0], flush=True)
        begun.kill()
    start, most = time.perf_counter(), 0.0
    with subprocess.Popen([*map(str, words), "--device", "cpu"], stdout=subprocess.PIPE, text=True) as again:
        while again.poll() is None:
            most = max(most, peak(again.pid))
            time.sleep(0.05)
        said = again.stdout.read() if again.stdout else ""
    found["the rest"] = {"seconds": round(time.perf_counter() - start, 1), "peak_mib": most}
    print(said)
    return {
        "frames": frames,
        "file_mib": round(whole.stat().st_size / 2**20, 1),
        "going_on_after": int(said.partition("going on after frame ")[2].split()[0]),
        "frames_written": int(said.rpartition(" landmarks in ")[2].split()[0]),
        "torch_threads": torch.get_num_threads(),
        "until": found,
        "frames_per_second": round(0.8 * frames / (found["nine tenths"]["seconds"] - found["a tenth"]["seconds"]), 1),
    }


def kept(journal: Path) -> int:
    """The frame that the last file of a journal begins with."""
    return max((int(path.stem) for path in journal.glob("[0-9]*.npz")), default=0)


def decode(path: Path, fit: Fit | None = None) -> None:
    """Read every frame of a video, opened anew as `predict` does; make it square if asked."""
    for frame in Video(path):
        if fit is not None:
            fit(frame)


def costs(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock on the wall, and of the processor."""
    start, busy = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - start, time.process_time() - busy


def alone(path: Path) -> float:
    """Peak memory of predicting a video in a process of its own, MiB."""
    command = [sys.executable, __file__, "--memory", str(path)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1])


def peak(process: int) -> float:
    """Peak memory of a process so far, MiB; 0 of one that has ended."""
    # VmHWM, as ru_maxrss of a process starts from that of the one which started it
    status = dict(line.split(":", 1) for line in Path(f"/proc/{process}/status").read_text("utf-8").splitlines())
    return round(int(status["VmHWM"].split()[0]) / 1024, 1) if "VmHWM" in status else 0.0


if __name__ == "__main__":
    main()
