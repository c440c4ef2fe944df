"""The plugin's door: what it brings, imported when asked for, so that `unsuplmk --help` loads little."""

from collections.abc import Mapping

from unsuplmk.hookspecs import hookimpl


@hookimpl
def register_datasets() -> Mapping[str, type]:
    """The dataset `sleap`."""
    from unsuplmk_sleap.dataset import Sleap

    return {"sleap": Sleap}
