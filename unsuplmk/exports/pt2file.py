"""`.pt2` files of detectors: written and run by torch alone, without the classes that made them."""

from __future__ import annotations

import io
import warnings
import zipfile
from pathlib import Path
from typing import final

import numpy as np
import torch
from jaxtyping import UInt8

from unsuplmk import launch
from unsuplmk.errors import UserError
from unsuplmk.exports import about
from unsuplmk.exports.about import KEY, About, Found
from unsuplmk.exports.pt2check import NOTES, RefusedError, check


def write(traced: torch.export.ExportedProgram, path: Path, said: About) -> None:
    """Write a traced detector, without the paths of the machine that traced it."""
    for node in traced.graph.nodes:
        for note in NOTES:
            node.meta.pop(note, None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's remarks about its own format
        torch.export.save(traced, path, extra_files={KEY: said.model_dump_json()})


@final
class Pt2Program:
    """A `.pt2` file, opened, after nothing was found in it that could run.

    Args:
        path: Where it is.
        device: auto, cpu, cuda or mps.

    Raises:
        UserError: The file is damaged, not ours, of another version of torch, or refused.
    """

    def __init__(self, path: Path, device: str = "cpu") -> None:
        device = launch.resolve(device)
        try:
            content = path.read_bytes()  # once, so that what is opened is what was checked
            self.about = about.read(_said(content), str(path))
            check(content)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                loaded = torch.export.load(io.BytesIO(content))
                if device != "cpu":
                    from torch.export.passes import move_to_device_pass

                    loaded = move_to_device_pass(loaded, device)
                self._module = loaded.module()
        except UserError:
            raise
        except RefusedError as error:
            raise UserError(f"{path} is refused, and nothing in it was run: {error}") from None
        except Exception as error:  # torch and zipfile have many for a damaged file
            why = " ".join(str(error).split())[:160] or type(error).__name__
            raise UserError(
                f"{path} is damaged, or of another version of torch ({torch.__version__} here): {why}"
            ) from None
        self.path, self.device = path, device

    @torch.inference_mode()
    def __call__(self, frames: UInt8[np.ndarray, "batch height width 3"]) -> Found:
        """Points in pixels of the frames, and how sure each is.

        Raises:
            UserError: The file does not take these frames.
        """
        try:
            xy, score = self._module(torch.from_numpy(frames).to(self.device))
        except (RuntimeError, AssertionError) as error:
            why = " ".join(str(error).split())[:160]
            raise UserError(f"{self.path} cannot be run on frames {frames.shape}: {why}") from None
        return xy.cpu().numpy(), score.cpu().numpy()


def _said(content: bytes) -> str | None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        found = [name for name in archive.namelist() if name.endswith(f"/extra/{KEY}")]
        return archive.read(found[0]).decode() if found else None
