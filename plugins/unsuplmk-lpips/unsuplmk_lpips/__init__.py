"""The plugin's door: what it brings, imported when asked for, so that `unsuplmk --help` loads no torch."""

from collections.abc import Mapping

from unsuplmk.hookspecs import hookimpl


@hookimpl
def register_losses() -> Mapping[str, type]:
    """The loss `lpips`."""
    from unsuplmk_lpips.loss import Lpips

    return {"lpips": Lpips}


@hookimpl
def register_qualities() -> Mapping[str, type]:
    """The quality `lpips`."""
    from unsuplmk_lpips.quality import Lpips

    return {"lpips": Lpips}
