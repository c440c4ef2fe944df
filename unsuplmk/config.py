"""The settings of a job: one frozen model, TOML in and out, recipes by name.

Precedence is signature < file < command line. Unknown keys are errors. Tables match the dots of the
command line: `--encoder hourglass --encoder.width 64` is `[encoder]` with `name` and `width`, and
`--loss.vgg16.weight 2` is `[loss.vgg16]` with `weight`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

import tomli_w
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from unsuplmk import registry
from unsuplmk.errors import UserError, unknown
from unsuplmk.frames.sources import known

SINGLE = ("crop", "pairs", "encoder", "bottleneck", "generator")
"""Kinds of which a job has exactly one."""
SEVERAL = ("loss", "stage")
"""Kinds of which it may have several."""

PARTS = (*SINGLE, *SEVERAL, "dataset")
"""Kinds of which a config has the options."""

RECORDS = ("versions", "plugins", "machine")
"""Tables of a run's config that say what it ran under; they set nothing."""

Options = dict[str, Any]


class Config(BaseModel):
    """Everything that decides what a job does. Options of the parts lie in tables named after their kind."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    data: Annotated[str, Field(min_length=1, description="A folder, a video, a glob, or the name of a dataset.")] = (
        "puppets"
    )
    landmarks: Annotated[int, Field(ge=1, le=500, description="How many landmarks to discover.")] = 10
    size: Annotated[int, Field(ge=16, le=2048, multiple_of=8, description="Side of the network's image, px.")] = 128
    fit: Annotated[
        Literal["pad", "crop", "stretch"], Field(description="How frames of other shapes are made square.")
    ] = "pad"
    augment: Annotated[str, Field(description="A serialised albumentations pipeline (JSON or YAML).")] = ""
    steps: Annotated[int, Field(ge=1, description="Training steps.")] = 20_000
    batch: Annotated[int, Field(ge=1, description="Pairs a step, over all devices.")] = 32
    seed: Annotated[int, Field(ge=0, lt=2**31, description="Seed of everything drawn at random.")] = 0
    optimizer: Annotated[
        Literal["adamw", "adam"], Field(description="adam: the decay is part of the loss, on convolutions only.")
    ] = "adamw"
    learning_rate: Annotated[float, Field(gt=0, description="Peak learning rate of Adam.")] = 1e-3
    schedule: Annotated[
        Literal["cosine", "constant", "staircase", "plateau"],
        Field(description="Course of the learning rate after the warm-up; staircase: x0.95 every 100,000 steps."),
    ] = "cosine"
    patience: Annotated[
        int, Field(ge=1, description="plateau: the rate is divided by 10 when so many steps bring the error down <1 %.")
    ] = 2000
    warmup: Annotated[int, Field(ge=0, description="Steps of linear warm-up.")] = 100
    weight_decay: Annotated[float, Field(ge=0, description="Weight decay; adamw decouples it from the gradients.")] = (
        1e-4
    )
    clip: Annotated[float, Field(ge=0, description="Bound of the gradient's l2 norm; 0 for none.")] = 1.0
    clip_by: Annotated[
        Literal["model", "tensor"], Field(description="What the bound holds for: all weights together, or each tensor.")
    ] = "model"
    ema: Annotated[float, Field(ge=0, lt=1, description="Decay of the weights' moving average; 0 for none.")] = 0.999
    precision: Annotated[
        Literal["auto", "float32", "bfloat16"], Field(description="auto: bfloat16 where the hardware has it.")
    ] = "auto"
    compile: Annotated[bool, Field(description="Compile the model with torch.compile.")] = False
    device: Annotated[str, Field(description="auto, cpu, cuda or mps.")] = "auto"
    devices: Annotated[int, Field(ge=1, le=1024, description="Processes on this machine.")] = 1
    workers: Annotated[int, Field(ge=0, description="Processes that decode prepared data and run --augment.")] = 0
    save_every: Annotated[int, Field(ge=1, description="Steps between checkpoints.")] = 1000
    log_every: Annotated[int, Field(ge=1, description="Steps between lines of the log.")] = 50

    crop: Annotated[Options, Field(description="What is cut out of each frame.")] = {"name": "whole"}
    pairs: Annotated[Options, Field(description="How pairs are made.")] = {"name": "warped"}
    encoder: Annotated[Options, Field(description="The keypoint encoder.")] = {"name": "hourglass"}
    bottleneck: Annotated[Options, Field(description="The bottleneck.")] = {"name": "gaussian"}
    generator: Annotated[Options, Field(description="The generator.")] = {"name": "renderer"}
    loss: Annotated[dict[str, Options], Field(min_length=1, description="The losses, each with a weight.")] = {
        "compact": {"weight": 1.0},
        "equivariance": {"weight": 5.0},
        "separation": {"weight": 0.1},
    }
    stage: Annotated[dict[str, Options], Field(description="What happens beside the training step.")] = {
        "preview": {},
        "health": {},
    }
    dataset: Annotated[Options, Field(description="Options of the dataset that `data` names.")] = {}

    @field_validator("*", mode="before")
    @classmethod
    def _number(cls, value: object, info: Any) -> object:
        if isinstance(value, bool) and cls.model_fields[info.field_name or ""].annotation in (int, float):
            raise ValueError("a number is asked for, not true or false")
        return value

    @field_validator(*SINGLE, mode="before")
    @classmethod
    def _named(cls, value: object) -> object:
        table = {"name": value} if isinstance(value, str) else value
        if isinstance(table, Mapping) and not isinstance(table.get("name", ""), str):
            raise ValueError("the name must be text")
        return table

    @field_validator("loss", "stage", mode="before")
    @classmethod
    def _tables(cls, value: object) -> object:
        names = [value] if isinstance(value, str) else value
        return {name: {} for name in names} if isinstance(names, list | tuple) else value

    def resolved(self, kinds: Collection[str] = PARTS) -> Config:
        """This config with every part's options checked and written out in full.

        Args:
            kinds: Of which parts; those of other kinds stay as they are, and need not be installed.

        Raises:
            UserError: A component or option is unknown, missing or out of range.
        """
        parts: dict[str, Any] = {}
        for kind in (kind for kind in SINGLE if kind in kinds):
            given = dict(getattr(self, kind))
            name = given.pop("name", None)
            if name is None:
                raise UserError(f"[{kind}] needs a name; known: {', '.join(registry.components(kind))}")
            parts[kind] = {"name": name, **registry.check(kind, name, given)}
        if "loss" in kinds:
            parts["loss"] = {name: _weighted(name, given) for name, given in self.loss.items()}
        if "stage" in kinds:
            parts["stage"] = {name: registry.check("stage", name, given) for name, given in self.stage.items()}
        found = known(self.data) if "dataset" in kinds else None
        if found:
            parts["dataset"] = registry.check("dataset", found.component.name, self.dataset)
        return self.model_copy(update=parts)

    def build(self, kind: str, *wired: Any) -> Any:
        """The part of a single kind, wired and with this config's options."""
        given = dict(getattr(self, kind))
        return registry.build(kind, given.pop("name"), *wired, **given)

    def dump(self) -> dict[str, Any]:
        """As plain values that TOML and JSON can hold; options that are unset (None) are left out."""
        return _plain(self.model_dump())


def _weighted(name: str, given: Mapping[str, Any]) -> Options:
    """The complete options of a loss, and its weight."""
    weight = given.get("weight", 1.0)
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight < float("inf"):
        raise UserError(f"--loss.{name}.weight must be a finite number of at least 0, not {weight!r}")
    rest = {key: value for key, value in given.items() if key != "weight"}
    return {"weight": float(weight), **registry.check("loss", name, rest)}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, Path) else value


def make(values: Mapping[str, Any], origin: str = "config") -> Config:
    """A config from plain values, every fault in one message.

    Raises:
        UserError: A key is unknown (the nearest spelling is shown) or a value is out of range.
    """
    for key in values:
        if key not in Config.model_fields:
            raise unknown(f"key of {origin}", key, Config.model_fields)
    try:
        return Config(**values)
    except ValidationError as error:
        faults = (
            f"{'.'.join(map(str, e['loc']))} = {e['input']!r}: {e['msg'].removeprefix('Value error, ')}"
            for e in error.errors()
        )
        raise UserError(f"{origin}: {'; '.join(faults)}") from None


def recipes() -> dict[str, str]:
    """The recipes that ship with the package: name -> first comment line."""
    folder = resources.files("unsuplmk") / "recipes"
    texts = {f.name.removesuffix(".toml"): f.read_text("utf-8") for f in folder.iterdir() if f.name.endswith(".toml")}
    return {name: texts[name].partition("\n")[0].removeprefix("#").strip() for name in sorted(texts)}


def load(source: str) -> dict[str, Any]:
    """The values of a recipe, given by name, or of a TOML file or a run folder, given by path.

    Raises:
        UserError: As `read`.
    """
    return {key: value for key, value in read(source).items() if key not in RECORDS}


def read(source: str) -> dict[str, Any]:
    """As `load`, with what the file records beside the values.

    Raises:
        UserError: There is no such recipe or file, or it is not TOML.
    """
    path = Path(source)
    if path.is_dir() and (path / "config.toml").is_file():
        path = path / "config.toml"
    if path.suffix == ".toml" or path.is_file():
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"cannot read config {source}: {error}") from None
    elif source in recipes():
        text = (resources.files("unsuplmk") / "recipes" / f"{source}.toml").read_text("utf-8")
    else:
        raise unknown("recipe", source, recipes())
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{source} is not TOML: {error}") from None


def to_toml(config: Config, versions: Mapping[str, str], plugins: Mapping[str, str] = MappingProxyType({})) -> str:
    """The complete config as TOML, with what it ran under.

    Args:
        config: The settings.
        versions: Of distributions, by name.
        plugins: Which distribution brought which part, as in `encoder tiny`; the built-in ones are left out.
    """
    return tomli_w.dumps({**config.dump(), "versions": dict(versions), "plugins": dict(plugins)})
