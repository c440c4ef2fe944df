"""ONNX files whose convolutions compute in int8, with scales chosen on frames like those that they will see."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch

from unsuplmk.errors import UserError
from unsuplmk.exports import onnxfile
from unsuplmk.exports.about import KEY, About
from unsuplmk.exports.likeness import Frames


def write(program: torch.export.ExportedProgram, path: Path, said: About, frames: Sequence[Frames]) -> None:
    """Write a traced detector as `unsuplmk.exports.onnxfile.write` does, quantised.

    Weights have a scale a channel; everything between, one, from the range on the frames. What makes frames square,
    the last layer of the encoder and what finds points in its heatmaps stay in float32.

    Args:
        program: The graph.
        path: The file.
        said: What it will say about itself.
        frames: Batches that the scales are chosen on.

    Raises:
        UserError: Something that is needed is not installed, or the network has no convolutions.
    """
    try:
        import onnx
        from onnxruntime import quantization
        from onnxruntime.quantization.calibrate import CalibrationDataReader
    except ImportError as error:
        raise UserError(f"int8 needs {error.name or 'onnxruntime'}: {onnxfile.INSTALL}") from None

    class Reader(CalibrationDataReader):
        def __init__(self) -> None:
            self.rest: Iterator[dict[str, Any]] = iter({onnxfile.INPUT: batch} for batch in frames)

        def get_next(self) -> Any:
            return next(self.rest, None)

    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.onnx"
        onnxfile.write(program, plain, said)
        convolutions = [node.name for node in onnx.load(plain).graph.node if node.op_type == "Conv"]
        if not convolutions:
            raise UserError("int8 is for networks of convolutions, and this one has none: export float32")
        log = logging.getLogger()
        before = log.level
        log.setLevel(logging.ERROR)
        try:
            quantization.quantize_static(
                str(plain),
                str(path),
                Reader(),
                quant_format=quantization.QuantFormat.QDQ,
                op_types_to_quantize=["Conv"],
                nodes_to_exclude=convolutions[-1:],
                per_channel=True,
                activation_type=quantization.QuantType.QUInt8,
                weight_type=quantization.QuantType.QInt8,
            )
        finally:
            log.setLevel(before)
    made = onnx.load(path)
    made.producer_name, made.producer_version = "unsuplmk", said.versions.get("unsuplmk", "")
    onnx.helper.set_model_props(made, {KEY: said.model_dump_json()})
    onnx.save(made, str(path))
