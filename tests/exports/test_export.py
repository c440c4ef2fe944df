"""Tests of exported files: they find what the detector finds, here and without this library."""

from __future__ import annotations

import io
import json
import pickle
import subprocess
import sys
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tests.naming.test_named import some
from tests.small import settings
from unsuplmk import checkpoint
from unsuplmk.cli import cli
from unsuplmk.detector import Detector
from unsuplmk.errors import UserError
from unsuplmk.exports import exported as exported_files
from unsuplmk.exports.export import export
from unsuplmk.exports.likeness import random_frames
from unsuplmk.frames.media import write_image
from unsuplmk.naming import named

EXAMPLE = Path(__file__).parents[2] / "examples" / "onnx_only.py"
CONVNET = {"name": "convnet", "width": 4, "stride": 4}
CASES = {
    "hourglass.onnx": {"encoder": {"name": "hourglass", "width": 8, "depth": 1}, "fit": "pad"},
    "convnet.onnx": {"encoder": CONVNET, "bottleneck": {"name": "density", "softmax": "channels"}, "fit": "crop"},
    "convnet.pt2": {"encoder": CONVNET, "bottleneck": "density", "fit": "stretch"},
    "hourglass.pt2": {"encoder": {"name": "hourglass", "width": 8, "depth": 1}, "fit": "crop"},
    "timm.pt2": {"encoder": {"name": "timm", "backbone": "test_resnet", "width": 16, "pretrained": False}},
}


def save_run(folder: Path, **changes: object) -> Path:
    """A run of random weights whose batch norms have seen something."""
    config = settings(landmarks=3, **changes).resolved()
    checkpoint.create(folder, config)
    torch.manual_seed(0)
    model = checkpoint.assemble(config, losses=False)
    for _ in range(3):
        model.encoder(torch.rand(8, 3, 32, 32))
    checkpoint.save(folder, model.eval(), {})
    return folder


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Path, Path]]:
    """The run and the file of a case."""

    @cache
    def made(case: str) -> tuple[Path, Path]:
        folder = tmp_path_factory.mktemp("export")
        run = save_run(folder / "run", **CASES[case])
        if case == "hourglass.onnx":
            detector = Detector.load(run, "cpu")
            named.save(run, some(landmarks=3), detector.model, detector.fit, {})
        both = "both" if case == "hourglass.onnx" else "raw"
        result = export(Detector.load(run, "cpu"), folder / case, points=both)
        assert result.likeness.difference <= 0.5
        assert {path.name for path in folder.iterdir()} == {"run", case}
        return run, folder / case

    return made


def pictures() -> list[np.ndarray]:
    return [batch[0] for batch in random_frames(32, None)]


@pytest.mark.parametrize("case", CASES)
def test_a_file_predicts_what_its_run_predicts_on_frames_of_all_sizes(
    exported: Callable[[str], tuple[Path, Path]], case: str
) -> None:
    run, file = exported(case)
    theirs, ours = Detector.load(file, "cpu"), Detector.load(run, "cpu")
    points = "both" if case == "hourglass.onnx" else "raw"
    expected, found = ours.predict(pictures(), points=points), theirs.predict(pictures(), batch=3)
    np.testing.assert_allclose(found.xy, expected.xy, atol=1e-3)
    np.testing.assert_allclose(found.score, expected.score, atol=1e-4)
    assert found.names == expected.names == theirs.names
    assert np.ptp(found.xy, axis=0).max() > 1  # the points do depend on the frame


@pytest.mark.parametrize("case", ["hourglass.onnx", "convnet.pt2"])
def test_a_file_says_what_it_is_and_nothing_of_the_machine_that_made_it(
    exported: Callable[[str], tuple[Path, Path]], case: str
) -> None:
    run, file = exported(case)
    content = file.read_bytes()
    with zipfile.ZipFile(file) if file.suffix == ".pt2" else zipfile.ZipFile(io.BytesIO(), "w") as archive:
        content += b"".join(archive.read(name) for name in archive.namelist())
    for secret in (str(Path.cwd()), str(Path(torch.__file__).parent), str(run.parent), "site-packages"):
        assert secret.encode() not in content
    detector = Detector.load(file, "cpu")
    assert detector.config.encoder == Detector.load(run, "cpu").config.encoder
    assert detector.config.fit == CASES[case]["fit"]


def test_a_picture_is_read_without_this_library(exported: Callable[[str], tuple[Path, Path]], tmp_path: Path) -> None:
    run, file = exported("hourglass.onnx")
    frame = pictures()[4]
    Image.fromarray(frame).save(tmp_path / "picture.png")
    hidden = "import sys; sys.modules['unsuplmk'] = sys.modules['torch'] = None; sys.argv = sys.argv[1:]; "
    code = f"{hidden}import runpy; runpy.run_path(sys.argv[0])"
    words = [sys.executable, "-c", code, str(EXAMPLE), str(file), str(tmp_path / "picture.png")]
    done = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path, check=True)
    rows = [line.split(",") for line in done.stdout.splitlines()]
    expected = Detector.load(run, "cpu").predict([frame], points="both")
    assert tuple(row[0] for row in rows) == expected.names
    np.testing.assert_allclose([[float(value) for value in row[1:3]] for row in rows], expected.xy[0], atol=2e-3)


def test_int8_is_calibrated_on_half_of_the_frames_and_held_against_the_rest(tmp_path: Path) -> None:
    detector = Detector.load(save_run(tmp_path / "run", encoder=CONVNET), "cpu")
    frames = [batch[:1] for batch in random_frames(32, (48, 40)) * 3]
    result = export(detector, tmp_path / "small.onnx", precision="int8", calibrate=frames, tolerance=3.0)
    assert 0 < result.likeness.difference <= 3
    assert not result.likeness.random
    assert result.likeness.frames == ["1x48x40"] * 3
    found = Detector.load(tmp_path / "small.onnx", "cpu").predict([frames[0][0]])
    assert np.abs(found.xy - detector.predict([frames[0][0]]).xy).max() < 5
    assert b"QuantizeLinear" in (tmp_path / "small.onnx").read_bytes()


def test_a_file_that_differs_too_much_is_not_left_behind(tmp_path: Path) -> None:
    detector = Detector.load(save_run(tmp_path / "run", encoder=CONVNET), "cpu")
    (tmp_path / "out").mkdir()
    with pytest.raises(UserError, match=r"not exported: .* px image .*tolerance is 0: .*--tolerance"):
        export(detector, tmp_path / "out" / "a.pt2", precision="bfloat16", tolerance=0.0)
    assert list((tmp_path / "out").iterdir()) == []


def test_frames_of_one_size_are_for_other_programs(tmp_path: Path) -> None:
    detector = Detector.load(save_run(tmp_path / "run", encoder=CONVNET), "cpu")
    export(detector, tmp_path / "a.pt2", frame=(40, 30))
    program = exported_files.program(tmp_path / "a.pt2", "cpu")
    frames = random_frames(32, (40, 30))[1]
    np.testing.assert_allclose(program(frames)[0], detector.predict(list(frames)).xy, atol=1e-3)
    with pytest.raises(UserError, match=r"cannot be run on frames \(1, 8, 8, 3\)"):
        program(np.zeros((1, 8, 8, 3), np.uint8))
    with pytest.raises(UserError, match="takes frames of 40x30 only"):
        Detector.load(tmp_path / "a.pt2", "cpu")


def test_the_crop_of_a_run_is_said_not_to_be_in_the_file(tmp_path: Path) -> None:
    boxes = tmp_path / "boxes.csv"
    boxes.write_text("file,left,top,width,height\na,0,0,9,9\n", "utf-8")
    run = save_run(tmp_path / "run", encoder=CONVNET, crop={"name": "boxes", "file": str(boxes)})
    result = export(Detector.load(run, "cpu"), tmp_path / "a.pt2")
    assert "cuts frames by boxes, which is not in the file" in result.notes[0]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--out", "a.pth"), "cannot export to .pth"),
        (("--out", "a.onnx", "--precision", "bfloat16"), "no convolutions in bfloat16"),
        (("--out", "a.pt2", "--precision", "int8"), "int8 is to be had in .onnx only"),
        (("--out", "a.onnx", "--precision", "int8"), "add --calibrate DATA"),
        (("--out", "a.pt2", "--points", "named"), "have no names"),
    ],
)
def test_what_is_not_offered_is_refused_in_one_line(tmp_path: Path, words: tuple[str, ...], reason: str) -> None:
    run = save_run(tmp_path / "run", encoder=CONVNET)
    with pytest.raises(UserError, match=reason) as refused:
        cli.main(["export", str(run), *words], standalone_mode=False)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("case", "what"), [("hourglass.onnx", "landmarks and named points"), ("convnet.pt2", "landmarks")]
)
def test_predict_says_which_points_a_file_gives(
    exported: Callable[[str], tuple[Path, Path]],
    case: str,
    what: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file, out = exported(case)[1], tmp_path / "a.csv"
    write_image(tmp_path / "a.png", pictures()[0])
    words = ["predict", str(file), str(tmp_path / "a.png"), "--out", str(out)]
    cli.main(words, standalone_mode=False)
    names = Detector.load(file, "cpu").names
    assert capsys.readouterr().out == f"{out}: {len(names)} {what} in 1 frames\n"
    with pytest.raises(UserError, match="points that were chosen when it was exported"):
        cli.main([*words, "--points", "named"], standalone_mode=False)


def test_verbs_that_need_more_than_points_ask_for_the_run(exported: Callable[[str], tuple[Path, Path]]) -> None:
    detector = Detector.load(exported("convnet.pt2")[1], "cpu")
    with pytest.raises(UserError, match="this needs the run it came from"):
        detector.model.generator  # noqa: B018
    assert detector.named is None
    with pytest.raises(UserError, match="points that were chosen when it was exported"):
        detector.predict(pictures(), points="named")


@pytest.mark.parametrize("case", ["convnet.onnx", "convnet.pt2"])
def test_a_file_that_is_damaged_foreign_or_not_there_is_one_line(
    exported: Callable[[str], tuple[Path, Path]], case: str, tmp_path: Path
) -> None:
    file = exported(case)[1]
    bad = tmp_path / f"a{file.suffix}"
    with pytest.raises(UserError, match="does not exist"):
        Detector.load(bad, "cpu")
    for content in (b"", b"nothing", file.read_bytes()[:-700]):
        bad.write_bytes(content)
        with pytest.raises(UserError, match="damaged") as refused:
            Detector.load(bad, "cpu")
        assert "\n" not in str(refused.value)


def test_a_file_of_another_program_is_one_line(tmp_path: Path) -> None:
    import onnx
    from onnx import TensorProto, helper

    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    other = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", [value], [other])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9), tmp_path / "a.onnx")
    torch.export.save(torch.export.export(torch.nn.ReLU(), (torch.zeros(1),)), tmp_path / "a.pt2")
    for name in ("a.onnx", "a.pt2"):
        with pytest.raises(UserError, match="does not say what it holds"):
            Detector.load(tmp_path / name, "cpu")


class Trap:
    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return open, ("trapped", "w")


TRAP = "__import__('pathlib').Path('trapped').touch()"


def _pickled_weights(name: str, content: bytes) -> bytes:
    if name.endswith("model_weights_config.json"):
        config = json.loads(content)
        next(iter(config["config"].values()))["use_pickle"] = True
        return json.dumps(config).encode()
    return pickle.dumps(Trap()) if name.endswith("weight_0") else content


def _model(change: Callable[[dict], None]) -> Callable[[str, bytes], bytes]:
    def changed(name: str, content: bytes) -> bytes:
        if not name.endswith("models/model.json"):
            return content
        model = json.loads(content)
        change(model)
        return json.dumps(model).encode()

    return changed


def _formula(model: dict) -> None:
    values = model["graph_module"]["graph"]["tensor_values"]
    sizes = [size for value in values.values() for size in value["sizes"] if "as_expr" in size]
    sizes[0]["as_expr"]["expr_str"] = TRAP


TRAPS: dict[str, Callable[[str, bytes], bytes]] = {
    "pickled weights": _pickled_weights,
    "pickled samples": lambda name, content: pickle.dumps(Trap()) if name.endswith("model.pt") else content,
    "formulas": _model(_formula),
    "guards": _model(lambda model: model["guards_code"].append(TRAP)),
    "functions": _model(lambda m: m["graph_module"]["graph"]["nodes"][0].update(target="torch.hub.load")),
    "names": _model(lambda m: m["graph_module"]["graph"]["inputs"][0]["as_tensor"].update(name=f"x={TRAP}")),
    "notes": _model(lambda m: m["graph_module"]["graph"]["nodes"][0]["metadata"].update(stack_trace="x")),
    "trees": _model(lambda m: m["graph_module"]["module_call_graph"][0]["signature"].update(in_spec="[1]")),
}


Change = Callable[[str, bytes], bytes]


def _packed(source: Path, out: Path, change: Change, more: dict[str, bytes] | None = None) -> None:
    with zipfile.ZipFile(source) as archive, zipfile.ZipFile(out, "w") as made:
        for name in archive.namelist():
            made.writestr(name, change(name, archive.read(name)))
        for name, content in (more or {}).items():
            made.writestr(name, content)


@pytest.mark.parametrize("trap", TRAPS)
def test_a_file_that_could_run_something_is_refused_before_torch_reads_it(
    exported: Callable[[str], tuple[Path, Path]], trap: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    _packed(exported("convnet.pt2")[1], tmp_path / "a.pt2", TRAPS[trap])
    with pytest.raises(UserError, match=r"a\.pt2 is refused, and nothing in it was run") as refused:
        Detector.load(tmp_path / "a.pt2", "cpu")
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "trapped").exists()


def test_compiled_code_in_a_file_is_refused(exported: Callable[[str], tuple[Path, Path]], tmp_path: Path) -> None:
    more = {"archive/data/aotinductor/model/model.so": b"\x7fELF"}
    _packed(exported("convnet.pt2")[1], tmp_path / "a.pt2", lambda _, content: content, more)
    with pytest.raises(UserError, match="refused, and nothing in it was run: it holds 'data/aotinductor"):
        Detector.load(tmp_path / "a.pt2", "cpu")


def test_the_command_predicts_with_a_file_in_place_of_a_run(
    exported: Callable[[str], tuple[Path, Path]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, file = exported("convnet.onnx")
    Image.fromarray(pictures()[2]).save(tmp_path / "a.png")
    for source, out in ((run, "run.csv"), (file, "file.csv")):
        cli.main(
            ["predict", str(source), str(tmp_path / "a.png"), "--out", str(tmp_path / out), "--device", "cpu"],
            standalone_mode=False,
        )
    assert "file.csv: 3 landmarks in 1 frames" in capsys.readouterr().out
    cli.main(["render", str(file), str(tmp_path / "a.png"), "--out", str(tmp_path / "b.png")], standalone_mode=False)
    assert (tmp_path / "b.png").is_file()


def test_the_command_exports_and_prints_what_it_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = save_run(tmp_path / "run", encoder=CONVNET)
    words = ["export", str(run), "--out", str(tmp_path / "a.pt2"), "--precision", "bfloat16", "--tolerance", "5"]
    cli.main(words, standalone_mode=False)
    said = capsys.readouterr().out
    assert "a.pt2: 3 points, bfloat16, frames of any size" in said
    assert "(tolerance 5)" in said


def test_figures_are_printed_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = save_run(tmp_path / "run", encoder=CONVNET)
    cli.main(["export", str(run), "--out", str(tmp_path / "a.pt2"), "--size", "32x32", "--json"], standalone_mode=False)
    printed = json.loads(capsys.readouterr().out)
    assert printed["about"]["names"] == ["landmark_0", "landmark_1", "landmark_2"]
    assert printed["likeness"]["difference"] <= printed["tolerance"] == 0.5
    assert printed["likeness"]["frames"] == ["1x32x32", "3x32x32"]
