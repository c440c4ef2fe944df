"""The run folder: what is written there, when it counts as whole, and how it is read back.

`config.toml` and `model.safetensors` alone rebuild the detector; `state.pt` is only read to resume. Every
file is written under a temporary name and renamed, so that a full disk or a killed process leaves the
previous one.
"""

from __future__ import annotations

import json
import os
import pickle
import platform
import warnings
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from unsuplmk import config as configs
from unsuplmk.config import PARTS, Config
from unsuplmk.errors import UserError
from unsuplmk.hosting.provenance import recorded, used
from unsuplmk.interfaces import Generator
from unsuplmk.model import Model
from unsuplmk.registry import MissingError
from unsuplmk.sharing.hub import told
from unsuplmk.training.absent import Absent

CONFIG, MODEL, STATE, LOG = "config.toml", "model.safetensors", "state.pt", "log.jsonl"

FREE = frozenset(
    {"steps", "device", "devices", "workers", "precision", "compile", "save_every", "log_every", "stage", "data"}
)
"""Settings that may differ when a run is resumed."""
DETECTOR = ("encoder", "bottleneck")
"""The parts without which a run finds no landmarks."""


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` make the file under a temporary name beside `path`, then rename it.

    Raises:
        UserError: It could not be written; what was at `path` before is still there.
    """
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(temporary)
        temporary.chmod(0o666 & ~_umask())  # safetensors makes files that nobody else may read
        os.replace(temporary, path)
    except (OSError, RuntimeError, SafetensorError) as error:  # torch and safetensors have their own for a full disk
        kept = "; the file that was there before is kept" if path.exists() else ""
        why = " ".join(str(error).split())[:200]
        raise UserError(f"cannot write {path}: {why}{kept}. Free some space or choose another folder") from None
    finally:
        with suppress(OSError):  # its folder may be a file
            temporary.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def versions() -> dict[str, str]:
    """Versions of what decides a run's numbers; plugins that brought its parts come beside them in its config."""
    found = {"python": platform.python_version()}
    for name in ("unsuplmk", "torch", "torchvision", "accelerate", "albumentations", "numpy"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def assemble(config: Config, *, losses: bool) -> Model:
    """The model that a resolved config describes, freshly initialised."""
    bottleneck = config.build("bottleneck", config.landmarks)
    encoder, generator = config.build("encoder", config.landmarks), config.build("generator", bottleneck.maps)
    weights = {name: float(given.get("weight", 1.0)) for name, given in config.loss.items()}
    return Model(encoder, bottleneck, generator, judges(config) if losses else {}, weights)


def judges(config: Config) -> dict[str, Any]:
    """The losses of a resolved config by name; networks that they need are fetched now."""
    from unsuplmk import registry

    options = {name: {k: v for k, v in given.items() if k != "weight"} for name, given in config.loss.items()}
    return {name: registry.build("loss", name, **given) for name, given in options.items()}


def vacant(folder: Path) -> None:
    """Make sure that a new run may have this folder.

    Raises:
        UserError: It holds another run, or something else.
    """
    if (folder / CONFIG).exists():
        raise UserError(f"{folder} holds another run: add --resume to go on with it, or choose another --out")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(f"{folder} is there already and is not a run: choose another --out")


def create(folder: Path, config: Config) -> None:
    """Begin a run folder.

    Raises:
        UserError: It is not vacant, or cannot be written.
    """
    vacant(folder)
    brought = used(config)
    plugins = {part: f"{plugin.distribution} {plugin.version}" for part, plugin in brought.items()}
    known = versions() | {plugin.distribution: plugin.version for plugin in brought.values()}
    text = configs.to_toml(config, known, plugins)
    write_atomically(folder / CONFIG, lambda path: path.write_text(text, "utf-8"))


def load_config(folder: Path, kinds: Collection[str] = DETECTOR) -> Config:
    """The config of a run.

    Args:
        folder: The run's.
        kinds: The parts that must be here, and whose options are checked; others stay as they are in the file.

    Raises:
        UserError: The folder is not a run's, or a part that is needed is not installed.
    """
    if not (folder / CONFIG).is_file():
        what = "is not a run folder: it has no config.toml" if folder.is_dir() else "does not exist"
        raise UserError(f"{folder} {what}; give the folder that unsuplmk run printed")
    with recorded(folder):
        return configs.make(configs.load(str(folder / CONFIG)), told(folder / CONFIG)).resolved(kinds)


def load_model(folder: Path, device: str | torch.device = "cpu") -> Model:
    """The trained model of a run, without losses, in evaluation mode; nothing in the files is executed.

    A generator that is not installed is wanting, and says so when it is asked for something: to find landmarks, it
    is not needed.

    Raises:
        UserError: The folder is not a run's, or its weights are damaged or belong to other settings.
    """
    config = load_config(folder)
    path = folder / MODEL
    if not path.is_file():
        raise UserError(f"{folder} has no {MODEL}: training stopped before its first checkpoint; run it again")
    try:
        state = load_file(path)
    except (SafetensorError, OSError) as error:
        why = " ".join(str(error).split())[:200]
        raise UserError(f"{told(path)} is not a safetensors file of ours: {why}") from None
    encoder, bottleneck = config.build("encoder", config.landmarks), config.build("bottleneck", config.landmarks)
    model = Model(encoder, bottleneck, _generator(folder, config, bottleneck.maps))
    if isinstance(model.generator, Absent):
        state = {key: value for key, value in state.items() if not key.startswith("generator.")}
    try:
        model.load_state_dict(state)
    except RuntimeError as error:
        reason = str(error).splitlines()[1:2] or [str(error)]
        said = f"{told(path)} does not fit {told(folder / CONFIG)}"
        raise UserError(f"{said}: {reason[0].strip()[:200]}") from None
    return model.to(device).eval().requires_grad_(False)


def _generator(folder: Path, config: Config, maps: int) -> Generator:
    try:
        with recorded(folder):
            return config.build("generator", maps)
    except MissingError as error:
        return Absent(str(error))


def save(folder: Path, average: Model, state: Mapping[str, Any]) -> None:
    """Write the detector's weights and what resuming needs.

    Raises:
        UserError: They could not be written; the previous checkpoint is kept.
    """
    weights = {key: value.detach().cpu().contiguous() for key, value in average.state_dict().items()}
    write_atomically(folder / STATE, lambda path: torch.save(dict(state), path))
    write_atomically(folder / MODEL, lambda path: save_file(weights, path, {"format": "unsuplmk"}))


def trained(model: Model) -> dict[str, Tensor]:
    """The model's state less the frozen weights of loss networks, which come from files of their own."""
    frozen = {f"losses.{name}" for name, p in model.losses.named_parameters() if not p.requires_grad}
    return {key: value for key, value in model.state_dict().items() if key not in frozen}


def load_state(folder: Path, config: Config) -> dict[str, Any] | None:
    """What a run needs to go on, after checking that it is the same run; None if it was killed before its first step.

    Raises:
        UserError: The folder is not a run's, the settings differ, or the file is damaged or holds code.
    """
    then = load_config(folder, set(PARTS) - FREE - {"dataset"}).dump()
    now = config.dump()
    free = FREE if now["data"] == then["data"] else FREE | {"dataset"}  # other data have options of their own
    differ = [key for key in now if key not in free and now.get(key) != then.get(key)]
    if differ:
        pairs = ", ".join(f"{key} = {then.get(key)!r}, not {now[key]!r}" for key in differ)
        raise UserError(f"{folder} was begun with {pairs}: leave these as they were, or choose another --out")
    path = folder / STATE
    if not path.is_file():
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's remarks about foreign pickles; the error says enough
            state = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:
        raise UserError(f"{path} holds more than tensors: it is refused, and nothing in it was run") from None
    except Exception as error:  # a damaged zip, a truncated tensor
        why = " ".join(str(error).split())[:160]
        raise UserError(f"{path} is damaged or not ours, and nothing in it was run: {why}") from None
    if not isinstance(state, dict) or not {"number", "model", "average", "optimizer"} <= set(state):
        raise UserError(f"{path} is not a training state of ours; start again with another --out")
    return state


def trim_log(folder: Path, number: int) -> None:
    """Drop log lines later than step `number`: they will be written again."""
    path = folder / LOG
    if path.is_file():
        kept = []
        for line in path.read_text("utf-8").splitlines():
            try:
                if json.loads(line).get("step", 0) <= number:
                    kept.append(line)
            except ValueError:  # the process was killed while it wrote this line
                continue
        text = "".join(f"{line}\n" for line in kept)
        write_atomically(path, lambda temporary: temporary.write_text(text, "utf-8"))
