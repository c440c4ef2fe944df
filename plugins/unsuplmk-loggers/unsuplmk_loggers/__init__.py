"""The plugin's door: what it brings, imported when asked for, so that `unsuplmk --help` loads no torch."""

from collections.abc import Mapping

from unsuplmk.hookspecs import hookimpl


@hookimpl
def register_stages() -> Mapping[str, type]:
    """The stages `tensorboard` and `wandb`."""
    from unsuplmk_loggers.tensorboard import Tensorboard
    from unsuplmk_loggers.wandb import Wandb

    return {"tensorboard": Tensorboard, "wandb": Wandb}
