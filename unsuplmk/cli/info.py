"""`unsuplmk info`: versions, plugins and hardware, for bug reports."""

from __future__ import annotations

import json
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import click

PACKAGES = ("unsuplmk", "torch", "torchvision", "accelerate", "numpy", "albumentations", "av", "pydantic", "click")


@click.command
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def command(as_json: bool) -> None:
    """Show versions, plugins and hardware."""
    facts: dict[str, Any] = {"python": platform.python_version(), "system": platform.platform(), **_versions()}
    facts |= {"plugins": _plugins(), **_hardware()}
    if as_json:
        click.echo(json.dumps(facts, indent=2))
        return
    width = max(map(len, facts))
    for name, value in facts.items():
        click.echo(f"{name:{width}}  {(', '.join(value) or 'none') if isinstance(value, list) else value}")


def _versions() -> dict[str, str]:
    from unsuplmk import __version__

    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = __version__ if package == "unsuplmk" else "not installed"
    return found


def _plugins() -> list[str]:
    """The distributions that bring plugins; `unsuplmk plugins` says whether they work."""
    from unsuplmk.plugins import installed, named

    return list(dict.fromkeys(f"{named(distribution)} {distribution.version}" for distribution, _ in installed()))


def _hardware() -> dict[str, Any]:
    import torch

    from unsuplmk import launch

    devices = ["cpu", *(f"cuda:{i} {torch.cuda.get_device_name(i)}" for i in range(torch.cuda.device_count()))]
    if torch.backends.mps.is_available():
        devices.append("mps")
    chosen = launch.resolve("auto")
    return {
        "devices": devices,
        "--device auto": chosen,
        "--precision auto": "bfloat16" if launch.fast_bfloat16(chosen) else "float32",
        "cpus": os.cpu_count() or 1,
    }
