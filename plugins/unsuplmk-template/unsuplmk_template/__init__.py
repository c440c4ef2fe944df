"""The plugin's door: what it brings, imported when asked for, so that the command line stays quick."""

from collections.abc import Mapping

from unsuplmk.hookspecs import hookimpl


@hookimpl
def register_encoders() -> Mapping[str, type]:
    """The encoder `template`."""
    from unsuplmk_template.encoder import Template

    return {"template": Template}
