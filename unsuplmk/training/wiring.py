"""The parts of a run, built and wired; a combination that cannot work is refused before networks are fetched."""

from __future__ import annotations

from unsuplmk import checkpoint, registry
from unsuplmk.config import Config
from unsuplmk.interfaces import PairSource
from unsuplmk.model import Model
from unsuplmk.training.combination import check, check_alone
from unsuplmk.training.trial import check_size


def wire(config: Config, processes: int) -> tuple[PairSource, Model]:
    """The pairs and the model, with its losses, that a resolved config describes.

    Args:
        config: The run's settings.
        processes: How many share the batch.

    Raises:
        UserError: The parts do not go together, or one of them cannot be had here.
    """
    pairs, model = admit(config, processes)
    model.losses.update(checkpoint.judges(config))
    check(pairs, model)  # what a loss needs may depend on its options
    return pairs, model


def admit(config: Config, processes: int) -> tuple[PairSource, Model]:
    """The same without the losses, whose networks may have to be fetched, and yet judged with them.

    Args:
        config: As for `wire`.
        processes: As for `wire`.

    Raises:
        UserError: The parts do not go together, or do not take images of this size.
    """
    pairs: PairSource = config.build("pairs")
    model = checkpoint.assemble(config, losses=False)
    check(pairs, model, {name: registry.find("loss", name).cls for name in config.loss})
    check_size(model, config)
    if config.batch == processes:
        check_alone(model, config.size)
    return pairs, model
