"""The hooks that a plugin may implement; nothing here imports torch."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    import click

PROJECT = "unsuplmk"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def register_pair_sources() -> Mapping[str, type]:  # type: ignore[empty-body]
    """Return `{name: class}`: ways to choose two frames and make a pair of them."""


@hookspec
def register_encoders() -> Mapping[str, type]:  # type: ignore[empty-body]
    """Return `{name: class}`: networks that turn an image into one heatmap a landmark."""


@hookspec
def register_bottlenecks() -> Mapping[str, type]:  # type: ignore[empty-body]
    """Return `{name: class}`: what turns heatmaps into coordinates, and those into maps."""


@hookspec
def register_generators() -> Mapping[str, type]:  # type: ignore[empty-body]
    """Return `{name: class}`: networks that rebuild the target from source and landmarks."""


@hookspec
def register_losses() -> Mapping[str, type]:  # type: ignore[empty-body]
    """Return `{name: class}`: scalars to minimise, each computed from a training step."""


@hookspec
def register_datasets() -> Mapping[str, type]:  # type: ignore[empty-body]
    """Return `{name: class}`: sources of frames that are found by name rather than by path."""


@hookspec
def register_crops() -> Mapping[str, type]:  # type: ignore[empty-body]
    """Return `{name: class}`: ways to find the object in each frame, so that it can be cut out."""


@hookspec
def register_stages() -> Mapping[str, type]:  # type: ignore[empty-body]
    """Return `{name: class}`: things that happen beside the training step."""


@hookspec
def register_metrics() -> Mapping[str, type]:  # type: ignore[empty-body]
    """Return `{name: class}`: figures computed from predicted and true points."""


@hookspec
def register_qualities() -> Mapping[str, type]:  # type: ignore[empty-body]
    """Return `{name: class}`: figures of how alike a rebuilt image and its target are."""


@hookspec
def register_trackers() -> Mapping[str, type]:  # type: ignore[empty-body]
    """Return `{name: class}`: filters from tracks to tracks."""


@hookspec
def register_formats() -> Mapping[str, type]:  # type: ignore[empty-body]
    """Return `{name: class}`: file formats that tracks are read from and written to."""


@hookspec
def register_commands(cli: "click.Group") -> None:
    """Add commands to the `unsuplmk` command line.

    Args:
        cli: The top-level group; add with `cli.add_command`.
    """
