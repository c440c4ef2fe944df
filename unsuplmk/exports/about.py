"""What an exported file says about itself, a short JSON text inside it, and what it does once it is opened."""

from __future__ import annotations

from typing import Any, Literal, Protocol, final, runtime_checkable

import numpy as np
from jaxtyping import Float, UInt8
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from unsuplmk.config import Config, make
from unsuplmk.errors import UserError

KEY = "unsuplmk"
"""Under this name the text lies in the file."""
Found = tuple[Float[np.ndarray, "batch points 2"], Float[np.ndarray, "batch points"]]
"""Points in pixels of the frames, and how sure each is."""


@final
class About(BaseModel):
    """A detector in a file.

    Args:
        version: Of this text's layout.
        names: Of the points that it gives, in order.
        frames: The frames that it takes: `any`, or WIDTHxHEIGHT.
        precision: What its network computes in.
        size: Side of the network's square image, in pixels.
        fit: How frames are made square.
        crop: What the run cut out of each frame before; not part of the file.
        encoder: The part by name, and its options.
        bottleneck: The same.
        config: SHA-256 of the run's `config.toml`.
        model: What decides where the run finds landmarks, as `unsuplmk.naming.named.fingerprint` has it.
        versions: Of what wrote it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    version: Literal[1] = 1
    names: list[str] = Field(min_length=1)
    frames: str = Field(pattern=r"^(any|\d+x\d+)$")
    precision: Literal["float32", "bfloat16", "int8"]
    size: int
    fit: Literal["pad", "crop", "stretch"]
    crop: dict[str, Any]
    encoder: dict[str, Any]
    bottleneck: dict[str, Any]
    config: str
    model: str
    versions: dict[str, str]

    def settings(self) -> Config:
        """The run's settings, as far as the file knows them."""
        parts = {"crop": self.crop, "encoder": self.encoder, "bottleneck": self.bottleneck}
        return make({"landmarks": len(self.names), "size": self.size, "fit": self.fit, **parts}, "the file")

    @property
    def frame(self) -> tuple[int, int] | None:
        """(width, height) of the frames that it takes; None for any."""
        if self.frames == "any":
            return None
        width, height = map(int, self.frames.split("x"))
        return width, height


@runtime_checkable
class Program(Protocol):
    """A file that is ready to run: bytes in, pixels and scores out."""

    about: About

    def __call__(self, frames: UInt8[np.ndarray, "batch height width 3"]) -> Found:
        """What it finds in frames of one size.

        Raises:
            UserError: It does not take these frames, or fails on them.
        """
        ...


def read(text: str | None, path: str) -> About:
    """What a file says about itself.

    Args:
        text: What lies under `KEY`; None if nothing does.
        path: The file, for messages.

    Raises:
        UserError: It is no file of ours, or a newer version's.
    """
    wanted = "give a file that `unsuplmk export` wrote, or a run folder"
    if text is None:
        raise UserError(f"{path} is no exported detector of ours: it does not say what it holds; {wanted}")
    try:
        about = About.model_validate_json(text)
        about.settings()
    except (ValidationError, UserError) as error:
        why = " ".join(str(error).split())[:160]
        raise UserError(f"{path} does not say what it holds in a way known here ({why}); {wanted}") from None
    return about
