"""The plugin's door: what it brings, imported when asked for, so that `unsuplmk --help` loads little."""

from collections.abc import Mapping

from unsuplmk.hookspecs import hookimpl


@hookimpl
def register_datasets() -> Mapping[str, type]:
    """The dataset `sleap`."""
    from unsuplmk_sleap.dataset import Sleap

    return {"sleap": Sleap}


@hookimpl
def register_formats() -> Mapping[str, type]:
    """The formats `slp` and `nwb`."""
    from unsuplmk_sleap.nwb import Nwb
    from unsuplmk_sleap.slp import Slp

    return {"slp": Slp, "nwb": Nwb}
