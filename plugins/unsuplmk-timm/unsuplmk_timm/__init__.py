"""The plugin's door: what it brings, imported when asked for, so that `unsuplmk --help` loads no torch."""

from collections.abc import Mapping

from unsuplmk.hookspecs import hookimpl


@hookimpl
def register_encoders() -> Mapping[str, type]:
    """The encoder `timm`."""
    from unsuplmk_timm.encoder import Timm

    return {"timm": Timm}


@hookimpl
def register_generators() -> Mapping[str, type]:
    """The generator `timm`."""
    from unsuplmk_timm.generator import Timm

    return {"timm": Timm}


@hookimpl
def register_losses() -> Mapping[str, type]:
    """The loss `timm`."""
    from unsuplmk_timm.loss import Timm

    return {"timm": Timm}
