"""The HDF5 tables of pose tools, as pandas lays them out: read without running anything in them, and written."""

from __future__ import annotations

import io
import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any, final

import numpy as np

from unsuplmk.errors import UserError
from unsuplmk.files.posetable import PoseTable, columns_of, points_of
from unsuplmk.files.posewriting import LABELLED, Table

KEY = "df_with_missing"
"""What DeepLabCut calls the table."""
ARRAY = {"CLASS": "ARRAY", "FLAVOR": "numpy", "VERSION": "2.4"}
GROUP = {"CLASS": "GROUP", "VERSION": "1.0"}
FAULTS = (
    *(OSError, EOFError, RuntimeError, LookupError, ArithmeticError),
    *(ValueError, TypeError, AttributeError, pickle.UnpicklingError),
)
"""What a damaged file leads to, in h5py and in what is pickled."""
NONE = "N."
"""How PyTables writes that there is no name."""


def read(path: Path, individual: str) -> dict[str, PoseTable]:
    """A table's points of all animals, or of one, by name; of nobody in a table without individuals.

    pandas keeps some of what a table is called as pickles. They are read as plain values, and a file in which they are
    anything else is refused: pandas would run it.

    Args:
        path: The file.
        individual: Which animal; nothing for all.

    Raises:
        UserError: The file cannot be read or holds no such table or animal, or h5py is not installed.
    """
    h5py = _h5py(f"reading {path}")
    try:
        with h5py.File(path) as file:
            group = _table(file)
            flat = str(_attribute(group, "pandas_type")) == "frame_table"
            index, columns, values = _appendable(group) if flat else _fixed(group)
    except FAULTS as error:
        reason = " ".join(str(error).split())[:160]
        raise UserError(f"cannot read {path} as DeepLabCut's HDF5 table {KEY}: {reason}") from None
    triples = [(column[-3] if len(column) == 4 else "", column[-2], column[-1]) for column in columns]
    animals = dict.fromkeys(animal for animal, _, _ in triples if animal)
    found, lines = {}, list(range(1, len(index) + 1))
    for animal in [individual] if individual else animals or [""]:
        places, names, each = columns_of(path, triples, animal)
        table = values[:, places].reshape(len(index), len(names), each)
        if np.isinf(table).any():
            raise UserError(f"{path}: row {int(np.argwhere(np.isinf(table))[0][0]) + 1} has an infinite coordinate")
        found[animal] = PoseTable(path, names, index, lines, *points_of(table))
    return found


def write(path: Path, table: Table, scorer: str) -> None:
    """Write the table in pandas' fixed layout, as DeepLabCut writes labels; `pandas.read_hdf` reads it.

    Args:
        path: The file.
        table: What to write.
        scorer: Whose points they are.

    Raises:
        UserError: h5py is not installed.
    """
    h5py = _h5py("writing HDF5")
    columns = [(scorer, name, coord) for name in table.names for coord in table.coords]
    with h5py.File(path, "w") as file:
        _describe(file, {**GROUP, "PYTABLES_FORMAT_VERSION": "2.1"})
        group = file.create_group(KEY)
        parts = [path.split("/") for path in table.index if isinstance(path, str)]
        tree = bool(parts) and all(len(one) == 3 and one[0] == LABELLED for one in parts)
        known = {"pandas_type": "frame", "encoding": "UTF-8", "errors": "strict", "axis0_variety": "multi"}
        known |= {"block0_items_variety": "multi", "axis1_variety": "multi" if tree else "regular"}
        _describe(group, GROUP | known)
        numbers = {"ndim": 2, "nblocks": 1, "axis0_nlevels": 3, "block0_items_nlevels": 3} | (
            {"axis1_nlevels": 3} if tree else {}
        )
        for key, number in numbers.items():
            group.attrs[key] = np.int64(number)
        for axis in ("axis0", "block0_items"):
            _multi(group, axis, columns, ("scorer", "bodyparts", "coords"))
        if tree:
            _multi(group, "axis1", parts, ("", "", ""))
        else:
            numbered = not table.index or not isinstance(table.index[0], str)
            cells = np.array(table.index, np.int64) if numbered else _bytes(list(map(str, table.index)))
            _index(_array(group, "axis1", cells), "integer" if numbered else "string", NONE)
        _array(group, "block0_values", table.values.reshape(len(table.index), len(columns)))


@final
class _Plain(pickle.Unpickler):
    """Reads numbers, texts and containers, and refuses whatever would call something."""

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"it holds a pickled {module}.{name}, which is not run")


def _h5py(what: str) -> Any:
    try:
        import h5py
    except ImportError:
        raise UserError(f"{what} needs h5py: pip install 'unsuplmk[hdf5]'") from None
    return h5py


def _table(file: Any) -> Any:
    """The group of the table: by its name, or the only one."""
    tables = [name for name in file if "pandas_type" in file[name].attrs]
    if KEY in tables or len(tables) == 1:
        return file[KEY if KEY in tables else tables[0]]
    raise ValueError(f"it holds {', '.join(sorted(file)) or 'nothing'}")


def _fixed(group: Any) -> tuple[list[str], list[tuple[str, ...]], np.ndarray]:
    columns: list[tuple[str, ...]] = []
    blocks = []
    index = _labels(group, "axis1")
    for number in range(int(group.attrs["nblocks"])):
        columns += _labels(group, f"block{number}_items")
        node = group[f"block{number}_values"]
        if "shape" in node.attrs:  # PyTables writes no arrays without elements
            blocks.append(np.empty((len(index), len(columns) - sum(block.shape[1] for block in blocks))))
        else:
            blocks.append(node[()] if node.attrs.get("transposed") else node[()].T)
    order = [columns.index(column) for column in _labels(group, "axis0")]
    values = np.concatenate(blocks, 1).astype(np.float64)
    return ["/".join(row) for row in index], [columns[place] for place in order], values[:, order]


def _appendable(group: Any) -> tuple[list[str], list[tuple[str, ...]], np.ndarray]:
    """The layout of `format="table"`, as DeepLabCut writes predictions."""
    rows = group["table"]
    columns, blocks = [], []
    for name in sorted(name for name in rows.dtype.names if name.startswith("values_block_")):
        columns += [tuple(map(str, column)) for column in _attribute(rows, f"{name}_kind")]
        blocks.append(np.asarray(rows[name], np.float64).reshape(len(rows), -1))
    ((_, labels),) = _attribute(group, "non_index_axes")
    order = [columns.index(tuple(map(str, column))) for column in labels]
    return list(map(_text, rows["index"])), [columns[place] for place in order], np.concatenate(blocks, 1)[:, order]


def _labels(group: Any, axis: str) -> list[tuple[str, ...]]:
    """What each row or column is called, in all its levels."""
    if str(_attribute(group, f"{axis}_variety")) != "multi":
        node = group[axis]
        return [] if "shape" in node.attrs else [(_text(label),) for label in _cells(node)]
    levels = []
    for level in range(int(group.attrs[f"{axis}_nlevels"])):
        node, codes = group[f"{axis}_level{level}"], group[f"{axis}_label{level}"]
        texts = [_text(label) for label in _cells(node)]
        levels.append([] if "shape" in codes.attrs else [texts[code] for code in codes[()]])
    return list(zip(*levels, strict=True))


def _cells(node: Any) -> np.ndarray:
    if node.dtype.kind not in "SUiuf":
        raise pickle.UnpicklingError(f"it holds pickled objects in {node.name}, which are not run")
    return node[()]


def _text(label: Any) -> str:
    if isinstance(label, bytes):
        return label.decode("utf-8")
    return str(int(label)) if isinstance(label, int | float | np.number) else str(label)


def _attribute(node: Any, name: str) -> Any:
    """A text, or the plain values of a pickle."""
    value = node.attrs[name]
    raw = value if isinstance(value, bytes) else value.tobytes() if isinstance(value, np.ndarray | np.void) else None
    if raw is None:
        return value
    if raw.rstrip(b"\0").endswith(b"."):
        return _Plain(io.BytesIO(raw), encoding="utf-8").load()
    return raw.decode("utf-8")


def _multi(group: Any, axis: str, rows: Sequence[Sequence[str]], names: Sequence[str]) -> None:
    """Labels of several levels: the different ones of each, and which each row has."""
    for level, name in enumerate(names):
        texts, codes = np.unique(np.array([row[level] for row in rows], np.str_), return_inverse=True)
        node = _array(group, f"{axis}_level{level}", _bytes(texts.tolist()))
        _index(node, "string", name or NONE)
        _describe(node, {f"{axis}_name{name or None}": name or NONE})
        _array(group, f"{axis}_label{level}", codes.astype(np.int32))


def _bytes(texts: Sequence[str]) -> np.ndarray:
    return np.array([text.encode("utf-8") for text in texts], np.bytes_)


def _index(node: Any, kind: str, name: str) -> None:
    _describe(node, {"kind": kind, "name": name} | ({"nan_rep": ""} if kind == "string" else {}))


def _array(group: Any, name: str, values: np.ndarray) -> Any:
    """An array as PyTables has them: one without elements is its shape alone."""
    if values.size:
        node = group.create_dataset(name, data=values)
    else:
        node = group.create_dataset(name, data=np.zeros((1,) * values.ndim))
        _describe(node, {"value_type": str(values.dtype)})
        node.attrs["shape"] = np.bytes_(pickle.dumps(values.T.shape, 0))
    _describe(node, ARRAY)
    node.attrs["transposed"] = np.uint8(values.size > 0)
    return node


def _describe(node: Any, texts: dict[str, str]) -> None:
    from h5py import Empty, string_dtype

    for key, text in ({"TITLE": ""} | texts).items():
        raw = text.encode("utf-8")
        if text == NONE:
            node.attrs[key] = np.bytes_(raw)  # in ASCII, by which PyTables tells pickles from texts
        elif raw:
            node.attrs.create(key, np.bytes_(raw), dtype=string_dtype("utf-8", len(raw)))
        else:
            node.attrs[key] = Empty(string_dtype("utf-8", 1))
