"""Tests of variables of MATLAB files."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest
from scipy.io import savemat

from unsuplmk.errors import UserError
from unsuplmk.files import matlab

VALUES = np.arange(24, dtype=np.float64).reshape(2, 3, 4)


def test_variables_are_read_in_the_order_they_are_asked_for(tmp_path: Path) -> None:
    savemat(tmp_path / "a.mat", {"gt": VALUES, "hw": np.array([[1, 2]])}, do_compression=True)
    hw, gt = matlab.read(tmp_path / "a.mat", "hw", "gt")
    assert hw.tolist() == [[1, 2]]
    assert np.array_equal(gt, VALUES)


def test_version_73_has_the_same_order_of_axes(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.mat", "w", userblock_size=512) as file:
        file["gt"] = VALUES.T
    with (tmp_path / "a.mat").open("r+b") as raw:  # the header that MATLAB writes: version 2.0 is HDF5
        raw.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM")
    (gt,) = matlab.read(tmp_path / "a.mat", "gt")
    assert np.array_equal(gt, VALUES)
    with pytest.raises(UserError, match=r"no variable in .* named 'gtt'; did you mean 'gt'"):
        matlab.read(tmp_path / "a.mat", "gtt")


def test_what_is_wrong_is_said(tmp_path: Path) -> None:
    savemat(tmp_path / "a.mat", {"gt": np.random.default_rng(0).random((50, 50))}, do_compression=True)
    with pytest.raises(UserError, match=r"no variable in .* named 'X'; Known: gt"):
        matlab.read(tmp_path / "a.mat", "X")
    with pytest.raises(UserError, match=r"no file .*gone\.mat"):
        matlab.read(tmp_path / "gone.mat", "X")
    whole = (tmp_path / "a.mat").read_bytes()
    for name, content in {"short": whole[: len(whole) // 2], "empty": b"", "text": b"file,x0\n" * 99}.items():
        (tmp_path / f"{name}.mat").write_bytes(content)
        with pytest.raises(UserError, match=rf"cannot read .*{name}\.mat: it is cut off, damaged or no MATLAB file"):
            matlab.read(tmp_path / f"{name}.mat", "gt")
