"""Structural similarity: whether neighbourhoods have the same brightness, contrast and pattern."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, final

import torch
import torch.nn.functional as F
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from unsuplmk.errors import UserError
from unsuplmk.interfaces import Quality
from unsuplmk.ops.masking import weighted_mean
from unsuplmk.types import Image

BRIGHTNESS, CONTRAST = 0.01**2, 0.03**2
"""C1 and C2 of the paper, for values in [0, 1]."""


@final
class Ssim(Quality):
    """Structural similarity in a Gaussian window, averaged over channels and pixels: 1 at best.

    Wang, Bovik, Sheikh, Simoncelli, "Image quality assessment: from error visibility to structural similarity", IEEE
    TIP 2004, https://doi.org/10.1109/TIP.2003.819861, equation 13. As in their code, only pixels whose window lies in
    the image are averaged. Within a window, pixels weigh what the Gaussian and the mask say together, so that what is
    masked changes nothing; theirs has no mask, and one channel.

    Args:
        window: Side of the window, px; odd.
        sigma: Standard deviation of the Gaussian, px.

    Raises:
        UserError: The window is of an even number of pixels.
    """

    better: ClassVar[Literal["higher", "lower"]] = "higher"

    def __init__(
        self,
        *,
        window: Annotated[int, Field(ge=3, le=101)] = 11,
        sigma: Annotated[float, Field(ge=0.1, le=50)] = 1.5,
    ) -> None:
        super().__init__()
        if window % 2 == 0:
            raise UserError(f"--quality.ssim.window {window}: a window has a middle pixel; take {window + 1}")
        self.window = window
        away = torch.arange(window, dtype=torch.float64) - window // 2
        bell = torch.exp(-0.5 * (away / sigma).square())
        self.bell: Tensor
        self.register_buffer("bell", (bell / bell.sum()).float(), persistent=False)

    def forward(
        self, prediction: Image, target: Image, weight: Float[Tensor, "batch 1 height width"] | None
    ) -> Float[Tensor, "batch"]:
        """The mean over windows whose middle counts, by its weight.

        Raises:
            UserError: The images are smaller than the window.
        """
        shorter = min(target.shape[-2:])
        if shorter < self.window:
            raise UserError(
                f"quality 'ssim' needs images of at least {self.window} px, not of {shorter}; take a smaller window, "
                "--quality.ssim.window 3 for example, or --quality psnr"
            )
        x, y = prediction.float(), target.float()
        mask = torch.ones_like(y[:, :1]) if weight is None else weight.float()
        with torch.autocast(y.device.type, enabled=False):  # a variance is a small difference of large numbers
            share = self._blurred(mask)
            scale = share.clamp(min=torch.finfo(share.dtype).tiny)
            mean_x, mean_y, xx, yy, xy = (self._blurred(mask * z) / scale for z in (x, y, x * x, y * y, x * y))
            middle = mask[..., self._edge, self._edge]
        brightness = (2 * mean_x * mean_y + BRIGHTNESS) / (mean_x.square() + mean_y.square() + BRIGHTNESS)
        spread = (xx - mean_x.square()) + (yy - mean_y.square())
        contrast = (2 * (xy - mean_x * mean_y) + CONTRAST) / (spread + CONTRAST)
        return weighted_mean(brightness * contrast, middle)

    @property
    def _edge(self) -> slice:
        """The pixels of a row whose window lies in the image."""
        half = self.window // 2
        return slice(half, -half)

    def _blurred(self, image: Float[Tensor, "batch c height width"]) -> Float[Tensor, "batch c h w"]:
        """Gaussian averages of the windows that lie in the image."""
        channels = image.shape[1]
        down = self.bell.view(1, 1, -1, 1).expand(channels, 1, -1, 1)
        return F.conv2d(F.conv2d(image, down, groups=channels), down.transpose(2, 3), groups=channels)
