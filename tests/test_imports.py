"""Imports point down the levels, and what must be light stays light."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "unsuplmk"
PARTS = (
    *("pairs", "encoders", "bottlenecks", "generators", "losses"),
    *("datasets", "crops", "metrics", "qualities", "trackers", "formats"),
)
LEVELS = (
    (
        "errors",
        "hookspecs",
        "console",
        "launch",
        "card",
        "frames.clips",
        "files.web",
        "hosting.patience",
        "hosting.requires",
        "hosting.declaration",
    ),
    ("sharing.scrub", "sharing.hub"),
    (
        "evaluation.protocols",
        "files.rows",
        "files.matlab",
        "files.binary",
        "files.csvtable",
        "files.posetable",
        "files.cocojson",
        "frames.holdout",
        "files.fetch",
        "files.unpack",
    ),
    ("files.cocoresults", "files.labelstudio"),
    ("types", "ops"),
    ("interfaces",),
    (
        *PARTS,
        "model",
        "training.absent",
        "training.average",
        "pictures.draw",
        "pictures.marks",
        "pictures.skeleton",
        "pictures.matching",
        "frames.animals",
        "frames.media",
        "frames.videos",
        "files.folders",
        "frames.counting",
        "frames.footage",
        "frames.origin",
        "files.posewriting",
        "files.cocowriting",
        "files.posehdf",
        "batches.augment",
        "frames.prepare",
        "batches.shards",
    ),
    ("builtin", "plugins", "registry"),
    (
        "frames.sources",
        "batches.data",
        "batches.pack",
        "frames.lazy",
        "batches.order",
        "batches.parallel",
        "frames.ahead",
        "abreast",
        "frames.reading",
        "frames.cropping",
        "tracking",
    ),
    ("hosting.scaffold",),
    (
        "config",
        "hosting.naming",
        "tables",
        "checkpoint",
        "training.combination",
        "hosting.provenance",
        "hosting.machine",
        "training.optimiser",
        "training.released",
        "evaluation.annotations",
    ),
    ("naming.named", "exports.about", "journal"),
    ("exports.pt2check",),
    ("exports.onnxfile", "exports.pt2file", "exports.portable"),
    ("exports.exported",),
    (
        "training.colorise",
        "batches.preparation",
        "batches.sharding",
        "detector",
        "job",
        "training.meter",
        "training.trial",
        "training.wiring",
        "training.rehearsal",
        "testing",
    ),
    ("evaluation.samples", "evaluation.viewpoints"),
    ("evaluation.figures", "evaluation.normalise", "evaluation.regress", "evaluation.measure"),
    ("evaluation.verdict",),
    ("naming.labelled", "naming.labelgain", "naming.fewlabels", "naming.nextframes"),
    (
        "evaluation.evaluate",
        "pictures.render",
        "frames.gather",
        "pictures.swap",
        "pictures.disentangle",
        "pictures.animate",
    ),
    ("evaluation.rebuild", "evaluation.reconstruct", "exports.likeness"),
    ("exports.quantise",),
    ("exports.export",),
    (
        "inspecting.sheet",
        "inspecting.gallery",
        "inspecting.survey",
        "inspecting.hazards",
        "inspecting.inspection",
        "inspecting.verification",
    ),
    (
        "evaluation.label_curve",
        "evaluation.backward",
        "evaluation.agreement",
        "evaluation.consistency",
        "evaluation.published",
        "evaluation.plots",
        "evaluation.analyses",
    ),
    ("report",),
    ("sharing.modelcard", "sharing.parcel", "sharing.push", "sharing.pull"),
    ("stages",),
    ("cli", "templates"),
)
LEVEL = {name: number for number, names in enumerate(LEVELS) for name in names}
FOLDERS = {f"unsuplmk.{name.partition('.')[0]}" for name in LEVEL if "." in name}  # their modules have levels each
HEAVY = (
    "torch",
    "torchvision",
    "timm",
    "lpips",
    "albumentations",
    "cv2",
    "scipy",
    "accelerate",
    "huggingface_hub",
    "av",
    "matplotlib",
    "h5py",
    "pyarrow",
    "onnx",
    "onnxruntime",
    "onnxscript",
)


def modules() -> list[Path]:
    whole = [path for path in sorted(PACKAGE.rglob("*.py")) if path.name != "__init__.py" or unit(path) in LEVEL]
    return [path for path in whole if path.parent != PACKAGE or not path.stem.startswith("__")]


def unit(path: Path) -> str:
    """What a file counts as: a module at the top, a folder of parts or another whole, or a module in a folder."""
    return _unit(path.relative_to(PACKAGE).with_suffix("").parts)


def _unit(parts: Sequence[str]) -> str:
    return parts[0] if parts[0] in LEVEL else ".".join(parts[:2])


def imports(path: Path) -> Iterator[str]:
    """What a module imports from this package, also inside functions; not what only the type checker sees."""
    pending: list[ast.AST] = [ast.parse(path.read_text("utf-8"))]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            pending += node.orelse
            continue
        if isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative import"
            if node.module == "unsuplmk" or node.module in FOLDERS:
                yield from (f"{node.module}.{alias.name}" for alias in node.names if not alias.name.startswith("_"))
            elif (node.module or "").startswith("unsuplmk."):
                yield node.module or ""
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("unsuplmk."))
        pending += ast.iter_child_nodes(node)


def test_every_module_has_a_level() -> None:
    assert {unit(path) for path in modules()} == set(LEVEL)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_import_points_up(path: Path) -> None:
    here = unit(path)
    if here == "builtin":  # the table of contents names what lies above and below
        return
    for name in imports(path):
        there = _unit(name.split(".")[1:])
        assert LEVEL[there] <= LEVEL[here], f"{here} imports {name} from above"
        assert not (here in PARTS and there in PARTS and there != here), f"{here} imports its sibling {name}"
        assert not (here in PARTS and there == "model"), f"{here} imports {name}: parts know only the interfaces"


def test_nothing_imports_what_new_plugins_are_made_of() -> None:
    assert len(list((PACKAGE / "templates").glob("*.py"))) > 10
    for path in modules():
        assert not [name for name in imports(path) if name.startswith("unsuplmk.templates")], path


def test_no_concrete_part_is_imported_outside_the_table_of_contents() -> None:
    concrete = set(imports(PACKAGE / "builtin.py")) - {"unsuplmk.hookspecs"}
    assert len(concrete) > 15
    for path in modules():
        if unit(path) != "builtin":
            assert not concrete & set(imports(path)), path


def loaded(code: str) -> set[str]:
    script = f"import sys\n{code}\nprint('\\n' + ' '.join({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=PACKAGE.parent
    )
    return set(done.stdout.splitlines()[-1].split())


def test_the_light_modules_load_nothing_heavy() -> None:
    commands = [f"unsuplmk.cli.{path.stem}" for path in sorted((PACKAGE / "cli").glob("[a-z]*.py"))]
    light = [
        f"unsuplmk.{name}"
        for name in ("registry", "config", "plugins", "builtin", "hosting.scaffold", "hosting.naming")
    ] + commands
    assert not loaded(f"import {', '.join(light)}") & set(HEAVY)


def test_the_package_alone_loads_not_even_numpy() -> None:
    assert not loaded("import unsuplmk") & {*HEAVY, "numpy", "pydantic", "click", "rich"}


def test_help_loads_nothing_heavy_and_takes_a_third_of_a_second() -> None:
    code = """
import time
from unsuplmk.cli import main
try:
    main(["--help"])
except SystemExit as exit:
    assert exit.code == 0
print(time.process_time())
"""
    assert not loaded(code) & {*HEAVY, "pydantic", "rich"}
    times = []
    for _ in range(3):  # the least of a few: the machine may be busy
        line = [sys.executable, "-c", code]
        done = subprocess.run(line, capture_output=True, text=True, check=True, cwd=PACKAGE.parent)
        assert "Discover landmarks" in done.stdout
        times.append(float(done.stdout.split()[-1]))
    assert min(times) < 0.3
