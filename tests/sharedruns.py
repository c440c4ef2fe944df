"""Runs to share, and a client that knows no other hub than the one on this machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.hubserver import TOKEN
from tests.small import settings
from unsuplmk import checkpoint
from unsuplmk.frames.prepare import Fit
from unsuplmk.naming import named
from unsuplmk.naming.named import Named


def run_folder(folder: Path, seed: int = 0, **changes: object) -> Path:
    """A run as if it was trained."""
    torch.manual_seed(seed)
    config = settings(**changes).resolved(("crop", "encoder", "bottleneck", "generator", "loss"))
    checkpoint.create(folder, config)
    checkpoint.save(folder, checkpoint.assemble(config, losses=False), {})
    return folder


def give_names(run: Path, fitted: Mapping[str, object] = {}) -> None:
    """Put a map to two points into a run."""
    config, model = checkpoint.load_config(run), checkpoint.load_model(run)
    one = Named(("nose", "tail"), np.ones((2, 2, config.landmarks, 2)), np.zeros((2, 2)))
    named.save(run, one, model, Fit(config.size, config.fit), fitted)


def files(repository: Mapping[str, bytes], folder: Path) -> Path:
    """A folder with these files."""
    for name, content in repository.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """The files of a folder."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


@contextmanager
def client(url: str, cache: Path, token: str = TOKEN, offline: bool = False) -> Iterator[None]:
    """Within, the hub's client asks this hub, with what its environment variables would have set at its import."""
    from huggingface_hub import close_session, constants

    with pytest.MonkeyPatch.context() as patch:
        template = "/{repo_id}/resolve/{revision}/{filename}"
        values = {"ENDPOINT": url, "HUGGINGFACE_CO_URL_TEMPLATE": url + template, "HF_HUB_CACHE": str(cache)}
        values |= {"HF_HUB_DISABLE_XET": True, "HF_HUB_OFFLINE": offline, "HF_HUB_DISABLE_PROGRESS_BARS": True}
        values |= {"HF_TOKEN_PATH": str(cache / "no-token")}  # a developer's own is not sent
        for name, value in values.items():
            patch.setattr(constants, name, value)
        patch.delenv("HUGGING_FACE_HUB_TOKEN", raising=False)
        patch.setenv("HF_TOKEN", token)
        try:
            yield
        finally:
            close_session()
