"""The plugin's door: what it brings, imported when asked for, so that `unsuplmk --help` loads no torch."""

from collections.abc import Mapping

from unsuplmk.hookspecs import hookimpl


@hookimpl
def register_encoders() -> Mapping[str, type]:
    """The encoder `timm`."""
    from unsuplmk_timm.encoder import Timm

    return {"timm": Timm}
