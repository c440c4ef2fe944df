"""What may be in a `.pt2` file that is to be opened: a list; whatever else is in it is refused.

`torch.export.load` unpickles tensors and sample inputs, evaluates formulas of sizes as Python, looks functions up by
name and writes names into source code that it runs. So every part of a file is held against what an export of ours
has, before torch gets to see it.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

import torch

MEMBERS = re.compile(
    r"(archive_format|archive_version|byteorder|\.data/(version|serialization_id)|models/model\.json|extra/\w+|"
    r"data/(weights|constants)/(model_(weights|constants)_config\.json|weight_\d+|tensor_\d+)|"
    r"data/sample_inputs/model\.pt)"
)
TARGET = re.compile(
    r"torch\.ops\.aten\.\w+\.\w+|_operator\.(add|sub|mul|floordiv|mod|neg|pow|ge|gt|le|lt|eq|ne|getitem)|"
    r"torch\.sym_(max|min|not|int|float)"
)
FORMULA = re.compile(r"(\w+|[-(), =])*")
WORDS = re.compile(
    r"Add|Mul|Pow|Max|Min|Mod|FloorDiv|PythonMod|CleanDiv|CeilDiv|Integer|Rational|Symbol|Equality|Unequality|"
    r"StrictGreaterThan|StrictLessThan|GreaterThan|LessThan|positive|nonnegative|integer|True|False|[sux]\d+|\d+"
)
PLAIN = re.compile(r"[\w.+:-]*")
NOTES = ("stack_trace", "nn_module_stack", "source_fn_stack", "torch_fn", "from_node", "custom")
"""What the tracer notes beside each operation, which none of our files keeps."""


class RefusedError(Exception):
    """A file holds something that none of ours does; the message says what."""


def check(content: bytes) -> None:
    """Make sure that nothing in a file can run.

    Args:
        content: All of the file.

    Raises:
        RefusedError: Something in it might.
        Exception: It is damaged, in whatever way the readers of zip files and JSON have to say so.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        if len(set(names)) != len(names):
            raise RefusedError("it has two members of one name")
        inner = {name.partition("/")[2]: name for name in names}
        odd = [name for name in inner if not MEMBERS.fullmatch(name)]
        if odd or len(inner) != len(names) or len({name.partition("/")[0] for name in names}) != 1:
            raise RefusedError(f"it holds {(odd or names)[0]!r}")
        for kind in ("weights", "constants"):
            _payloads(json.loads(archive.read(inner[f"data/{kind}/model_{kind}_config.json"])))
        _values(json.loads(archive.read(inner["models/model.json"])))
        samples = archive.read(inner["data/sample_inputs/model.pt"])
    try:
        torch.load(io.BytesIO(samples), weights_only=True)
    except Exception:  # torch would go on to unpickle whatever it is
        raise RefusedError("its sample inputs are more than tensors") from None


def _payloads(config: Mapping[str, Any]) -> None:
    for payload in config["config"].values():
        if payload["use_pickle"] or not re.fullmatch(r"(weight|tensor)_\d+", payload["path_name"]):
            raise RefusedError("one of its tensors is pickled")


def _values(model: Mapping[str, Any]) -> None:
    from torch.utils._pytree import tree_structure, treespec_dumps

    if model.get("guards_code"):
        raise RefusedError("it brings checks as Python code")
    specs = {treespec_dumps(tree_structure(one)) for one in (((0,), {}), (0, 0))}
    for key, text in _texts(model):
        if key == "target":
            fine = TARGET.fullmatch(text)
        elif key == "expr_str":
            fine = FORMULA.fullmatch(text.replace("'", "")) and all(map(WORDS.fullmatch, re.findall(r"\w+", text)))
        elif key in ("in_spec", "out_spec"):
            fine = text in specs
        else:
            fine = PLAIN.fullmatch(text) and key not in NOTES
        if not fine:
            raise RefusedError(f"its {key} {text[:60]!r} is none that an export has")


def _texts(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Every text in it, with the key that it stands under; keys are texts too."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield "key", name
            yield from _texts(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, key)
