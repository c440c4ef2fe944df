"""Variables of MATLAB files, which many data sets come in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from unsuplmk.errors import UserError, unknown


def read(path: Path, *names: str) -> tuple[np.ndarray, ...]:
    """Variables of a .mat file, with MATLAB's own order of axes.

    Version 7.3 is HDF5 and needs h5py; only plain arrays are read from it.

    Raises:
        UserError: The file is missing, cut off or no MATLAB file, or lacks a variable.
    """
    from scipy.io import loadmat, whosmat

    try:
        present = [name for name, _, _ in whosmat(str(path))]
        found: dict[str, Any] = loadmat(str(path), variable_names=list(names))
    except FileNotFoundError:
        raise UserError(f"no file {path}") from None
    except NotImplementedError:
        return _version73(path, names)
    except Exception as error:  # a damaged file: zlib.error, ValueError, TypeError, struct.error, EOFError ...
        raise UserError(f"cannot read {path}: it is cut off, damaged or no MATLAB file ({_brief(error)})") from None
    return tuple(_present(path, name, found, present) for name in names)


def _present(path: Path, name: str, found: dict[str, Any], present: list[str]) -> Any:
    if name not in found:
        raise unknown(f"variable in {path}", name, present)
    return found[name]


def _version73(path: Path, names: tuple[str, ...]) -> tuple[np.ndarray, ...]:
    try:
        import h5py
    except ImportError:
        raise UserError(f"{path} is MATLAB 7.3, which needs h5py: pip install 'unsuplmk[hdf5]'") from None
    try:
        with h5py.File(path) as file:
            arrays = {name: np.asarray(file[name]).T for name in names if isinstance(file.get(name), h5py.Dataset)}
            return tuple(_present(path, name, arrays, list(file)) for name in names)
    except OSError as error:
        raise UserError(f"cannot read {path}: it is cut off, damaged or no MATLAB file ({_brief(error)})") from None


def _brief(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]
