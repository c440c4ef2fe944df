"""Training: the whole of it, from settings to a run folder, top to bottom.

    unsuplmk run videos/                                    one process
    unsuplmk run videos/ --devices 4                        four, on this machine
    torchrun --nproc-per-node 4 -m unsuplmk run videos/     four, started by torchrun

The loop does not wait for the device between two lines of the log.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, final

import torch
from accelerate import Accelerator
from torch import Tensor

from unsuplmk import checkpoint, launch, registry
from unsuplmk.batches.data import Data, Pack, batches, described, open_data, pack
from unsuplmk.config import Config
from unsuplmk.console import Console, Silent
from unsuplmk.errors import UserError
from unsuplmk.frames.cropping import cropped
from unsuplmk.frames.prepare import Fit
from unsuplmk.hosting import machine
from unsuplmk.interfaces import PairSource, Stage
from unsuplmk.model import Model, Outcome
from unsuplmk.training.average import Average
from unsuplmk.training.meter import Meter, append
from unsuplmk.training.optimiser import Optimiser
from unsuplmk.training.wiring import admit, wire
from unsuplmk.types import Pair


@final
class Job:
    """One training run.

    Args:
        config: Its settings.
        data: Frames in memory or a dataset, in place of `config.data` and `config.dataset`; the run records that.
    """

    def __init__(self, config: Config, data: Data | None = None) -> None:
        if data is not None:
            config = config.model_copy(update={"data": described(data), "dataset": {}})
        self.config = config.resolved()
        self.data = None if isinstance(data, str | Path) else data

    def run(self, folder: str | Path, *, resume: bool = False, console: Console | None = None) -> Path:
        """Train, and return the run folder.

        Raises:
            UserError: The data, the folder, the device or the settings do not allow it; or a loss became
                NaN, and the last checkpoint is kept.
            KeyboardInterrupt: Ctrl-C or SIGTERM came; a checkpoint was saved first.
        """
        share(self.config.batch, self.config.devices)  # before any process is started
        if self.config.devices > 1 and not launch.launched():
            # a combination, too, is refused now: the launcher would speak of failed processes
            admit(self.config, self.config.devices)
        arguments = (self.config, self.data, Path(folder), resume, console or Silent())
        launch.spread(_train, self.config.devices, *arguments)
        return Path(folder)


def train(config: Config, folder: Path, *, resume: bool = False, console: Console | None = None) -> Path:
    """`Job(config).run(folder, ...)`."""
    return Job(config).run(folder, resume=resume, console=console)


@dataclass
class Training:
    """What a stage may see and do.

    Attributes:
        number: Steps done.
        pair: The pairs of this step.
        outcome: What the model made of them.
        probe: A few fixed frames for pictures, uint8 (batch 3 size size) each.
        listening: The stages that are told of every line of the log.
    """

    config: Config
    folder: Path
    model: Model
    average: Average
    pairs: PairSource
    console: Console
    probe: tuple[Tensor, ...]
    number: int = 0
    pair: Pair = field(init=False)
    outcome: Outcome = field(init=False)
    figures: dict[str, float] = field(default_factory=dict)
    listening: list[Stage] = field(default_factory=list)

    def detector_model(self) -> Model:
        """The averaged weights, in evaluation mode."""
        return self.average.model

    def pair_of(self, frames: tuple[Tensor, ...]) -> Pair:
        """The pair that uint8 frames make, the same at every call; training's random numbers stay as they were."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.config.seed)
            return self.pairs(floats(frames, frames[0].device))

    def log(self, **values: float) -> None:
        """Add figures to the next line of the log."""
        self.figures.update(values)

    def warn(self, text: str) -> None:
        """Tell the user, in the log too."""
        self.console.warn(text)
        self.write({"step": self.number, "warning": text})

    def write(self, line: Mapping[str, Any]) -> None:
        """Add a line to the log, and tell the stages of it."""
        append(self.folder, line, self.console)
        for stage in self.listening:
            stage.line(self, line)


def floats(frames: tuple[Tensor, ...], device: torch.device) -> tuple[Tensor, ...]:
    """uint8 frames as images in [0, 1] on the device."""
    moved = (frame.to(device, non_blocking=True) for frame in frames)
    return tuple(f.to(torch.float32, memory_format=torch.channels_last).div_(255) for f in moved)


def _train(config: Config, data: Data | None, folder: Path, resume: bool, console: Console) -> None:
    engine = launch.engine(config.device)
    main, world = engine.is_main_process, engine.num_processes
    console = console if main else Silent()
    part = share(config.batch, world)
    if main and not resume:
        checkpoint.vacant(folder)  # before anything is decoded

    torch.manual_seed(config.seed)
    pairs, model = wire(config, world)
    model = launch.synchronised(model, world)
    # before the folder is begun: a stage may lack a package, or be asked for what it cannot do
    stages: list[Stage] = [registry.build("stage", n, **o) for n, o in config.stage.items()] if main else []
    dataset = open_data(config.data, config.dataset) if data is None else open_data(data)
    dataset = cropped(dataset, config.crop, console.note)
    frames = pack(dataset, Fit(config.size, config.fit), report=console.note)
    device = engine.device
    model.to(device=device).to(memory_format=torch.channels_last).train()
    average = Average(model, config.ema)
    optimiser = Optimiser(config, model)
    begun = _begin(config, folder, resume, engine, model, average, optimiser)
    if config.compile:
        model.compile()
    wrapped, optimiser.adam = engine.prepare(model, optimiser.adam)

    probe = _probe(frames, pairs, config, device)
    training = Training(config, folder, model, average, pairs, console, probe, begun)
    meter = Meter(config, folder, console, main)
    stream = batches(
        frames, pairs, batch=part, seed=config.seed, start=begun, stop=config.steps,
        rank=engine.process_index, world=world, workers=config.workers, augment=config.augment,
    )  # fmt: skip
    console.start(config.steps, begun, f"{config.landmarks} landmarks from {len(frames.frames)} frames on {device}")
    try:
        with launch.Interruption() as interruption:
            if begun == 0:  # a full disk is found now, and a run that is killed at once can be resumed
                _save(training, optimiser, engine, final=True)
            for stage in stages:
                stage.start(training)
                training.listening.append(stage)
            for number, loaded in enumerate(stream, begun):
                torch.manual_seed(_step_seed(config.seed, number))  # resumed or not, a step draws the same
                pair = pairs(floats(loaded, device))
                optimiser.begin(number)
                with launch.autocast(device.type, config.precision):
                    outcome = wrapped(pair, number / config.steps)
                meter.add(outcome)
                if meter.due(number + 1):
                    meter.refuse_nan(engine, number + 1)
                engine.backward(outcome.total)
                optimiser.step(engine, outcome, pair)
                average.update(model, number + 1)

                training.number, training.pair, training.outcome = number + 1, pair, outcome
                for stage in stages:
                    stage.step(training)
                meter.write(training, optimiser.adam)
                stop = _agreed(engine, interruption, number + 1)
                if stop:
                    meter.refuse_nan(engine, number + 1)  # between two lines nothing has looked yet
                if stop or (number + 1) % config.save_every == 0 or number + 1 == config.steps:
                    _save(training, optimiser, engine, final=stop or number + 1 == config.steps)
                if stop:
                    break
            for stage in stages:
                training.listening.remove(stage)
                stage.finish(training)
            if training.number < config.steps:
                engine.wait_for_everyone()  # a launcher ends the others as soon as one process leaves early
    finally:
        console.finish()
        engine.end_training()
    if training.number < config.steps:  # one process may have been asked for all
        asked = interruption.asked or "a signal to another process"
        raise KeyboardInterrupt(f"{asked} at step {training.number}; saved: go on with --resume")


def _begin(
    config: Config,
    folder: Path,
    resume: bool,
    engine: Accelerator,
    model: Model,
    average: Average,
    optimiser: Optimiser,
) -> int:
    """Start the folder or read where it stopped; returns the number of steps done."""
    state = checkpoint.load_state(folder, config) if resume else None
    here = machine.here(engine.device, engine.num_processes, config.precision)
    if state is None:
        model.encoder.initialise()
        model.generator.initialise()
        average.copy(model)
        if engine.is_main_process and not resume:
            checkpoint.create(folder, config)
        if engine.is_main_process:
            machine.record(folder, here, 0)
        engine.wait_for_everyone()
        return 0
    model.load_state_dict(state["model"], strict=False)  # frozen loss networks come from their own files
    average.model.load_state_dict(state["average"])
    optimiser.load_state_dict(state)
    refuse_finished(folder, config, state)
    if engine.is_main_process:
        checkpoint.trim_log(folder, state["number"])
        machine.record(folder, here, state["number"])
    return int(state["number"])


def _save(training: Training, optimiser: Optimiser, engine: Accelerator, *, final: bool) -> None:
    """A checkpoint; one that cannot be written in between is a warning, the last one an error."""
    if not engine.is_main_process:
        return
    state = {
        "number": training.number,
        "model": checkpoint.trained(training.model),
        "average": training.average.model.state_dict(),
        **optimiser.state_dict(),
    }
    try:
        checkpoint.save(training.folder, training.average.model, state)
    except UserError as error:
        if final:
            raise
        training.console.warn(str(error))


def refuse_finished(folder: Path, config: Config, state: Mapping[str, Any] | None) -> None:
    """Make sure that there is something left to do for a run that goes on.

    Raises:
        UserError: It has done its steps.
    """
    if state and state["number"] >= config.steps:
        raise UserError(f"{folder} has done its {state['number']} steps; ask for more with --steps")


def share(batch: int, world: int) -> int:
    """How many pairs of a batch each process takes.

    Raises:
        UserError: They cannot be shared equally.
    """
    if batch % world:
        raise UserError(f"--batch {batch} cannot be shared by {world} processes; take a multiple of {world}")
    return batch // world


def _step_seed(seed: int, number: int) -> int:
    return (seed * 1_000_003 + number) % 2**63


def _agreed(engine: Accelerator, interruption: launch.Interruption, number: int) -> bool:
    """Whether all processes stop after this step; several ask each other only now and then."""
    if engine.num_processes == 1:
        return bool(interruption.asked)
    if number % 10:
        return False
    asked = torch.tensor(float(bool(interruption.asked)), device=engine.device)
    return bool(engine.reduce(asked, "sum").item())  # type: ignore[union-attr]


def _probe(frames: Pack, pairs: PairSource, config: Config, device: torch.device) -> tuple[Tensor, ...]:
    """Frames of the first step of another seed: the same at every call, and not the first in the folder."""
    count = min(config.batch, 8)
    stream = batches(frames, pairs, batch=count, seed=config.seed + 1, start=0, stop=1)
    return tuple(frame.to(device) for frame in next(iter(stream)))
