"""The detector: what users keep of a run. Images in, landmarks out."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from functools import cached_property
from math import ceil
from pathlib import Path
from typing import Any, final

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from unsuplmk import checkpoint, launch
from unsuplmk.abreast import abreast, keep_memory, shares
from unsuplmk.batches.data import Data, open_data
from unsuplmk.config import Config
from unsuplmk.datasets.cropped import Cropped
from unsuplmk.errors import UserError
from unsuplmk.exports import exported
from unsuplmk.exports.exported import Exported
from unsuplmk.frames.ahead import AHEAD, Chunk, ahead, chunks
from unsuplmk.frames.cropping import Choice, cropped
from unsuplmk.frames.prepare import Fit
from unsuplmk.hosting.provenance import recorded
from unsuplmk.interfaces import Dataset
from unsuplmk.journal import Found, Journal, fingerprint, joined
from unsuplmk.model import Model
from unsuplmk.naming import named
from unsuplmk.naming.named import Named, Points
from unsuplmk.ops.window import Window
from unsuplmk.sharing import hub
from unsuplmk.types import Landmarks, Tracks

SHARE = 16
"""Frames that each thread of a processor takes at a time."""
PASS = 2**16
"""Pixels of a processor's forward pass. The memory of larger ones goes back to the system each time and must be had
anew, page by page, which costs up to as much as the network."""


@final
class Detector:
    """Finds the landmarks of a trained model in images and videos.

    Args:
        model: The trained parts, of which only encoder and bottleneck are used, or an exported file.
        config: The settings it was trained with.
        run: What it was read from, as for `load`; empty if from nothing.
    """

    def __init__(self, model: Model | Exported, config: Config, run: str = "") -> None:
        self._finder = model if isinstance(model, Exported) else model.eval()
        self.config = config
        self.run = run
        self.fit = Fit(config.size, config.fit)
        own = (f"{named.DISCOVERED}{i}" for i in range(config.landmarks))
        self.names = tuple(model.about.names if isinstance(model, Exported) else own)

    @classmethod
    def load(cls, run: str | Path, device: str = "auto") -> Detector:
        """The detector of a run folder, from its `config.toml` and `model.safetensors`; nothing is unpickled.

        Args:
            run: The folder that `unsuplmk run` wrote, `hf:OWNER/NAME[@REVISION]` on the hub, or the `.onnx` or `.pt2`
                file that `unsuplmk export` wrote.
            device: auto, cpu, cuda or mps.

        Raises:
            UserError: There is no such folder, it is no run, or its weights and config do not belong together.
        """
        if exported.is_exported(run):
            found = exported.load(Path(run).expanduser(), device)
            return cls(found, found.about.settings(), str(run))
        folder = hub.resolve(run)
        if not folder.is_dir():
            found = "is a file" if folder.exists() else "does not exist"
            raise UserError(f"no run at {run}: it {found}; give the folder that `unsuplmk run --out` wrote")
        return cls(checkpoint.load_model(folder, launch.resolve(device)), checkpoint.load_config(folder), str(run))

    @property
    def model(self) -> Model:
        """The trained parts.

        Raises:
            UserError: This is an exported file, which has none.
        """
        if isinstance(self._finder, Exported):
            raise UserError(f"{self.run} is an exported file, which only finds points: this needs the run it came from")
        return self._finder

    @cached_property
    def named(self) -> Named | None:
        """What makes named points of the landmarks, as `unsuplmk name` put it into the run; None if nothing did.

        An exported file has nothing that does: it gives the points that were chosen when it was exported.

        Raises:
            UserError: The run's file is damaged, or belongs to another state of the model.
        """
        if not self.run or isinstance(self._finder, Exported):
            return None
        return named.load(hub.resolve(self.run), self.model, self.fit)

    @torch.inference_mode()
    def detect(self, images: Tensor) -> Landmarks:
        """Landmarks of float RGB images (batch, 3, height, width) in [0, 1], in the network's coordinates.

        Raises:
            UserError: The tensor is no batch of RGB images.
        """
        if images.ndim != 4 or images.shape[1] != 3 or not images.is_floating_point():
            raise UserError(
                f"detect() needs float images (batch, 3, height, width) in [0, 1], not {tuple(images.shape)} of "
                f"{images.dtype}; predict() takes files and uint8 arrays of any size"
            )
        if isinstance(self._finder, Exported):
            return self._finder.locate(images)
        weight = next(self.model.parameters(), images)
        return self.model.locate(images.to(weight.device, weight.dtype, memory_format=torch.channels_last))

    def cropped(
        self, source: Data, crop: Choice | None = None, report: Callable[[str], None] = warnings.warn
    ) -> Dataset:
        """What the network gets to see of some data, before it is made square.

        Args:
            source: As for `predict`; what is cropped already stays as it is.
            crop: A crop by name, or a table of `name` and its options; None: the one that the run was trained with.
            report: Called with one line for whatever is left out.

        Raises:
            UserError: Nothing is there, or there is nothing to cut out.
        """
        with recorded(self.run):
            return cropped(open_data(source), self.config.crop if crop is None else crop, report)

    def predict(
        self,
        source: Data,
        batch: int = 64,
        report: Callable[[str], None] = warnings.warn,
        *,
        crop: Choice | None = None,
        points: Points = "raw",
        journal: Journal | None = None,
    ) -> Tracks:
        """Landmarks of every frame, in pixels of the original frames.

        Frames are decoded in a thread of their own while the network works, and no more than a few batches of
        them are in memory. On a processor each of torch's threads takes frames of its own, and a copy of the network
        that shares its weights.

        Args:
            source: An image, a video, a folder or glob of these, arrays, or a dataset.
            batch: Frames a forward pass; a processor takes a few at a time, as many as it is quick with.
            report: Called with one line for every frame that cannot be read; it is left out.
            crop: As for `cropped`.
            points: `raw` for the landmarks that were discovered, `named` for the points that `unsuplmk name` made of
                them, `both` for one after the other.
            journal: Keeps what has been found, and goes on with it after an interruption; whoever gives it removes it.

        Raises:
            UserError: Nothing is there, no frame can be read, or the landmarks have no names.
        """
        if batch < 1:
            raise UserError(f"batch must be at least 1, not {batch}")
        choose = None if points == "raw" else self.naming().choose
        dataset = self.cropped(source, crop, report)
        parts = journal.resume(fingerprint(self._weights(), self.fit, dataset), len(dataset)) if journal else []
        messages = sum(part.stop - part.start - len(part.index) for part in parts)
        with closing(self._search(dataset, batch, parts[-1].stop if parts else 0)) as search:
            for skipped, found in search:
                for message in skipped:
                    messages += 1
                    report(message)
                if len(found.index):
                    parts.append(found)
                    if journal:
                        journal.add(found)
        if not parts:
            raise UserError(f"none of the {messages} frames can be read" if messages else "the data holds no frames")
        whole = joined(parts)
        index = whole.index.tolist()
        raw = self.names, whole.xy, whole.score
        called, places, scores = choose(points, *raw) if choose else raw
        windows = [dataset.window(i) for i in index] if isinstance(dataset, Cropped) else []
        pixels = outside(windows, per_size(self.fit.to_frame, places, whole.seen))
        return Tracks(pixels, scores, called, whole.size, dataset.fps, tuple(map(dataset.name, index)))

    def _search(self, dataset: Dataset, batch: int, start: int) -> Generator[tuple[list[str], Found], None, None]:
        """Why frames cannot be read, and what is found in the others, some frames at a time, in order."""
        finders = [self]
        if self._on_processor():
            keep_memory()
            count = max(1, min(shares(), ceil(len(dataset) / SHARE)))
            finders += [Detector(twin, self.config, self.run) for twin in self.model.twins(count - 1)]
            batch = min(batch, SHARE, max(1, ceil(len(dataset) / count)))
        with abreast([finder._found for finder in finders]) as find:
            read = ((chunk, find(chunk)) for chunk in chunks(dataset, self.fit, batch, start))
            with closing(ahead(read, AHEAD + len(finders) - 1)) as made:
                for chunk, found in made:
                    yield chunk.skipped, found()

    def _found(self, chunk: Chunk) -> Found:
        size, seen = (np.array(sizes, np.int64).reshape(-1, 2) for sizes in (chunk.sizes, chunk.seen))
        if not chunk.frames:
            none = np.empty((0, len(self.names), 2))
            return Found(chunk.start, chunk.stop, np.empty(0, np.int64), none, none[..., 0], size, seen)
        images = torch.from_numpy(np.stack(chunk.frames)).permute(0, 3, 1, 2)
        at_once = max(1, PASS // self.fit.size**2) if self._on_processor() else len(images)
        each = [self.detect(part / 255) for part in images.split(at_once)]
        xy = torch.cat([landmarks.xy for landmarks in each]).cpu().double().numpy()
        score = torch.cat([landmarks.score for landmarks in each]).clamp(0, 1).cpu().double().numpy()
        return Found(chunk.start, chunk.stop, np.array(chunk.index, np.int64), xy, score, size, seen)

    def _on_processor(self) -> bool:
        """Whether PyTorch runs the network on the CPU."""
        if isinstance(self._finder, Exported):
            return False
        weight = next(self._finder.parameters(), None)
        return weight is None or weight.device.type == "cpu"

    def _weights(self) -> Iterator[bytes]:
        """What tells this network from others."""
        if isinstance(self._finder, Exported):
            yield Path(self.run).expanduser().read_bytes()
            return
        yield repr((self.config.encoder, self.config.bottleneck)).encode()
        for part in (self._finder.encoder, self._finder.bottleneck):
            for name, tensor in part.state_dict().items():
                yield name.encode()
                yield tensor.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().tobytes()

    def naming(self) -> Named:
        """What makes named points of the landmarks.

        Raises:
            UserError: Nothing does, or its file is damaged.
        """
        if isinstance(self._finder, Exported):
            raise UserError(
                f"{self.run} gives the points that were chosen when it was exported, such as {self.names[0]}: ask for "
                "points='raw', or export the run again with --points"
            )
        if self.named is None:
            raise UserError(
                f"the landmarks of {self.run or 'this detector'} have no names: give them some with "
                f"`unsuplmk name {self.run or 'RUN'} LABELS`, or ask for points='raw'"
            )
        return self.named


def per_size(
    convert: Callable[[np.ndarray, Any], np.ndarray],
    xy: Float[np.ndarray, "images points 2"],
    size: np.ndarray,
) -> Float[np.ndarray, "images points 2"]:
    """Convert points of images of different sizes: `convert(points, (width, height))` for each size."""
    out = np.empty(xy.shape)
    for one in np.unique(size, axis=0):
        rows = (size == one).all(-1)
        out[rows] = convert(xy[rows], tuple(one.tolist()))
    return out


def inside(windows: Sequence[Window], xy: Float[np.ndarray, "images points 2"]) -> Float[np.ndarray, "images points 2"]:
    """From pixels of frames to those of what was cut out of each; as they are where nothing was."""
    return np.stack([window.inside(points) for window, points in zip(windows, xy, strict=True)]) if windows else xy


def outside(
    windows: Sequence[Window], xy: Float[np.ndarray, "images points 2"]
) -> Float[np.ndarray, "images points 2"]:
    """From pixels of what was cut out of frames to those of each; as they are where nothing was."""
    return np.stack([window.outside(points) for window, points in zip(windows, xy, strict=True)]) if windows else xy
