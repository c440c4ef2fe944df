"""ONNX files of detectors: written by torch's exporter, run by ONNX Runtime."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, final

import numpy as np
import torch
from jaxtyping import UInt8

from unsuplmk import launch
from unsuplmk.errors import UserError
from unsuplmk.exports import about
from unsuplmk.exports.about import KEY, About, Found

INSTALL = "pip install 'unsuplmk[onnx]'"
INPUT, OUTPUTS = "frames", ("xy", "score")
OPSET = 20
"""Known to ONNX Runtime 1.17 and later."""


def write(traced: torch.export.ExportedProgram, path: Path, said: About) -> None:
    """Write a traced detector as one file without the paths of the machine that traced it.

    Raises:
        UserError: The exporter is not installed, or an operation has no counterpart in ONNX.
    """
    with _quiet():
        try:
            made: Any = torch.onnx.export(
                traced, (), input_names=[INPUT], output_names=list(OUTPUTS), opset_version=OPSET, verbose=False
            )
        except ImportError as error:
            raise UserError(f"ONNX files need {error.name or 'onnx'}: {INSTALL}") from None
        except torch.onnx.OnnxExporterError as error:
            raise UserError(f"the network has no counterpart in ONNX, so export it as .pt2: {_first(error)}") from None
    model = made.model
    for node in (*model.graph, *(node for function in model.functions.values() for node in function)):
        node.metadata_props.clear()
        node.doc_string = None
    for value in (*model.graph.inputs, *model.graph.outputs, *model.graph.initializers.values()):
        value.metadata_props.clear()
    model.metadata_props.clear()
    model.graph.metadata_props.clear()
    model.metadata_props[KEY] = said.model_dump_json()
    model.producer_name, model.producer_version = "unsuplmk", said.versions.get("unsuplmk", "")
    made.save(str(path), external_data=False)


@final
class OnnxProgram:
    """An ONNX file, opened. It can hold no code: only operations that ONNX Runtime has are run.

    Args:
        path: Where it is.
        device: auto, cpu, cuda or mps.

    Raises:
        UserError: ONNX Runtime is not installed or has no such device, or the file is damaged or not ours.
    """

    def __init__(self, path: Path, device: str = "cpu") -> None:
        runtime = _runtime(path)
        providers = _providers(runtime, device)
        options = runtime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        options.log_severity_level = 4  # what is wrong comes as an exception
        try:
            self._session = runtime.InferenceSession(str(path), options, providers=providers)
        except Exception as error:  # the runtime has an exception class for every status
            raise UserError(f"{path} is damaged or no ONNX file that can be run: {_first(error)}") from None
        self.about = about.read(self._session.get_modelmeta().custom_metadata_map.get(KEY), str(path))
        inputs, outputs = ([one.name for one in got()] for got in (self._session.get_inputs, self._session.get_outputs))
        if inputs != [INPUT] or tuple(outputs) != OUTPUTS:
            raise UserError(f"{path} is no exported detector of ours: it takes {inputs} and gives {outputs}")
        self.path = path

    def __call__(self, frames: UInt8[np.ndarray, "batch height width 3"]) -> Found:
        """Points in pixels of the frames, and how sure each is.

        Raises:
            UserError: The file does not take these frames, or fails on them.
        """
        try:
            xy, score = self._session.run(list(OUTPUTS), {INPUT: frames})
        except Exception as error:  # as above
            raise UserError(f"{self.path} cannot be run on frames {frames.shape}: {_first(error)}") from None
        return xy, score


def _runtime(path: Path) -> Any:
    try:
        import onnxruntime
    except ImportError:
        raise UserError(f"{path} needs onnxruntime: {INSTALL}") from None
    return onnxruntime


def _providers(runtime: Any, device: str) -> list[str]:
    launch.known(device)
    there = runtime.get_available_providers()
    wanted = {"cuda": "CUDAExecutionProvider", "auto": "CUDAExecutionProvider"}.get(device.partition(":")[0], "")
    if wanted in there:
        return [wanted, "CPUExecutionProvider"]
    if device in ("auto", "cpu"):
        return ["CPUExecutionProvider"]
    raise UserError(
        f"this ONNX Runtime cannot run on {device}, only through {', '.join(there)}: install onnxruntime-gpu in its "
        "place, or ask for --device cpu"
    )


def _first(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__)[:200]


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the exporter's remarks about its own workings."""
    log = logging.getLogger("torch.onnx")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(before)
