"""Unsupervised landmark detection: find an object's landmarks in images and videos without labels."""

# no `from __future__ import annotations` here: it would hide the module of that name
from importlib import import_module
from typing import TYPE_CHECKING, Any

from unsuplmk.errors import UserError

if TYPE_CHECKING:
    from unsuplmk.config import Config
    from unsuplmk.detector import Detector
    from unsuplmk.job import Job
    from unsuplmk.model import Model
    from unsuplmk.tables import read, write
    from unsuplmk.tracking import track
    from unsuplmk.types import Landmarks, Pair, Reconstruction, Step, Tracks

__version__ = "0.1.0"

_HOMES = {
    "Config": "config",
    "Detector": "detector",
    "Job": "job",
    "Landmarks": "types",
    "Model": "model",
    "Pair": "types",
    "Reconstruction": "types",
    "Step": "types",
    "Tracks": "types",
    "read": "tables",
    "track": "tracking",
    "write": "tables",
}
__all__ = [
    "Config",
    "Detector",
    "Job",
    "Landmarks",
    "Model",
    "Pair",
    "Reconstruction",
    "Step",
    "Tracks",
    "UserError",
    "__version__",
    "read",
    "track",
    "write",
]


def __getattr__(name: str) -> Any:
    """Import on first use, so that `import unsuplmk` stays light and loads no torch."""
    if name not in _HOMES:
        raise AttributeError(f"module 'unsuplmk' has no attribute {name!r}")
    return getattr(import_module(f"unsuplmk.{_HOMES[name]}"), name)
