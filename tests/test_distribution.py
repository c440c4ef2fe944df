"""What is published works: wheels of the core and of plugins, installed in a new virtual environment."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from packaging.requirements import Requirement
from PIL import Image

from unsuplmk import __version__

REPOSITORY = Path(__file__).parents[1]
UNPUBLISHED = ("plugins", "benchmarks", "build", "dist", "site", "runs", "demo")
PLUGINS = sorted(path.parent.name for path in REPOSITORY.glob("plugins/*/pyproject.toml"))
SMALL = (
    *("--size", "32", "--batch", "4", "--steps", "20", "--log-every", "1"),
    *("--dataset.clips", "4", "--dataset.length", "4", "--dataset.side", "48"),
)
"""Quick training on a few small puppets."""

READ = """
import json, sys
import unsuplmk
detector = unsuplmk.Detector.load("run")
tracks = detector.predict("images")
where = {"module": unsuplmk.__file__, "xy": tracks.xy.tolist(), "torch": "torch" in sys.modules}
print(json.dumps(where))
"""


def _run(*command: str | Path, cwd: Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Runs outside the repository's reach, and must exit with `code`."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "UNSUPLMK"))}
    words = [str(word) for word in command]
    environment = {**kept, "OMP_NUM_THREADS": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    done = subprocess.run(words, cwd=cwd, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == code, f"{' '.join(words)}\n{done.stdout}\n{done.stderr}"
    return done


def _copy(source: Path, folder: Path) -> Path:
    """A project as a checkout has it, so that building writes nothing beside the sources."""
    folder.mkdir()
    kept = [path for path in source.iterdir() if path.name[0] != "." and path.name not in UNPUBLISHED]
    for path in kept:
        copy = shutil.copy if path.is_file() else partial(shutil.copytree, ignore=shutil.ignore_patterns("__pycache__"))
        copy(path, folder / path.name)
    shutil.copy(REPOSITORY / ".gitignore", folder)  # decides what a build leaves out
    return folder


def _build(*projects: Path, out: Path) -> dict[str, Path]:
    """A wheel of each project: distribution -> file."""
    pip = (sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index")
    _run(*pip, "--wheel-dir", out, *projects, cwd=out)
    return {wheel.name.split("-")[0].replace("_", "-"): wheel for wheel in out.glob("*.whl")}


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository."""
    return _copy(REPOSITORY, tmp_path_factory.mktemp("core") / "unsuplmk")


@pytest.fixture(scope="module")
def projects(core: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Copies of the core and of our plugins, and a plugin that `unsuplmk plugins new` has just written."""
    folder = tmp_path_factory.mktemp("projects")
    new = (sys.executable, "-m", "unsuplmk", "plugins", "new", "proof", "--kind", "encoder")
    _run(*new, cwd=folder)
    copies = {name: _copy(REPOSITORY / "plugins" / name, folder / name) for name in PLUGINS}
    return {"unsuplmk": core, "unsuplmk-proof": folder / "unsuplmk-proof", **copies}


@pytest.fixture(scope="module")
def wheels(projects: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A wheel of each."""
    return _build(*projects.values(), out=tmp_path_factory.mktemp("wheels"))


def _files(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _metadata(wheel: Path) -> Message:
    (text,) = (data.decode() for name, data in _files(wheel).items() if name.endswith(".dist-info/METADATA"))
    return HeaderParser().parsestr(text)


def _sources(package: Path) -> dict[str, bytes]:
    files = (path for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {str(path.relative_to(package.parent)): path.read_bytes() for path in files}


def test_the_wheel_of_the_core_is_the_package_and_nothing_else(core: Path, wheels: dict[str, Path]) -> None:
    files = _files(wheels["unsuplmk"])
    info = f"unsuplmk-{__version__}.dist-info"
    assert {name.split("/")[0] for name in files} == {"unsuplmk", info}
    assert {name: data for name, data in files.items() if name.startswith("unsuplmk/")} == _sources(core / "unsuplmk")
    for name in ("py.typed", "recipes/imm.toml", "templates/encoder.py", "losses/compact.safetensors"):
        assert f"unsuplmk/{name}" in files
    assert files[f"{info}/entry_points.txt"].decode().split("\n")[:2] == [
        "[console_scripts]",
        "unsuplmk = unsuplmk.cli:main",
    ]
    assert f"{info}/licenses/LICENSE" in files
    assert _metadata(wheels["unsuplmk"])["Version"] == __version__


def test_the_source_distribution_builds_the_same_wheel(core: Path, wheels: dict[str, Path], tmp_path: Path) -> None:
    _run(sys.executable, "-m", "hatchling", "build", "--target", "sdist", "--directory", tmp_path, cwd=core)
    rebuilt = _build(tmp_path / f"unsuplmk-{__version__}.tar.gz", out=tmp_path)
    assert _files(rebuilt["unsuplmk"]) == _files(wheels["unsuplmk"])


@pytest.mark.parametrize("name", PLUGINS)
def test_the_wheel_of_a_plugin_is_its_typed_package_and_takes_this_core(
    name: str, projects: dict[str, Path], wheels: dict[str, Path]
) -> None:
    project = tomllib.loads((projects[name] / "pyproject.toml").read_text("utf-8"))["project"]
    files, package = _files(wheels[name]), name.replace("-", "_")
    info = f"{package}-{project['version']}.dist-info"
    assert {path.split("/")[0] for path in files} == {package, info}
    held = {path: data for path, data in files.items() if path.startswith(f"{package}/")}
    assert held == _sources(projects[name] / package)
    assert f"{package}/py.typed" in files
    entry = files[f"{info}/entry_points.txt"].decode().split()
    assert entry == ["[unsuplmk]", name.removeprefix("unsuplmk-"), "=", package]
    metadata = _metadata(wheels[name])
    needs = {r.name: r for r in map(Requirement, metadata.get_all("Requires-Dist"))}
    assert needs["unsuplmk"].specifier.contains(__version__)
    assert not needs["unsuplmk"].specifier.contains("0.2.0"), "the next minor version may change what plugins use"
    assert metadata["Summary"]
    assert metadata.get_payload().startswith(f"# {name}\n"), "the README is the long description"


@dataclass(frozen=True)
class Environment:
    """A virtual environment with wheels of ours; everything else is this environment's."""

    folder: Path

    @classmethod
    def make(cls, folder: Path, *wheels: Path) -> Environment:
        """What is installed here by name, ours left out, is lent by links: torch is large."""
        new = cls(folder / "venv")
        _run(sys.executable, "-m", "venv", "--without-pip", new.folder, cwd=folder)
        lent = folder / "lent"
        lent.mkdir()
        for path in {Path(sysconfig.get_path(scheme)) for scheme in ("purelib", "platlib")}:
            for entry in path.iterdir():
                if entry.suffix != ".pth" and not entry.name.startswith(("unsuplmk", "_unsuplmk")):
                    (lent / entry.name).symlink_to(entry)
        (site,) = new.folder.glob("lib/python*/site-packages")
        (site / "lent.pth").write_text(f"{lent}\n")
        new.pip("install", "--no-deps", "--no-index", *wheels)
        return new

    def pip(self, *words: str | Path) -> None:
        python = self.folder / "bin" / "python"
        _run(sys.executable, "-m", "pip", "--python", python, "--quiet", *words, cwd=self.folder)

    def unsuplmk(self, *words: str, cwd: Path, code: int = 0) -> subprocess.CompletedProcess[str]:
        """The console script that pip has made of the entry point."""
        return _run(self.folder / "bin" / "unsuplmk", *words, cwd=cwd, code=code)

    def python(self, code: str, cwd: Path) -> str:
        return _run(self.folder / "bin" / "python", "-W", "error", "-c", code, cwd=cwd).stdout

    def plugins(self, cwd: Path) -> dict[str, dict[str, object]]:
        found = json.loads(self.unsuplmk("plugins", "--json", cwd=cwd).stdout)
        assert found["broken"] == []
        return {plugin["name"]: plugin for plugin in found["plugins"]}


def _assert_trained(run: Path) -> None:
    """The log is finite and falls; every weight of the encoder has moved."""
    lines = [json.loads(line) for line in (run / "log.jsonl").read_text("utf-8").splitlines()]
    losses = [line["loss"] for line in lines if "loss" in line]
    assert len(losses) == 20
    assert np.isfinite(losses).all()
    assert np.mean(losses[-5:]) < np.mean(losses[:5])
    state = torch.load(run / "state.pt", weights_only=True)
    ends = (".weight", ".bias")  # of what is trained; buffers are copied
    weights = {key: value for key, value in state["model"].items() if key.startswith("encoder.") and key.endswith(ends)}
    assert weights
    for name, value in weights.items():  # the moving average stays near where the weights began
        assert not torch.equal(value, state["average"][name]), f"{name} has not moved"


def _points(table: Path) -> np.ndarray:
    """x and y of a file in DeepLabCut's layout."""
    rows = list(csv.reader(table.read_text("utf-8").splitlines()))
    columns = [i for i, coordinate in enumerate(rows[2]) if coordinate in ("x", "y")]
    return np.array([[float(row[i]) for i in columns] for row in rows[3:]]).reshape(len(rows) - 3, -1, 2)


@pytest.mark.slow
def test_a_plugin_of_the_template_trains_is_loaded_and_is_missed_by_name(
    wheels: dict[str, Path], tmp_path: Path
) -> None:
    new = Environment.make(tmp_path, wheels["unsuplmk"], wheels["unsuplmk-proof"])
    work = tmp_path / "work"
    (work / "images").mkdir(parents=True)
    for number in range(3):
        pixels = np.random.default_rng(number).integers(0, 256, (40, 56, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(work / "images" / f"{number}.png")

    found = new.plugins(work)
    assert set(found) == {"unsuplmk", "proof"}, "this environment's plugins are seen"
    assert found["proof"]["health"] == "ok"
    assert (found["proof"]["distribution"], found["proof"]["brings"]) == ("unsuplmk-proof", ["encoder proof"])

    options = ["--encoder", "proof", "--encoder.width", "8", "--generator.width", "8", "--loss", "pixel"]
    new.unsuplmk("run", "puppets", *SMALL, *options, "--landmarks", "3", "--out", "run", cwd=work)
    _assert_trained(work / "run")
    new.unsuplmk("predict", "run", "images", "--out", "points.csv", cwd=work)
    read = json.loads(new.python(READ, work))
    assert Path(read["module"]).is_relative_to(new.folder)
    assert np.shape(read["xy"]) == (3, 3, 2)
    np.testing.assert_allclose(read["xy"], _points(work / "points.csv"), rtol=0, atol=1e-6)

    new.pip("uninstall", "--yes", "unsuplmk-proof")
    assert set(new.plugins(work)) == {"unsuplmk"}
    missed = new.unsuplmk("predict", "run", "images", "--out", "again.csv", cwd=work, code=2)
    (line,) = missed.stderr.splitlines()
    assert "'proof'" in line
    assert "pip install unsuplmk-proof" in line
    assert not missed.stdout
    assert not (work / "again.csv").exists()


@pytest.mark.slow
def test_the_core_alone_trains_with_its_default_losses(wheels: dict[str, Path], tmp_path: Path) -> None:
    new = Environment.make(tmp_path, wheels["unsuplmk"])
    work = tmp_path / "work"
    work.mkdir()
    assert set(new.plugins(work)) == {"unsuplmk"}
    narrow = ["--encoder", "convnet", "--encoder.width", "8", "--generator.width", "8"]
    new.unsuplmk("run", "puppets", *SMALL, *narrow, "--out", "run", cwd=work)
    _assert_trained(work / "run")
    last = json.loads((work / "run" / "log.jsonl").read_text("utf-8").splitlines()[-1])
    assert {"compact", "equivariance", "separation"} <= set(last)
