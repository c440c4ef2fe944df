"""The importer of released checkpoints: what it reads, what it ignores, and what it refuses."""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import load_file, save_file

from unsuplmk import checkpoint, config
from unsuplmk.cli import cli
from unsuplmk.detector import Detector
from unsuplmk.errors import UserError
from unsuplmk.job import Job
from unsuplmk.training.released import convert

Variables = dict[str, Any]
HEAD = "model/pose_encoder/conv_1/conv_1"
LAST = "model/renderer/conv_8/conv_8"
ENCODER = ((7, 3, 32), (3, 32, 32), (3, 32, 64), (3, 64, 64), (3, 64, 128), (3, 128, 128), (3, 128, 256), (3, 256, 256))
RENDERER = ((256, 256), (256, 128), (128, 128), (128, 64), (64, 64), (64, 32))


def variables(landmarks: int = 4, outputs: int = 9) -> Variables:
    """A checkpoint as the released code writes it, with random values."""
    rng, found = np.random.default_rng(0), {}
    image = [("model/image_encoder/encoder", i, *layer) for i, layer in enumerate(ENCODER, 1)]
    pose = [("model/pose_encoder/encoder", i, *layer) for i, layer in enumerate(ENCODER, 1)]
    pairs = ((256 + landmarks, 256), *RENDERER)
    decoder = [("model/renderer", i, 3, *layer) for i, layer in enumerate(pairs, 1)]
    for prefix, i, kernel, inputs, channels in (*image, *pose, *decoder):
        shape = (kernel, kernel, inputs, channels)
        found[f"{prefix}/conv_{i}/conv_{i}/w"] = rng.normal(0, 0.05, shape).astype("float32")
        found[f"{prefix}/conv_{i}/conv_{i}/b"] = rng.normal(0, 0.1, channels).astype("float32")
        for name in ("gamma", "beta", "moving_mean", "moving_variance"):
            found[f"{prefix}/conv_{i}/batch_normalization/{name}"] = rng.uniform(0.5, 2, channels).astype("float32")
    for name, shape in ((HEAD, (1, 1, 256, landmarks)), (LAST, (3, 3, 32, outputs))):
        found[f"{name}/w"] = rng.normal(0, 0.1, shape).astype("float32")
        found[f"{name}/b"] = rng.normal(0, 0.1, shape[-1]).astype("float32")
    for number, layer in enumerate(("input", "conv1_2", "conv2_2", "conv3_2", "conv4_2", "conv5_2"), 2):
        found[f"SelfSupReconstructionLoss/{layer}_agg"] = np.float32(number)
    return found


@pytest.fixture(scope="module")
def released() -> Variables:
    return variables()


def written(path: Path, values: Variables) -> Path:
    np.savez(path / "variables.npz", **values)
    return path / "variables.npz"


@pytest.mark.parametrize("outputs", [3, 9])
def test_landmarks_outputs_and_running_sizes_are_read_from_the_file(tmp_path: Path, outputs: int) -> None:
    values = variables(landmarks=7, outputs=outputs)
    found = convert(written(tmp_path, values), tmp_path / "run")
    assert found.landmarks == 7
    assert found.loss["selfsup"]["initial"] == (2, 3, 4, 5, 6, 7)
    state = load_file(tmp_path / "run" / "model.safetensors")
    last = state["generator.decode.10.weight"].numpy()
    np.testing.assert_array_equal(last, values[f"{LAST}/w"][..., :3].transpose(3, 2, 0, 1))
    np.testing.assert_array_equal(state["encoder.head.bias"].numpy(), values[f"{HEAD}/b"])
    assert Detector.load(tmp_path / "run", "cpu").detect(torch.rand(1, 3, 128, 128)).xy.shape == (1, 7, 2)


def test_a_bias_before_batch_norm_is_taken_off_its_running_mean(tmp_path: Path, released: Variables) -> None:
    convert(written(tmp_path, released), tmp_path / "run")
    state, name = load_file(tmp_path / "run" / "model.safetensors"), "model/image_encoder/encoder/conv_1"
    mean = released[f"{name}/batch_normalization/moving_mean"] - released[f"{name}/conv_1/b"]
    np.testing.assert_allclose(state["generator.appearance.levels.0.0.1.running_mean"].numpy(), mean, rtol=1e-6)


def test_what_only_training_needs_is_ignored_and_names_may_end_in_0(tmp_path: Path, released: Variables) -> None:
    bare = {name: value for name, value in released.items() if not name.startswith("SelfSup")}
    slots = {f"{name}/{slot}": value for name, value in bare.items() for slot in ("Adam", "Adam_1") if value.ndim == 1}
    more = {"global_step": np.int64(150_000), "beta1_power": np.float32(0), "beta2_power": np.float32(0)}
    path = written(tmp_path, {f"{name}:0": value for name, value in {**bare, **slots, **more}.items()})
    found = convert(path, tmp_path / "run")
    assert found.loss["selfsup"]["initial"] == tuple(config.load("imm-2018")["loss"]["selfsup"]["initial"])


FAULTS: dict[str, Callable[[Variables], object]] = {
    rf"lacks {HEAD}/b": lambda v: v.pop(f"{HEAD}/b"),
    "lacks model/renderer/conv_1/batch_normalization/gamma, .* and 4 more": lambda v: [
        v.pop(f"model/renderer/conv_{i}/batch_normalization/gamma") for i in range(1, 8)
    ],
    rf"misshapen {LAST}/b \(2,\), not \(3,\)": lambda v: v.update({f"{LAST}/b": np.zeros(2)}),
    r"misshapen .*conv_1/w \(7, 7, 1, 32\), not \(7, 7, 3, 32\)": lambda v: v.update(
        {"model/pose_encoder/encoder/conv_1/conv_1/w": np.zeros((7, 7, 1, 32))}
    ),
    rf"misshapen {HEAD}/w \(256, 4\)": lambda v: v.update({f"{HEAD}/w": np.zeros((256, 4))}),
    "unknown model/discriminator/conv_1/w": lambda v: v.update({"model/discriminator/conv_1/w": np.zeros(3)}),
    "holds something else than finite numbers": lambda v: v.update({f"{HEAD}/b": np.full(4, np.nan)}),
    r"\(<U3\) holds something else": lambda v: v.update({f"{HEAD}/b": np.array(["one"])}),
    "is larger than any variable": lambda v: v.update({f"{HEAD}/b": np.zeros(9_000_000)}),
    f"has no variable {HEAD}/w": lambda v: v.clear(),
}


@pytest.mark.parametrize("message", FAULTS)
def test_a_file_that_is_no_such_checkpoint_is_refused_by_name(
    message: str, tmp_path: Path, released: Variables
) -> None:
    values = dict(released)
    FAULTS[message](values)
    with pytest.raises(UserError, match=message) as caught:
        convert(written(tmp_path, values), tmp_path / "run")
    assert "variables.npz" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "run").exists()


def test_all_faults_come_in_one_message(tmp_path: Path, released: Variables) -> None:
    values = dict(released) | {"model/x": np.zeros(1), f"{LAST}/b": np.zeros(1)}
    del values[f"{HEAD}/b"]
    with pytest.raises(UserError, match=rf"lacks {HEAD}/b; it has unknown model/x; it has misshapen {LAST}/b"):
        convert(written(tmp_path, values), tmp_path / "run")


class Evil:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.write_text, (self.path, "run"))


def test_objects_are_refused_and_none_of_their_code_is_run(tmp_path: Path, released: Variables) -> None:
    mark = tmp_path / "mark"
    path = written(tmp_path, released | {f"{HEAD}/b": np.array([Evil(mark)], dtype=object)})
    with pytest.raises(UserError, match=rf"{HEAD}/b is damaged or no array of numbers, and nothing in it was run"):
        convert(path, tmp_path / "run")
    path.write_bytes(pickle.dumps(Evil(mark)))
    with pytest.raises(UserError, match=r"is not an \.npz file"):
        convert(path, tmp_path / "run")
    assert not mark.exists()


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 truncated"])
def test_a_file_that_is_no_npz_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "variables.npz").write_bytes(content)
    with pytest.raises(UserError, match=r"variables\.npz is not an \.npz file"):
        convert(tmp_path / "variables.npz", tmp_path / "run")
    np.save(tmp_path / "one.npy", np.zeros(3))
    with pytest.raises(UserError, match=r"one\.npy is not an \.npz file"):
        convert(tmp_path / "one.npy", tmp_path / "run")
    with pytest.raises(UserError, match=r"no file .*absent\.npz"):
        convert(tmp_path / "absent.npz", tmp_path / "run")


def test_a_damaged_member_is_named(tmp_path: Path, released: Variables) -> None:
    path = written(tmp_path, {name: value for name, value in released.items() if name != f"{HEAD}/b"})
    whole = path.read_bytes()
    for content, message in ((b"\x93NUMPY\x01\x00 damaged", "is damaged"), (b"text", "holds something else")):
        path.write_bytes(whole)
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr(f"{HEAD}/b.npy", content)
        with pytest.raises(UserError, match=rf"{HEAD}/b.* {message}"):
            convert(path, tmp_path / "run")


def test_the_command_makes_the_folder_once_and_says_what_is_in_it(tmp_path: Path, released: Variables) -> None:
    arguments = ["import-2018", str(written(tmp_path, released)), "--out", str(tmp_path / "run")]
    done = CliRunner().invoke(cli, arguments)
    assert done.exit_code == 0, done.output
    assert "4 landmarks, 128 px" in done.output
    with pytest.raises(UserError, match="holds another run"):
        CliRunner().invoke(cli, arguments, catch_exceptions=False)


def test_training_goes_on_from_an_imported_checkpoint(tmp_path: Path, released: Variables) -> None:
    channels = {"conv1_1": 2, "conv1_2": 2, "conv2_1": 2, "conv2_2": 2, "conv3_1": 2, "conv3_2": 2, "conv3_3": 2}
    channels |= {"conv4_1": 2, "conv4_2": 2, "conv4_3": 2, "conv5_1": 2, "conv5_2": 2}
    network, inputs = {}, 1
    for name, outputs in channels.items():
        network |= {f"{name}.weight": torch.rand(outputs, inputs, 3, 3), f"{name}.bias": torch.zeros(outputs)}
        inputs = outputs
    save_file(network, tmp_path / "network.safetensors")
    folder = tmp_path / "run"
    convert(written(tmp_path, released), folder, weights=str(tmp_path / "network.safetensors"))
    before = load_file(folder / "model.safetensors")
    plan = checkpoint.load_config(folder).model_copy(update={"steps": 1, "log_every": 1, "stage": {}, "device": "cpu"})
    frames = np.random.default_rng(0).integers(0, 255, (2, 128, 128, 3), dtype=np.uint8)
    # the batch is a setting that may not change; fifty images of 128 px would take minutes
    small = plan.model_copy(update={"batch": 2})
    text = (folder / "config.toml").read_text("utf-8").replace("batch = 50", "batch = 2")
    (folder / "config.toml").write_text(text, "utf-8")
    Job(small, data=frames).run(folder, resume=True)
    after = load_file(folder / "model.safetensors")
    moved = {key: float((after[key] - before[key]).abs().max()) for key in after if after[key].is_floating_point()}
    assert moved["encoder.head.weight"] == pytest.approx(1e-3, rel=0.01)  # one step of Adam
    assert all(value <= 1.01e-3 for key, value in moved.items() if key.endswith("weight"))
